"""Sums over cohorts: what each is expected to do, how far chance moves it, and what the parameters leave open."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.models._fitted import FittedModel
from clv_ml.models._table import Floats
from clv_ml.models.customer_kinds import CustomerKinds, customer_kinds
from clv_ml.models.moments import amount_sums, moments_of
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel

_COORDINATES = 7
# The spend model is followed for a tenth of a standard error, so that q stays above 1 where it is.
_SPEND_STEP = 0.1
# A direction that the data leave open (a standard error of a factor of 7 or more) is followed no further.
_FARTHEST = 2.0
# In a cohort's sum, a customer so rich that fewer than one in a hundred such cohorts has one is left out of the spread.
_RARE_COHORTS = 0.01
# Parts of the kinds of customers that are worked on at once, whatever the machine: each takes a tenth of a gigabyte.
_THREADS = 2


@dataclass(frozen=True)
class CohortSum:
    """A sum over the customers of each cohort and horizon.

    Attributes
    ----------
    mean, variance
        Of the sum by chance alone, the parameters as fitted; each of shape (n_cohorts, n_horizons).
    shifts
        How the mean moves with one standard deviation of each independent direction of the parameters,
        shape (n_cohorts, n_horizons, 7).
    """

    mean: Floats
    variance: Floats
    shifts: Floats


@dataclass(frozen=True)
class CohortSums:
    """Purchases, spend and customers who buy at least once, by cohort; the last row is everybody.

    Attributes
    ----------
    customers
        Customers in each cohort, shape (n_cohorts + 1,).
    purchases, spend, active
        Each a :class:`CohortSum` with n_cohorts + 1 rows.
    covariance
        Of purchases and spend by chance, shape (n_cohorts + 1, n_horizons).
    log_nobody
        Log of the chance that nobody in the cohort buys, shape (n_cohorts + 1, n_horizons).
    """

    customers: Floats
    purchases: CohortSum
    spend: CohortSum
    active: CohortSum
    covariance: Floats
    log_nobody: Floats


def cohort_sums(
    purchases: PurchaseModel,
    spend: SpendModel,
    rfm: pd.DataFrame,
    member: NDArray[np.intp],
    *,
    n_cohorts: int,
    horizons_days: Sequence[int],
) -> CohortSums:
    """Sum the forecasts of customers over cohorts.

    Customers who are alike for the models are forecast once. A sum is that of the kinds in their order
    (:class:`clv_ml.models.customer_kinds.CustomerKinds`) within each part of 131,072 kinds, and then part by part.

    Parameters
    ----------
    purchases, spend
        Fitted models; with given parameters nothing is left open and the shifts are 0.
    rfm
        One row a customer: frequency, recency, T (days) and monetary_value.
    member
        Shape (n,): the number of each customer's cohort, 0 to n_cohorts - 1.
    horizons_days
        Ascending.
    """
    parts = list(customer_kinds(rfm, member).parts())
    buyers = sum(expected_buyers(purchases, part, horizon_days=horizons_days[-1]) for part in parts)
    of_part = functools.partial(
        sums_of_part,
        purchases,
        spend,
        n_cohorts=n_cohorts,
        horizons_days=horizons_days,
        rarest=rarest_customer(buyers, n_cohorts),
    )
    with ThreadPoolExecutor(_THREADS) as threads:
        return functools.reduce(added, threads.map(of_part, parts))


def expected_buyers(purchases: PurchaseModel, kinds: CustomerKinds, *, horizon_days: int) -> float:
    """Return how many customers are expected to buy at least once."""
    none = moments_of(purchases, kinds.purchases, horizons_days=[horizon_days], spread=False).none[:, 0]
    return float((kinds.count * (1.0 - none)).sum())


def rarest_customer(buyers: float, n_cohorts: int) -> float:
    """Return the chance below which a customer's riches are left out of the spread of a cohort of average size."""
    return _RARE_COHORTS / (1.0 + buyers / n_cohorts)


def sums_of_part(
    purchases: PurchaseModel,
    spend: SpendModel,
    kinds: CustomerKinds,
    *,
    n_cohorts: int,
    horizons_days: Sequence[int],
    rarest: float,
) -> CohortSums:
    """Sum the forecasts of some customers."""

    def summed(values: Floats) -> Floats:
        parts = [np.bincount(kinds.member, weights=column, minlength=n_cohorts) for column in values.T]
        return np.vstack([np.column_stack(parts), [part.sum() for part in parts]])

    customers, count = kinds.purchases, kinds.count[:, None]
    bought = moments_of(purchases, customers, horizons_days=horizons_days)
    amounts = amount_sums(spend, kinds.frequency, kinds.count, kinds.money, kinds.money_square, rarest=rarest)
    amount = amounts.mean[:, None]
    square = bought.variance + bought.mean**2
    spread = bought.mean * amounts.within[:, None] + square * amounts.own_mean_square[:, None]
    spread -= bought.mean**2 * amounts.mean_square[:, None]
    shifts = [np.zeros((n_cohorts + 1, len(horizons_days), _COORDINATES)) for _ in range(3)]
    direction = 0
    for above, below, scale in _purchase_directions(purchases):
        high, low = (
            moments_of(model, customers, horizons_days=horizons_days, spread=False) for model in (above, below)
        )
        more = high.mean - low.mean
        for shift, change in zip(shifts, (more * count, more * amount, (low.none - high.none) * count), strict=True):
            shift[:, :, direction] = summed(change) / scale
        direction += 1
    for above_params, below_params, scale in _spend_directions(spend):
        dearer = _amounts(spend, above_params, kinds) - _amounts(spend, below_params, kinds)
        shifts[1][:, :, direction] = summed(bought.mean * dearer[:, None]) / scale
        direction += 1
    active = 1.0 - bought.none
    return CohortSums(
        customers=summed(count)[:, 0],
        purchases=CohortSum(summed(bought.mean * count), summed(bought.variance * count), shifts[0]),
        spend=CohortSum(summed(bought.mean * amount), summed(np.maximum(spread, 0.0)), shifts[1]),
        active=CohortSum(summed(active * count), summed(active * bought.none * count), shifts[2]),
        covariance=summed(bought.variance * amount),
        log_nobody=summed(np.log(np.maximum(bought.none, 1e-300)) * count),
    )


def added(one: CohortSums, other: CohortSums) -> CohortSums:
    """Add the sums over other customers of the same cohorts."""
    sums = {
        name: CohortSum(first.mean + second.mean, first.variance + second.variance, first.shifts + second.shifts)
        for name, first, second in (
            ("purchases", one.purchases, other.purchases),
            ("spend", one.spend, other.spend),
            ("active", one.active, other.active),
        )
    }
    return CohortSums(
        customers=one.customers + other.customers,
        covariance=one.covariance + other.covariance,
        log_nobody=one.log_nobody + other.log_nobody,
        **sums,
    )


def _purchase_directions(model: PurchaseModel) -> Iterator[tuple[PurchaseModel, PurchaseModel, float]]:
    """Yield the model moved up and down each principal axis of the log parameters' covariance, and their distance."""
    values = np.array(list(model.params_.values()))
    for axis, scale in _axes(model, step=1.0):
        up, down = (
            type(model).from_params(**dict(zip(model.PARAMETERS, values * np.exp(sign * axis), strict=True)))
            for sign in (1.0, -1.0)
        )
        yield up, down, scale


def _spend_directions(model: SpendModel) -> Iterator[tuple[Floats, Floats, float]]:
    values = np.array(list(model.params_.values()))
    for axis, scale in _axes(model, step=_SPEND_STEP):
        yield values * np.exp(axis), values * np.exp(-axis), scale


def _axes(model: FittedModel, *, step: float) -> Iterator[tuple[Floats, float]]:
    """Yield each principal axis of the covariance of the log parameters, `step` standard deviations long."""
    if model.fit_ is None:
        return
    values = np.array(list(model.params_.values()))
    logs = np.array(model.fit_.covariance) / np.outer(values, values)
    variances, vectors = np.linalg.eigh(0.5 * (logs + logs.T))
    for variance, vector in zip(variances, vectors.T, strict=True):
        sd = float(np.sqrt(max(variance, 0.0)))
        length = min(step * sd, _FARTHEST)
        if length > 0:
            # up and down are two steps apart; a step cut short stands for a whole one
            yield vector * length, 2.0 * step


def _amounts(model: SpendModel, params: Floats, kinds: CustomerKinds) -> Floats:
    """Sum E(M | x, m) with other parameters; where the mean is not finite, that of a tenth of the fitted distance."""
    p, q, v = params
    fitted_p, fitted_q, _ = model._values()
    x = kinds.frequency
    lowest = 0.1 * (fitted_q + fitted_p * x - 1.0)
    return np.asarray(p * (kinds.count * v + x * kinds.money) / np.maximum(q + p * x - 1.0, lowest))
