"""Simulated futures of customers given their past: purchases, amounts and discounted earnings within a horizon.

Given life at T a BG/NBD customer has lambda ~ Gamma(r+x, alpha+T) and p ~ Beta(a, b+x), independent of each
other (Fader, Hardie & Lee 2005, doi:10.1287/mksc.1040.0098, appendix); given the spend so far the rate of the
Gamma-Gamma amounts is nu ~ Gamma(q + p x, v + x m) (Fader & Hardie 2013, http://brucehardie.com/notes/025/,
equation 4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from clv_ml.models._resample import ParameterDraws
from clv_ml.models._table import Floats

_CELLS = 400_000


@dataclass(frozen=True)
class Histories:
    """What is known of the customers, each of shape (n,).

    Frequency x, chances to leave so far k (x, or x+1 in the modified BG/NBD), recency, T and mean spend m.
    """

    x: Floats
    k: Floats
    t_x: Floats
    T: Floats
    m: Floats


@dataclass(frozen=True)
class Futures:
    """One simulated future a draw, each of shape (n_customers, n_draws)."""

    count: Floats
    revenue: Floats
    value: Floats


@dataclass(frozen=True)
class Earnings:
    """The horizon (days) and what a purchase of some amount on some day is worth."""

    days: float
    rate: float
    margin: float
    cost_per_order: float


def simulate_futures(
    histories: Histories, draws: ParameterDraws, earnings: Earnings, rng: np.random.Generator
) -> Iterator[tuple[slice, Futures]]:
    """Simulate every customer under every parameter draw, some customers at a time.

    Yields
    ------
    The customers of a part, and their futures.
    """
    step = max(1, _CELLS // draws.n)
    for first in range(0, len(histories.x), step):
        part = slice(first, first + step)
        some = Histories(*(vars(histories)[name][part] for name in ("x", "k", "t_x", "T", "m")))
        yield part, _simulate(some, draws, earnings, rng)


def _simulate(some: Histories, draws: ParameterDraws, earnings: Earnings, rng: np.random.Generator) -> Futures:
    shape = (len(some.x), draws.n)
    x, k, t_x, age, m = (np.repeat(column, draws.n) for column in (some.x, some.k, some.t_x, some.T, some.m))
    r, alpha, a, b = (np.tile(column, shape[0]) for column in draws.purchases.T)
    p, q, v = (np.tile(column, shape[0]) for column in draws.spend.T)
    silence = np.log1p((age - t_x) / (alpha + t_x))
    gone = np.where(k > 0, expit(np.log(a / (b + np.maximum(k, 1.0) - 1.0)) + (r + x) * silence), 0.0)
    alive = np.flatnonzero(rng.random(x.size) >= gone)
    total = {name: np.zeros(x.size) for name in ("count", "revenue", "value")}
    # Only customers who are alive and make a first purchase in time are followed from purchase to purchase.
    pace = rng.gamma(r[alive] + x[alive], 1.0 / (alpha[alive] + age[alive]))
    clock = rng.exponential(size=alive.size) / np.maximum(pace, 1e-300)
    early = clock < earnings.days
    who, pace, clock = alive[early], pace[early], clock[early]
    leaves = rng.beta(a[who], b[who] + k[who])
    own = rng.gamma(q[who] + p[who] * x[who], 1.0 / (v[who] + x[who] * m[who]))
    while who.size:
        amount = rng.gamma(p[who]) / own
        worth = amount * earnings.margin - earnings.cost_per_order
        total["count"][who] += 1.0
        total["revenue"][who] += amount
        total["value"][who] += worth * np.exp(-earnings.rate * clock)
        clock = clock + rng.exponential(size=who.size) / pace
        on = (rng.random(who.size) >= leaves) & (clock < earnings.days)
        who, pace, clock, leaves, own = who[on], pace[on], clock[on], leaves[on], own[on]
    return Futures(*(total[name].reshape(shape) for name in ("count", "revenue", "value")))
