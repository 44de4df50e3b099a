"""The attainable score by brute force: random customers of the population, each weighed by a history's likelihood."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clv_ml.data.simulation_parameters import SimulationParameters

Floats = NDArray[np.float64]
POPULATION = SimulationParameters()


def silent_by_chance(
    rng: np.random.Generator,
    buys: Sequence[float],
    visits: Sequence[float],
    opened: Sequence[float],
    unopened: Sequence[float],
    horizon: float,
    size: int = 60_000,
) -> float:
    """Draw customers and their futures from the population, weigh each by the likelihood of the history.

    Nothing is integrated by formula: rates are drawn, the departure is that of the next purchase that is the last.
    """
    now = 130.0
    q = POPULATION
    rate, leaving = rng.gamma(q.r, 1 / q.alpha, size), rng.beta(q.a, q.b, size)
    visiting = rng.gamma(q.visits_shape, q.visits_per_day / q.visits_shape, size)
    hazard = visiting / q.visits_per_day / q.first_purchase_days
    if not buys:
        weight = visiting ** len(visits) * np.exp(-(visiting + hazard) * (now - 5.0))
        return float((weight * np.exp(-hazard * horizon)).sum() / weight.sum())
    x, first, last = len(buys) - 1, buys[0], buys[-1]
    wait = hazard * np.exp(-hazard * (first - 5.0)) if first > 5.0 else np.ones(size)
    next_one = now + rng.exponential(size=size) / rate
    # numpy draws no geometric number of a chance of zero
    further = rng.geometric(np.maximum(leaving, 1e-9)) - 1
    death = next_one + np.where(further > 0, rng.gamma(np.maximum(further, 1)), 0.0) / rate

    def seen(death: Floats) -> Floats:
        value = np.exp(-visiting * _usual(death, first, now))
        for at in visits:
            value = value * visiting * _left(at, death, first)
        for at in opened:
            value = value * q.email_open_share * _left(at, death, first)
        for at in unopened:
            value = value * (1 - q.email_open_share * min(now - at, 1.0) * _left(at, death, first))
        return value

    alive = wait * rate**x * (1 - leaving) ** x * np.exp(-rate * (now - first)) * seen(death)
    gone = np.zeros(size)
    if x:
        gone = wait * rate**x * leaving * (1 - leaving) ** (x - 1) * np.exp(-rate * (last - first))
        gone = gone * seen(np.full(size, last))
    return float((gone.sum() + alive[next_one > now + horizon].sum()) / (gone.sum() + alive.sum()))


def _usual(death: Floats, first: float, now: float) -> Floats:
    """Exposure up to now by a plain sum, on a grid of departures; all later than one fade ahead are alike."""
    middle = np.linspace(5.0, now, 4_001)
    middle = (middle[1:] + middle[:-1]) / 2
    grid = np.linspace(now, now + POPULATION.fade_days, 61) if death.min() >= now else np.unique(death)
    total = np.array([_left(middle, departure, first).sum() for departure in grid]) * (middle[1] - middle[0])
    return np.asarray(np.interp(death, grid, total))


def _left(at: float | Floats, death: float | Floats, first: float) -> Floats:
    w = np.clip((death - np.asarray(at)) / POPULATION.fade_days, 0.0, 1.0)
    step = 6 * w**5 - 15 * w**4 + 10 * w**3
    return np.where(np.asarray(at) <= first, 1.0, POPULATION.visits_left + (1 - POPULATION.visits_left) * step)
