"""Numbers, dates and foreign text put into words that are safe to show."""

from __future__ import annotations

import datetime as dt

from clv_ml.language.values import finite as number
from clv_ml.language.values import is_missing, plain

__all__ = [
    "MISSING",
    "MODEL_NAMES",
    "count",
    "date_words",
    "days",
    "is_missing",
    "money",
    "number",
    "percent",
    "plain",
    "too",
]

MISSING = "—"
MODEL_NAMES = {"bgnbd": "BG/NBD", "mbgnbd": "Modified BG/NBD", "pareto_nbd": "Pareto/NBD"}


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


def _signed(text: str) -> str:
    return "0" if text in ("-0", "0") else text.replace("-", "−")
