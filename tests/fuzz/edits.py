"""Bytes as a list of edits: what a fuzzer changes is then the meaning of a text, and seldom only its spelling."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

NUMBERS = (
    *("0", "1", "-1", "2", "-2", "7", "-0", "00", "15", "63", "255", "256", "1024", "-1024", "65535", "65536"),
    *("2147483647", "-2147483648", "4294967295", "4294967296", "9223372036854775807", "18446744073709551616"),
    *("0.5", "-0.5", "1e308", "-1e308", "1e309", "1e-320", "1e999", "inf", "-inf", "nan", "NaN", "Infinity", "0x10"),
    *("", " ", "1 ", "1,5", "1e", "e5", "--1", "+1", "1_0", "\u0663", "true", "null", "9" * 40),
)

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 7, 30, 90, 4096, 2**31, -(2**31), 2**53, 2**63 - 1, 0.5, -0.5, 1e-320, 1e308),
    *("", "a", "30", "bgnbd", "../x", "\0", "\u202e", "2020-02-30", "9999-12-31", "0001-01-01", "NaN", "x" * 10_000),
    *([], [[]], [0.5], ["a"], ["a", "a"], [30, 90], {}, {"a": 1}, {"": {}}, {"30": 0.5}, {"py/object": "os.system"}),
)


class Source:
    """Numbers drawn from bytes; zeros where they have run out."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes have not been used."""
        return max(len(self._data) - self._at, 0)

    def below(self, limit: int) -> int:
        """Draw a number from 0 to below the limit; two bytes, so that the limit can be some thousands."""
        pair = self._data[self._at : self._at + 2]
        self._at += 2
        return int.from_bytes(pair.ljust(2, b"\0"), "little") % max(limit, 1)

    def pick(self, choices: Sequence[str]) -> str:
        """Draw one of some texts."""
        return choices[self.below(len(choices))]

    def rest(self) -> bytes:
        """Return the bytes that are left."""
        found = self._data[self._at :]
        self._at = len(self._data)
        return found


def edited(text: str, source: Source, words: Sequence[str] = NUMBERS) -> str:
    """Edit lines and words of a text, as the source says."""
    lines = text.split("\n")
    while source.left > 0 and lines:
        at = source.below(len(lines))
        match source.below(6):
            case 0:
                lines[at : at + 1] = []
            case 1:
                lines[at:at] = [lines[source.below(len(lines))]]
            case 2:
                other = source.below(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                lines = lines[: at + 1]
            case _:
                lines[at] = _edited_line(lines[at], source, words)
    return "\n".join(lines)


def _edited_line(line: str, source: Source, words: Sequence[str]) -> str:
    key, mark, value = line.partition("=")
    parts = (value if mark else key).split(" ")
    at = source.below(len(parts))
    match source.below(4):
        case 0:
            parts[at : at + 1] = []
        case 1:
            parts[at:at] = [source.pick(words)]
        case _:
            parts[at] = source.pick(words)
    changed = " ".join(parts)
    return f"{key}={changed}" if mark else changed


def edited_tree(tree: Any, source: Source, values: Sequence[Any] = VALUES) -> Any:
    """Return a tree of dicts and lists with some of its values and keys edited, as the source says."""
    while source.left > 0:
        place, key = tree, None
        while isinstance(place, dict | list) and place:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = keys[source.below(len(keys))]
            inner = place[key]
            if not (isinstance(inner, dict | list) and inner) or source.below(3) == 0:
                break
            place = inner
        if key is None:
            return tree
        match source.below(6):
            case 0:
                del place[key]
            case 1 if isinstance(place, dict):
                place[str(values[source.below(len(values))])] = place.pop(key)
            case 2 if isinstance(place, list):
                place.append(copy.deepcopy(place[key]))
            case _:
                place[key] = copy.deepcopy(values[source.below(len(values))])
    return tree
