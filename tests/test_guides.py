"""The guides: their Python examples say what they say, and they become pages whose links hold together."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[1]
GUIDES = sorted((ROOT / "clv_ml" / "guides").glob("*.md"))
# their examples read what commands have left: tests/test_commands.py runs them
AFTER_COMMANDS = {"mlflow", "operations"}
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def python_of(text: str) -> str:
    """The fenced Python of a page, at the lines where it stands."""
    kept, inside = [], False
    for line in text.splitlines():
        fence = line.startswith("```")
        kept.append(line if inside and not fence else "")
        inside = line.startswith("```python") if fence else inside
    return "\n".join(kept)


@pytest.mark.parametrize("path", [path for path in GUIDES if path.stem not in AFTER_COMMANDS], ids=lambda p: p.stem)
def test_the_examples_of_a_guide_say_what_they_say(path: Path) -> None:
    code = python_of(path.read_text(encoding="utf-8"))
    found = doctest.DocTestParser().get_doctest(code, {}, path.stem, str(path), 0)
    told: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(found, out=told.append)
    assert result.failed == 0, "".join(told)


def test_every_guide_has_an_example_and_stands_in_the_index() -> None:
    index = (ROOT / "clv_ml" / "guides" / "index.md").read_text(encoding="utf-8")
    for path in GUIDES:
        if path.stem != "index":
            assert re.search(r"^```(python|sh)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE), path.name
            assert f"({path.name})" in index


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.names.add(known.get("id") or "")
        if tag == "a":
            self.targets.add(known.get("href") or "")


def test_the_pages_are_built_and_every_link_between_them_leads_somewhere(tmp_path: Path) -> None:
    script = "import sys, pathlib; sys.path.insert(0, 'tests'); import build_docs"
    script += f"; build_docs.build(pathlib.Path({str(tmp_path)!r}), rooms=False)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in tmp_path.rglob("*.html")}
    assert tmp_path / "clv_ml" / "guides" / "conventions.html" in pages
    assert "PurchaseModel.fit" in pages[tmp_path / "clv_ml.html"].names
    for path, page in pages.items():
        for target in page.targets - {""}:
            place, _, anchor = unquote(target).partition("#")
            if ":" in place:
                continue
            there = (path.parent / place).resolve() if place else path
            assert there in pages, f"{path.name}: {target}"
            if there.parent.name == "guides":  # of what a class inherits from a private one there is no page
                assert not anchor or anchor in pages[there].names, f"{path.name}: {target}"
    text = (tmp_path / "clv_ml" / "guides" / "commands.html").read_text(encoding="utf-8")
    assert "Exit codes" in text
