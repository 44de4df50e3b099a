"""A customer's past as the page's script reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from clv_ml.reports.wording import number

MOST_ORDERS = 60
"""A story shows the newest so many orders."""


def churn_horizons(available: Iterable[str]) -> list[int]:
    """Return the horizons in days of the churn probabilities among the column names, shortest first."""
    found = (re.fullmatch(r"p_churn_(\d{1,5})d", name) for name in available)
    return sorted(int(match[1]) for match in found if match)


def orders_of(value: object) -> list[float | int] | None:
    """Return a customer's newest orders as days ago, amount, days ago, amount, ...; None where there are none.

    Examples
    --------
    >>> orders_of([[3, 19.5], [40, 120.25]])
    [3, 19.5, 40, 120]
    """
    if not isinstance(value, Iterable) or isinstance(value, str):
        return None
    flat: list[float | int] = []
    for ago, amount in sorted((tuple(order) for order in value), key=lambda order: float(order[0]))[:MOST_ORDERS]:
        flat += [int(ago), _short(amount)]
    return flat or None


def activity_of(value: object) -> list[int] | None:
    """Return counts of weeks as integers; None where there are none.

    Examples
    --------
    >>> activity_of([0, 2.0, 1]), activity_of([])
    ([0, 2, 1], None)
    """
    if not isinstance(value, Iterable) or isinstance(value, str):
        return None
    return [int(number(n) or 0) for n in value] or None


def _short(value: object) -> float | int:
    """Whole from 100 on: a picture shows no cents."""
    amount = number(value) or 0.0
    short = round(amount) if abs(amount) >= 100 else round(amount, 2)
    return int(short) if short == int(short) else short
