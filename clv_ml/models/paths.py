"""Purchases to come, one after the other: for questions of when, such as the day on which a cohort has paid back.

The laws are those of :mod:`clv_ml.models._futures`, for each of the purchase models. Given life at T a Pareto/NBD
customer has lambda ~ Gamma(r+x, alpha+T) and mu ~ Gamma(s, beta+T), independent of each other, because their
likelihood is lambda^x e^(-(lambda+mu) T) (Fader & Hardie 2005, http://brucehardie.com/notes/009/).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.errors import ConfigError, DataError
from clv_ml.models._fitted import FittedModel
from clv_ml.models._table import Floats, Purchases, Spend, read_purchases, read_spend
from clv_ml.models._unique import unique_rows
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel

# futures of a part that are followed together
_CELLS = 100_000
# distinct parameters; more futures use them again
_MOST_DRAWS = 50
# a direction that the data leave open is followed no further, in logs
_FARTHEST = 2.0


@dataclass(frozen=True)
class Round:
    """The next purchase of every future that has one, each of shape (n,).

    Attributes
    ----------
    cell
        Which future of which customer of the part: customer x n_futures + future; at most once a round.
    day
        When, in days after the cutoff; later than in the rounds before.
    amount
        How much, in currency.
    """

    cell: NDArray[np.intp]
    day: Floats
    amount: Floats


@dataclass(frozen=True)
class Part:
    """Some customers, and their purchases to come in rounds."""

    customers: slice
    rounds: Iterator[Round]


@dataclass(frozen=True)
class _Drawn:
    """Equally likely models."""

    purchases: list[PurchaseModel]
    spend: Floats


@dataclass(frozen=True)
class _Living:
    """Futures that go on: pace of purchases, chance to leave after each, spend, last day and the day of now."""

    cell: NDArray[np.intp]
    pace: Floats
    leaves: Floats
    p: Floats
    own: Floats
    end: Floats
    clock: Floats

    def where(self, on: NDArray[np.bool_]) -> _Living:
        return _Living(*(column[on] for column in vars(self).values()))


def simulated_purchases(
    purchases: PurchaseModel,
    spend: SpendModel,
    rfm: pd.DataFrame,
    *,
    days: Floats,
    n_futures: int,
    seed: int,
) -> Iterator[Part]:
    """Simulate the purchases of each customer in the days after the cutoff.

    Every future uses parameters drawn from the normal law of the logs of the fitted ones; parameters that were given
    and not fitted are taken as known.

    Parameters
    ----------
    rfm
        One row a customer: frequency, recency, T (days) and monetary_value.
    days
        How far to look, in days, for each customer, shape (n,); nobody is followed further.
    n_futures
        Simulated futures a customer.
    seed
        Of the random numbers.

    Yields
    ------
    Part
        Customers in the order of `rfm`, some at a time; its rounds can be read once, before the next part.

    Raises
    ------
    ConfigError
        `n_futures` is below 2.
    DataError
        `rfm` breaks the contract, or `days` has another shape.
    """
    if n_futures < 2:
        raise ConfigError(f"n_futures is {n_futures}; 2 or more are wanted.")
    bought, spent = read_purchases(rfm), read_spend(rfm)
    if np.shape(days) != (len(rfm),):
        raise DataError(
            f"days has the shape {np.shape(days)}; one number for each of {len(rfm):,} customers is wanted."
        )
    rng = np.random.default_rng(seed)
    drawn = _draws(purchases, spend, min(n_futures, _MOST_DRAWS), rng)
    step = max(1, _CELLS // n_futures)
    for first in range(0, len(rfm), step):
        part = slice(first, min(first + step, len(rfm)))
        some = Purchases(bought.index[part], *(vars(bought)[name][part] for name in _COLUMNS))
        amounts = Spend(spent.index[part], spent.frequency[part], spent.monetary_value[part], spent.weight[part])
        yield Part(part, _rounds(some, amounts, days[part], drawn, n_futures, rng))


_COLUMNS = ("frequency", "recency", "T", "weight")


def expected_purchases_within(purchases: PurchaseModel, rfm: pd.DataFrame, *, days: Floats) -> Floats:
    """Return the expected purchases of each customer within horizons of his own.

    Parameters
    ----------
    rfm
        One row a customer: frequency, recency, T in days.
    days
        Horizons in days, shape (n, k); a negative one counts as 0.

    Returns
    -------
    Floats of shape (n, k).
    """
    customers = read_purchases(rfm)
    horizons = np.maximum(np.asarray(days, dtype=np.float64), 0.0)
    result = np.zeros(horizons.shape)
    alive = purchases._alive(customers)
    for column in range(horizons.shape[1]):
        ahead = np.flatnonzero(horizons[:, column] > 0)
        if not ahead.size:
            continue
        distinct = unique_rows(customers.frequency[ahead], customers.T[ahead], horizons[ahead, column])
        x, age, times = distinct.columns
        counts = purchases._alive_expectation(x, age, times[:, None])[:, 0]
        result[ahead, column] = alive[ahead] * counts[distinct.inverse]
    return result


def _draws(purchases: PurchaseModel, spend: SpendModel, n: int, rng: np.random.Generator) -> _Drawn:
    models = [
        type(purchases).from_params(**dict(zip(purchases.PARAMETERS, map(float, row), strict=True)))
        for row in _normal(purchases, n, rng)
    ]
    amounts = _normal(spend, n, rng)
    fitted_q = float(spend.params_["q"])
    # a mean of the amounts that is finite stays finite, as in the sums of cohorts
    amounts[:, 1] = np.maximum(amounts[:, 1], 1.0 + 0.1 * (fitted_q - 1.0) if fitted_q > 1.0 else fitted_q)
    return _Drawn(models, amounts)


def _normal(model: FittedModel, n: int, rng: np.random.Generator) -> Floats:
    """Draw parameters, shape (n, k): normal in the logs with the covariance of the fit."""
    values = np.array(list(model.params_.values()))
    z = rng.standard_normal((n, len(values)))
    if model.fit_ is None:
        return np.tile(values, (n, 1))
    logs = np.array(model.fit_.covariance) / np.outer(values, values)
    variances, vectors = np.linalg.eigh(0.5 * (logs + logs.T))
    moves = np.clip(z * np.sqrt(np.maximum(variances, 0.0)), -_FARTHEST, _FARTHEST)
    return np.asarray(values * np.exp(moves @ vectors.T))


def _rounds(
    some: Purchases, spent: Spend, days: Floats, drawn: _Drawn, n_futures: int, rng: np.random.Generator
) -> Iterator[Round]:
    n, n_draws = len(some.index), len(drawn.purchases)
    turn = np.arange(n_futures) % n_draws
    alive = np.column_stack([model._alive(some) for model in drawn.purchases])[:, turn]
    there = (rng.random((n, n_futures)) < alive) & (days[:, None] > 0)
    cell = np.flatnonzero(there)
    owner, draw = cell // n_futures, turn[cell % n_futures]
    params = np.array([list(model.params_.values()) for model in drawn.purchases])[draw]
    x, age = some.frequency[owner], some.T[owner]
    pace = rng.gamma(params[:, 0] + x, 1.0 / (params[:, 1] + age))
    leaves, stays = _departures(drawn.purchases[0], params, x, age, rng)
    p, q, v = drawn.spend[draw].T
    own = rng.gamma(q + p * x, 1.0 / (v + x * spent.monetary_value[owner]))
    state = _Living(cell, pace, leaves, p, own, np.minimum(days[owner], stays), np.zeros(cell.size))
    while state.cell.size:
        waited = rng.exponential(size=state.cell.size) / np.maximum(state.pace, 1e-300)
        state = replace(state, clock=state.clock + waited)
        state = state.where(state.clock <= state.end)
        yield Round(state.cell, state.clock, rng.gamma(state.p) / state.own)
        state = state.where(rng.random(state.cell.size) >= state.leaves)


def _departures(
    model: PurchaseModel, params: Floats, x: Floats, age: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Chance to leave after each purchase to come, and the day after which the customer is gone whatever he buys."""
    if model.KIND == "pareto_nbd":
        pace = rng.gamma(params[:, 2], 1.0 / (params[:, 3] + age))
        return np.zeros(len(x)), rng.exponential(size=len(x)) / np.maximum(pace, 1e-300)
    return rng.beta(params[:, 2], params[:, 3] + x + model._FIRST_CHANCES), np.full(len(x), np.inf)
