"""Every link of the pages leads somewhere: the file is there, and so is the heading; addresses are well-formed."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "models" / "README.md",
    ROOT / "configs" / "operations" / "README.md",
    *sorted((ROOT / "clv_ml" / "guides").glob("*.md")),
]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
_FENCED = re.compile(r"^```.*?^```", flags=re.MULTILINE | re.DOTALL)


def links(path: Path) -> list[str]:
    text = _FENCED.sub("", path.read_text(encoding="utf-8"))
    return _LINK.findall(re.sub(r"`[^`\n]*`", "", text))


def anchors(path: Path) -> set[str]:
    """The names of the headings, as GitHub gives them."""
    text = _FENCED.sub("", path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ +(.+?) *$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if "://" in link or link.startswith("mailto:"):
            parts = urlsplit(link)
            assert parts.scheme == "https", link
            assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.netloc), link
            continue
        place, _, anchor = unquote(link).partition("#")
        assert not place.startswith("/"), f"{link}: only where this page is"
        there = (page.parent / place).resolve() if place else page
        assert there.is_relative_to(ROOT), link
        assert there.exists(), link
        if anchor:
            assert anchor in anchors(there), f"{link}: there are {sorted(anchors(there))}"


def test_links_are_found_with_and_without_titles(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('# A (b): c-d\n[x](a.md#b) ![y](c.png "z") `[no](no)`\n```\n[no](no)\n# no\n```\n')
    assert links(page) == ["a.md#b", "c.png"]
    assert anchors(page) == {"a-b-c-d"}
