"""Numbers, dates and foreign text put into words that are safe to show."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from numbers import Real

import pandas as pd

MISSING = "—"
MODEL_NAMES = {"bgnbd": "BG/NBD", "mbgnbd": "Modified BG/NBD", "pareto_nbd": "Pareto/NBD"}


def is_missing(value: object) -> bool:
    """Tell whether a cell holds nothing: None, NaN, NaT, NA or blank text.

    Examples
    --------
    >>> [is_missing(value) for value in (None, float("nan"), "  ", 0, "x")]
    [True, True, True, False, False]
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, str):
        return not value.strip()
    return isinstance(value, float) and math.isnan(value)


def plain(value: object) -> str:
    """Return text that cannot break a page: controls, lone surrogates and text-turning overrides become U+FFFD.

    Examples
    --------
    >>> plain("a" + chr(0) + "b") == "a" + chr(0xFFFD) + "b"
    True
    """
    if is_missing(value):
        return ""
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if _is_unfit(c) else c for c in text)


def number(value: object) -> float | None:
    """Return a finite float, or None for anything else (missing, infinite, text).

    Examples
    --------
    >>> number(3), number("3"), number(float("inf"))
    (3.0, None, None)
    """
    if isinstance(value, bool) or is_missing(value):
        return None
    if not isinstance(value, Real) and not hasattr(value, "as_tuple"):  # Decimal is no Real
        return None
    result = float(value)  # type: ignore[arg-type]
    return result if math.isfinite(result) else None


def count(value: object) -> str:
    """Return a number as people write it: whole from 10 on, below that with at most two decimals.

    Examples
    --------
    >>> count(1653.4), count(2.504), count(3), count(None)
    ('1,653', '2.5', '3', '—')
    """
    amount = number(value)
    if amount is None:
        return MISSING
    if abs(amount) >= 10 or amount == round(amount):
        return _signed(f"{amount:,.0f}")
    return _signed(f"{amount:.2f}".rstrip("0").rstrip("."))


def money(value: object, currency: str = "", *, decimals: int | None = None) -> str:
    """Return an amount with its currency before it: whole from 100 on, else (unless told) with two decimals.

    Examples
    --------
    >>> money(1234.5, "$"), money(12.5), money(-3, "£")
    ('$1,234', '12.50', '−£3.00')
    """
    amount = number(value)
    if amount is None:
        return MISSING
    if decimals is None:
        decimals = 0 if abs(amount) >= 100 or amount == 0 else 2
    digits = f"{abs(amount):,.{decimals}f}"
    joint = "\u00a0" if currency[-1:].isalnum() else ""
    minus = "−" if amount < 0 and digits.strip("0.,") else ""
    return f"{minus}{plain(currency)}{joint}{digits}"


def percent(value: object) -> str:
    """Return a share as a percentage that never claims certainty by rounding.

    Examples
    --------
    >>> percent(0.834), percent(0.999), percent(0.001), percent(1.0)
    ('83%', '>99%', '<1%', '100%')
    """
    share = number(value)
    if share is None:
        return MISSING
    if 0.99 < share < 1:
        return ">99%"
    if 0 < share < 0.01:
        return "<1%"
    return f"{100 * share:.0f}%"


def days(value: object) -> str:
    """Return a number of days in words.

    Examples
    --------
    >>> days(1), days(74.4), days(None)
    ('1 day', '74 days', '—')
    """
    amount = number(value)
    if amount is None:
        return MISSING
    return f"{amount:,.0f} {'day' if round(amount) == 1 else 'days'}"


def date_words(value: object) -> str:
    """Return a date as '30 Sep 1997'; text that is no ISO date comes back as it is.

    Examples
    --------
    >>> date_words("1997-09-30"), date_words(dt.date(2025, 1, 2)), date_words("soon")
    ('30 Sep 1997', '2 Jan 2025', 'soon')
    """
    if is_missing(value):
        return MISSING
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            return plain(value)
    if isinstance(value, dt.date):  # datetime and Timestamp are dates too; strftime's month follows the locale
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
    return plain(value)


def too(gap: float, unit: str) -> str:
    """Say by how much a forecast was off.

    Examples
    --------
    >>> too(-12.14, "%"), too(0.72, " points"), too(0.01, "%")
    ('12% too low', '0.7 points too high', 'spot on')
    """
    rounded = round(abs(gap), 1)
    size = f"{rounded:.0f}" if rounded >= 10 else f"{rounded:.1f}"
    if float(size) == 0:
        return "spot on"
    return f"{size}{unit} too {'high' if gap > 0 else 'low'}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _is_unfit(character: str) -> bool:
    if character in "\t\n":
        return False
    # U+202D and U+202E turn the letters after them round, so that one name passes for another.
    return unicodedata.category(character) in ("Cc", "Cs") or character in "\u202d\u202e"


def _signed(text: str) -> str:
    return "0" if text in ("-0", "0") else text.replace("-", "−")
