"""Profit by age of each cohort: what was observed, and simulated futures of what is not over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.config import ValueConfig
from clv_ml.economics.acquisition_costs import cohort_costs, cost_of_buyers
from clv_ml.economics.customers import CohortFrames
from clv_ml.economics.predicted import known_buyers
from clv_ml.economics.predicted_groups import CohortGroups, cohort_groups, error_factors, future_value
from clv_ml.economics.retention_counts import AGE_DAYS
from clv_ml.errors import DataError
from clv_ml.evaluation.forecast_error import ForecastError
from clv_ml.models.fitting import FittedModels
from clv_ml.models.paths import Part, expected_purchases_within, simulated_purchases

Floats = NDArray[np.float64]

N_FUTURES = 200


@dataclass(frozen=True)
class Projection:
    """Cumulative profit a customer by age, less the cost of keeping; C cohorts, K age periods, D futures.

    Attributes
    ----------
    groups
        The cohorts.
    horizon_days
        Days after the first purchase that `ltv` counts.
    projected_periods
        Age periods that futures reach; later ones are there where they are over.
    complete
        Age periods that are over for every customer of the cohort, shape (C,).
    observed
        Profit by the end of each age period as far as it happened, shape (C, K).
    expected
        The same with what is expected to come, shape (C, K).
    curves
        The same in each future, shape (C, K, D).
    paid_observed, paid
        Share of customers whose own profit had reached their own cost by the end of each age period, as far as it
        happened, shape (C, K), and in each future, shape (C, K, D).
    ltv, ltv_draws
        Profit of the first `horizon_days`: expected of these customers, shape (C,), and as it may be on average of
        customers like them, shape (C, D).
    cac, cost_status
        See :func:`clv_ml.economics.acquisition_costs.cohort_costs`.
    """

    groups: CohortGroups
    horizon_days: int
    projected_periods: int
    complete: NDArray[np.int64]
    observed: Floats
    expected: Floats
    curves: Floats
    paid_observed: Floats
    paid: Floats
    ltv: Floats
    ltv_draws: Floats
    cac: Floats
    cost_status: NDArray[np.object_]

    def rows(self, cohort: int) -> int:
        """Return how many age periods of a cohort there is something to say of."""
        return int(max(self.projected_periods, min(self.complete[cohort], self.observed.shape[1])))


def project(
    models: FittedModels,
    customers: pd.DataFrame,
    frames: CohortFrames,
    *,
    horizon_days: int | None = None,
    error: ForecastError | None = None,
    n_futures: int = N_FUTURES,
    seed: int = 42,
) -> Projection:
    """Follow the profit of each cohort by age, into simulated futures where an age is still to come.

    Of each customer what happened counts as it happened; only the days after `frames.as_of` are simulated. A future's
    parameters are drawn from the law of the fit, and what the model itself may be wrong by from `error`.

    Parameters
    ----------
    models
        Fitted on what was known on `frames.as_of`.
    customers
        Customers known then: frequency, recency, T (days), monetary_value; who has not bought is left out.
    horizon_days
        Days after the first purchase to look at; that of `frames.value` where None.

    Raises
    ------
    DataError
        Nobody has bought, or `customers` and `frames` are not of the same day.
    """
    bought = known_buyers(customers)
    groups = cohort_groups(frames, bought.index)
    members = frames.members.loc[bought.index]
    age = (pd.Timestamp(frames.as_of) - members["first_day"]).dt.days.to_numpy()
    if (age != bought["T"].to_numpy()).any():
        raise DataError(f"customers: T is not the days from first_day to {frames.as_of}; take both of the same day")
    days = frames.value.horizon_days if horizon_days is None else horizon_days
    position = frames.members.index.get_indexer(bought.index)
    complete = (groups.smallest(frames.followed[position].astype(np.float64)).astype(np.int64) + 1) // AGE_DAYS
    projected = int(np.clip(-(-days // AGE_DAYS), 1, frames.cohorts.max_ages))
    periods = int(np.clip(complete.max(), projected, frames.cohorts.max_ages))
    history = _History.of(frames, bought.index, periods, days)
    cost = np.asarray(cost_of_buyers(frames).loc[bought.index], dtype=np.float64)
    sums = _Sums.empty(len(groups.keys), periods, n_futures)
    yearly = frames.cohorts.retention_cost / 365.0
    keeping: Floats = yearly * AGE_DAYS * (np.arange(periods, dtype=np.float64) + 1.0)
    value = future_value(frames)
    ends = AGE_DAYS * (np.arange(periods) + 1) - 1.0
    last = max(AGE_DAYS * projected, days) - 1.0
    rng = np.random.default_rng([seed, 2])
    ahead = np.maximum(last - age, 0.0)
    for part in simulated_purchases(models.purchases, models.spend, bought, days=ahead, n_futures=n_futures, seed=seed):
        future = _future(part, age, value, periods=periods, days=days, n_futures=n_futures)
        sums.add(part.customers, future, history, cost, keeping, groups, rng)
    horizons = np.column_stack([np.minimum(ends[None, :], last) - age[:, None], days - 1.0 - age])
    counts = expected_purchases_within(models.purchases, bought, days=horizons)
    each = counts * (models.spend.expected_spend(bought).to_numpy() * value.margin - value.cost_per_order)[:, None]
    factors = error_factors(
        error, groups, each[:, -1], members["first_day"], horizon_days=days, n_futures=n_futures, rng=rng
    )
    size = groups.size
    observed = groups.summed(history.by_age) / size[:, None] - keeping
    cac, status = cohort_costs(cost, groups)
    weighted = (sums.weighted_past + sums.weighted_future * factors) / sums.weights
    return Projection(
        groups=groups,
        horizon_days=days,
        projected_periods=projected,
        complete=complete,
        observed=observed,
        expected=observed + groups.summed(each[:, :-1]) / size[:, None],
        curves=observed[:, :, None] + sums.future * factors[:, None, :] / size[:, None, None],
        paid_observed=groups.summed(_reached(history.by_age - keeping, cost)) / size[:, None],
        paid=sums.paid / size[:, None, None],
        ltv=groups.summed(history.within + each[:, -1]) / size - yearly * days,
        ltv_draws=weighted - yearly * days,
        cac=cac,
        cost_status=status,
    )


@dataclass(frozen=True)
class _History:
    """Profit of each customer so far: by the end of each age period (n, K), and in the first days (n,)."""

    by_age: Floats
    within: Floats

    @classmethod
    def of(cls, frames: CohortFrames, index: pd.Index, periods: int, days: int) -> _History:
        person = index.get_indexer(frames.members.index)[frames.person]
        age, profit = frames.age, frames.purchase_days["profit"].to_numpy(np.float64)
        period = age // AGE_DAYS
        inside = (person >= 0) & (period < periods)
        cell = person[inside] * periods + period[inside]
        table = np.bincount(cell, weights=profit[inside], minlength=len(index) * periods).reshape(-1, periods)
        early = (person >= 0) & (age < days)
        within = np.bincount(person[early], weights=profit[early], minlength=len(index))
        return cls(np.cumsum(table, axis=1), within.astype(np.float64))


@dataclass(frozen=True)
class _Future:
    """Profit still to come of some customers: by age period, cumulative (n, K, D), and in the first days (n, D)."""

    by_age: Floats
    within: Floats


def _future(part: Part, age: Floats, value: ValueConfig, *, periods: int, days: int, n_futures: int) -> _Future:
    n = part.customers.stop - part.customers.start
    by_age, within = np.zeros((n, periods, n_futures)), np.zeros((n, n_futures))
    for some in part.rounds:
        customer, future = some.cell // n_futures, some.cell % n_futures
        # the cutoff is over: a moment in the first day after it is one day later
        then = age[part.customers][customer] + np.ceil(some.day)
        earned = some.amount * value.margin - value.cost_per_order
        period = (then // AGE_DAYS).astype(np.intp)
        there, early = period < periods, then < days
        # a round has at most one purchase of a cell, so that none is lost
        by_age[customer[there], period[there], future[there]] += earned[there]
        within[customer[early], future[early]] += earned[early]
    return _Future(np.cumsum(by_age, axis=1), within)


@dataclass(frozen=True)
class _Sums:
    """Sums over the customers of each cohort in each future."""

    future: Floats
    paid: Floats
    weights: Floats
    weighted_past: Floats
    weighted_future: Floats

    @classmethod
    def empty(cls, cohorts: int, periods: int, n_futures: int) -> _Sums:
        wide, flat = (cohorts, periods, n_futures), (cohorts, n_futures)
        return cls(np.zeros(wide), np.zeros(wide), np.zeros(flat), np.zeros(flat), np.zeros(flat))

    def add(
        self,
        part: slice,
        future: _Future,
        history: _History,
        cost: Floats,
        keeping: Floats,
        groups: CohortGroups,
        rng: np.random.Generator,
    ) -> None:
        """Add a part of the customers."""
        wide = future.by_age.shape
        reached = _reached(history.by_age[part][:, :, None] + future.by_age - keeping[:, None], cost[part])
        for total, values in ((self.future, future.by_age), (self.paid, reached)):
            total += groups.summed(values.reshape(wide[0], -1), part).reshape(total.shape)
        # Bayesian bootstrap (Rubin 1981, doi:10.1214/aos/1176345338): customers as a sample of those to come
        weights = rng.exponential(size=future.within.shape)
        self.weights[:] += groups.summed(weights, part)
        self.weighted_past[:] += groups.summed(weights * history.within[part][:, None], part)
        self.weighted_future[:] += groups.summed(weights * future.within, part)


def _reached(profit: Floats, cost: Floats) -> Floats:
    """Whether the profit has reached the cost by each age (axis 1), even if it falls below it later."""
    limit = cost.reshape(-1, *[1] * (profit.ndim - 1))
    with np.errstate(invalid="ignore"):
        return np.logical_or.accumulate(profit >= limit - 1e-9, axis=1).astype(np.float64)
