"""How numbers are written in columns of text: what stands before the cents, and between thousands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Thousands = Literal[",", ".", " ", "'"]
_SHOWN = re.compile(r"[+-]?(\d[\d., ']*|[.,]\d+)([eE][+-]?\d+)?")
MARKS: tuple[Thousands, ...] = (".", ",", " ", "'")
CENTS = (".", ",")


@dataclass(frozen=True)
class NumberStyle:
    """How the numbers of a source are read.

    Attributes
    ----------
    decimal, thousands
        What stands before the cents, and between thousands (None: nothing).
    why
        In words.
    doubt
        What could be otherwise; empty where nothing could.
    """

    decimal: Literal[".", ","] = "."
    thousands: Thousands | None = None
    why: str = ""
    doubt: str = ""


def is_plain(style: NumberStyle) -> bool:
    """Tell whether numbers are written as SQL writes them."""
    return style.decimal == "." and style.thousands is None


def is_number(text: str) -> bool:
    """Tell whether a text is a number in some style.

    Examples
    --------
    >>> is_number("1.234,50"), is_number("-12"), is_number("12:50"), is_number("1.2.20")
    (True, True, False, False)
    """
    shown = text.strip().replace("\u00a0", " ").replace("\u202f", " ")
    if not _SHOWN.fullmatch(shown):
        return False
    parts = re.split(r"[., ']", shown.lstrip("+-"))
    return len(parts) < 3 or all(len(part) == 3 for part in parts[1:-1])


def is_whole(text: str) -> bool:
    """Tell whether a text is a number without a fraction; the .0 of a float column is none."""
    return bool(re.fullmatch(r"[+-]?\d+(\.0)?", text))


def choose_style(rows: Mapping[str, int], cents: Mapping[str, int], *, filled: int) -> NumberStyle:
    """Choose how the numbers of a source are read.

    Parameters
    ----------
    rows
        Rows with each of :data:`MARKS` in their text.
    cents
        Rows in which the last point or comma cannot stand between thousands: after 0, or not before three digits.
    filled
        Rows with a text.

    Examples
    --------
    >>> choose_style({",": 90, ".": 12, " ": 0, "'": 0}, {",": 90, ".": 0}, filled=100).thousands
    '.'
    """
    points, commas = cents.get(".", 0), cents.get(",", 0)
    doubt = ""
    if not points and not commas:
        found = [mark for mark in CENTS if rows.get(mark, 0)]
        if not found:
            decimal: Literal[".", ","] = "."
        else:
            decimal = "," if found == ["."] else "."
            doubt = (
                f"{found[0]!r} stands before three digits wherever it stands, and is taken to stand between thousands; "
                "if it stands before cents, change `decimal` and drop `thousands`"
            )
    else:
        decimal = "." if points >= commas else ","
    thousands = next((mark for mark in MARKS if mark != decimal and rows.get(mark, 0)), None)
    if thousands is not None and thousands in CENTS and cents.get(thousands, 0) * 2 > rows[thousands]:
        thousands = None  # the other style of a mixed file, not thousands
    used = rows.get(decimal, 0)
    why = f"{used:,} of {filled:,} numbers have {decimal!r} before the cents"
    if thousands is not None:
        why += f", {rows[thousands]:,} have {thousands!r} between thousands"
    return NumberStyle(decimal, thousands, why, doubt)
