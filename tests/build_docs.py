"""Build the documentation as HTML: the public API, the guides, the commands, every config key, and the rooms.

``make docs`` runs it; ``python tests/build_docs.py FOLDER`` writes elsewhere. Links between guides lead to their pages;
of a link to a file of the repository that is no page only the words stay.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
import types
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import pdoc.doc
import pdoc.render
from typer.testing import CliRunner

import clv_ml

ROOT = Path(__file__).resolve().parents[1]
GUIDES = ROOT / "clv_ml" / "guides"
# pages that are files: name to where they are written
PAGES = {
    **{path.stem: path for path in sorted(GUIDES.glob("*.md"))},
    "models": ROOT / "models" / "README.md",
    "schedules": ROOT / "configs" / "operations" / "README.md",
}
REFERENCE = ROOT / "configs" / "reference.yaml"
_HOME = "clv_ml.guides"
_LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]*)(#[^)\s]*)?\)")


def build(folder: Path, *, rooms: bool = True) -> list[Path]:
    """Write the pages into a folder and return them.

    Parameters
    ----------
    folder
        Where to write; earlier pages there are replaced.
    rooms
        Whether the modules behind the public API get pages too.
    """
    for name in clv_ml.__all__:  # loaded on first use, and pdoc looks at what is there
        setattr(clv_ml, name, getattr(clv_ml, name))
    pages = {page.__name__: pdoc.doc.Module(page) for page in _guides()}
    found = {module.__name__: pdoc.doc.Module(module) for module in _modules()} if rooms else {}
    clv_ml.__doc__ = _front_page(found)
    every = {"clv_ml": pdoc.doc.Module(clv_ml), **pages, **found}
    pdoc.render.configure(docformat="numpy", show_source=False, search=True, footer_text=f"clv_ml {clv_ml.__version__}")
    with warnings.catch_warnings():
        # pandas-stubs knows Series[int], pandas does not
        warnings.filterwarnings("ignore", message="Error parsing type annotation")
        texts = {f"{name.replace('.', '/')}.html": pdoc.render.html_module(page, every) for name, page in every.items()}
        texts["index.html"] = pdoc.render.html_index(every)
        texts["search.js"] = pdoc.render.search_index(every)
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def _guides() -> Iterator[types.ModuleType]:
    """Yield a module for each page that is no module, with its text for a docstring."""
    for name, path in PAGES.items():
        title = _HOME if name == "index" else f"{_HOME}.{name}"
        yield _page(title, linked(path.read_text(encoding="utf-8"), path, deep=name != "index"))
    yield _page(f"{_HOME}.config", f"# Every config key\n\n```yaml\n{REFERENCE.read_text(encoding='utf-8')}```\n")
    yield _page(f"{_HOME}.commands", "# Commands\n\n" + "\n".join(_helps()))


def _page(name: str, text: str) -> types.ModuleType:
    module = types.ModuleType(name, text)
    vars(module).update(__docformat__="markdown", __all__=[])
    return module


def _helps() -> Iterator[str]:
    from clv_ml.cli import app
    from clv_ml.cli.manual import GROUPS

    names = [name for group in GROUPS.values() for name in group]
    known = {command.callback.__name__ for command in app.registered_commands if command.callback}
    for name in ["", *(name for name in names if name in known)]:
        text = CliRunner().invoke(app, [*name.split(), "--help"], prog_name="clv-ml").stdout
        yield f"## {f'clv-ml {name}'.strip()}\n\n```text\n{text}```\n"


def linked(text: str, origin: Path, *, deep: bool) -> str:
    """Point the links of a page at other pages; `deep` where the page itself lies in the folder of guides."""
    before = "" if deep else "guides/"
    homes = {path: "../guides.html" if name == "index" else f"{before}{name}.html" for name, path in PAGES.items()}
    homes[REFERENCE] = f"{before}config.html"

    def replaced(match: re.Match[str]) -> str:
        words, target, anchor = match.group(1), match.group(2), match.group(3) or ""
        if not target or "://" in target:
            return match.group(0)
        home = homes.get((origin.parent / target).resolve())
        return f"[{words}]({home}{anchor})" if home else words

    return _LINK.sub(replaced, text)


def _modules() -> Iterator[types.ModuleType]:
    for found in pkgutil.walk_packages(clv_ml.__path__, "clv_ml."):
        public = not any(part.startswith("_") for part in found.name.split("."))
        if public and not found.name.startswith(_HOME):
            yield importlib.import_module(found.name)


def _front_page(found: Mapping[str, pdoc.doc.Module]) -> str:
    guides = linked((GUIDES / "index.md").read_text(encoding="utf-8"), GUIDES / "index.md", deep=False)
    text = f"{(clv_ml.__doc__ or '').splitlines()[0]}\n\n{guides.replace('(guides/', '(clv_ml/guides/')}"
    text += "\n[All commands](clv_ml/guides/commands.html).\n"
    rooms = [(name, page) for name, page in found.items() if name.count(".") == 1]
    if rooms:
        text += "\n## Rooms\n\nThe modules behind the public names below, for those who change the package.\n\n"
        for name, page in rooms:
            text += f"- [{name}]({name.replace('.', '/')}.html): {page.docstring.strip().splitlines()[0]}\n"
    return text


if __name__ == "__main__":
    output = Path(sys.argv[1] if len(sys.argv) > 1 else "output/docs")
    build(output)
    sys.stdout.write(f"{output / 'index.html'}\n")
