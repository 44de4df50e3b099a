"""Ids that came back from a spreadsheet -> the ids they were: exact first, then what can be repaired without doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import TypeVar

from clv_ml.data.excel_habits import bare, unescaped, unguarded

_Key = TypeVar("_Key")
UNKNOWN, AMBIGUOUS, MISSING = "unknown_customer_id", "ambiguous_customer_id", "missing_customer_id"
_NUMBER = re.compile(r"[+-]?\d{1,400}(?:[.,]\d{1,400})?(?:[eE][+-]?\d{1,3})?")
_EXACT_DIGITS = 15  # a spreadsheet keeps so many of a number, and shows zeros for the others


class KnownIds:
    """The ids of a list, to find again what a spreadsheet made of them.

    Parameters
    ----------
    ids
        The ids as they were; None where they are not known, and then an id is only freed of what the eye does not see.

    Notes
    -----
    A spreadsheet that opens ``00123`` writes ``123``; ``12345678901234567`` comes back as ``1.23457E+16`` or
    ``12345678901234500``, and ``1E5`` as ``100000``. Such an id is repaired where exactly one known id can have become
    it; where several can, or none, the answer is a reason.
    """

    def __init__(self, ids: Iterable[str] | None) -> None:
        self._known = None if ids is None else frozenset(map(str, ids))
        self._by_digits: dict[int, dict[tuple[int, str], set[str]]] = {}

    def find(self, text: str, *, was_number: bool = False) -> tuple[str, str]:
        """Return the id that a text stands for and no reason, or no id and why there is none.

        Parameters
        ----------
        was_number
            Whether the cell holds a number: then 123 can have been ``00123`` even where there is a ``123`` as well.
        """
        if self._known is None:
            found = bare(unguarded(text))
            return (found, "") if found else ("", MISSING)
        number = _number(text) if was_number else None
        if number is not None and len(self._by_number.get(number, ())) > 1:
            return "", AMBIGUOUS
        if text in self._known:
            return text, ""
        shown = bare(text)
        if not shown:
            return "", MISSING
        for plain in (unescaped(text), unguarded(text), unguarded(unescaped(text))):
            if plain in self._known:
                return plain, ""
        for candidates in self._candidates(shown):
            if candidates:
                [found, *others] = candidates
                return ("", AMBIGUOUS) if others else (found, "")
        return "", UNKNOWN

    def _candidates(self, shown: str) -> Iterable[set[str]]:
        """Known ids that can have become the text, those with the smaller damage first."""
        yield self._by_text.get(shown, set())
        yield self._by_text.get(bare(unguarded(shown)), set())
        if shown.startswith("'"):
            yield self._by_text.get(bare(shown[1:]), set())
        number = _number(shown)
        if number is not None:
            yield self._by_number.get(number, set())
            kept = _digits_kept(shown, number)
            if kept:
                yield self._with_digits(kept).get(_cut(number, kept), set())

    @cached_property
    def _by_text(self) -> dict[str, set[str]]:
        return _index((bare(known), known) for known in self._known or ())

    @cached_property
    def _by_number(self) -> dict[Decimal, set[str]]:
        return _index((number, known) for known, number in self._numbers)

    @cached_property
    def _numbers(self) -> list[tuple[str, Decimal]]:
        pairs = ((known, _number(bare(known))) for known in self._known or ())
        return [(known, number) for known, number in pairs if number is not None]

    def _with_digits(self, kept: int) -> dict[tuple[int, str], set[str]]:
        if kept not in self._by_digits:
            forms = ((form, known) for known, number in self._numbers for form in _lossy(number, kept))
            self._by_digits[kept] = _index(forms)
        return self._by_digits[kept]


def id_text(cell: object) -> str:
    """Return an id as text; a number without the .0 that a spreadsheet or pandas added."""
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}"
    return str(cell)


def _index(pairs: Iterable[tuple[_Key, str]]) -> dict[_Key, set[str]]:
    found: dict[_Key, set[str]] = {}
    for key, known in pairs:
        found.setdefault(key, set()).add(known)
    return found


def _number(text: str) -> Decimal | None:
    if not text.isascii() or not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None


def _digits_kept(text: str, number: Decimal) -> int:
    """Count the leading digits of a number that a spreadsheet can have kept; 0 where it has lost none."""
    mantissa, _, exponent = text.lower().partition("e")
    digits = re.sub(r"\D", "", mantissa)
    if exponent:
        return len(digits)
    whole = digits.lstrip("0")
    lost = len(whole) > _EXACT_DIGITS and not whole[_EXACT_DIGITS:].strip("0")
    return _EXACT_DIGITS if lost and number == number.to_integral_value() else 0


def _cut(number: Decimal, kept: int) -> tuple[int, str]:
    """Return size and leading digits of a number."""
    digits = "".join(map(str, number.as_tuple().digits)).lstrip("0")
    return number.adjusted(), digits[:kept].ljust(kept, "0")


def _lossy(number: Decimal, kept: int) -> set[tuple[int, str]]:
    """Return what is left of a number with so many digits: cut off as Excel does, or rounded as others do, or both."""
    if not number:
        return set()
    stored = [number]
    size = number.adjusted()
    if size >= _EXACT_DIGITS:
        unit = Decimal(1).scaleb(size - _EXACT_DIGITS + 1)
        stored.append(number // unit * unit)
    rounded = [Decimal(f"{value:.{kept - 1}E}") for value in stored]
    return {_cut(value, kept) for value in (*stored, *rounded)}
