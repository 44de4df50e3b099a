"""Value by a window: what the last days earned, and how well each length of window told the days after it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.economics.customers import CohortFrames, day_number, whole_days
from clv_ml.economics.observed import ratio
from clv_ml.economics.retention_counts import Floats, Grouped, grouped


def windowed_values(frames: CohortFrames, *, horizon_days: int = 90) -> pd.DataFrame:
    """Value customers by order value x purchases x margin of the last days, for each length of window.

    Parameters
    ----------
    horizon_days
        Length of the last days that the windows before them are judged by.

    Returns
    -------
    pandas.DataFrame
        One row a cohort and window of ``cohorts.window_days``:

        dimension, cohort, window_days, customers, small
        order_value, orders, margin
            Of the last `window_days`: spend an order, orders a customer of the cohort (one-time buyers who are long
            gone among them), and the share of spend that is profit before costs of an order.
        value
            ``order_value x orders x margin``: currency a customer and window, undiscounted.
        judged_from, judged_days
            The day `horizon_days` before the end of the data, and `horizon_days`.
        expected, actual
            Spend a customer in the judged days: of the window up to judged_from, scaled to as many days; and what came.
            Both of the customers known on judged_from; NaN where the window reaches back before the data, or a month
            had not yet all its customers.
        error
            Weighted absolute error over the cohorts of the dimension: ``sum |expected - actual| / sum actual``.
        best
            Whether no other window of the dimension has a smaller error; the shorter of equal ones.

    Notes
    -----
    A window says that the next days will be like the last: it knows neither that customers leave nor the season. The
    best one is the best of few tries on one stretch of time.
    """
    judged_from = frames.known_to - dt.timedelta(days=horizon_days)
    parts = []
    for dimension in frames.every_dimension:
        group = grouped(frames, dimension)
        windows = [_window(frames, group, days, judged_from, horizon_days) for days in frames.cohorts.window_days]
        errors = np.array([float(part["error"].iloc[0]) for part in windows])
        best = int(np.nanargmin(errors)) if np.isfinite(errors).any() else -1
        parts += [part.assign(best=position == best) for position, part in enumerate(windows)]
    return pd.concat(parts, ignore_index=True)


def _window(frames: CohortFrames, group: Grouped, days: int, judged_from: dt.date, horizon: int) -> pd.DataFrame:
    end = day_number(frames.known_to)
    orders, cents, cost = _sums(frames, group, end - days, end)
    table = group.keys()
    table.insert(2, "window_days", days)
    order_value, each = ratio(cents, orders) / 100.0, ratio(orders, group.customers)
    margin = ratio(cents - cost, cents)
    table["order_value"], table["orders"], table["margin"] = order_value, each, margin
    # without an order in the window the customers earned nothing, whatever an order is worth
    table["value"] = np.where(orders > 0, order_value * each * margin, 0.0)
    cut = day_number(judged_from)
    come = whole_days(frames.members["first_day"]) <= cut
    there = group.count(come)
    known = (there == group.customers) if group.dimension == "month" else there > 0
    known = known & (cut - days + 1 >= int(whole_days(frames.members["first_day"]).min()))
    expected = ratio(_sums(frames, group, cut - days, cut)[1] * (horizon / days), there) / 100.0
    actual = ratio(_sums(frames, group, cut, cut + horizon, come)[1], there) / 100.0
    table["judged_from"], table["judged_days"] = pd.Timestamp(judged_from), horizon
    table["expected"], table["actual"] = np.where(known, expected, np.nan), np.where(known, actual, np.nan)
    missed = np.abs(expected - actual)[known] * there[known]
    whole = float((actual * there)[known].sum()) if known.any() else 0.0
    return table.assign(error=float(missed.sum()) / whole if whole > 0 else np.nan)


def _sums(
    frames: CohortFrames, group: Grouped, after: int, until: int, come: NDArray[np.bool_] | None = None
) -> tuple[Floats, Floats, Floats]:
    """Sum orders, cents and cents of cost over the purchase days in (after, until], by cohort."""
    day = whole_days(frames.purchase_days["day"])
    inside = (day > after) & (day <= until)
    if come is not None:
        inside &= come[frames.person]
    cohort = group.number[frames.person[inside]]
    columns = (frames.purchase_days[name].to_numpy(float)[inside] for name in ("orders", "cents", "cost_cents"))
    orders, cents, cost = (
        np.bincount(cohort, weights=part, minlength=len(group.names)).astype(float) for part in columns
    )
    return orders, cents, cost
