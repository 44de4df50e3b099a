"""When customers have earned back what winning them cost: curves, payback and break-even share by age."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.economics.acquisition_costs import FREE, KNOWN
from clv_ml.economics.payback_projection import Projection
from clv_ml.economics.retention_counts import AGE_DAYS

Floats = NDArray[np.float64]

LEVEL = 0.95
OBSERVED, PROJECTED, BEYOND, NO_COST, COST_UNKNOWN = "observed", "projected", "beyond", "no_cost", "cost_unknown"


def payback_curves(projection: Projection, *, level: float = LEVEL) -> pd.DataFrame:
    """Return the cumulative profit a customer of each cohort by age, observed and projected.

    Parameters
    ----------
    projection
        As :func:`clv_ml.economics.payback_projection.project` returns it.
    level
        Chance that the band is to hold what these customers will have brought, at each age apart.

    Returns
    -------
    pandas.DataFrame
        One row a cohort and age period: dimension, cohort, age_period (k), age_days (30 (k + 1): the days that are
        over), customers, small, complete (over for every customer), profit (currency a customer, before acquisition,
        less the cost of keeping; NaN where not complete), expected, low and high (where complete, profit itself), and
        cac (NaN where not known).

    Notes
    -----
    Traps: an age that some customers have not reached has no observed profit, however much the others brought. Profit
    of a complete age can still fall through refunds. With a cost of keeping, a curve may fall where customers no longer
    buy: money is spent on who has left, because nobody knows it.
    """
    low, high = _ends(projection.curves, level)
    parts = []
    for cohort in range(len(projection.groups.keys)):
        ages = np.arange(projection.rows(cohort))
        over = ages < projection.complete[cohort]
        profit, expected = projection.observed[cohort, ages], projection.expected[cohort, ages]
        parts.append(
            _aged(projection, cohort, ages).assign(
                complete=over,
                profit=np.where(over, profit, np.nan),
                expected=np.where(over, profit, expected),
                low=np.where(over, profit, np.minimum(low[cohort, ages], expected)),
                high=np.where(over, profit, np.maximum(high[cohort, ages], expected)),
                cac=projection.cac[cohort],
            )
        )
    return pd.concat(parts, ignore_index=True)


def break_even(projection: Projection, *, level: float = LEVEL) -> pd.DataFrame:
    """Return the share of customers of each cohort who had paid back their own cost, by month of age.

    Returns
    -------
    pandas.DataFrame
        One row a cohort whose costs are known and an age period: dimension, cohort, age_period, age_days, customers,
        small, complete, observed (share whose cumulative profit had reached their own acquisition cost at the end of
        this age period or an earlier one; NaN where not complete), share (the same, with what is expected where not
        complete), low and high.

    Notes
    -----
    Traps: a cohort can have paid back as a whole while most of its customers have not: few large ones pay for the
    others. A customer who cost nothing has paid back from the start. The cost of prospects who never bought is shared
    by the buyers of their channel.
    """
    low, high = _ends(projection.paid, level)
    mean = projection.paid.mean(axis=2)
    parts = []
    for cohort in range(len(projection.groups.keys)):
        if projection.cost_status[cohort] not in (KNOWN, FREE):
            continue
        ages = np.arange(projection.rows(cohort))
        over = ages < projection.complete[cohort]
        paid = projection.paid_observed[cohort, ages]
        parts.append(
            _aged(projection, cohort, ages).assign(
                complete=over,
                observed=np.where(over, paid, np.nan),
                share=np.where(over, paid, mean[cohort, ages]),
                low=np.where(over, paid, low[cohort, ages]),
                high=np.where(over, paid, high[cohort, ages]),
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_BREAK_EVEN)


_BREAK_EVEN = [
    *("dimension", "cohort", "age_period", "age_days", "customers", "small", "complete", "observed", "share"),
    *("low", "high"),
]


@dataclass(frozen=True)
class Payback:
    """When a cohort has paid back, each of shape (n_cohorts,).

    Attributes
    ----------
    day
        End of the first age period (30, 60, ... days) by which the mean profit has reached the mean cost; 0 where
        customers cost nothing; NaN where it does not happen in the ages looked at, or the cost is not known.
    low, high
        Interval of `day`; `high` is NaN where it reaches beyond the ages looked at.
    chance
        Chance that the cohort has paid back by the last age looked at.
    status
        ``observed`` (it has happened), ``projected``, ``beyond`` (not expected in the ages looked at), ``no_cost`` or
        ``cost_unknown``.
    """

    day: Floats
    low: Floats
    high: Floats
    chance: Floats
    status: NDArray[np.object_]


def payback_period(projection: Projection, *, level: float = LEVEL) -> Payback:
    """Return when each cohort has paid back: observed where that age is over for all of it, projected elsewhere.

    The first crossing is sought in each future, so that the interval holds for the day itself. Where profit never
    falls that is the inverse of the band of the curve.

    Notes
    -----
    Traps: ages in steps of 30 days; "30" says within the first 30 days. A channel that still wins customers is never
    complete: its payback is projected, with a narrow interval where most of its customers are old. Undiscounted.
    """
    n = len(projection.groups.keys)
    day, low, high, chance = (np.full(n, np.nan) for _ in range(4))
    status = np.full(n, COST_UNKNOWN, dtype=object)
    tail = 0.5 - 0.5 * level
    for cohort in range(n):
        if projection.cost_status[cohort] == FREE:
            day[cohort] = low[cohort] = high[cohort] = 0.0
            status[cohort], chance[cohort] = NO_COST, 1.0
        if projection.cost_status[cohort] != KNOWN:
            continue
        rows = projection.rows(cohort)
        over = int(min(projection.complete[cohort], rows))
        cac = projection.cac[cohort]
        happened = _first(projection.observed[cohort, :over], cac)
        if np.isfinite(happened):
            day[cohort] = low[cohort] = high[cohort] = happened
            status[cohort], chance[cohort] = OBSERVED, 1.0
            continue
        expected = _first(projection.expected[cohort, :rows], cac)
        drawn = np.sort([_first(path, cac) for path in projection.curves[cohort, :rows].T])
        chance[cohort] = float(np.isfinite(drawn).mean())
        ends = np.quantile(drawn, [tail, 1.0 - tail], method="inverted_cdf")
        low[cohort], high[cohort] = (end if np.isfinite(end) else np.nan for end in (min(ends[0], expected), ends[1]))
        if np.isfinite(expected):
            day[cohort], status[cohort] = expected, PROJECTED
            high[cohort] = max(high[cohort], expected)
        else:
            status[cohort], high[cohort] = BEYOND, np.nan
    return Payback(day, low, high, chance, status)


def _first(profit: Floats, cost: float) -> float:
    """Return the end of the first age period in which profit has reached the cost; infinite where it has not."""
    reached = np.flatnonzero(profit >= cost - 1e-9)
    return float(AGE_DAYS * (reached[0] + 1)) if reached.size else float("inf")


def _ends(draws: Floats, level: float) -> tuple[Floats, Floats]:
    low, high = np.quantile(draws, [0.5 - 0.5 * level, 0.5 + 0.5 * level], axis=2)
    return low, high


def _aged(projection: Projection, cohort: int, ages: NDArray[np.int64]) -> pd.DataFrame:
    key = projection.groups.keys.iloc[[cohort] * len(ages)].reset_index(drop=True)
    key.insert(2, "age_period", ages)
    key.insert(3, "age_days", AGE_DAYS * (ages + 1))
    return key
