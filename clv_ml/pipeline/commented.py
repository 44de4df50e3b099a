"""A config as text, each value with its reason beside it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

_WIDTH = 118


@dataclass(frozen=True)
class Reasoned:
    """A value of a config (a scalar, or a flat list or mapping), and why it is that."""

    value: Any
    why: str = ""


Tree: TypeAlias = "Mapping[str, Reasoned | Tree | Sequence[Tree]]"


def commented_yaml(tree: Tree, head: str) -> str:
    """Write a config as YAML, reasons as comments: beside a value where there is room, above it elsewhere.

    Examples
    --------
    >>> print(commented_yaml({"currency": Reasoned("EUR", "the only one")}, "My orders."), end="")
    # My orders.
    currency: EUR  # the only one
    """
    return "\n".join([*_comment(head, ""), *_lines(tree, "")]) + "\n"


def plain_value(tree: Tree) -> dict[str, Any]:
    """Return the values without their reasons."""
    return {key: _plain(node) for key, node in tree.items()}


def _plain(node: Any) -> Any:
    if isinstance(node, Reasoned):
        return node.value
    return plain_value(node) if isinstance(node, Mapping) else [_plain(item) for item in node]


def _lines(tree: Tree, indent: str) -> list[str]:
    lines: list[str] = []
    for key, node in tree.items():
        if isinstance(node, Reasoned):
            lines += _beside(f"{indent}{key}: {scalar(node.value)}", node.why, indent)
            continue
        if not indent:
            lines.append("")
        lines.append(f"{indent}{key}:")
        if isinstance(node, Mapping):
            lines += _lines(node, indent + "  ")
            continue
        for item in node:
            inner = _lines(item, indent + "    ")
            first = next(place for place, line in enumerate(inner) if not line.lstrip().startswith("#"))
            inner[first] = f"{indent}  - {inner[first].lstrip()}"
            lines += inner
    return lines


def _beside(line: str, why: str, indent: str) -> list[str]:
    if not why:
        return [line]
    short = f"{line}  # {why}"
    return [short] if len(short) <= _WIDTH and "\n" not in why else [*_comment(why, indent), line]


def _comment(text: str, indent: str) -> list[str]:
    return [
        f"{indent}# {line}"
        for part in text.splitlines()
        for line in textwrap.wrap(part, _WIDTH - len(indent) - 2, break_long_words=False, break_on_hyphens=False)
    ]


def scalar(value: Any) -> str:
    """Write a value on one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False)
    return text.strip().removesuffix("...").strip()
