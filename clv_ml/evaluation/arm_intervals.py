"""Intervals for the difference between two arms drawn by lot within strata, chosen for how often they hold the truth.

Every function takes arrays whose last two axes are strata and arms (0: control, 1: treated), so that one campaign and
five hundred simulated ones are judged by the same lines. Strata are weighted by their treated customers: the effect is
that on those who were listed to be contacted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from clv_ml.errors import DataError

Floats = npt.NDArray[np.float64]

CONTROL, TREATED = 0, 1
LEVEL = 0.95
_LARGEST_SKEWNESS = 1.0  # of the effect; the expansion makes no sense beyond
_LARGEST_RATIO = 4.0  # of the means of two arms
_POWER_OF_MEAN = 1.5  # measured: 1 and 2 miss the truth more often, each in half of the scenarios
_STEPS = 20


class Difference(NamedTuple):
    """Treated less control, and the bounds of its interval; arrays of one shape, that of the campaigns."""

    effect: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Moments:
    """What the mean of an amount and its interval need, by stratum and arm.

    Attributes
    ----------
    n, mean
        Customers, and their mean amount.
    squares, cubes
        Sums of the second and third powers of the distances to the mean.
    """

    n: Floats
    mean: Floats
    squares: Floats
    cubes: Floats

    @classmethod
    def of(cls, amount: Floats, cell: npt.NDArray[np.intp], strata: int) -> Moments:
        """Sum up amounts, shape (n,), by cell: twice the number of the stratum, plus 1 for the treated."""
        order = np.lexsort((amount, cell))  # sums of floats depend on the order of their terms
        amount, cell = amount[order], cell[order]

        def summed(values: Floats) -> Floats:
            return np.bincount(cell, values, minlength=2 * strata).astype(np.float64)

        n = summed(np.ones_like(amount))
        mean = summed(amount) / np.maximum(n, 1.0)
        far = amount - mean[cell]
        parts = (n, mean, summed(far**2), summed(far**3))
        return cls(*(part.reshape(strata, 2) for part in parts))


def rate_difference(successes: Floats, n: Floats, *, level: float = LEVEL) -> Difference:
    """Difference between shares, stratified (Agresti & Caffo 2000, doi:10.1080/00031305.2000.10474560).

    Agresti and Caffo add a success and a failure to each arm; with K strata each gets 1/K of them. The quantile is
    Student's with Welch's degrees of freedom, which a control arm of a few dozen needs.

    Parameters
    ----------
    successes, n
        Shape (..., strata, 2); at least one customer in every cell.

    Raises
    ------
    DataError
        If a cell is empty.
    """
    _require(n, 1)
    added = 1.0 / n.shape[-2]
    share = (successes + added) / (n + 2.0 * added)
    weight = treated_weights(n)
    centre = (weight * (share[..., TREATED] - share[..., CONTROL])).sum(axis=-1)
    parts = weight[..., None] ** 2 * share * (1.0 - share) / (n + 2.0 * added)
    variance = parts.sum(axis=(-2, -1))
    degrees = variance**2 / (parts**2 / np.maximum(n - 1.0, 1.0)).sum(axis=(-2, -1))
    raw = successes / n
    effect = (weight * (raw[..., TREATED] - raw[..., CONTROL])).sum(axis=-1)
    reach = stats.t.ppf(0.5 + level / 2, degrees) * np.sqrt(variance)
    low, high = np.clip(centre - reach, -1.0, 1.0), np.clip(centre + reach, -1.0, 1.0)
    return Difference(effect, np.minimum(low, effect), np.maximum(high, effect))


def mean_difference(moments: Moments, *, level: float = LEVEL) -> Difference:
    """Difference between mean amounts, stratified, for amounts with a long tail and a small control arm.

    A small arm that happens to hold none of the big spenders looks both poor and steady, so that an interval with each
    arm's own variance (Welch) calls many lucky draws a success. An effect D belongs to the interval if the means differ
    from it by chance where the spread is taken from both arms together, the control's brought to that of the treated by
    what D says of their means: a spread goes with a mean as a variance with its power 1.5 (1 where contacts make more
    customers buy, 2 where they make each spend more). Such a spread hardly depends on the difference, whose skewness
    moves the bounds (Cornish & Fisher 1938; Hall 1992, The Bootstrap and Edgeworth Expansion, 2.2).

    Parameters
    ----------
    moments
        Shape (..., strata, 2); at least two customers in every cell.

    Raises
    ------
    DataError
        If a cell has fewer than two customers.
    """
    _require(moments.n, 2)
    weight = treated_weights(moments.n)
    treated, control = ((weight * moments.mean[..., arm]).sum(axis=-1) for arm in (TREATED, CONTROL))
    effect = np.asarray(treated - control)
    bounds = []
    for side in (1.0, -1.0):
        bound = np.zeros_like(effect)
        for _ in range(_STEPS):
            bound = effect - _reach(moments, weight, _ratio(treated, bound), level, side)
        bounds.append(bound)
    return Difference(effect, *bounds)


def _ratio(treated: Floats, effect: Floats) -> Floats:
    """Return the control's mean over that of the treated if this were the effect; 1 where means are not positive."""
    positive = treated > 0
    ratio = (treated - effect) / np.where(positive, treated, 1.0)
    return np.where(positive, np.clip(ratio, 1.0 / _LARGEST_RATIO, _LARGEST_RATIO), 1.0)


def _reach(moments: Moments, weight: Floats, ratio: Floats, level: float, side: float) -> Floats:
    """How far a bound lies from the difference, given the ratio of the means."""
    treated, control = moments.n[..., TREATED], moments.n[..., CONTROL]
    freedom = treated + control - 2.0
    scale = ratio[..., None] ** _POWER_OF_MEAN  # the control's variance over that of the treated
    spread = (moments.squares[..., TREATED] + moments.squares[..., CONTROL] / scale) / freedom
    third = (moments.cubes[..., TREATED] + moments.cubes[..., CONTROL] / scale**1.5) / freedom
    parts = weight**2 * spread * (1.0 / treated + scale / control)
    variance = parts.sum(axis=-1)
    skew = (weight**3 * third * (treated**-2 - scale**1.5 * control**-2)).sum(axis=-1)
    steady = variance <= 0
    safe = np.where(steady, 1.0, variance)
    skewness = np.clip(np.where(steady, 0.0, skew / safe**1.5), -_LARGEST_SKEWNESS, _LARGEST_SKEWNESS)
    degrees = np.where(steady, 1.0, safe**2 / np.maximum((parts**2 / freedom).sum(axis=-1), 1e-300))
    quantile = stats.t.ppf(0.5 + level / 2, degrees)
    return np.asarray((side * quantile + skewness / 6.0 * (quantile**2 - 1.0)) * np.sqrt(variance))


def treated_weights(n: Floats) -> Floats:
    """Share of the treated in each stratum, shape (..., strata)."""
    treated = n[..., TREATED]
    return np.asarray(treated / treated.sum(axis=-1, keepdims=True))


def _require(n: Floats, least: int) -> None:
    if n.ndim < 2 or n.shape[-1] != 2 or n.shape[-2] == 0:
        raise DataError(f"arms must be the last axis, strata the one before it; got shape {n.shape}")
    if float(n.min()) < least:
        raise DataError(
            f"a stratum has an arm of {n.min():.0f} customers where at least {least} are needed; merge strata"
        )
