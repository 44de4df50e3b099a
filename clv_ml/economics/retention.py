"""Who comes back, and when: the retention triangle, cumulative revenue and profit, and the time to a second order."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.economics.customers import CohortFrames, Ints
from clv_ml.economics.retention_counts import AGE_DAYS, Floats, Grouped, grouped, long_form, observed_within

SECOND_ORDER_DAYS = (7, 14, 30, 60, 90, 120, 180, 270, 365)
NEVER = np.iinfo(np.int64).max


def retention(frames: CohortFrames) -> pd.DataFrame:
    """Return the share of each cohort that bought in each age period: the retention triangle, in long form.

    Returns
    -------
    pandas.DataFrame
        dimension, cohort, age_period (k: days 30 k to 30 k + 29 after the customer's first purchase; in 0 everybody
        bought), customers, small, observed (customers for whom the period is over), active (those of them who bought
        in it), rate = active / observed, complete; age periods that nobody has reached are left out.

    Notes
    -----
    Open cohorts: where a period is not over for all customers of a month, `complete` is false and the rate NaN, however
    many have bought by then: it could only look like a fall. See :meth:`Grouped.complete` for other dimensions, where
    customers who came lately are left out of later ages. Retention is of purchases: who pauses is not lost, and the
    rate may rise again. One-time buyers are in every denominator.
    """
    bought = _bought(frames)
    parts = []
    for dimension in frames.every_dimension:
        group = grouped(frames, dimension)
        ages, begun, observed = _watched(frames, group)
        active = group.table(*bought, len(ages))
        complete = group.complete(observed)
        rate = _shares(active, observed, complete)
        counts = {"observed": observed.astype(np.int64), "active": active.astype(np.int64)}
        parts.append(long_form(group, begun, "age_period", ages, **counts, rate=rate, complete=complete))
    return pd.concat(parts, ignore_index=True)


def cumulative(frames: CohortFrames) -> pd.DataFrame:
    """Return revenue and profit a customer up to each age, by cohort.

    Returns
    -------
    pandas.DataFrame
        dimension, cohort, age_period, customers, small, observed, age_days (30 (k + 1): the days that are over),
        revenue and profit (currency a customer of the cohort, from the first purchase on, acquisition cost not taken
        off; NaN where not complete), complete.

    Notes
    -----
    Where all customers are watched equally long, that is the sum over the number of customers. Elsewhere it is the mean
    cumulative function: what was spent in each age period, over the customers for whom that period is over, summed up
    to the age (Lawless & Nadeau 1995, Some Simple Robust Methods for the Analysis of Recurrent Events, Technometrics
    37(2), doi:10.1080/00401706.1995.10484300, equation 2.3). It holds where customers who came lately are like those
    before. A refund lowers the purchase day it is charged to, so that a curve may be lower next month.
    """
    over = _is_over(frames)
    person, age_period = frames.person[over], (frames.age // AGE_DAYS)[over]
    amounts = [frames.purchase_days[name].to_numpy()[over] for name in ("cents", "profit")]
    parts = []
    for dimension in frames.every_dimension:
        group = grouped(frames, dimension)
        ages, begun, observed = _watched(frames, group)
        complete = np.logical_and.accumulate(group.complete(observed), axis=1)
        sums = [group.table(person, age_period, len(ages), amount) for amount in amounts]
        revenue, profit = (_mean_cumulative(found, observed, group.customers[:, None]) for found in sums)
        parts.append(
            long_form(
                group,
                begun,
                "age_period",
                ages,
                observed=observed.astype(np.int64),
                age_days=np.broadcast_to(AGE_DAYS * (ages + 1), begun.shape),
                revenue=np.where(complete, revenue / 100.0, np.nan),
                profit=np.where(complete, profit, np.nan),
                complete=complete,
            )
        )
    return pd.concat(parts, ignore_index=True)


def second_order(frames: CohortFrames) -> pd.DataFrame:
    """Return which share of each cohort had ordered a second time within some days.

    Returns
    -------
    pandas.DataFrame
        dimension, cohort, days, customers, small, observed (customers followed for so many days), returned (those of
        them who bought on another day by then), share = returned / observed (NaN where not complete), complete.

    Notes
    -----
    A second order on the day of the first is the same purchase occasion. Customers followed for fewer days are in
    neither number: with them below the line young cohorts would seem never to return.
    """
    limits = np.array(SECOND_ORDER_DAYS, dtype=np.int64)
    gap, followed = days_to_second_order(frames), frames.followed
    parts = []
    for dimension in frames.every_dimension:
        group = grouped(frames, dimension)
        observed = observed_within(group, followed, limits)
        returned = np.column_stack([group.count((followed >= limit) & (gap <= limit)) for limit in limits])
        complete = group.complete(observed)
        share = _shares(returned.astype(float), observed, complete)
        counts = {"observed": observed.astype(np.int64), "returned": returned}
        parts.append(long_form(group, observed > 0, "days", limits, **counts, share=share, complete=complete))
    return pd.concat(parts, ignore_index=True)


def days_to_second_order(frames: CohortFrames) -> Ints:
    """Return the days from the first to the second purchase day of each member; :data:`NEVER` where there is none."""
    gap = np.full(len(frames.members), NEVER, dtype=np.int64)
    age = frames.age
    np.minimum.at(gap, frames.person[age > 0], age[age > 0])
    return gap


def median_days(gap: Ints, followed: Ints, *, level: float = 0.5) -> float:
    """Return the day by which half of the customers have come back; NaN where fewer ever did.

    Kaplan & Meier (1958), Nonparametric Estimation from Incomplete Observations, JASA 53(282),
    doi:10.1080/01621459.1958.10501452: customers are below the line as long as they are watched, so that those who came
    lately count for what they tell.

    Parameters
    ----------
    gap
        Days to the second order, :data:`NEVER` where there was none; shape (n,).
    followed
        Days for which each customer has been watched; shape (n,).
    """
    event = gap <= followed
    time = np.where(event, gap, followed)
    days, counts = np.unique(time[event], return_counts=True)
    at_risk = len(time) - np.searchsorted(np.sort(time), days, side="left")
    waiting = np.cumprod(1.0 - counts / at_risk) if len(days) else np.array([])
    reached = np.nonzero(1.0 - waiting >= level - 1e-12)[0]
    return float(days[reached[0]]) if len(reached) else float("nan")


def _watched(frames: CohortFrames, group: Grouped) -> tuple[Ints, NDArray[np.bool_], Floats]:
    """Return the age periods, which of them each cohort has begun, and for how many customers they are over."""
    followed = frames.followed
    periods = int(min(followed.max() // AGE_DAYS + 1, frames.cohorts.max_ages))
    ages = np.arange(max(periods, 1), dtype=np.int64)
    begun = observed_within(group, followed, AGE_DAYS * ages) > 0
    return ages, begun, observed_within(group, followed, AGE_DAYS * (ages + 1) - 1)


def _is_over(frames: CohortFrames) -> NDArray[np.bool_]:
    """Whether the age period of each purchase day is over for its customer."""
    found: NDArray[np.bool_] = frames.age // AGE_DAYS < ((frames.followed + 1) // AGE_DAYS)[frames.person]
    return found


def _bought(frames: CohortFrames) -> tuple[Ints, Ints]:
    """Return who bought in which age period, once each; only periods that are over for the customer."""
    over = _is_over(frames)
    age_period = (frames.age // AGE_DAYS)[over]
    width = int(age_period.max()) + 1 if len(age_period) else 1
    seen = np.unique(frames.person[over] * width + age_period)
    return seen // width, seen % width


def _shares(part: Floats, whole: Floats, complete: NDArray[np.bool_]) -> Floats:
    return np.where(complete & (whole > 0), part / np.where(whole > 0, whole, 1.0), np.nan)


def _mean_cumulative(sums: Floats, observed: Floats, customers: Ints) -> Floats:
    plain = np.cumsum(sums, axis=1) / customers
    by_age = np.cumsum(sums / np.where(observed > 0, observed, np.nan), axis=1)
    # one division where all are watched: cents stay exact up to it
    same = np.logical_and.accumulate(observed == customers, axis=1)
    return np.where(same, plain, by_age)
