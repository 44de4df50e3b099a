"""How moments are written in a column: which patterns fit, and whether the day or the month comes first."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_DAYS = {
    "%d/%m/%Y": r"\d{1,2}/\d{1,2}/\d{4}",
    "%d.%m.%Y": r"\d{1,2}\.\d{1,2}\.\d{4}",
    "%d-%m-%Y": r"\d{1,2}-\d{1,2}-\d{4}",
    "%d/%m/%y": r"\d{1,2}/\d{1,2}/\d{2}",
    "%d.%m.%y": r"\d{1,2}\.\d{1,2}\.\d{2}",
    "%d-%m-%y": r"\d{1,2}-\d{1,2}-\d{2}",
    "%Y.%m.%d": r"(?:19|2[01])\d{2}\.\d{1,2}\.\d{1,2}",
    "%Y%m%d": r"(?:19|2[01])\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])",
    "%Y年%m月%d日": r"\d{4}年\d{1,2}月\d{1,2}日",
    "%d %b %Y": r"\d{1,2} [A-Za-z]{3} \d{4}",
    "%d-%b-%Y": r"\d{1,2}-[A-Za-z]{3}-\d{4}",
    "%d-%b-%y": r"\d{1,2}-[A-Za-z]{3}-\d{2}",
    "%d %B %Y": r"\d{1,2} [A-Za-z]{4,9} \d{4}",
    "%b %d, %Y": r"[A-Za-z]{3} \d{1,2}, \d{4}",
    "%B %d, %Y": r"[A-Za-z]{4,9} \d{1,2}, \d{4}",
}
_TIMES = {
    "": "",
    " %H:%M": r" \d{1,2}:\d{2}",
    " %H:%M:%S": r" \d{1,2}:\d{2}:\d{2}",
    " %H:%M:%S.%f": r" \d{1,2}:\d{2}:\d{2}\.\d+",
    " %I:%M %p": r" \d{1,2}:\d{2} [AaPp][Mm]",
    " %I:%M:%S %p": r" \d{1,2}:\d{2}:\d{2} [AaPp][Mm]",
    ", %H:%M": r", \d{1,2}:\d{2}",
    ", %H:%M:%S": r", \d{1,2}:\d{2}:\d{2}",
    "T%H:%M:%S": r"T\d{1,2}:\d{2}:\d{2}",
}
_OFFSET = r"(?: ?(?:[zZ]|UTC|[+-]\d{2}(?::?\d{2})?))?"
ISO = rf"(?:1[7-9]|2[01])\d{{2}}[-/]\d{{1,2}}[-/]\d{{1,2}}(?:[ T]\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?{_OFFSET})?"
"""Regular expression of a moment that needs no pattern."""
_SHAPES = {day + time: re.compile(days + times) for day, days in _DAYS.items() for time, times in _TIMES.items()}
_ISO = re.compile(ISO)
_ANY = re.compile("|".join([ISO, f"(?:{'|'.join(_DAYS.values())})(?:{'|'.join(_TIMES.values())})"]))
_NUMERIC = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.]")


@dataclass(frozen=True)
class MomentFormat:
    """How the moments of a column are read.

    Attributes
    ----------
    patterns
        strptime patterns; empty where moments are ISO 8601.
    why
        In words.
    doubt
        What could be otherwise, in words; empty where nothing could.
    """

    patterns: tuple[str, ...]
    why: str
    doubt: str = ""


def is_moment(text: str) -> bool:
    """Tell whether a text has the shape of a day, with or without a time.

    Examples
    --------
    >>> is_moment("2011-12-09 12:50:00"), is_moment("9.12.2011"), is_moment("19970101"), is_moment("12.50")
    (True, True, True, False)
    """
    return _ANY.fullmatch(text) is not None


def fitting_patterns(texts: Sequence[str]) -> tuple[str, ...]:
    """List the patterns that have the shape of some of the texts, both orders of day and month; none for ISO 8601."""
    others = {text for text in texts if not _ISO.fullmatch(text)}
    found = [pattern for pattern, shape in _SHAPES.items() if any(shape.fullmatch(text) for text in others)]
    return tuple(order for pattern in found for order in dict.fromkeys((pattern, month_first(pattern))))


def month_first(pattern: str) -> str:
    """Return the pattern with the month before the day; the same where the order is plain.

    Examples
    --------
    >>> month_first("%d/%m/%Y %H:%M"), month_first("%Y%m%d")
    ('%m/%d/%Y %H:%M', '%Y%m%d')
    """
    return re.sub(r"^%d([-/.])%m", r"%m\1%d", pattern)


def choose_patterns(
    counts: Mapping[str, int], *, iso: int, filled: int, texts: Sequence[str], day_first: bool
) -> MomentFormat:
    """Choose how a column is read.

    Parameters
    ----------
    counts
        Rows that each of :func:`fitting_patterns` reads.
    iso
        Rows that are ISO 8601.
    filled
        Rows with a text.
    texts
        Some of them in the order of the file, to tell day from month where every row allows both.
    day_first
        The habit where nothing else tells.
    """
    if not any(counts.values()):
        return MomentFormat((), "ISO 8601 (year first), so nothing needs to be declared" if iso else "not ISO 8601")
    chosen: list[str] = []
    why: list[str] = []
    doubt = ""
    for family, patterns in _families(counts).items():
        swapped = [month_first(pattern) for pattern in patterns]
        if swapped == patterns:
            chosen += patterns
            continue
        by_day, by_month = sum(counts[p] for p in patterns), sum(counts[p] for p in swapped)
        first = by_day > by_month or (by_day == by_month and _reads_day_first(texts, habit=day_first))
        chosen += patterns if first else swapped
        guess, other = ("day", month_first(family)) if first else ("month", family)
        if by_day != by_month:
            why.append(f"{abs(by_day - by_month):,} can be read only with the {guess} first")
        elif by_day:
            doubt = (
                f"Every row can be read with the day or the month first; the {guess} is taken to be first. "
                f'Change it to "{other}" if that is wrong'
            )
    chosen = [pattern for pattern in chosen if counts[pattern]]
    read = min(iso + sum(counts[pattern] for pattern in chosen), filled)
    return MomentFormat(tuple(chosen), "; ".join([f"{read:,} of {filled:,} rows are written so", *why]), doubt)


def _families(counts: Mapping[str, int]) -> dict[str, list[str]]:
    """Part patterns by how the day is written, that with the day first standing for both orders."""
    return {
        day: found
        for day in _DAYS
        if (found := [day + time for time in _TIMES if counts.get(day + time) or counts.get(month_first(day + time))])
    }


def _reads_day_first(texts: Sequence[str], *, habit: bool) -> bool:
    """Tell the order in which the days of a file ascend; points mean the day first; else the habit counts."""
    found = [(match, text) for text in texts if (match := _NUMERIC.match(text))]
    parts = [(int(match[1]), int(match[2]), text[match.end() :].split()[0][:4]) for match, text in found]
    by_day = [(year, second, first) for first, second, year in parts]
    by_month = [(year, first, second) for first, second, year in parts]
    up, up_by_month = (sum(a <= b for a, b in itertools.pairwise(days)) for days in (by_day, by_month))
    if abs(up - up_by_month) > max(2, len(parts) // 20):
        return up > up_by_month
    return habit or any(text[1:3].find(".") >= 0 for text in texts[:1])
