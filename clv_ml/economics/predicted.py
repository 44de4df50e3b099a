"""What each cohort is expected to earn from a day on, how sure that is, and what it then earned."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from scipy import stats

from clv_ml.config import ValueConfig
from clv_ml.economics.customers import CohortFrames
from clv_ml.economics.predicted_groups import CohortGroups, Floats, cohort_groups, error_factors, future_value
from clv_ml.errors import ConfigError, DataError
from clv_ml.evaluation.forecast_error import ForecastError
from clv_ml.models.fitting import FittedModels
from clv_ml.models.paths import simulated_purchases
from clv_ml.models.value import value_by_config

LEVEL = 0.95
N_FUTURES = 200


def predicted_cohorts(
    models: FittedModels,
    customers: pd.DataFrame,
    frames: CohortFrames,
    *,
    made_on: dt.date,
    horizon_days: int | None = None,
    error: ForecastError | None = None,
    level: float = LEVEL,
    n_futures: int = N_FUTURES,
    seed: int = 42,
) -> pd.DataFrame:
    """Expect the discounted profit of each cohort within a horizon, beside what it earned where that is known.

    The expectation is the sum of `customer_lifetime_value` over the cohort. The interval is that of the cohort's sum
    over simulated futures: chance, open parameters, and the measured error of past forecasts where `error` has one.

    Parameters
    ----------
    models
        Fitted on what was known on `made_on`; nothing later may be in them.
    customers
        Customers known on `made_on`: frequency, recency, T (days), monetary_value; who has not bought is left out.
    frames
        Margin (that of the transactions, where they have costs), cost of an order and discount rate; the cohorts of at
        least these customers, and what they bought up to a day that may be later than `made_on`: a
        horizon that is over by then has an actual figure.
    made_on
        Last day of what is known to the forecast; it is of the days (made_on, made_on + horizon_days].
    horizon_days
        That of `frames.value` where None.
    error
        What past forecasts missed beyond chance and parameters.
    level
        Chance that the interval is to hold the actual figure.

    Returns
    -------
    pandas.DataFrame
        One row a cohort, everybody first: dimension, cohort, customers, small, made_on, until, horizon_days, predicted
        (expected_clv of the cohort, currency), low, high, per_customer, per_customer_low, per_customer_high; complete
        (whether all days to `until` are known), actual and actual_per_customer (NaN before that: a horizon that is
        still open is no shortfall), inside (whether low <= actual <= high; missing before that) and chance (two-sided
        chance of an actual figure so far off or farther, were the forecast right).

    Notes
    -----
    Traps: later refunds are charged to the purchase day they belong to, so that the actual figure of a young horizon
    can still fall. Customers won after `made_on` are in neither figure. The profit before `made_on` is in neither.

    Raises
    ------
    DataError
        Nobody has bought, or a customer is not in `frames`.
    ConfigError
        `level` or the horizon is out of range.
    """
    if not 0.0 < level < 1.0:
        raise ConfigError(f"level is {level}; a share between 0 and 1 is wanted, as 0.95")
    days = frames.value.horizon_days if horizon_days is None else horizon_days
    bought = known_buyers(customers)
    groups = cohort_groups(frames, bought.index)
    value = future_value(frames)
    worth = value_by_config(models.purchases, models.spend, bought, value, horizon_days=days)
    each = worth["expected_clv"].to_numpy()
    draws = _totals(models, bought, groups, days=days, value=value, n_futures=n_futures, seed=seed)
    draws = draws * error_factors(
        error,
        groups,
        each,
        frames.members.loc[bought.index, "first_day"],
        horizon_days=days,
        n_futures=n_futures,
        rng=np.random.default_rng([seed, 1]),
    )
    low, high = np.quantile(draws, [0.5 - 0.5 * level, 0.5 + 0.5 * level], axis=1)
    until = made_on + dt.timedelta(days=days)
    complete = frames.known_to >= until
    actual = np.full(len(groups.keys), np.nan)
    if complete:
        rate = value.annual_discount_rate
        earned = discounted_profit(frames, bought.index, made_on=made_on, until=until, annual_discount_rate=rate)
        actual = groups.summed(earned)
    return _table(groups, groups.summed(each), low, high, draws, actual).assign(
        made_on=made_on, until=until, horizon_days=days, complete=complete
    )[_COLUMNS]


_COLUMNS = [
    *("dimension", "cohort", "customers", "small", "made_on", "until", "horizon_days", "predicted", "low", "high"),
    *("per_customer", "per_customer_low", "per_customer_high", "complete", "actual", "actual_per_customer"),
    *("inside", "chance"),
]


def known_buyers(customers: pd.DataFrame) -> pd.DataFrame:
    """Return those who have bought, in the order of their identifiers, which decides the random numbers.

    Raises
    ------
    DataError
        Nobody has bought.
    """
    bought = customers[customers["frequency"].notna()].sort_index()
    if bought.empty:
        raise DataError("customers: nobody has bought yet, so there is nothing to forecast from; choose a later day")
    return bought


def discounted_profit(
    frames: CohortFrames, index: pd.Index, *, made_on: dt.date, until: dt.date, annual_discount_rate: float
) -> Floats:
    """Sum the profit of the purchase days in (made_on, until], each worth (1 + rate)^(-days ahead / 365).

    Parameters
    ----------
    index
        Customers, in the order of the result.

    Returns
    -------
    Floats of shape (n,), in currency.
    """
    rows = frames.purchase_days
    position = index.get_indexer(frames.members.index)[frames.person]
    ahead = (rows["day"] - pd.Timestamp(made_on)).dt.days.to_numpy()
    inside = (ahead > 0) & (ahead <= (until - made_on).days) & (position >= 0)
    worth = rows["profit"].to_numpy(np.float64)[inside] * (1.0 + annual_discount_rate) ** (-ahead[inside] / 365.0)
    return np.bincount(position[inside], weights=worth, minlength=len(index)).astype(np.float64)


def _totals(
    models: FittedModels,
    bought: pd.DataFrame,
    groups: CohortGroups,
    *,
    days: int,
    value: ValueConfig,
    n_futures: int,
    seed: int,
) -> Floats:
    """Discounted profit of each cohort in each future, shape (n_cohorts, n_futures)."""
    rate = float(np.log1p(value.annual_discount_rate) / 365.0)
    totals = np.zeros((len(groups.keys), n_futures))
    ahead = np.full(len(bought), float(days))
    for part in simulated_purchases(models.purchases, models.spend, bought, days=ahead, n_futures=n_futures, seed=seed):
        worth = np.zeros((part.customers.stop - part.customers.start, n_futures))
        for some in part.rounds:
            earned = some.amount * value.margin - value.cost_per_order
            worth.reshape(-1)[some.cell] += earned * np.exp(-rate * some.day)
        totals += groups.summed(worth, part.customers)
    return totals


def _table(
    groups: CohortGroups, predicted: Floats, low: Floats, high: Floats, draws: Floats, actual: Floats
) -> pd.DataFrame:
    size = groups.size
    known = np.isfinite(actual)
    inside = pd.array((low <= actual) & (actual <= high), dtype="boolean")
    inside[~known] = pd.NA
    return groups.keys.assign(
        predicted=predicted,
        low=np.minimum(low, predicted),
        high=np.maximum(high, predicted),
        per_customer=predicted / size,
        per_customer_low=np.minimum(low, predicted) / size,
        per_customer_high=np.maximum(high, predicted) / size,
        actual=actual,
        actual_per_customer=actual / size,
        inside=inside,
        chance=np.where(known, _chance(draws, actual), np.nan),
    )


def _chance(draws: Floats, actual: Floats) -> Floats:
    """Two-sided chance of each figure under the law of its draws: Gamma where all are above 0, else normal."""
    mean, variance = draws.mean(axis=1), np.maximum(draws.var(axis=1, ddof=1), 1e-300)
    positive = (draws > 0).all(axis=1)
    scale = variance / np.where(positive, mean, 1.0)
    below = np.where(
        positive,
        stats.gamma.cdf(np.nan_to_num(actual), np.where(positive, mean / scale, 1.0), scale=np.abs(scale)),
        stats.norm.cdf(np.nan_to_num(actual), mean, np.sqrt(variance)),
    )
    return np.asarray(2.0 * np.minimum(below, 1.0 - below))
