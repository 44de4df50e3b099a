"""Mean and spread of what a customer will do, in closed form: what sums over whole cohorts are made of.

Given life at T and p, lambda, a BG/NBD customer makes Y(t) purchases with ::

    E[Y (Y-1)] = 2 (1-p) / p^2 * [1 - e^(-lambda p t) (1 + lambda p t)]

because he has bought n times and is still there at s with probability Poisson(n; lambda s) (1-p)^n. The mean
over lambda ~ Gamma(r+x, alpha+T) is closed, that over p ~ Beta(a, b+k) a quadrature. A Pareto/NBD customer
has E[Y (Y-1)] = 2 E[lambda^2] times the integral of s P(alive at s) over (0, t).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betainc, betaln, expit, gammaincinv, gammaln, log_expit, xlogy

from clv_ml.models._beta_mixture import _legendre, _range
from clv_ml.models._forecast import checked_horizons
from clv_ml.models._table import Floats, Purchases, read_purchases, read_spend
from clv_ml.models._unique import unique_rows
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel

# The second moment needs four digits, not twelve: a spread is not known better.
_PANELS, _NODES = 8, 8
_CHUNK = 2**19
# Above this shape the second moment of 1/nu is that of a light tail, below it is cut where hardly anybody is.
_LIGHT_TAIL = 3.0


@dataclass(frozen=True)
class PurchaseMoments:
    """Of the purchases Y of each customer within each horizon, each of shape (n, k): E[Y], Var[Y], P(Y = 0)."""

    mean: Floats
    variance: Floats
    none: Floats


@dataclass(frozen=True)
class AmountMoments:
    """Of the amounts Z of each customer, or summed over some customers, each of shape (n,).

    Mean E[Z] and its square, spread within a customer E[Var(Z | customer)], and second moment of his own mean
    E[E(Z | customer)^2].
    """

    mean: Floats
    mean_square: Floats
    within: Floats
    own_mean_square: Floats


def purchase_moments(
    model: PurchaseModel, rfm: pd.DataFrame, *, horizons_days: Sequence[int], spread: bool = True
) -> PurchaseMoments:
    """Mean and variance of the number of purchases, and the chance of none, exact but for quadrature.

    Parameters
    ----------
    model
        Any purchase model.
    rfm
        One row a customer: frequency, recency, T in days.
    horizons_days
        Ascending.
    spread
        False leaves the variance, the slower part, missing (NaN).
    """
    return moments_of(model, read_purchases(rfm), horizons_days=horizons_days, spread=spread)


def moments_of(
    model: PurchaseModel, customers: Purchases, *, horizons_days: Sequence[int], spread: bool = True
) -> PurchaseMoments:
    """Compute :func:`purchase_moments` of checked customers; what life at T makes of them once for each (x, T)."""
    horizons = checked_horizons(horizons_days)
    distinct = unique_rows(customers.frequency, customers.T)
    x, age = distinct.columns
    few = Purchases(pd.RangeIndex(len(x)), x, np.zeros_like(x), age, np.ones_like(x))
    buys = np.column_stack([1.0 - model._none_if_alive(few, days) for days in horizons])
    alive = model._alive(customers)[:, None]
    mean = alive * model._forecast_alive(few, horizons, rate=0.0).expected[distinct.inverse]
    none = 1.0 - alive * buys[distinct.inverse]
    if not spread:
        return PurchaseMoments(mean, np.full_like(mean, np.nan), none)
    pairs = alive * _pairs(model, x, age, horizons)[distinct.inverse]
    return PurchaseMoments(mean, np.maximum(pairs + mean - mean**2, 0.0), none)


def amount_moments(model: SpendModel, rfm: pd.DataFrame, *, rarest: float = 1e-4) -> AmountMoments:
    """Mean and spread of the amounts of each customer; see :func:`amount_sums`."""
    customers = read_spend(rfm)
    x, m = customers.frequency, customers.monetary_value
    return amount_sums(model, x, np.ones_like(x), m, m**2, rarest=rarest)


def amount_sums(
    model: SpendModel, x: Floats, count: Floats, money: Floats, money_square: Floats, *, rarest: float
) -> AmountMoments:
    """Sum mean and spread of the amounts of Gamma-Gamma customers: nu ~ Gamma(q + p x, v + x m), Z ~ Gamma(p, nu).

    Fader & Hardie (2013), http://brucehardie.com/notes/025/, equation (4). With v + x m, m and m^2 of each customer
    enter the moments and nothing else, so that their sums over customers of one frequency give those of the moments.

    Parameters
    ----------
    x, count, money, money_square
        Each of shape (n,), a row some customers of one frequency: it, how many they are, and the sums of m and m^2.
    rarest
        Where the tail is so heavy that the second moment is infinite or ruled by customers who hardly exist
        (q + p x of 3 or less), the share of the largest customers who are left out of it.
    """
    p, q, v = model._values()
    per_purchase = p / model._below(x)
    squares = count * v**2 + 2.0 * v * x * money + x**2 * money_square  # of v + x m
    distinct = unique_rows(q + p * x)
    inverse_square = _mean_inverse_square(distinct.columns[0], rarest)[distinct.inverse]
    return AmountMoments(
        mean=per_purchase * (count * v + x * money),
        mean_square=per_purchase**2 * squares,
        within=p * inverse_square * squares,
        own_mean_square=p**2 * inverse_square * squares,
    )


def _mean_inverse_square(shape: Floats, rarest: float) -> Floats:
    """E[1/y^2] of y ~ Gamma(shape, 1), over all but the smallest y where the tail is heavy."""
    light = 1.0 / np.maximum((shape - 1.0) * (shape - 2.0), 1e-300)
    heavy = shape <= _LIGHT_TAIL
    if not heavy.any():
        return light
    some = shape[heavy]
    low, high = np.log(gammaincinv(some, rarest)), np.log(60.0)
    s, w = _legendre(_PANELS, _NODES)
    u = low[:, None] + (high - low)[:, None] * s
    # in u = ln y the integrand is y^(shape-2) e^-y / Gamma(shape)
    density = np.exp((some - 2.0)[:, None] * u - np.exp(u) - gammaln(some)[:, None])
    light[heavy] = (high - low) * (density @ w)
    return light


def _pairs(model: PurchaseModel, x: Floats, age: Floats, horizons: Floats) -> Floats:
    """E[Y (Y-1) | alive], shape (n, k)."""
    if model.KIND == "pareto_nbd":
        return _pairs_pareto(model, x, age, horizons)
    r, alpha, a, b = model._values()
    stay = b + x + model._FIRST_CHANCES
    result = np.empty((len(x), len(horizons)))
    step = max(1, _CHUNK // (_PANELS * _NODES))
    s, w = _legendre(_PANELS, _NODES)
    for first in range(0, len(x), step):
        part = slice(first, first + step)
        shape, scale, chances = r + x[part], alpha + age[part], stay[part]
        low, high = _range(shape, horizons[-1] / scale, a, chances)
        low = np.maximum(low, np.log(1e-5 / ((shape + 1.0) * (1.0 + horizons[-1] / scale))))
        high = np.maximum(np.minimum(high, 12.0), low + 1e-3)
        u = low[:, None] + (high - low)[:, None] * s
        log_p, log_q = log_expit(u), log_expit(-u)
        density = np.exp(a * log_p + chances[:, None] * log_q - betaln(a, chances)[:, None])
        weight = density * (high - low)[:, None] * w
        # below the range p is too small to matter: nobody leaves, and E[Y (Y-1)] is that of the Poisson-Gamma
        stays = betainc(a, chances, expit(low))
        for column, days in enumerate(horizons):
            z = days / scale
            forever = shape * (shape + 1.0) * z**2
            kernel = _pair_kernel(np.exp(log_p), np.exp(log_q), shape[:, None], z[:, None])
            result[part, column] = (weight * kernel).sum(axis=1) + stays * forever
    return result


def _pair_kernel(p: Floats, q: Floats, shape: Floats, z: Floats) -> Floats:
    """2 (1-p)/p^2 [1 - (1+u)^-s (1 + s u/(1+u))], u = p z, without cancellation for small u."""
    u = p * z
    small = u * (shape + 1.0) < 1e-3
    direct = 1.0 - np.exp(-shape * np.log1p(u)) * (1.0 + shape * u / (1.0 + u))
    series = 0.5 * shape * (shape + 1.0) * u**2 * (1.0 - 2.0 * (shape + 2.0) * u / 3.0)
    return np.asarray(2.0 * q * np.where(small, series, direct) / p**2)


def _pairs_pareto(model: PurchaseModel, x: Floats, age: Floats, horizons: Floats) -> Floats:
    r, alpha, s, beta = model._values()
    second = (r + x) * (r + x + 1.0) / (alpha + age) ** 2
    nodes, weights = _legendre(_PANELS, _NODES)
    columns = []
    for days in horizons:
        at = days * nodes
        staying = np.exp(xlogy(-s, 1.0 + at / (beta + age)[:, None]))
        columns.append(2.0 * second * ((staying * at) @ weights) * days)
    return np.column_stack(columns)
