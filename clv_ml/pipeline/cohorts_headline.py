"""The headline figures of a cohort report, and the earlier report that they are compared with."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from clv_ml.economics.customers import CohortFrames
from clv_ml.economics.equity import in_cents
from clv_ml.publishing import is_complete

SCORECARD = "scorecard.parquet"
_NEW, _WINDOW = 30, 90  # days
_DAY = re.compile(r"as_of=(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class EarlierReport:
    """A complete report of an earlier day."""

    as_of: dt.date
    folder: Path

    def figures(self) -> dict[str, float]:
        """Read its headline figures by name."""
        table = pd.read_parquet(self.folder / SCORECARD)
        return dict(zip(table["figure"], table["value"].astype(float), strict=True))


def earlier_report(folder: Path, day: dt.date, *, days: int) -> EarlierReport | None:
    """Find the complete report whose day is nearest to so many days before, the later of two as near.

    Parameters
    ----------
    folder
        Of all reports.
    days
        How far back the comparison is to look: a report of half to twice as far back counts, because a change over a
        month is none over a week.

    Returns
    -------
    EarlierReport or None
        None where there is none near enough.
    """
    wanted = day - dt.timedelta(days=days)
    found = []
    for path in sorted(folder.glob("as_of=*")):
        named = _DAY.fullmatch(path.name)
        if named and is_complete(path) and (path / SCORECARD).is_file():
            as_of = dt.date.fromisoformat(named[1])
            if days / 2 <= (day - as_of).days <= 2 * days:
                found.append(EarlierReport(as_of, path))
    return min(found, key=lambda report: (abs((report.as_of - wanted).days), -report.as_of.toordinal()), default=None)


def headline(frames: CohortFrames, values: pd.DataFrame) -> dict[str, float]:
    """Return the headline figures of a day; NaN where a figure is not known yet.

    Parameters
    ----------
    values
        As :func:`clv_ml.economics.equity.customer_values` returns them for the same day.

    Returns
    -------
    dict
        customers; new_customers (first bought in the last 30 days); active_customers (bought in the last 90);
        order_value (spend over orders of the last 90 days); repeat_rate (share of all with a second purchase day);
        churn_90d (of those who bought in the 90 days before the last 90, the share that bought nothing in the last
        90); gross_margin (of the last 90 days, where the transactions tell costs); equity (the sum of the customers'
        values, each to the cent); clv (its mean).

    Notes
    -----
    Every window ends on the day of the figures and is over for everybody, so that no figure falls only because a
    period is cut: two days compare the same lengths.
    """
    members, bought = frames.members, frames.purchase_days
    ago = (pd.Timestamp(frames.known_to) - bought["day"]).dt.days
    recent, before = ago < _WINDOW, (ago >= _WINDOW) & (ago < 2 * _WINDOW)
    cents, orders = int(bought.loc[recent, "cents"].sum()), int(bought.loc[recent, "orders"].sum())
    was_active = set(bought.loc[before, "person"])
    is_active = set(bought.loc[recent, "person"])
    history = (pd.Timestamp(frames.known_to) - bought["day"].min()).days
    cost = math.fsum(bought.loc[recent, "cost_cents"])
    margin = 1.0 - cost / cents if cents > 0 and frames.observed_costs else math.nan
    equity = int(in_cents(values).sum()) / 100.0
    return {
        "customers": float(len(members)),
        "new_customers": float((frames.followed < _NEW).sum()),
        "active_customers": float(len(is_active)),
        "equity": equity,
        "clv": equity / len(values),
        "order_value": cents / 100.0 / orders if orders else math.nan,
        "repeat_rate": float((members["purchases"] > 1).mean()),
        "churn_90d": 1.0 - len(was_active & is_active) / len(was_active)
        if was_active and history >= 2 * _WINDOW - 1
        else math.nan,
        "gross_margin": margin,
    }


def scorecard(figures: Mapping[str, float], before: Mapping[str, float]) -> pd.DataFrame:
    """Set headline figures beside those of an earlier day: figure, value, previous, change (NaN where not known)."""
    rows = [(name, value, before.get(name, math.nan)) for name, value in figures.items()]
    table = pd.DataFrame(rows, columns=["figure", "value", "previous"])
    return table.assign(change=table["value"] - table["previous"])
