"""Profit by age of each cohort: what was observed, and simulated futures of what is not over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.economics.acquisition_costs import cohort_costs, cost_of_buyers
from clv_ml.economics.customers import CohortFrames
from clv_ml.economics.payback_sums import Ahead, FutureSums, History, future_of, reached
from clv_ml.economics.predicted import known_buyers
from clv_ml.economics.predicted_groups import CohortGroups, cohort_groups, error_factors, future_value
from clv_ml.economics.retention_counts import AGE_DAYS
from clv_ml.errors import DataError
from clv_ml.evaluation.forecast_error import ForecastError
from clv_ml.models.fitting import FittedModels
from clv_ml.models.paths import expected_purchases_within, simulated_purchases

Floats = NDArray[np.float64]

N_FUTURES = 200
_STEP = 10_000


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

    Of each customer what happened counts as it happened; only the days after `frames.known_to` are simulated. A
    future's parameters are drawn from the law of the fit, and what the model itself may be wrong by from `error`.

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
    # where the data end before the day, what comes after them is still to come and no silence
    silent = (frames.as_of - frames.known_to).days
    age, bought = age - silent, bought.assign(T=bought["T"] - silent)
    days = frames.value.horizon_days if horizon_days is None else horizon_days
    position = frames.members.index.get_indexer(bought.index)
    complete = (groups.smallest(frames.followed[position].astype(np.float64)).astype(np.int64) + 1) // AGE_DAYS
    projected = int(np.clip(-(-days // AGE_DAYS), 1, frames.cohorts.max_ages))
    periods = int(np.clip(complete.max(), projected, frames.cohorts.max_ages))
    history = History.of(frames, bought.index, periods, days)
    cost = np.asarray(cost_of_buyers(frames).loc[bought.index], dtype=np.float64)
    yearly = frames.cohorts.retention_cost / 365.0
    keeping = yearly * AGE_DAYS * np.arange(1.0, periods + 1.0)
    ahead = Ahead(age, future_value(frames), days, max(AGE_DAYS * projected, days) - 1.0, periods, n_futures)
    sums = _simulated(models, bought, groups, ahead, history, cost, keeping, seed=seed)
    by_age, within = _expected(models, bought, ahead)
    factors = error_factors(
        error,
        groups,
        within,
        members["first_day"],
        horizon_days=days,
        n_futures=n_futures,
        rng=np.random.default_rng([seed, 3]),
    )
    size = groups.size
    observed = groups.summed(history.by_age) / size[:, None] - keeping
    cac, status = cohort_costs(cost, groups)
    return Projection(
        groups=groups,
        horizon_days=days,
        projected_periods=projected,
        complete=complete,
        observed=observed,
        expected=observed + groups.summed(by_age) / size[:, None],
        curves=observed[:, :, None] + sums.future * factors[:, None, :] / size[:, None, None],
        paid_observed=groups.summed(reached(history.by_age - keeping, cost)) / size[:, None],
        paid=sums.paid / size[:, None, None],
        ltv=groups.summed(history.within + within) / size - yearly * days,
        ltv_draws=(sums.weighted_past + sums.weighted_future * factors) / sums.weights - yearly * days,
        cac=cac,
        cost_status=status,
    )


def _simulated(
    models: FittedModels,
    bought: pd.DataFrame,
    groups: CohortGroups,
    ahead: Ahead,
    history: History,
    cost: Floats,
    keeping: Floats,
    *,
    seed: int,
) -> FutureSums:
    """Sum simulated futures up by cohort."""
    rng = np.random.default_rng([seed, 2])
    sums = FutureSums.empty(len(groups.keys), ahead.periods, ahead.n_futures)
    days = np.maximum(ahead.last_age - ahead.age, 0.0)
    still, over = np.flatnonzero(days > 0), np.flatnonzero(days == 0)
    # whoever is past all the ages looked at has no future here: most customers of an old shop
    for first in range(0, len(over), _STEP):
        who = over[first : first + _STEP]
        sums.add(who, None, history, cost, keeping, groups, rng)
    for part in simulated_purchases(
        models.purchases, models.spend, bought.iloc[still], days=days[still], n_futures=ahead.n_futures, seed=seed
    ):
        who = still[part.customers]
        sums.add(who, future_of(part, ahead.age[who], ahead), history, cost, keeping, groups, rng)
    return sums


def _expected(models: FittedModels, bought: pd.DataFrame, ahead: Ahead) -> tuple[Floats, Floats]:
    """Profit still expected of each customer: by the end of each age period (n, K), and of the LTV's days (n,)."""
    ends = np.append(np.minimum(AGE_DAYS * np.arange(1.0, ahead.periods + 1.0) - 1.0, ahead.last_age), ahead.days - 1.0)
    counts = expected_purchases_within(models.purchases, bought, days=ends[None, :] - ahead.age[:, None])
    worth = models.spend.expected_spend(bought).to_numpy(np.float64) * ahead.value.margin - ahead.value.cost_per_order
    each = counts * worth[:, None]
    return each[:, :-1], each[:, -1]
