"""The likelihood of the Gamma-Gamma model on weighted unique rows, with exact first and second derivatives.

Equation numbers are those of Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value,
http://brucehardie.com/notes/025/.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, polygamma

from clv_ml.errors import DataError
from clv_ml.models._facts import FitFacts, checked_params, covariance_of
from clv_ml.models._optimise import maximise
from clv_ml.models._table import Floats, Spend
from clv_ml.models._unique import unique_rows

P, Q, V = range(3)

# The search runs in the logs of p, of q and of p v / q (in mean spend). Above 1e4 amounts, or customers,
# differ by less than 1 %: all alike.
_BASIS = np.array([[1.0, 0, 0], [0, 1, 0], [-1, 1, 1]])
_LOWEST, _HIGHEST = np.log([1e-6, 1e-6, 1e-8]), np.log([1e4, 1e4, 1e8])

# Totals equal but for rounding (sums of cents in another order) are equal: keep 40 of the 52 bits, 1e-12 of
# the value.
_BITS_DROPPED = 12


@dataclass(frozen=True)
class GammaGammaRows:
    """Distinct (x, m) with their number of customers, each of shape (n_rows,); m in currency."""

    x: Floats
    m: Floats
    weight: Floats
    n: float = field(init=False)
    x_values: Floats = field(init=False)
    x_code: NDArray[np.intp] = field(init=False)
    x_weight: Floats = field(init=False)
    # Sums that no parameter enters: of w ln m, and of w x ln(x m)
    log_m: float = field(init=False)
    x_log_total: float = field(init=False)

    def __post_init__(self) -> None:
        """Group the rows by frequency."""
        by_x = unique_rows(self.x)
        object.__setattr__(self, "n", float(self.weight.sum()))
        object.__setattr__(self, "x_values", by_x.columns[0])
        object.__setattr__(self, "x_code", by_x.inverse)
        object.__setattr__(self, "x_weight", by_x.total(self.weight))
        object.__setattr__(self, "log_m", float((self.weight * np.log(self.m)).sum()))
        object.__setattr__(self, "x_log_total", float((self.weight * self.x * np.log(self.x * self.m)).sum()))


def mean_negative_log_likelihood(log_params: Floats, rows: GammaGammaRows) -> tuple[float, Floats, Floats]:
    """Value, gradient (3,) and Hessian (3, 3) of the mean negative log-likelihood in log(p, q, v).

    Equation (1a)::

        ln f(m | x) = lnG(px+q) - lnG(px) - lnG(q) + q ln v + (px-1) ln m + px ln x - (px+q) ln(xm+v)
    """
    params = np.exp(log_params)
    p, q, v = params
    x, w, n = rows.x_values, rows.x_weight, rows.n
    px = p * x
    total_log = np.log(rows.x * rows.m + v)
    inverse = 1.0 / (rows.x * rows.m + v)
    # Sums over rows of one frequency, which the parameters then weigh by px + q
    logs, inverses, squares = (
        np.bincount(rows.x_code, weights=rows.weight * values) for values in (total_log, inverse, inverse**2)
    )

    value = w @ (gammaln(px + q) - gammaln(px)) + n * (q * np.log(v) - gammaln(q))
    value += p * rows.x_log_total - rows.log_m - (px + q) @ logs
    gradient = np.empty(3)
    gradient[P] = w @ (x * (digamma(px + q) - digamma(px))) + rows.x_log_total - x @ logs
    gradient[Q] = w @ digamma(px + q) + n * (np.log(v) - digamma(q)) - logs.sum()
    gradient[V] = n * q / v - (px + q) @ inverses
    hessian = np.empty((3, 3))
    trigamma = polygamma(1, px + q)
    hessian[P, P] = w @ (x**2 * (trigamma - polygamma(1, px)))
    hessian[P, Q] = hessian[Q, P] = w @ (x * trigamma)
    hessian[Q, Q] = w @ trigamma - n * polygamma(1, q)
    hessian[P, V] = hessian[V, P] = -(x @ inverses)
    hessian[Q, V] = hessian[V, Q] = n / v - inverses.sum()
    hessian[V, V] = -n * q / v**2 + (px + q) @ squares
    in_logs = hessian * np.outer(params, params) + np.diag(gradient * params)
    return -float(value) / n, -gradient * params / n, -in_logs / n


@dataclass(frozen=True)
class GammaGammaFit:
    """The fitted parameters (v in the currency of the table), the distinct rows, and how the fit went."""

    params: dict[str, float]
    rows: GammaGammaRows
    facts: FitFacts


def fit(customers: Spend, *, prior_sd: float) -> GammaGammaFit:
    """Maximise equation (1a) over the customers who bought again, money measured in their mean."""
    bought = customers.frequency > 0
    used = bought & (customers.monetary_value > 0)
    if not used.any():
        raise DataError(
            f"rfm: column 'monetary_value' is above 0 in none of the {int(bought.sum()):,} rows with "
            "frequency above 0: spend cannot be learned. Use more history, or a fixed value per purchase."
        )
    frequency, money = customers.frequency[used], customers.monetary_value[used]
    weight = customers.weight[used]
    distinct = unique_rows(frequency, _rounded(frequency * money))
    x, total = distinct.columns
    rows = GammaGammaRows(x, total / x, distinct.total(weight))
    return fit_rows(rows, prior_sd=prior_sd, n_excluded=int(customers.weight[bought & ~used].sum()))


def fit_rows(rows: GammaGammaRows, *, prior_sd: float, n_excluded: int = 0) -> GammaGammaFit:
    """Maximise equation (1a)."""
    unit = np.array([0.0, 0.0, np.log((rows.weight * rows.m).sum() / rows.n)])
    found = maximise(
        lambda log_params: mean_negative_log_likelihood(log_params, rows),
        # Spend around its mean: p v / (q-1) = 1 in units of the mean.
        np.log([4.0, 4.0, 0.75]) + unit,
        basis=_BASIS,
        bounds=(_LOWEST + unit, _HIGHEST + unit),
        n=rows.n,
        prior_sd=prior_sd,
        what="Gamma-Gamma",
    )
    params = np.exp(found.log_params)
    facts = FitFacts(
        log_likelihood=-rows.n * mean_negative_log_likelihood(found.log_params, rows)[0],
        n_customers=int(rows.n),
        n_unique_rows=len(rows.x),
        n_excluded=n_excluded,
        gradient=found.gradient,
        n_evaluations=found.n_evaluations,
        weak_prior=found.weak_prior,
        covariance=covariance_of(found, params),
    )
    named = dict(zip(("p", "q", "v"), params.tolist(), strict=True))
    return GammaGammaFit(checked_params("Gamma-Gamma", **named), rows, facts)


def _rounded(values: Floats) -> Floats:
    bits = values.view(np.int64) + (1 << (_BITS_DROPPED - 1))
    return ((bits >> _BITS_DROPPED) << _BITS_DROPPED).view(np.float64)
