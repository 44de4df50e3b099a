"""The best score there can be: exact Bayes for one who knows the population, but no customer's own numbers.

Let x be the purchases after the first, t_x and T the days from the first purchase to the last and to the cutoff.
Either the customer left at the last purchase (possible if x > 0), or is alive and will leave at T + u, where u is
exponential with rate lambda p, because purchases that are a last one come at that rate. Given lambda and p,

    P(data, left at t_x)      = lambda^x p (1-p)^(x-1) e^(-lambda t_x) L(t_x)
    P(data, leaves in T + du) = lambda^x (1-p)^x e^(-lambda T) lambda p e^(-lambda p u) L(T + u) du

where L(tau) is the likelihood of visits and e-mails for a departure at tau. The rate of visits mu ~ Gamma(k, beta)
integrates out: with s(t, tau) the share of usual activity, n visits give prod s(t_i, tau) / (beta + exposure)^(k+n)
up to a constant, where the exposure is the integral of s(., tau). For u >= fade_days nothing has faded and L is a
constant L0, put to 1 here. lambda ~ Gamma(r, alpha) integrates out too, p by Gauss-Jacobi quadrature with the weight
of Beta(a, b+x), u by Gauss-Legendre quadrature. That nothing is bought in the horizon H multiplies the first
line by 1 and puts T + H for T, u - H for u in the second, with u > H.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import betaln, roots_legendre

from clv_ml.data._fade import Floats, share_left, usual_days
from clv_ml.data._histories import Histories, Traces
from clv_ml.data.simulation_parameters import SimulationParameters

_NODES_U = 32
_NODES_P = 16


def none_bought(histories: Histories, parameters: SimulationParameters, horizons: Sequence[float]) -> Floats:
    """P(no purchase within each horizon | everything seen up to the cutoff), shape (customers, horizons)."""
    bought = histories.bought
    score = np.stack([_waiting(histories, parameters, horizon) for horizon in horizons], axis=1)
    if bought.any():
        score[bought] = _buyers(histories, parameters, horizons)[bought]
    return score


def _waiting(histories: Histories, parameters: SimulationParameters, horizon: float) -> Floats:
    """Those who have not bought: the first purchase comes at a rate proportional to mu where that informs."""
    hazard = 1.0 / parameters.first_purchase_days
    waited = histories.cutoff - histories.signup
    if not parameters.informative:
        return np.full(len(waited), np.exp(-hazard * horizon))
    eagerness = hazard / parameters.visits_per_day
    beta = parameters.visits_shape / parameters.visits_per_day + waited * (1.0 + eagerness)
    shape = parameters.visits_shape + histories.visits
    return np.asarray((beta / (beta + eagerness * horizon)) ** shape)


def _buyers(histories: Histories, parameters: SimulationParameters, horizons: Sequence[float]) -> Floats:
    r, alpha, fade = parameters.r, parameters.alpha, parameters.fade_days
    x, start = histories.repeats, np.where(histories.bought, histories.first, histories.signup)
    last = np.where(histories.bought, histories.last, start)
    age = histories.cutoff - start
    activity = _Activity(histories, start, parameters)
    gone = activity.log_likelihood(last)
    gone = np.where(x > 0, gone + _log_odds_of_a_last(x, parameters), -np.inf)
    # everything is divided by the likelihood of an alive customer's purchases, so that nothing underflows
    gone -= (r + x) * (np.log(alpha + last - start) - np.log(alpha + age))

    rates = _Mixture(x, 1.0 / (alpha + age), parameters)
    nodes = _departures(fade, horizons)
    seen = np.array([activity.log_likelihood(histories.cutoff + u) for u, _ in nodes])
    # the most likely explanation is put to 1: those of a very busy customer differ by more than a float can hold
    top = np.maximum(np.maximum(gone, 0.0), seen.max(axis=0))
    left, unfaded = np.exp(gone - top), np.exp(-top)
    alive = unfaded * rates.quiet(0.0, fade)
    silent = [unfaded * rates.quiet(horizon, max(fade - horizon, 0.0)) for horizon in horizons]
    for (u, weight), log_seen in zip(nodes, seen, strict=True):
        faded = weight * np.exp(log_seen - top)
        alive += faded * rates.leaving(0.0, u)
        for total, horizon in zip(silent, horizons, strict=True):
            if u > horizon:
                total += faded * rates.leaving(horizon, u - horizon)
    return np.stack([(left + total) / (left + alive) for total in silent], axis=1)


def _log_odds_of_a_last(x: Floats, parameters: SimulationParameters) -> Floats:
    """Log B(a+1, b+x-1) / B(a, b+x): that the x-th repeat purchase was the last, against that it was not."""
    a, stay = parameters.a, parameters.b + np.maximum(x, 1.0) - 1.0
    return np.asarray(betaln(a + 1.0, stay) - betaln(a, stay + 1.0))


def _departures(fade: float, horizons: Sequence[float]) -> list[tuple[float, float]]:
    """Gauss-Legendre nodes u and weights on (0, fade), in ranges that meet at the horizons.

    There the integrand of the numerator begins.
    """
    nodes, weights = roots_legendre(_NODES_U)
    bounds = sorted({0.0, fade, *(horizon for horizon in horizons if horizon < fade)})
    return [
        (low + (high - low) / 2.0 * (1.0 + node), (high - low) / 2.0 * weight)
        for low, high in pairwise(bounds)
        for node, weight in zip(nodes, weights, strict=True)
    ]


class _Mixture:
    """Means over lambda ~ Gamma(r+x, alpha+T) and p ~ Beta(a, b+x) for everybody alive at T."""

    def __init__(self, x: Floats, scale: Floats, parameters: SimulationParameters) -> None:
        self._shape, self._scale = parameters.r + x, scale
        distinct, position = np.unique(x, return_inverse=True)
        rules = [_beta_rule(parameters.a, parameters.b + repeats) for repeats in distinct]
        # shapes (nodes, customers): the rule of each customer's own x
        self._p = np.stack([nodes for nodes, _ in rules], axis=1)[:, position]
        self._weight = np.stack([weights for _, weights in rules], axis=1)[:, position]

    def quiet(self, silent: float, further: float) -> Floats:
        """Mean of e^(-lambda silent) e^(-lambda p further): no purchase, then no departure."""
        return self._mean(lambda p: np.exp(-self._shape * np.log1p(self._scale * (silent + p * further))))

    def leaving(self, silent: float, u: float) -> Floats:
        """Mean of e^(-lambda silent) lambda p e^(-lambda p u): no purchase, then a departure u later."""
        factor = self._shape * self._scale
        return self._mean(lambda p: factor * p * np.exp(-(self._shape + 1) * np.log1p(self._scale * (silent + p * u))))

    def _mean(self, of_p: Callable[[Floats], Floats]) -> Floats:
        total = np.zeros(len(self._shape))
        for p, weight in zip(self._p, self._weight, strict=True):
            total += weight * of_p(p)
        return total


def _beta_rule(a: float, b: float) -> tuple[Floats, Floats]:
    """Gauss-Jacobi nodes and weights of the mean over Beta(a, b): Golub & Welsch (1969), doi:10.2307/2004418.

    scipy's roots_jacobi overflows for b near 1,000, a customer of a thousand purchases.
    """
    n = np.arange(1, _NODES_P, dtype=float)
    total = 2.0 * n + a + b - 2.0
    first = np.array([(a - b) / (a + b)])
    diagonal = np.concatenate([first, ((a - 1.0) ** 2 - (b - 1.0) ** 2) / (total * (total + 2.0))])
    # (n + a + b - 2) / (total - 1) is 0 / 0 at n = 1 where a + b is 1, and 1 there in all cases
    ratio = np.concatenate([[1.0], (n[1:] + a + b - 2.0) / (total[1:] - 1.0)])
    square = 4.0 * n * (n + a - 1.0) * (n + b - 1.0) * ratio / (total**2 * (total + 1.0))
    nodes, vectors = eigh_tridiagonal(diagonal, np.sqrt(square))
    return (1.0 + nodes) / 2.0, vectors[0] ** 2


class _Activity:
    """log L(tau) / L0 of visits and e-mails, for a departure of each customer at tau."""

    def __init__(self, histories: Histories, start: Floats, parameters: SimulationParameters) -> None:
        self._histories, self._start, self._parameters = histories, start, parameters
        # the wait for a first purchase counts as exposure, and the purchase itself as one visit more
        waited = start - histories.signup
        eagerness = 1.0 / (parameters.first_purchase_days * parameters.visits_per_day) if parameters.informative else 0
        self._shape = parameters.visits_shape + histories.visits + ((waited > 0) & (eagerness > 0))
        self._before = parameters.visits_shape / parameters.visits_per_day + waited * (1.0 + eagerness)

    def log_likelihood(self, death: Floats | float) -> Floats:
        """One value a customer; `death` is one moment each, or one for all."""
        histories, parameters = self._histories, self._parameters
        moment = np.broadcast_to(np.asarray(death, dtype=float), self._start.shape)
        age = histories.cutoff - self._start
        usual = usual_days(
            np.full_like(age, histories.cutoff),
            self._start,
            moment,
            fade_days=parameters.fade_days,
            left=parameters.left,
        )
        value: Floats = -self._shape * (np.log(self._before + usual) - np.log(self._before + age))
        with np.errstate(divide="ignore"):
            for traces in (histories.seen_visits, histories.opened):
                value += self._total(traces, moment, np.log)
        never, seen = parameters.email_open_share, histories.opened_by_now
        return value + self._total(
            histories.unopened, moment, lambda left: np.log1p(-never * seen * left) - np.log1p(-never * seen)
        )

    def _total(self, traces: Traces, death: Floats, term: Callable[[Floats], Floats]) -> Floats:
        owner = traces.owner
        left = share_left(
            traces.at,
            self._start[owner],
            death[owner],
            fade_days=self._parameters.fade_days,
            left=self._parameters.left,
        )
        return np.bincount(owner, weights=term(left), minlength=len(death)).astype(np.float64)
