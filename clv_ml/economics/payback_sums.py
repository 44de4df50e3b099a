"""Sums over the customers of cohorts: profit by age as it happened, and in simulated futures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.config import ValueConfig
from clv_ml.economics.customers import CohortFrames
from clv_ml.economics.predicted_groups import CohortGroups
from clv_ml.economics.retention_counts import AGE_DAYS
from clv_ml.models.paths import Part

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ahead:
    """What is to be looked at: age of each customer (n,), value of purchases, days of the LTV, last day of all ages."""

    age: NDArray[np.int64]
    value: ValueConfig
    days: int
    last_age: float
    periods: int
    n_futures: int


@dataclass(frozen=True)
class History:
    """Profit of each customer so far: by the end of each age period (n, K), and in the first days (n,)."""

    by_age: Floats
    within: Floats

    @classmethod
    def of(cls, frames: CohortFrames, index: pd.Index, periods: int, days: int) -> History:
        """Sum the purchase days of some customers up, in the order of `index`."""
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
class Future:
    """Profit still to come of some customers: by age period, cumulative (n, K, D), and in the first days (n, D)."""

    by_age: Floats
    within: Floats


def future_of(part: Part, age: NDArray[np.int64], ahead: Ahead) -> Future:
    """Sum the simulated purchases of a part of the customers up, by the age at which they come.

    Parameters
    ----------
    age
        Of the customers of the part, in days.
    """
    n = part.customers.stop - part.customers.start
    by_age, within = np.zeros((n, ahead.periods, ahead.n_futures)), np.zeros((n, ahead.n_futures))
    for some in part.rounds:
        customer, future = some.cell // ahead.n_futures, some.cell % ahead.n_futures
        # the cutoff is over: a moment in the first day after it is one day later
        then = age[customer] + np.ceil(some.day)
        earned = some.amount * ahead.value.margin - ahead.value.cost_per_order
        period = (then // AGE_DAYS).astype(np.intp)
        there, early = period < ahead.periods, then < ahead.days
        # a round has at most one purchase of a cell, so that none is lost
        by_age[customer[there], period[there], future[there]] += earned[there]
        within[customer[early], future[early]] += earned[early]
    return Future(np.cumsum(by_age, axis=1), within)


@dataclass(frozen=True)
class FutureSums:
    """Sums over the customers of each cohort in each future."""

    future: Floats
    paid: Floats
    weights: Floats
    weighted_past: Floats
    weighted_future: Floats

    @classmethod
    def empty(cls, cohorts: int, periods: int, n_futures: int) -> FutureSums:
        """Return sums over nobody."""
        wide, flat = (cohorts, periods, n_futures), (cohorts, n_futures)
        return cls(np.zeros(wide), np.zeros(wide), np.zeros(flat), np.zeros(flat), np.zeros(flat))

    def add(
        self,
        who: NDArray[np.intp],
        future: Future | None,
        history: History,
        cost: Floats,
        keeping: Floats,
        groups: CohortGroups,
        rng: np.random.Generator,
    ) -> None:
        """Add some customers, given by position; those without a future are the same in each."""
        # Bayesian bootstrap (Rubin 1981, doi:10.1214/aos/1176345338): customers as a sample of those to come
        weights = rng.exponential(size=(len(who), self.weights.shape[1]))
        self.weights[:] += groups.summed(weights, who)
        self.weighted_past[:] += groups.summed(weights * history.within[who][:, None], who)
        profit = history.by_age[who] - keeping
        if future is None:
            self.paid[:] += groups.summed(reached(profit, cost[who]), who)[:, :, None]
            return
        self.weighted_future[:] += groups.summed(weights * future.within, who)
        paid = reached(profit[:, :, None] + future.by_age, cost[who])
        for total, values in ((self.future, future.by_age), (self.paid, paid)):
            total += groups.summed(values.reshape(len(who), -1), who).reshape(total.shape)


def reached(profit: Floats, cost: Floats) -> Floats:
    """Whether the profit has reached the cost by each age (axis 1), even if it falls below it later."""
    limit = cost.reshape(-1, *[1] * (profit.ndim - 1))
    with np.errstate(invalid="ignore"):
        return np.logical_or.accumulate(profit >= limit - 1e-9, axis=1).astype(np.float64)
