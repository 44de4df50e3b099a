"""What the package says: every message in the code and the templates, found without running them."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, nodes

PACKAGE = Path(__file__).parents[1] / "clv_ml"
TEXTS = {"say": 1, "counted": 2, "message": 1}  # how many texts each takes


@dataclass(frozen=True)
class Spoken:
    """One call: its texts (None for one that is no literal) and the names it fills in (None: not to be seen)."""

    where: str
    texts: tuple[str | None, ...]
    filled: frozenset[str] | None

    @property
    def literal(self) -> bool:
        return None not in self.texts

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(text for text in self.texts if text is not None)


def placeholders(text: str) -> set[str]:
    """The names in braces; anything but a plain name is an error."""
    names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    assert all(name.isidentifier() for name in names), f"only {{names}} may stand in a message: {text}"
    assert all(not form and not turn for _, _, form, turn in string.Formatter().parse(text)), text
    return names


def said_in_code(source: str, where: str) -> Iterator[Spoken]:
    """The messages of one Python file."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if isinstance(node.func, ast.Name) and node.func.id == "message":
            method = "message"
        elif method == "message":
            continue  # somebody else's
        if method in TEXTS:
            given = node.args[: TEXTS[method]]
            texts = tuple(arg.value if isinstance(arg, ast.Constant) else None for arg in given)
            names = [keyword.arg for keyword in node.keywords]
            filled = None if None in names or method == "message" else frozenset(name for name in names if name)
            yield Spoken(f"{where}:{node.lineno}", _texts(texts), _with_n(method, filled))


def said_in_template(source: str, where: str) -> Iterator[Spoken]:
    """The messages of one Jinja template."""
    for call in Environment().parse(source).find_all(nodes.Call):
        target = call.node
        method = target.attr if isinstance(target, nodes.Getattr) else ""
        if method in TEXTS and method != "message":
            texts = tuple(arg.value if isinstance(arg, nodes.Const) else None for arg in call.args[: TEXTS[method]])
            filled = None if call.dyn_kwargs else frozenset(pair.key for pair in call.kwargs)
            yield Spoken(f"{where}:{call.lineno}", _texts(texts), _with_n(method, filled))


def everything_said() -> list[Spoken]:
    """Every message of the package."""
    readers = {".py": said_in_code, ".j2": said_in_template}
    return [
        spoken
        for path in sorted(PACKAGE.rglob("*"))
        if path.suffix in readers
        for spoken in readers[path.suffix](path.read_text(encoding="utf-8"), str(path.relative_to(PACKAGE)))
    ]


def _texts(texts: tuple[object, ...]) -> tuple[str | None, ...]:
    return tuple(text if isinstance(text, str) else None for text in texts)


def _with_n(method: str, filled: frozenset[str] | None) -> frozenset[str] | None:
    return filled | {"n"} if filled is not None and method == "counted" else filled
