"""Which first products, channels or early behaviours go with high value; nothing here says that one makes the other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clv_ml.config.cohorts import VALUE_QUARTILE
from clv_ml.economics.customers import CohortFrames, Ints
from clv_ml.economics.drivers_statistics import Floats, group_differences, guarded, shrunk
from clv_ml.economics.retention import days_to_second_order
from clv_ml.economics.retention_counts import Grouped, grouped

SECOND_ORDER_30D, ORDERS_ON_FIRST_DAY = "second_order_30d", "orders_on_first_day"
_EARLY_DAYS = 30


def drivers(frames: CohortFrames, *, window_days: int | None = None, level: float = 0.95) -> pd.DataFrame:
    """Compare each cohort with all other customers at the same age.

    Parameters
    ----------
    window_days
        Days of each customer that are compared; the middle one of ``cohorts.window_days`` where None.
    level
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a cohort and outcome, the surest first within an outcome and dimension:

        dimension, cohort, customers, small, outcome, window_days
            ``value``: profit of the first `window_days`, the first purchase day included. ``later_value``: the same
            without the first purchase day. ``returned``: share with a second purchase day within `window_days`. Early
            behaviours are dimensions too: ``second_order_30d`` (a second purchase day within 30 days; the value counted
            is of the `window_days` after those, as it would else be a part of what it is held against: a landmark,
            Anderson, Cain & Gelber 1983, doi:10.1200/JCO.1983.1.11.710), and ``orders_on_first_day``.
        observed
            Customers of the cohort who were watched for all those days; the others are left out of both sides.
        mean, others_mean, difference, low, high, interval_level
            Currency a customer, or shares.
        p_value, p_adjusted, notable
            See :func:`clv_ml.economics.drivers_statistics.guarded`; all rows are one family of comparisons.
        shrunk
            What of the difference is likely to be seen again, within the dimension and outcome.

    Notes
    -----
    Two guards against picking winners by chance: the false discovery rate decides what is called notable, over all
    dimensions and outcomes together, and intervals of those picked are widened for having been picked. Cohorts below
    ``cohorts.min_customers`` are never compared. A difference may be due to anything else that differs between the
    customers: the words for it are "goes with".
    """
    windows = frames.cohorts.window_days
    window = window_days or windows[len(windows) // 2]
    parts = [
        _compared(frames, grouped(frames, dimension), outcome, window)
        for dimension in frames.dimensions
        for outcome in ("value", "later_value", "returned")
        if not (dimension == VALUE_QUARTILE and outcome == "value")  # that would be its own definition
    ]
    parts += _early(frames, window)
    kept = [part for part in parts if len(part)]
    table = guarded(
        pd.concat(kept, ignore_index=True), false_discovery_rate=frames.cohorts.false_discovery_rate, level=level
    )
    table = table.drop(columns=["standard_error", "skewness"])
    sure = table["p_value"].fillna(2.0)
    order = table.assign(_sure=sure).sort_values(["dimension", "outcome", "_sure", "cohort"]).index
    return table.loc[order].reset_index(drop=True)


def profit_between(frames: CohortFrames, first_age: int | Ints, days: int) -> Floats:
    """Return the profit of each member in `days` days from an age on, shape (n_members,).

    Parameters
    ----------
    first_age
        Days after the first purchase, for all or for each member.
    """
    since = frames.age - np.broadcast_to(np.asarray(first_age, dtype=np.int64), len(frames.members))[frames.person]
    inside = (since >= 0) & (since < days)
    profit = frames.purchase_days["profit"].to_numpy(float)[inside]
    return np.bincount(frames.person[inside], weights=profit, minlength=len(frames.members)).astype(float)


def _compared(frames: CohortFrames, group: Grouped, outcome: str, window: int, *, from_age: int = 0) -> pd.DataFrame:
    watched = frames.followed >= from_age + window - (0 if outcome == "returned" else 1)
    if outcome == "returned":
        values = (days_to_second_order(frames) <= window).astype(float)
    elif outcome == "value":
        values = profit_between(frames, from_age, window)
    else:
        values = profit_between(frames, max(from_age, 1), window - (0 if from_age else 1))
    found = group_differences(
        values[watched], group.number[watched], len(group.names), min_customers=group.min_customers
    )
    found["shrunk"] = shrunk(found["difference"].to_numpy(), found["standard_error"].to_numpy())
    return group.keys().assign(outcome=outcome, window_days=window).join(found)


def _early(frames: CohortFrames, window: int) -> list[pd.DataFrame]:
    back = days_to_second_order(frames) <= _EARLY_DAYS
    first = ~frames.purchase_days["person"].duplicated().to_numpy()
    several = frames.purchase_days["orders"].to_numpy()[first] > 1
    return [
        _yes_or_no(frames, SECOND_ORDER_30D, back, window, from_age=_EARLY_DAYS + 1),
        _yes_or_no(frames, ORDERS_ON_FIRST_DAY, several, window),
    ]


def _yes_or_no(
    frames: CohortFrames, dimension: str, did: np.ndarray, window: int, *, from_age: int = 0
) -> pd.DataFrame:
    """Compare who did with who did not: one row, as the other would be its mirror image."""
    number = did.astype(np.int64)
    customers = np.bincount(number, minlength=2).astype(np.int64)
    group = Grouped(dimension, ["no", "yes"], number, customers, frames.cohorts.min_customers)
    table = _compared(frames, group, "later_value", window, from_age=from_age)
    return table[(table["cohort"] == "yes") & (table["customers"] > 0)]
