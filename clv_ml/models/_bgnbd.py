"""The likelihood of the BG/NBD on weighted unique rows, with exact first and second derivatives.

Equation numbers are those of Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing
Science 24(2), 275-284, doi:10.1287/mksc.1040.0098.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from clv_ml.models._facts import FitFacts, checked_params, covariance_of
from clv_ml.models._optimise import maximise
from clv_ml.models._table import Floats
from clv_ml.models._unique import UniqueRows, unique_rows

R, ALPHA, A, B = range(4)
_BLOCK = 1 << 14  # rows at a time, whose intermediate values stay in the cache of a core

# The search runs in the logs of r, of the mean interval alpha / r (in the longest T), of the odds a / b and
# of b.
_BASIS = np.array([[1.0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]])
_LOWEST, _HIGHEST = np.log([1e-6, 1e-8, 1e-6, 1e-6]), np.log([1e4, 1e8, 1e6, 1e4])


@dataclass(frozen=True)
class BgNbdRows:
    """Distinct (x, t_x, T) and their number of customers, each of shape (n_rows,), times in days.

    The distinct values of each column are found once: gamma functions and logarithms are then computed once
    per value.
    """

    x: Floats
    t_x: Floats
    T: Floats
    weight: Floats
    # Chances to leave beside one at each repeat purchase: 0, or 1 in the modified BG/NBD.
    first_chances: int = 0
    n: float = field(init=False)
    by_x: UniqueRows = field(init=False)
    by_t_x: UniqueRows = field(init=False)
    by_T: UniqueRows = field(init=False)
    x_weight: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Find the distinct values."""
        object.__setattr__(self, "n", float(self.weight.sum()))
        for name, column in (("by_x", self.x), ("by_t_x", self.t_x), ("by_T", self.T)):
            object.__setattr__(self, name, unique_rows(column))
        object.__setattr__(self, "x_weight", self.by_x.total(self.weight))


def mean_negative_log_likelihood(log_params: Floats, rows: BgNbdRows) -> tuple[float, Floats, Floats]:
    """Value, gradient (4,) and Hessian (4, 4) of the mean negative log-likelihood in log(r, alpha, a, b).

    Equation (6), as rearranged for computation in the paper's section 7::

        ln L = A1 + A2 + ln(e^A3 + [x > 0] e^A4)
        A1 = lnG(r+x) - lnG(r) + r ln(alpha)
        A2 = lnG(a+b) + lnG(b+x) - lnG(b) - lnG(a+b+x)
        A3 = -(r+x) ln(alpha+T)
        A4 = ln(a) - ln(b+x-1) - (r+x) ln(alpha+t_x)

    In the modified BG/NBD (Batislam, Denizel & Filiztekin 2007, doi:10.1016/j.ijresmar.2006.12.005) a
    customer may also leave right after the first purchase: x+1 takes the place of x beside a and b, and [x >
    0] is 1.
    """
    params = np.exp(log_params)
    value, gradient, hessian = _by_frequency(params, rows)
    value_rows, gradient_rows, hessian_rows = _by_row(params, rows)
    value, gradient, hessian = value + value_rows, gradient + gradient_rows, hessian + hessian_rows
    # d/d(ln p) = p d/dp, and once more for the second derivative
    in_logs = hessian * np.outer(params, params) + np.diag(gradient * params)
    return -value / rows.n, -gradient * params / rows.n, -in_logs / rows.n


def _by_frequency(params: Floats, rows: BgNbdRows) -> tuple[float, Floats, Floats]:
    """A1 + A2 and derivatives: functions of x alone, and of the number k of chances to leave so far."""
    r, alpha, a, b = params
    x, w, n = rows.by_x.columns[0], rows.x_weight, rows.n
    k = x + rows.first_chances
    value = w @ (gammaln(r + x) + gammaln(b + k) - gammaln(a + b + k))
    value += n * (r * np.log(alpha) - gammaln(r) + gammaln(a + b) - gammaln(b))
    gradient, hessian = np.zeros(4), np.zeros((4, 4))
    gradient[R] = w @ digamma(r + x) + n * (np.log(alpha) - digamma(r))
    gradient[ALPHA] = n * r / alpha
    gradient[A] = n * digamma(a + b) - w @ digamma(a + b + k)
    gradient[B] = gradient[A] + w @ digamma(b + k) - n * digamma(b)
    hessian[R, R] = w @ polygamma(1, r + x) - n * polygamma(1, r)
    hessian[R, ALPHA] = hessian[ALPHA, R] = n / alpha
    hessian[ALPHA, ALPHA] = -n * r / alpha**2
    hessian[A, A] = hessian[A, B] = hessian[B, A] = n * polygamma(1, a + b) - w @ polygamma(1, a + b + k)
    hessian[B, B] = hessian[A, A] + w @ polygamma(1, b + k) - n * polygamma(1, b)
    return float(value), gradient, hessian


def _by_row(params: Floats, rows: BgNbdRows) -> tuple[float, Floats, Floats]:
    """ln(e^A3 + [x > 0] e^A4) and derivatives; `gone` is the share of e^A4, which is 1 - P(alive).

    With d the gradient of A4 - A3, the gradient is that of A3 plus gone * d, and the Hessian
    (1 - gone) A3'' + gone A4'' + gone (1 - gone) d d'. d_a is constant and d_b depends on x alone.
    """
    a, b = params[A], params[B]
    k = rows.by_x.columns[0] + rows.first_chances
    per_x = b + np.maximum(k, 1.0) - 1.0
    log_odds_x = np.where(k > 0, np.log(a / per_x), -np.inf)
    logs_T, logs_t = (_log_and_inverse(params[ALPHA], by_time) for by_time in (rows.by_T, rows.by_t_x))
    # sums over all rows, and over the rows of each x
    sums, by_x = np.zeros(6), np.zeros((4, len(k)))
    for first in range(0, len(rows.x), _BLOCK):
        block = slice(first, first + _BLOCK)
        of_x = rows.by_x.inverse[block]
        times = (*logs_T[:, rows.by_T.inverse[block]], *logs_t[:, rows.by_t_x.inverse[block]])
        some, weighed = _of_block(rows.weight[block], params[R] + rows.x[block], log_odds_x[of_x], times)
        sums += some
        by_x += [np.bincount(of_x, weights=values, minlength=len(k)) for values in weighed]

    value, g_r, g_alpha, h_rr, h_ra, h_aa = sums
    gone_x, mixed_x, *mixed_by_x = by_x
    d_a, d_b = 1.0 / a, -1.0 / per_x
    gradient = np.array([g_r, g_alpha, d_a * gone_x.sum(), d_b @ gone_x])
    hessian = np.zeros((4, 4))
    hessian[R, R], hessian[R, ALPHA], hessian[ALPHA, ALPHA] = h_rr, h_ra, h_aa
    for row, changes in zip((R, ALPHA), mixed_by_x, strict=True):
        hessian[row, A], hessian[row, B] = d_a * changes.sum(), d_b @ changes
    hessian[A, A] = d_a**2 * (mixed_x.sum() - gone_x.sum())
    hessian[A, B] = d_a * (d_b @ mixed_x)
    hessian[B, B] = d_b**2 @ (mixed_x + gone_x)
    return float(value), gradient, np.triu(hessian) + np.triu(hessian, 1).T


def _of_block(
    w: Floats, shape: Floats, log_odds_x: Floats, times: tuple[Floats, ...]
) -> tuple[list[float], tuple[Floats, ...]]:
    """Return sums over some rows, and what is to be summed by x: gone, mixed, and mixed times d_r and d_alpha."""
    log_T, u_T, log_t, u_t = times
    d_r, d_alpha = log_T - log_t, shape * (u_T - u_t)
    # A4 - A3, and ln(1 + e^(A4-A3)) without overflow
    log_odds = log_odds_x + shape * d_r
    small = np.exp(-np.abs(log_odds))
    value = np.maximum(log_odds, 0.0) + np.log1p(small) - shape * log_T
    gone = np.where(log_odds > 0, 1.0, small) / (1.0 + small)
    w_gone = w * gone
    w_stay, mixed = w - w_gone, w_gone * (1.0 - gone)
    mixed_r, mixed_alpha = mixed * d_r, mixed * d_alpha
    sums = [
        _dot(w, value),
        _dot(w_gone, d_r) - _dot(w, log_T),
        _dot(w_gone, d_alpha) - _dot(w, shape * u_T),
        _dot(mixed_r, d_r),
        _dot(mixed_r, d_alpha) - _dot(w_stay, u_T) - _dot(w_gone, u_t),
        _dot(mixed_alpha, d_alpha) + _dot(w_stay, shape * u_T * u_T) + _dot(w_gone, shape * u_t * u_t),
    ]
    return sums, (w_gone, mixed, mixed_r, mixed_alpha)


def _log_and_inverse(alpha: float, by_time: UniqueRows) -> Floats:
    """ln(alpha + t) and 1 / (alpha + t) of each distinct t, shape (2, n)."""
    since = alpha + by_time.columns[0]
    return np.stack([np.log(since), 1.0 / since])


def _dot(left: Floats, right: Floats) -> float:
    """Sum of products without BLAS, whose threads cost more than they save on a busy machine."""
    return float(np.einsum("i,i->", left, right))


def starting_values(rows: BgNbdRows) -> Floats:
    """Coordinates of a plain population with the purchase rate of the data, in its unit of time."""
    # Half a purchase more keeps the rate positive when nobody came back.
    rate = (_dot(rows.weight, rows.x) + 0.5) / _dot(rows.weight, rows.T)
    r, a, b = 0.5, 0.8, 2.5
    return np.log([r, 1.0 / rate, a / b, b])


@dataclass(frozen=True)
class BgNbdFit:
    """The fitted parameters (days), and how the fit went."""

    params: dict[str, float]
    facts: FitFacts


def fit_rows(rows: BgNbdRows, *, prior_sd: float) -> BgNbdFit:
    """Maximise equation (6)."""
    unit = np.array([0.0, np.log(rows.T.max()), 0.0, 0.0])
    found = maximise(
        lambda log_params: mean_negative_log_likelihood(log_params, rows),
        starting_values(rows),
        basis=_BASIS,
        bounds=(_LOWEST + unit, _HIGHEST + unit),
        n=rows.n,
        prior_sd=prior_sd,
        what="BG/NBD",
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
    named = dict(zip(("r", "alpha", "a", "b"), params.tolist(), strict=True))
    return BgNbdFit(checked_params("BG/NBD", **named), facts)
