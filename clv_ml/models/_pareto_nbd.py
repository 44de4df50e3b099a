"""The likelihood of the Pareto/NBD on weighted unique rows, with exact first and second derivatives.

A customer buys at rate lambda ~ Gamma(r, alpha) and leaves at any time, at rate mu ~ Gamma(s, beta):
Schmittlein, Morrison & Colombo (1987), Counting Your Customers, Management Science 33(1), 1-24,
doi:10.1287/mnsc.33.1.1. The usual form of the likelihood has differences of hypergeometric functions (Fader &
Hardie 2005, http://brucehardie.com/notes/009/), which cancel; the integral over the day u of leaving that
they stand for does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, expit, gammaln, polygamma

from clv_ml.models._beta_mixture import _legendre
from clv_ml.models._bgnbd import BgNbdRows
from clv_ml.models._facts import FitFacts, checked_params, covariance_of
from clv_ml.models._optimise import maximise
from clv_ml.models._table import Floats

R, ALPHA, S, BETA = range(4)
NAMES = ("r", "alpha", "s", "beta")

# Coordinates: the logs of r, of alpha / r, of s and of beta / s.
_BASIS = np.array([[1.0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]])
_LOWEST, _HIGHEST = np.log([1e-6, 1e-8, 1e-6, 1e-8]), np.log([1e4, 1e8, 1e4, 1e8])
_PANELS, _NODES = 4, 16
_CHUNK = 4000


@dataclass(frozen=True)
class LogOdds:
    """Log of P(gone) / P(alive), shape (n,), with gradient (n, 4) and Hessian (n, 4, 4) in (r, alpha, s, beta)."""

    value: Floats
    gradient: Floats
    hessian: Floats


def log_odds_gone(params: Floats, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Log of P(gone) / P(alive), shape (n,); minus infinity where T = t_x."""
    parts = [_exponent(params, x[part], t_x[part], age[part])[0] for part in _parts(len(x))]
    return np.concatenate([_log_sum(part) for part in parts]) if parts else np.zeros(0)


def _parts(n: int) -> list[slice]:
    return [slice(first, first + _CHUNK) for first in range(0, n, _CHUNK)]


def _log_sum(exponent: Floats) -> Floats:
    top = np.maximum(exponent.max(axis=1), -1e300)
    with np.errstate(divide="ignore"):
        return np.asarray(top + np.log(np.exp(exponent - top[:, None]).sum(axis=1)))


def _exponent(params: Floats, x: Floats, t_x: Floats, age: Floats) -> tuple[Floats, Floats]:
    """Log of weight times integrand at the nodes u, shape (n, k), and u.

    P(gone) / P(alive) is the integral over u in (t_x, T) of
    s ((alpha+T)/(alpha+u))^(r+x) ((beta+T)/(beta+u))^s / (beta+u), cut where it has fallen by e^-50, in
    y = ln(c + u) with c the smaller of alpha and beta, where it is smooth.
    """
    r, alpha, s, beta = params
    with np.errstate(over="ignore"):
        cut = t_x + np.minimum((alpha + t_x) * np.expm1(50.0 / (r + x)), (beta + t_x) * np.expm1(50.0 / s))
    c = min(alpha, beta)
    nodes, weights = _legendre(_PANELS, _NODES)
    width = np.log1p((np.minimum(cut, age) - t_x) / (c + t_x))[:, None]
    since = (c + t_x)[:, None] * np.expm1(width * nodes)
    u = t_x[:, None] + since
    left = age[:, None] - u
    with np.errstate(divide="ignore"):
        exponent = np.log(weights * width * (c + u) * s / (beta + u))
    exponent += (r + x)[:, None] * np.log1p(left / (alpha + u)) + s * np.log1p(left / (beta + u))
    return exponent, u


def _log_odds(params: Floats, x: Floats, t_x: Floats, age: Floats) -> LogOdds:
    """Differentiate under the integral: gradients are means over u, and Hessians means and covariances."""
    r, alpha, s, beta = params
    exponent, u = _exponent(params, x, t_x, age)
    value = _log_sum(exponent)
    share = np.where(np.isfinite(value)[:, None], np.exp(exponent - np.maximum(value, -1e300)[:, None]), 0.0)
    shape = (r + x)[:, None]
    T = age[:, None]
    by_alpha, by_beta = 1 / (alpha + T) - 1 / (alpha + u), 1 / (beta + T) - 1 / (beta + u)
    change = np.stack(
        [
            np.log1p((T - u) / (alpha + u)),
            shape * by_alpha,
            1 / s + np.log1p((T - u) / (beta + u)),
            s * by_beta - 1 / (beta + u),
        ],
        axis=2,
    )
    gradient = np.einsum("nk,nki->ni", share, change)
    hessian = np.einsum("nk,nki,nkj->nij", share, change, change) - gradient[:, :, None] * gradient[:, None, :]
    second = {
        (R, ALPHA): by_alpha,
        (ALPHA, ALPHA): -shape * (1 / (alpha + T) ** 2 - 1 / (alpha + u) ** 2),
        (S, S): np.full_like(u, -1 / s**2),
        (S, BETA): by_beta,
        (BETA, BETA): -s * (1 / (beta + T) ** 2 - 1 / (beta + u) ** 2) + 1 / (beta + u) ** 2,
    }
    for (i, j), terms in second.items():
        mean = np.einsum("nk,nk->n", share, terms)
        hessian[:, i, j] += mean
        if i != j:
            hessian[:, j, i] += mean
    return LogOdds(value, gradient, hessian)


def mean_negative_log_likelihood(log_params: Floats, rows: BgNbdRows) -> tuple[float, Floats, Floats]:
    """Value, gradient (4,) and Hessian (4, 4) of the mean negative log-likelihood in log(r, alpha, s, beta).

    ln L = lnG(r+x) - lnG(r) + r ln(alpha) - (r+x) ln(alpha+T) + s ln(beta / (beta+T)) + ln(1 + odds of being
    gone)
    """
    params = np.exp(log_params)
    r, alpha, s, beta = params
    x, T, w, n = rows.x, rows.T, rows.weight, rows.n
    value = (w * (gammaln(r + x) - (r + x) * np.log1p(T / alpha) - s * np.log1p(T / beta) - x * np.log(alpha))).sum()
    value -= n * gammaln(r)
    gradient = np.array(
        [
            (w * (digamma(r + x) - np.log1p(T / alpha))).sum() - n * digamma(r),
            (w * (r / alpha - (r + x) / (alpha + T))).sum(),
            -(w * np.log1p(T / beta)).sum(),
            (w * s * (1 / beta - 1 / (beta + T))).sum(),
        ]
    )
    hessian = np.zeros((4, 4))
    hessian[R, R] = (w * polygamma(1, r + x)).sum() - n * polygamma(1, r)
    hessian[R, ALPHA] = hessian[ALPHA, R] = (w * (1 / alpha - 1 / (alpha + T))).sum()
    hessian[ALPHA, ALPHA] = (w * ((r + x) / (alpha + T) ** 2 - r / alpha**2)).sum()
    hessian[S, BETA] = hessian[BETA, S] = (w * (1 / beta - 1 / (beta + T))).sum()
    hessian[BETA, BETA] = (w * s * (1 / (beta + T) ** 2 - 1 / beta**2)).sum()
    for part in _parts(len(x)):
        odds = _log_odds(params, x[part], rows.t_x[part], T[part])
        gone, weight = expit(odds.value), w[part]
        value += (weight * np.logaddexp(0.0, odds.value)).sum()
        gradient += (weight * gone) @ odds.gradient
        hessian += np.einsum("n,nij->ij", weight * gone, odds.hessian)
        hessian += np.einsum("n,ni,nj->ij", weight * gone * (1 - gone), odds.gradient, odds.gradient)
    in_logs = hessian * np.outer(params, params) + np.diag(gradient * params)
    return -float(value) / n, -gradient * params / n, -in_logs / n


def fit_rows(rows: BgNbdRows, *, prior_sd: float) -> tuple[dict[str, float], FitFacts]:
    """Maximise the likelihood."""
    longest = float(np.log(rows.T.max()))
    unit = np.array([0.0, longest, 0.0, longest])
    rate = ((rows.weight * rows.x).sum() + 0.5) / (rows.weight * rows.T).sum()
    found = maximise(
        lambda log_params: mean_negative_log_likelihood(log_params, rows),
        # The rate of the data, and half of the longest T until the average customer leaves.
        np.log([0.5, 1.0 / rate, 0.6, 0.5 * rows.T.max()]),
        basis=_BASIS,
        bounds=(_LOWEST + unit, _HIGHEST + unit),
        n=rows.n,
        prior_sd=prior_sd,
        what="Pareto/NBD",
    )
    params = np.exp(found.log_params)
    facts = FitFacts(
        log_likelihood=-rows.n * mean_negative_log_likelihood(found.log_params, rows)[0],
        n_customers=int(rows.n),
        n_unique_rows=len(rows.x),
        n_excluded=0,
        gradient=found.gradient,
        n_evaluations=found.n_evaluations,
        weak_prior=found.weak_prior,
        covariance=covariance_of(found, params),
    )
    return checked_params("Pareto/NBD", **dict(zip(NAMES, params.tolist(), strict=True))), facts
