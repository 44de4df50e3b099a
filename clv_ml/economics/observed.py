"""What each cohort has done so far: orders, order value, frequency, repeat rate, margin, churn and lifespan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.config.cohorts import MONTH
from clv_ml.economics.customers import CohortFrames, Ints, day_number, whole_days
from clv_ml.economics.observed_churn import Departures, churn_within
from clv_ml.economics.retention import days_to_second_order, median_days
from clv_ml.economics.retention_counts import Floats, Grouped, grouped, observed_within

YEAR = 365
ELIGIBLE_DAYS = 180


def observed_cohorts(
    frames: CohortFrames, *, horizons_days: Sequence[int] = (30, 60, 90), eligible_days: int = ELIGIBLE_DAYS
) -> pd.DataFrame:
    """Sum up what each cohort has done up to the last day the data speak of.

    Parameters
    ----------
    horizons_days
        Windows of churn, as in the churn section of the config.
    eligible_days
        Who bought in so many days was still there to be lost.

    Returns
    -------
    pandas.DataFrame
        One row a cohort of every dimension:

        dimension, cohort, customers, small
            `complete` is false for a month that is not over: more customers are to come.
        orders, purchases, spend, profit
            All so far; spend net of refunds, profit before acquisition and retention cost, in currency.
        order_value
            ``spend / orders``. A refund lowers spend and not orders.
        frequency
            ``orders / customers`` since their first purchase: open cohorts have had less time.
        purchases_per_year
            ``365 x purchases after the first / days followed``, summed over customers: comparable at all ages; one-time
            buyers count in full.
        repeat_rate
            Customers with a second purchase day over all customers: open cohorts have had less time.
        repeat_rate_Wd
            The same within W days of the first, of customers followed for W days (``window_days``); NaN where that is
            not complete.
        median_days_to_second
            Day by which half had come back (Kaplan-Meier); NaN where fewer than half ever did.
        gross_margin
            ``(spend - cost) / spend``; the margin of the config where the transactions tell no costs.
        churn_Hd, at_risk_Hd
            Of the customers who bought in the `eligible_days` up to H days before the end of the data, the share that
            did not buy in those H days; and how many they were. NaN for a month whose customers had not all come by
            then.
        churn_rate, churn_days
            Of the customers who bought in the `churn_days` before the last `churn_days`, the share that did not buy in
            the last: a year, or half of the data where they hold less than two years.
        churn_per_year
            ``1 - (1 - churn_rate)^(365 / churn_days)``.
        lifespan_days
            ``churn_days / churn_rate``: 1 / churn in days; NaN where nobody was lost.
        observed_life_days
            Mean days from first to last purchase so far: customers who are still there pull it down.
        spend_per_customer, profit_per_customer
            So far; see :func:`clv_ml.economics.retention.cumulative` for equal ages.
    """
    departures = Departures(frames)
    parts = [_cohorts(frames, departures, name, horizons_days, eligible_days) for name in frames.every_dimension]
    return pd.concat(parts, ignore_index=True)


def churn_length(frames: CohortFrames) -> int:
    """Return the days over which yearly churn is counted: a year, or half of the data."""
    known = int(frames.followed.max()) + 1
    return max(min(YEAR, known // 2), 1)


def _cohorts(
    frames: CohortFrames, departures: Departures, dimension: str, horizons_days: Sequence[int], eligible_days: int
) -> pd.DataFrame:
    group = grouped(frames, dimension)
    days, members = frames.purchase_days, frames.members
    table = group.keys()
    cohort = group.number[frames.person]

    def summed(values: NDArray[np.int64] | Floats) -> Floats:
        return np.bincount(cohort, weights=values, minlength=len(group.names)).astype(float)

    def churned(ahead: int, within: int) -> tuple[Ints, Floats]:
        day = frames.known_to - dt.timedelta(days=ahead)
        start, lost = churn_within(departures, group, day, within=within, ahead=ahead)
        return start, np.where(_has_come(frames, group, day), lost, np.nan)

    orders, cents, cost = (summed(days[name].to_numpy()) for name in ("orders", "cents", "cost_cents"))
    repeaters = group.count((members["purchases"] > 1).to_numpy())
    later = np.bincount(group.number, weights=members["purchases"] - 1, minlength=len(group.names))
    followed = np.bincount(group.number, weights=frames.followed, minlength=len(group.names))
    life = whole_days(members["last_day"]) - whole_days(members["first_day"])
    table["complete"] = _is_over(group, frames.known_to)
    table["orders"] = orders.astype(np.int64)
    table["purchases"] = summed(np.ones(len(days))).astype(np.int64)
    table["spend"] = cents / 100.0
    table["profit"] = summed(days["profit"].to_numpy(float))
    table["order_value"] = ratio(cents, orders) / 100.0
    table["frequency"] = ratio(orders, group.customers)
    table["purchases_per_year"] = YEAR * ratio(later, followed)
    table["repeat_rate"] = ratio(repeaters, group.customers)
    for name, column in _repeat_windows(frames, group).items():
        table[name] = column
    table["median_days_to_second"] = _medians(frames, group)
    table["gross_margin"] = ratio(cents - cost, cents)
    for horizon in horizons_days:
        start, lost = churned(horizon, eligible_days)
        table[f"churn_{horizon}d"], table[f"at_risk_{horizon}d"] = lost, start
    length = churn_length(frames)
    start, lost = churned(length, length)
    table["churn_rate"], table["churn_days"], table["churn_base"] = lost, length, start
    table["churn_per_year"] = 1.0 - (1.0 - lost) ** (YEAR / length)
    table["lifespan_days"] = ratio(np.full(len(lost), float(length)), lost)
    table["observed_life_days"] = ratio(
        np.bincount(group.number, weights=life, minlength=len(group.names)), group.customers
    )
    table["spend_per_customer"] = ratio(cents, group.customers) / 100.0
    table["profit_per_customer"] = ratio(table["profit"].to_numpy(), group.customers)
    return table


def ratio(part: Floats | Ints, whole: Floats | Ints) -> Floats:
    """Divide; NaN where the denominator is 0 or not known."""
    whole = np.asarray(whole, dtype=float)
    there = np.isfinite(whole) & (whole != 0)
    return np.where(there, np.asarray(part, dtype=float) / np.where(there, whole, 1.0), np.nan)


def _is_over(group: Grouped, known_to: dt.date) -> NDArray[np.bool_]:
    if group.dimension != MONTH:
        return np.ones(len(group.names), dtype=bool)
    after = (known_to + dt.timedelta(days=1)).strftime("%Y-%m")  # the month that begins the day after, at the earliest
    return np.array([name < after for name in group.names])


def _has_come(frames: CohortFrames, group: Grouped, day: dt.date) -> NDArray[np.bool_]:
    """Whether all customers of a month had come by a day; months alone have an end."""
    if group.dimension != MONTH:
        return np.ones(len(group.names), dtype=bool)
    later = whole_days(frames.members["first_day"]) > day_number(day)
    come: NDArray[np.bool_] = group.count(later) == 0
    return come


def _repeat_windows(frames: CohortFrames, group: Grouped) -> dict[str, Floats]:
    gap, followed = days_to_second_order(frames), frames.followed
    limits = np.array(frames.cohorts.window_days, dtype=np.int64)
    observed = observed_within(group, followed, limits)
    complete = group.complete(observed)
    found = {}
    for position, limit in enumerate(limits):
        back = group.count((followed >= limit) & (gap <= limit))
        rate = ratio(back, observed[:, position])
        found[f"repeat_rate_{limit}d"] = np.where(complete[:, position], rate, np.nan)
    return found


def _medians(frames: CohortFrames, group: Grouped) -> list[float]:
    gap, followed = days_to_second_order(frames), frames.followed
    order = np.argsort(group.number, kind="stable")
    bounds = np.cumsum(group.customers)[:-1]
    return [median_days(gap[part], followed[part]) for part in np.split(order, bounds)]
