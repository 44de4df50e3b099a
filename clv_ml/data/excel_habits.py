"""What a spreadsheet does to texts, numbers and days, and how to read them all the same."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable

# Characters before a formula that hide it from the eye: blanks, controls, marks of direction, apostrophes.
_HIDING = "' \x00-\x1f\x7f-\xa0\u2000-\u200f\u2028-\u202f\u2060-\u2069\u3000\ufeff"
GUARDED = f"^[{_HIDING}]*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
"""Texts that a spreadsheet could run, or that an apostrophe guards already; a pattern for Python and for Arrow."""
_GUARDED = re.compile(GUARDED)
_NUMERIC_DAY = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})(?:[T ,]+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?")
_NAMED_DAY = re.compile(r"(?:(\d{1,2})[- .]+([a-z]{3,9})|([a-z]{3,9})[- .]+(\d{1,2}),?)[- .,]+(\d{2,4})", re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ZONE = re.compile(r"\s*(?:Z|UTC|([+-])(\d\d):?(\d\d))?")
_AFTERNOON = re.compile(r"\s*([ap])\.?m\.?$", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIRST_DAY, _LAST_DAY = dt.datetime(1990, 1, 1), dt.datetime(2200, 1, 1)
_EPOCH = dt.datetime(1899, 12, 30)  # day 0 of a spreadsheet, but for those that begin in 1904


def is_formula_like(text: str) -> bool:
    """Tell whether a spreadsheet could run a text, blanks and hidden characters before it or not."""
    return _GUARDED.match(text) is not None


def unguarded(text: str) -> str:
    """Take off the apostrophe that was put before a text which a spreadsheet would run.

    Examples
    --------
    >>> unguarded("'=1+1"), unguarded("''=1+1"), unguarded("'s-Gravenhage")
    ('=1+1', "'=1+1", "'s-Gravenhage")
    """
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text


def unescaped(text: str) -> str:
    """Return a text with the characters that a workbook cannot hold, and writes as ``_x0001_``, as they were.

    Examples
    --------
    >>> unescaped("a_x0041_"), unescaped("_x005F_x0041_")
    ('aA', '_x0041_')
    """
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def bare(text: str) -> str:
    """Return a text without what the eye does not see: controls, marks of direction, blanks at either end.

    Examples
    --------
    >>> bare(" 00123" + chr(0x200F))
    '00123'
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    kept = (" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in ("Cf", "Cc"))
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def western_digits(text: str) -> str:
    """Return a text with every digit as 0-9, whatever script it is in."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def decimal(text: str) -> float | None:
    """Read an amount with a decimal point or comma, marks of thousands, and a currency beside it; None if it is none.

    A single mark before exactly three digits is a decimal mark after 0 and one of thousands elsewhere.

    Examples
    --------
    >>> decimal("12,5"), decimal("1.234,50 €"), decimal("1,234"), decimal("0,125"), decimal("2 x 5")
    (12.5, 1234.5, 1234.0, 0.125, None)
    """
    plain = western_digits(bare(text)).replace("\u066b", ",").replace("\u066c", "'").replace("\u2212", "-")
    found = re.fullmatch(r"[^\d\s,.'+-]{0,4}\s*([+-]?)\s*(\d[\d\s.,'\u2019]*)\s*[^\d\s,.'+-]{0,4}", plain)
    if found is None:
        return None
    digits = re.sub(r"[\s'\u2019]", "", found[2])
    last = max(digits.rfind("."), digits.rfind(","))
    if last >= 0:
        mark, head, tail = digits[last], digits[:last], digits[last + 1 :]
        thousands = mark in head or (len(tail) == 3 and head != "0" and not re.search("[.,]", head))
        digits = digits.replace(mark, "") if thousands else f"{re.sub('[.,]', '', head)}.{tail}"
        digits = digits.replace(",", "")
    try:
        return float(f"{found[1]}{digits}")
    except ValueError:
        return None


def serial_day(number: float) -> dt.datetime | None:
    """Read a number as the day it is in a spreadsheet: 45000 is 2023-03-15; None before 1990 or after 2199."""
    if not 0 < number < 110_000:
        return None
    moment = _EPOCH + dt.timedelta(seconds=round(number * 86_400))
    return moment if _FIRST_DAY <= moment < _LAST_DAY else None


def day_comes_first(texts: Iterable[str]) -> bool | None:
    """Tell from all days of a column whether 3/4/2025 is in April; None where none of them can tell, or they differ."""
    found = set()
    for text in texts:
        match = _NUMERIC_DAY.match(western_digits(bare(text)))
        if match and len(match[1]) <= 2:
            first, second = int(match[1]), int(match[2])
            if (first > 12) != (second > 12):
                found.add(first > 12)
    return found.pop() if len(found) == 1 else None


def fitting_order(texts: Iterable[str], between: tuple[dt.date, dt.date]) -> bool | None:
    """Tell whether the day comes first in days such as 3/4/2025: the one order in which all of them lie in a time."""
    first, last = between
    unsure = {text for text in texts if moment(text, day_first=None) == "ambiguous_date"}
    orders = []
    for day_first in (True, False):
        found = [moment(text, day_first=day_first) for text in unsure]
        if all(isinstance(at, dt.datetime) and first <= at.date() <= last for at in found):
            orders.append(day_first)
    return orders[0] if len(orders) == 1 else None


def moment(text: str, *, day_first: bool | None) -> dt.datetime | str:
    """Read a day, with or without a time, as people and spreadsheets write it.

    Parameters
    ----------
    day_first
        Whether 3/4/2025 is in April; None where that is not known. 3.4.2025 always is.

    Returns
    -------
    datetime.datetime or str
        The moment, in UTC where the text tells the zone; or why there is none, ``unreadable_date`` or
        ``ambiguous_date``.

    Examples
    --------
    >>> moment("2025-03-04 00:00:00", day_first=None).isoformat(), moment("3/4/2025", day_first=None)
    ('2025-03-04T00:00:00', 'ambiguous_date')
    """
    plain = western_digits(bare(text)).replace("\u060c", ",")
    number = re.fullmatch(r"\d{5}(?:[.,]\d+)?", plain)
    if number:
        return serial_day(float(plain.replace(",", "."))) or "unreadable_date"
    later = 0
    if half := _AFTERNOON.search(plain):
        plain, later = plain[: half.start()], 12 if half[1].lower() == "p" else -12
    match = _NUMERIC_DAY.match(plain)
    if match and len(match[1]) != 3:
        found = _from_numbers(match, later, day_first)
        zone = _ZONE.fullmatch(plain[match.end() :])
        if zone is None:
            return "unreadable_date"
        if zone[1] is None or isinstance(found, str):
            return found
        ahead = dt.timedelta(hours=int(zone[2]), minutes=int(zone[3]))
        return found - ahead if zone[1] == "+" else found + ahead
    named = _NAMED_DAY.fullmatch(plain)
    month = (named[2] or named[3])[:3].lower() if named else ""
    if named is None or month not in _MONTHS:
        return "unreadable_date"
    return _date(_year(named[5]), _MONTHS.index(month) + 1, int(named[1] or named[4]), (0, 0, 0))


def _from_numbers(match: re.Match[str], later: int, day_first: bool | None) -> dt.datetime | str:
    hour, minute, second = (int(part or 0) for part in match.groups()[3:])
    if later:
        hour = hour % 12 + (12 if later > 0 else 0)
    time = (hour, minute, second)
    first, middle, last = match[1], int(match[2]), match[3]
    if len(first) == 4:
        return _date(int(first), middle, int(last), time)
    one = int(first)
    ordered = "." in match[0][:3] or one > 12 or (day_first if day_first is not None else one == middle)
    if not ordered and day_first is None and middle <= 12:
        return "ambiguous_date"
    day, month = (one, middle) if ordered and middle <= 12 else (middle, one)
    return _date(_year(last), month, day, time)


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) <= 2 else 0)


def _date(year: int, month: int, day: int, time: tuple[int, int, int]) -> dt.datetime | str:
    try:
        moment = dt.datetime(year, month, day, *time)
    except ValueError:
        return "unreadable_date"
    return moment if _FIRST_DAY <= moment < _LAST_DAY else "unreadable_date"
