"""Customer equity: what the customers of a day are worth together, to the cent."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.config import ValueConfig
from clv_ml.economics.customers import CohortFrames
from clv_ml.economics.predicted import known_buyers
from clv_ml.economics.predicted_groups import KEYS, cohort_groups
from clv_ml.errors import DataError, missing_columns
from clv_ml.models.fitting import FittedModels
from clv_ml.models.value import value_by_config

Cents = NDArray[np.int64]


def customer_values(
    models: FittedModels, customers: pd.DataFrame, *, value: ValueConfig, active_days: int
) -> pd.DataFrame:
    """Value every customer of a day: what customer equity and its bridge are sums of.

    Parameters
    ----------
    models
        Of that day or of one before; two days are best valued by the same models, or the change of the parameters is
        part of the change of value.
    customers
        Customers known on the day: frequency, recency, T (days), monetary_value; who has not bought has no value.
    value
        As :func:`clv_ml.economics.predicted_groups.future_value` returns it.
    active_days
        A customer is active who buys within so many days.

    Returns
    -------
    pandas.DataFrame
        Indexed by customer_id in its order: expected_clv (discounted profit to come within value.horizon_days) and
        p_active, the chance of a purchase within `active_days`, both by the purchase model.
    """
    bought = known_buyers(customers)
    worth = value_by_config(models.purchases, models.spend, bought, value)
    none = models.purchases.probability_no_purchase(bought, horizon_days=active_days)
    return pd.DataFrame({"expected_clv": worth["expected_clv"], "p_active": 1.0 - none}, index=bought.index)


def customer_equity(
    values: pd.DataFrame, frames: CohortFrames, *, predicted: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Sum the value of all customers on a day, by cohort: equity = sum of expected_clv = mean x customers.

    Parameters
    ----------
    values
        As :func:`customer_values` returns them, of the day `frames.as_of`.
    predicted
        As :func:`clv_ml.economics.predicted.predicted_cohorts` returns it for the same day, for the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a cohort, everybody first: dimension, cohort, customers, small, as_of, horizon_days, equity (Decimal,
        in currency; the sum of values each rounded to the cent, so that cohorts add up to everybody), equity_low and
        equity_high (NaN without `predicted`), per_customer, expected_active (customers expected to buy again in time),
        acquisition_cost (Decimal: of the cohort's customers as far as known; None where not known of any),
        cost_known (share of customers of whom it is known), retention_cost (Decimal: of all its customers over the
        horizon) and equity_after_retention (Decimal).

    Notes
    -----
    Traps: equity counts profit to come, never profit made, and no customer still to be won. The cost of acquisition is
    spent and is told beside it, not taken off. The cost of retention is charged for everybody who has bought, because
    nobody knows who has left. One-time buyers belong to it: most are worth little, and they are many.

    Raises
    ------
    DataError
        A column is missing, or a customer is not in `frames`.
    """
    groups = cohort_groups(frames, values.index)
    cents = in_cents(values)
    size = groups.size
    horizon = frames.value.horizon_days
    equity = groups.summed(cents.astype(np.float64))
    retention = np.rint(100.0 * frames.cohorts.retention_cost * size * horizon / 365.0)
    cost = frames.members.loc[values.index, "acquisition_cost"].to_numpy(np.float64)
    known = groups.summed(np.isfinite(cost).astype(np.float64))
    spent = groups.summed(np.rint(100.0 * np.nan_to_num(cost)))
    table = groups.keys.assign(
        as_of=frames.as_of,
        horizon_days=horizon,
        equity=money(equity),
        per_customer=equity / 100.0 / size,
        expected_active=groups.summed(values["p_active"].to_numpy(np.float64)),
        acquisition_cost=money(np.where(known > 0, spent, np.nan)),
        cost_known=known / size,
        retention_cost=money(retention),
        equity_after_retention=money(equity - retention),
    )
    ends = np.full((len(table), 2), np.nan)
    if predicted is not None:
        ends = _checked(predicted, table, frames.as_of).loc[:, ["low", "high"]].to_numpy(np.float64)
    table.insert(7, "equity_low", ends[:, 0])
    table.insert(8, "equity_high", ends[:, 1])
    return table


def in_cents(values: pd.DataFrame) -> Cents:
    """Round the value of each customer to the cent, half to even.

    Raises
    ------
    DataError
        A column is missing, or a value or chance is missing.
    """
    absent = [name for name in ("expected_clv", "p_active") if name not in values]
    if absent:
        raise missing_columns("values", absent, map(str, values.columns), "Make them with customer_values.")
    bad = ~np.isfinite(values[["expected_clv", "p_active"]].to_numpy(np.float64)).all(axis=1)
    if bad.any():
        raise DataError(
            f"values: {int(bad.sum()):,} customers have no value (first {values.index[bad][0]!r}); drop them"
        )
    return np.rint(100.0 * values["expected_clv"].to_numpy(np.float64)).astype(np.int64)


def money(cents: NDArray[np.float64] | Cents) -> NDArray[np.object_]:
    """Return whole cents as exact amounts of currency (Decimal); None where there is none (NaN)."""
    amounts = np.empty(len(cents), dtype=object)
    amounts[:] = [None if np.isnan(number) else Decimal(int(number)).scaleb(-2) for number in cents]
    return amounts


def _checked(predicted: pd.DataFrame, table: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    found = table[KEYS].merge(predicted, on=KEYS, how="left", validate="one_to_one")
    if found["low"].isna().any() or (found["made_on"] != as_of).any():
        raise DataError(f"predicted: not made on {as_of} for the same cohorts; pass that of the day of the values")
    return found
