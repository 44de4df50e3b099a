"""What the page and the workbook of cohorts are told, and the sections they are made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from clv_ml.language import Words
from clv_ml.reports.cohorts_cells import Ranged, Shown, shown_table
from clv_ml.reports.explain import Picture


@dataclass(frozen=True)
class CohortFacts:
    """What a cohort report tells.

    Attributes
    ----------
    name
        Of the config.
    tables
        By name, as the job writes them; one that is missing is a section that is left out.
    currency
        Of all amounts.
    conventions
        horizon_days (of the value), margin, annual_discount_rate, cost_per_order, retention_cost, ltv_cac_target,
        min_customers.
    previous_as_of
        Day that the headline figures are compared with; None where there is none.
    channel
        The dimension that says how a customer was won; None where there is none.
    """

    name: str
    as_of: dt.date
    tables: Mapping[str, pd.DataFrame]
    currency: str
    conventions: Mapping[str, Any]
    previous_as_of: dt.date | None = None
    channel: str | None = None

    def table(self, name: str) -> pd.DataFrame:
        """Return a table, or one without rows and columns."""
        return self.tables.get(name, pd.DataFrame())

    def shown(
        self,
        name: str,
        columns: Sequence[str | Ranged],
        w: Words,
        *,
        caption: str,
        rows: pd.DataFrame | None = None,
        note: str = "",
    ) -> list[Shown]:
        """Return a table, or some rows of it, in words; nothing where there is no row."""
        table = self.table(name) if rows is None else rows
        found = shown_table(name, table, columns, w, caption=caption, currency=self.currency, note=note)
        return [] if found is None else [found]


@dataclass(frozen=True)
class Drawing:
    """A picture and the title above it."""

    title: str
    picture: Picture


@dataclass(frozen=True)
class Section:
    """One part of the page in one language: what it shows, what that means, and the trap in it."""

    name: str
    title: str
    about: str = ""
    trap: str = ""
    lines: Sequence[str] = ()
    pictures: Sequence[Drawing] = ()
    tables: Sequence[Shown] = ()
    more: Sequence[Shown] = ()
    more_title: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.lines or self.pictures or self.tables or self.more)
