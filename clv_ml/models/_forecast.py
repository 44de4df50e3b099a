"""Expected and discounted purchases of customers known to be alive, over several horizons in one pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from clv_ml.errors import ConfigError
from clv_ml.models._table import Floats, Purchases
from clv_ml.models._unique import unique_rows

DAYS_PER_YEAR = 365.0
# Gauss-Legendre nodes a stretch, by the longest y: the nearest singularity of E is pi away from the real
# axis, so that 8 nodes leave about 1e-11 on a stretch of 3.
_FEW_NODES, _MANY_NODES, _LONG = 8, 16, 3.0

# E[Y(t) | alive] for frequencies (n,), ages (n,) and times (n, k)
AliveExpectation = Callable[[Floats, Floats, Floats], Floats]


@dataclass(frozen=True)
class AliveForecast:
    """For each customer (rows) and horizon (columns), given that the customer is alive now.

    Attributes
    ----------
    expected
        Expected purchases within the horizon, shape (n, k).
    discounted
        The same, each purchase worth exp(-rate x days until it), shape (n, k).
    """

    expected: Floats
    discounted: Floats


def daily_rate(annual_discount_rate: float) -> float:
    """Continuous rate a day: (1 + annual rate)^(-t/365) = exp(-rate t)."""
    if not (np.isfinite(annual_discount_rate) and annual_discount_rate >= 0):
        raise ConfigError(f"annual_discount_rate is {annual_discount_rate!r}; 0 or more is allowed (0.10 = 10 %).")
    return float(np.log1p(annual_discount_rate) / DAYS_PER_YEAR)


def checked_horizons(horizons: Sequence[float]) -> Floats:
    """Horizons in days as an ascending array.

    Raises
    ------
    ConfigError
        One is negative, missing or infinite, or they do not ascend.
    """
    days = np.asarray(horizons, dtype=np.float64)
    if days.ndim != 1 or days.size == 0 or not np.isfinite(days).all() or (days < 0).any():
        raise ConfigError(f"horizon_days is {horizons!r}; finite numbers of days, 0 or more, are allowed.")
    if (np.diff(days) <= 0).any():
        raise ConfigError(f"horizons {horizons!r} do not ascend; list each once, the shortest first.")
    return days


def forecast_alive(
    expectation: AliveExpectation, alpha: float, customers: Purchases, *, horizons: Floats, rate: float
) -> AliveForecast:
    """Forecast every customer, computing each distinct (frequency, T) once.

    The discounted number is the integral of e^(-rate t) dE[Y(t) | alive] over (0, H), taken by parts::

        e^(-rate H) E[Y(H)] + rate * integral over (0, H) of e^(-rate t) E[Y(t)] dt

    with a Gauss-Legendre rule on each stretch between horizons, in y = ln(1 + t / (alpha + T)), where E is
    smooth however long the horizon.
    """
    pairs = unique_rows(customers.frequency, customers.T)
    x, age = pairs.columns
    if rate == 0:
        times = np.broadcast_to(horizons, (len(x), len(horizons)))
        expected = expectation(x, age, times)[pairs.inverse]
        return AliveForecast(expected, expected)
    scale = (alpha + age)[:, None, None]
    ends = np.log1p(np.concatenate([[0.0], horizons])[None, :] / scale[:, :, 0])
    order = _FEW_NODES if np.log1p(horizons[-1] / alpha) <= _LONG else _MANY_NODES
    s, w = _legendre(order)
    width = np.diff(ends, axis=1)[:, :, None]
    y = ends[:, :-1, None] + width * s
    inner = scale * np.expm1(y)
    times = np.concatenate(
        [inner.reshape(len(x), len(horizons) * order), np.broadcast_to(horizons, (len(x), len(horizons)))], axis=1
    )
    counts = expectation(x, age, times)
    expected = counts[:, -len(horizons) :]
    within = counts[:, : -len(horizons)].reshape(inner.shape)
    stretches = rate * np.einsum("nks,s->nk", within * np.exp(-rate * inner) * (scale + inner) * width, w)
    discounted = expected * np.exp(-rate * horizons) + np.cumsum(stretches, axis=1)
    return AliveForecast(expected[pairs.inverse], discounted[pairs.inverse])


def residual_alive(expectation: AliveExpectation, alpha: float, customers: Purchases, *, rate: float) -> Floats:
    """Discounted purchases without a horizon, shape (n,): up to where e^(-rate t) is 1e-18, in stretches of y."""
    far = np.log1p(42.0 / rate / alpha)
    steps = np.arange(1, int(np.ceil(far)) + 1) / np.ceil(far)
    horizons = alpha * np.expm1(far * steps)
    return forecast_alive(expectation, alpha, customers, horizons=horizons, rate=rate).discounted[:, -1]


@cache
def _legendre(order: int) -> tuple[Floats, Floats]:
    s, w = np.polynomial.legendre.leggauss(order)
    return 0.5 * (s + 1.0), 0.5 * w
