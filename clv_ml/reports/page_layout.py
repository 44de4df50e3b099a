"""What holds for all rows of the page: which columns there are, and in which unit they count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from clv_ml.reports.story import churn_horizons
from clv_ml.reports.wording import is_missing, number, plain

_OWN = "p_churn_own"


@dataclass(frozen=True)
class Layout:
    """What holds for all rows."""

    available: frozenset[str]
    currency: str
    one_currency: bool
    whole_money: bool
    clv_horizon_days: float | None
    main_horizon: int | None

    @property
    def risk(self) -> str:
        """Name of the column with the risk that the list shows."""
        return _OWN if _OWN in self.available or self.main_horizon is None else f"p_churn_{self.main_horizon}d"

    @property
    def risk_days(self) -> int | None:
        """How far that risk looks ahead; None where it is another span for each customer."""
        return None if self.risk == _OWN else self.main_horizon


def layout_of(listed: pd.DataFrame, summary: Mapping[str, Any], conventions: Mapping[str, Any]) -> Layout:
    """Return what holds for all rows of a list."""
    filled = frozenset(str(name) for name in listed.columns if listed[name].notna().any())
    currencies = list(listed["currency"].dropna().unique()) if "currency" in filled else []
    stated = plain(summary.get("currency")) or plain(conventions.get("currency"))
    amounts = pd.to_numeric(listed["value_at_risk"], errors="coerce") if "value_at_risk" in filled else None
    return Layout(
        available=filled,
        currency=plain(currencies[0]) if len(currencies) == 1 else stated,
        one_currency=len(currencies) <= 1,
        whole_money=amounts is not None and bool(amounts.max() >= 1000),
        clv_horizon_days=number(conventions.get("clv_horizon_days")),
        main_horizon=_main_horizon(filled, summary, conventions),
    )


def _main_horizon(available: Iterable[str], summary: Mapping[str, Any], conventions: Mapping[str, Any]) -> int | None:
    horizons = churn_horizons(available)
    for given in (summary, conventions):
        stated = number(given.get("horizon_days"))
        if stated is not None and int(stated) in horizons:
            return int(stated)
    return horizons[-1] if horizons else None


def first_given(name: str, summary: Mapping[str, Any], listed: pd.DataFrame) -> object:
    """Return the summary's value, else the first one of that column."""
    if not is_missing(summary.get(name)):
        return summary[name]
    if name not in listed.columns:
        return None
    values = listed[name].dropna()
    return None if values.empty else values.iloc[0]


def day_of(value: object) -> dt.date | None:
    """Return a date from a date or its ISO text; None from anything else.

    Examples
    --------
    >>> day_of("2025-06-30"), day_of("soon")
    (datetime.date(2025, 6, 30), None)
    """
    if is_missing(value):
        return None
    if isinstance(value, dt.date):
        return dt.date(value.year, value.month, value.day)
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
