"""The likelihood of the BG/NBD on weighted unique rows, with exact first and second derivatives.

Equation numbers are those of Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing
Science 24(2), 275-284, doi:10.1287/mksc.1040.0098.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, expit, gammaln, polygamma

from clv_ml.models._facts import FitFacts, checked_params, covariance_of
from clv_ml.models._optimise import maximise
from clv_ml.models._table import Floats, Purchases
from clv_ml.models._unique import unique_rows

R, ALPHA, A, B = range(4)

# The search runs in the logs of r, of the mean interval alpha / r (in the longest T), of the odds a / b and
# of b.
_BASIS = np.array([[1.0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]])
_BOUNDS = (np.log([1e-6, 1e-8, 1e-6, 1e-6]), np.log([1e4, 1e8, 1e6, 1e4]))


@dataclass(frozen=True)
class BgNbdRows:
    """Distinct (x, t_x, T) and their number of customers, each of shape (n_rows,), in one unit of time."""

    x: Floats
    t_x: Floats
    T: Floats
    weight: Floats
    n: float = field(init=False)
    # Distinct frequencies, and the customers and row numbers behind each: gamma functions are needed once per
    # x.
    x_values: Floats = field(init=False)
    x_code: NDArray[np.intp] = field(init=False)
    x_weight: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Group the rows by frequency."""
        by_x = unique_rows(self.x)
        object.__setattr__(self, "n", float(self.weight.sum()))
        object.__setattr__(self, "x_values", by_x.columns[0])
        object.__setattr__(self, "x_code", by_x.inverse)
        object.__setattr__(self, "x_weight", by_x.total(self.weight))


def mean_negative_log_likelihood(log_params: Floats, rows: BgNbdRows) -> tuple[float, Floats, Floats]:
    """Value, gradient (4,) and Hessian (4, 4) of the mean negative log-likelihood in log(r, alpha, a, b).

    Equation (6), as rearranged for computation in the paper's section 7::

        ln L = A1 + A2 + ln(e^A3 + [x > 0] e^A4)
        A1 = lnG(r+x) - lnG(r) + r ln(alpha)
        A2 = lnG(a+b) + lnG(b+x) - lnG(b) - lnG(a+b+x)
        A3 = -(r+x) ln(alpha+T)
        A4 = ln(a) - ln(b+x-1) - (r+x) ln(alpha+t_x)
    """
    params = np.exp(log_params)
    value, gradient, hessian = _by_frequency(params, rows)
    value_rows, gradient_rows, hessian_rows = _by_row(params, rows)
    value, gradient, hessian = value + value_rows, gradient + gradient_rows, hessian + hessian_rows
    # d/d(ln p) = p d/dp, and once more for the second derivative
    in_logs = hessian * np.outer(params, params) + np.diag(gradient * params)
    return -value / rows.n, -gradient * params / rows.n, -in_logs / rows.n


def _by_frequency(params: Floats, rows: BgNbdRows) -> tuple[float, Floats, Floats]:
    """A1 + A2 and derivatives: functions of x alone."""
    r, alpha, a, b = params
    x, w, n = rows.x_values, rows.x_weight, rows.n
    value = w @ (gammaln(r + x) + gammaln(b + x) - gammaln(a + b + x))
    value += n * (r * np.log(alpha) - gammaln(r) + gammaln(a + b) - gammaln(b))
    gradient, hessian = np.zeros(4), np.zeros((4, 4))
    gradient[R] = w @ digamma(r + x) + n * (np.log(alpha) - digamma(r))
    gradient[ALPHA] = n * r / alpha
    gradient[A] = n * digamma(a + b) - w @ digamma(a + b + x)
    gradient[B] = gradient[A] + w @ digamma(b + x) - n * digamma(b)
    hessian[R, R] = w @ polygamma(1, r + x) - n * polygamma(1, r)
    hessian[R, ALPHA] = hessian[ALPHA, R] = n / alpha
    hessian[ALPHA, ALPHA] = -n * r / alpha**2
    hessian[A, A] = hessian[A, B] = hessian[B, A] = n * polygamma(1, a + b) - w @ polygamma(1, a + b + x)
    hessian[B, B] = hessian[A, A] + w @ polygamma(1, b + x) - n * polygamma(1, b)
    return float(value), gradient, hessian


def _by_row(params: Floats, rows: BgNbdRows) -> tuple[float, Floats, Floats]:
    """ln(e^A3 + [x > 0] e^A4) and derivatives; `gone` is the share of e^A4, which is 1 - P(alive)."""
    r, alpha, a, b = params
    x, w = rows.x, rows.weight
    per_x = b + np.maximum(rows.x_values, 1.0) - 1.0
    shape = r + x
    log_T, log_t = np.log(alpha + rows.T), np.log(alpha + rows.t_x)
    u_T, u_t = 1.0 / (alpha + rows.T), 1.0 / (alpha + rows.t_x)
    log_odds = np.where(x > 0, np.log(a / per_x)[rows.x_code] + shape * (log_T - log_t), -np.inf)
    gone = expit(log_odds)
    # ln(1 + e^A4/e^A3) without overflow
    value = w @ (np.logaddexp(0.0, log_odds) - shape * log_T)

    d_r, d_alpha = log_T - log_t, shape * (u_T - u_t)
    d_a, d_b = np.full_like(x, 1.0 / a), -1.0 / per_x[rows.x_code]
    w_gone = w * gone
    gradient = np.array([w_gone @ d_r - w @ log_T, w_gone @ d_alpha - w @ (shape * u_T), w_gone @ d_a, w_gone @ d_b])
    change = np.stack([d_r, d_alpha, d_a, d_b])
    hessian = (change * (w_gone * (1.0 - gone))) @ change.T
    w_stay = w - w_gone
    hessian[R, ALPHA] -= w_stay @ u_T + w_gone @ u_t
    hessian[ALPHA, R] = hessian[R, ALPHA]
    hessian[ALPHA, ALPHA] += w_stay @ (shape * u_T**2) + w_gone @ (shape * u_t**2)
    hessian[A, A] -= w_gone.sum() / a**2
    hessian[B, B] += w_gone @ d_b**2
    return float(value), gradient, hessian


def starting_values(rows: BgNbdRows) -> Floats:
    """Coordinates of a plain population with the purchase rate of the data, in its unit of time."""
    # Half a purchase more keeps the rate positive when nobody came back.
    rate = (float(rows.weight @ rows.x) + 0.5) / float(rows.weight @ rows.T)
    r, a, b = 0.5, 0.8, 2.5
    return np.log([r, 1.0 / rate, a / b, b])


@dataclass(frozen=True)
class BgNbdFit:
    """The fitted parameters (days), the distinct rows behind them (times in days), and how the fit went."""

    params: dict[str, float]
    rows: BgNbdRows
    facts: FitFacts


def fit(customers: Purchases, *, prior_sd: float) -> BgNbdFit:
    """Maximise equation (6) on the distinct rows of `customers`, times measured in the longest T."""
    unit = float(customers.T.max())
    distinct = unique_rows(customers.frequency, customers.recency, customers.T)
    x, t_x, age = distinct.columns
    weight = distinct.total(customers.weight)
    rows = BgNbdRows(x, t_x / unit, age / unit, weight)
    found = maximise(
        lambda log_params: mean_negative_log_likelihood(log_params, rows),
        starting_values(rows),
        basis=_BASIS,
        bounds=_BOUNDS,
        n=rows.n,
        prior_sd=prior_sd,
        what="BG/NBD",
    )
    params = np.exp(found.log_params) * np.array([1.0, unit, 1.0, 1.0])
    mean_loss = mean_negative_log_likelihood(found.log_params, rows)[0]
    facts = FitFacts(
        # In a unit of u days each of the x intervals between purchases has u times the density it has in
        # days.
        log_likelihood=float(-mean_loss * rows.n - (weight @ x) * np.log(unit)),
        n_customers=int(rows.n),
        n_unique_rows=len(x),
        n_excluded=0,
        gradient=found.gradient,
        n_evaluations=found.n_evaluations,
        weak_prior=found.weak_prior,
        covariance=covariance_of(found, params),
    )
    named = dict(zip(("r", "alpha", "a", "b"), params.tolist(), strict=True))
    return BgNbdFit(checked_params("BG/NBD", **named), BgNbdRows(x, t_x, age, weight), facts)
