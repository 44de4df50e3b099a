"""The expected number of purchases of a BG/NBD customer, without the cancellation of its closed form.

A customer who buys at rate lambda ~ Gamma(shape, alpha) and leaves after each purchase with probability
p ~ Beta(a, b) makes, in a time t, with z = t / alpha, the expected number of purchases ::

    E[X(t)] = integral over 0 < p < 1 of  p^(a-1) (1-p)^(b-1) / B(a, b) * g(p),
    g(p) = (1 - (1 + p z)^-shape) / p

which is equation (9) of Fader, Hardie & Lee (2005, doi:10.1287/mksc.1040.0098) before the integral over p is
written as a hypergeometric function: (a+b-1)/(a-1) [1 - ...] there loses all digits near a = 1, fails for a+b
< 1, and overflows for large shape or z. Here every term is positive.

For moderate z the integral is a Gauss-Jacobi sum with the Beta density as its weight; otherwise
Gauss-Legendre panels in logit(p). Both are accurate to about 1e-12 (tests/test_purchases_accuracy.py).
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import betainc, betaln, expit, log_expit

from clv_ml.models._table import Floats
from clv_ml.models._unique import unique_rows

# Gauss-Jacobi order by the largest stretch z it serves: for a Gamma-like weight the error of n nodes falls as
# (z / (z + 2))^(2n), here below 1e-12.
_ORDERS = ((0.25, 8), (0.8, 12), (2.5, 26), (6.0, 50))
_PANELS, _PANEL_NODES = 28, 16
_CHUNK = 2**19


def expected_count(shape: Floats, z: Floats, a: float, b: Floats) -> Floats:
    """Integrate g(p) over p ~ Beta(a, b).

    Parameters
    ----------
    shape, b
        Shape (n,): positive parameters; few distinct values (one for each frequency) make it fast.
    z
        Shape (n, k): horizons divided by alpha, zero or more.
    a
        The first parameter of the Beta density.

    Returns
    -------
    Expected purchases, shape (n, k).
    """
    # How fast g falls within the width of the Beta density.
    stretch = z * np.maximum(1.0, shape / (a + b))[:, None]
    result = np.empty_like(z)
    lowest = -1.0
    for highest, order in _ORDERS:
        _fill(result, (stretch > lowest) & (stretch <= highest), order, shape, z, a, b)
        lowest = highest
    _fill(result, stretch > lowest, 0, shape, z, a, b)
    return result


def _fill(out: Floats, where: np.ndarray, order: int, shape: Floats, z: Floats, a: float, b: Floats) -> None:
    """Compute the cells `where`, by a Gauss-Jacobi rule of `order` nodes or, for order 0, by panels."""
    row, column = np.nonzero(where)
    if row.size == 0:
        return
    per_chunk = max(1, _CHUNK // (order or _PANELS * _PANEL_NODES))
    if order:
        distinct = unique_rows(b)
        nodes, weights = _jacobi(a, distinct.columns[0], order)
    for first in range(0, row.size, per_chunk):
        i, j = row[first : first + per_chunk], column[first : first + per_chunk]
        if order:
            of = distinct.inverse[i]
            p = nodes[of]
            kernel = -np.expm1(-shape[i, None] * np.log1p(p * z[i, j, None])) / p
            out[i, j] = np.einsum("ij,ij->i", kernel, weights[of])
        else:
            out[i, j] = _by_panels(shape[i], z[i, j], a, b[i])


def _jacobi(a: float, b: Floats, order: int) -> tuple[Floats, Floats]:
    """Nodes and weights, each (n, order), of the Gauss rules for the densities Beta(a, b) on (0, 1)."""
    rules = [_jacobi_rule(a, one, order) for one in b.tolist()]
    nodes, weights = (np.array(each).reshape(len(b), order) for each in zip(*rules, strict=True))
    return nodes, weights


@lru_cache(maxsize=2**14)
def _jacobi_rule(a: float, b: float, order: int) -> tuple[Floats, Floats]:
    """Nodes and weights of one rule; batches of customers ask for the same ones again and again.

    Golub & Welsch (1969): eigenvalues and first components of the eigenvectors of the Jacobi matrix, whose
    entries for the weight (1-s)^A (1+s)^B with A = b-1, B = a-1 and p = (1+s)/2 are the recurrence
    coefficients below.
    """
    k = np.arange(order, dtype=np.float64)
    A, B = np.array([b - 1.0]), a - 1.0
    total = 2 * k + A + B
    with np.errstate(divide="ignore", invalid="ignore"):
        diagonal = 0.5 + 0.5 * (B**2 - A**2) / (total * (total + 2))
        off_squared = k * (k + A) * (k + B) * (k + A + B) / (total**2 * (total + 1) * (total - 1))
    # The limits of the two quotients where they read 0/0.
    diagonal[:1] = a / (a + b)
    off_squared[1:2] = a * b / (np.square(a + b) * (a + b + 1))
    off = np.sqrt(off_squared[1:])
    nodes, vectors = eigh_tridiagonal(diagonal, off, check_finite=False, lapack_driver="stemr")
    return np.maximum(nodes, np.finfo(np.float64).tiny), vectors[0] ** 2


def _by_panels(shape: Floats, z: Floats, a: float, b: Floats) -> Floats:
    """Integrate in u = logit(p), with the two ends, where g is constant, by the incomplete Beta function."""
    low, high = _range(shape, z, a, b)
    s, w = _legendre(_PANELS, _PANEL_NODES)
    u = low[:, None] + (high - low)[:, None] * s
    p = expit(u)
    log_density = a * log_expit(u) + b[:, None] * log_expit(-u) - betaln(a, b)[:, None]
    kernel = -np.expm1(-shape[:, None] * np.log1p(p * z[:, None])) / p
    # a product of matrices adds the terms of a row in an order that depends on how many rows there are
    middle = (high - low) * np.einsum("ij,j->i", np.exp(log_density) * kernel, w)
    at_one = -np.expm1(-shape * np.log1p(z))
    ends = shape * z * betainc(a, b, expit(low)) + at_one * betainc(b, a, expit(-high))
    return np.asarray(ends + middle)


def _range(shape: Floats, z: Floats, a: float, b: Floats) -> tuple[Floats, Floats]:
    """Bound the integrand: outside, g is constant to 1e-14 or the density below e^-80 of its mode."""
    flat = np.log(1e-14 / ((shape + 1.0) * (1.0 + z)))
    mode = np.log(a / b)
    bounds = []
    for side, limit in ((-1.0, flat), (1.0, np.full_like(z, 33.0))):
        near, far = mode, mode + side * 800.0
        for _ in range(60):
            middle = 0.5 * (near + far)
            drop = a * (log_expit(mode) - log_expit(middle)) + b * (log_expit(-mode) - log_expit(-middle))
            inside = drop < 80.0
            near, far = np.where(inside, middle, near), np.where(inside, far, middle)
        bounds.append(np.maximum(far, limit) if side < 0 else np.minimum(far, limit))
    low, high = bounds
    return np.minimum(low, high - 1e-3), high


@cache
def _legendre(panels: int, order: int) -> tuple[Floats, Floats]:
    """Nodes and weights of the composite Gauss-Legendre rule on (0, 1)."""
    s, w = np.polynomial.legendre.leggauss(order)
    nodes = (np.arange(panels)[:, None] + 0.5 * (s + 1.0)) / panels
    return nodes.ravel(), np.tile(0.5 * w / panels, panels)
