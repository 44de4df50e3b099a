"""Whether a share is out of line with the shares before it: beyond chance, and beyond how much they vary anyway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from clv_ml.config.cohorts import MONTH

Floats = NDArray[np.float64]

MOST_BEFORE = 12
"""Earlier periods, or cohorts, that make a baseline at most."""


@dataclass(frozen=True)
class Compared:
    """A share beside its baseline.

    Attributes
    ----------
    dimension, cohort, at
        Whose it is, and of which period or age.
    customers
        How many it is a share of.
    value, baseline
        The share, and the pooled share before it.
    low, high
        Where 95 % of such shares lie, were nothing different.
    p_above, p_below
        One-sided chance of a share so high, and so low.
    """

    dimension: str
    cohort: str
    at: str
    customers: int
    value: float
    baseline: float
    low: float
    high: float
    p_above: float
    p_below: float


def churn_of_last_period(periods: pd.DataFrame, *, min_customers: int) -> Iterator[Compared]:
    """Compare the churn of each cohort's last complete month with that of its own months before.

    Parameters
    ----------
    periods
        dimension, cohort, period, start_customers, kept and complete, as
        :func:`clv_ml.economics.observed_periods.observed_periods` returns them.
    min_customers
        A month with fewer customers at its start is passed over.
    """
    known = periods[periods["churn_rate"].notna() & (periods["start_customers"] >= min_customers)]
    for (dimension, cohort), rows in known.groupby(["dimension", "cohort"], sort=True):
        ordered = rows.sort_values("period")
        lost = (ordered["start_customers"] - ordered["kept"]).to_numpy(np.float64)
        size = ordered["start_customers"].to_numpy(np.float64)
        if len(size) > 1:
            last = str(ordered["period"].iloc[-1])
            yield _against(lost, size, dimension=str(dimension), cohort=str(cohort), at=last)


def retention_of_last_age(retention: pd.DataFrame, *, min_customers: int) -> Iterator[Compared]:
    """Compare each month's retention at its last complete age with that of the months before at the same age.

    Parameters
    ----------
    retention
        dimension, cohort, age_period, observed, active and complete, as
        :func:`clv_ml.economics.retention.retention` returns them.
    """
    triangle = retention[
        (retention["dimension"] == MONTH)
        & retention["complete"].astype(bool)
        & (retention["age_period"] > 0)
        & (retention["observed"] >= min_customers)
    ]
    last = triangle.groupby("cohort", sort=True)["age_period"].max()
    for cohort, age in last.items():
        same = triangle[(triangle["age_period"] == age) & (triangle["cohort"] <= cohort)].sort_values("cohort")
        if len(same) > 1:
            yield _against(
                same["active"].to_numpy(np.float64),
                same["observed"].to_numpy(np.float64),
                dimension=MONTH,
                cohort=str(cohort),
                at=str(age),
            )


def _against(count: Floats, size: Floats, *, dimension: str, cohort: str, at: str) -> Compared:
    """Compare the last share with those before it, in a chart for shares that vary by more than chance.

    Laney (2002), Improved Control Charts for Attributes, Quality Engineering 14(4), 531-537,
    doi:10.1081/QEN-120003555: the standard deviation of chance is multiplied by that of the standardised shares before,
    where there are three or more and they vary by more.
    """
    count, size = count[-MOST_BEFORE - 1 :], size[-MOST_BEFORE - 1 :]
    before, n = float(size[:-1].sum()), float(size[-1])
    share = float(count[:-1].sum()) / before
    # half a customer away from 0 and 1: nobody lost so far is no proof that nobody will be
    held = float(np.clip(share, 0.5 / before, 1.0 - 0.5 / before))
    chance = np.sqrt(held * (1.0 - held))
    z = (count[:-1] / size[:-1] - share) / (chance / np.sqrt(size[:-1]))
    varied = max(1.0, float(z.std(ddof=1))) if len(z) >= 3 else 1.0
    spread = chance * np.sqrt(1.0 / n + 1.0 / before) * varied
    value = float(count[-1]) / n
    off = (value - share) / spread
    reach = float(stats.norm.ppf(0.975)) * spread
    return Compared(
        dimension=dimension,
        cohort=cohort,
        at=at,
        customers=int(n),
        value=value,
        baseline=share,
        low=float(max(share - reach, 0.0)),
        high=float(min(share + reach, 1.0)),
        p_above=float(stats.norm.sf(off)),
        p_below=float(stats.norm.cdf(off)),
    )
