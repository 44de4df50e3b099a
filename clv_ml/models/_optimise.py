"""Maximum likelihood by Newton's method in the logarithms of the parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clv_ml.errors import NotConvergedError
from clv_ml.models._table import Floats

# value, gradient (k,) and Hessian (k, k) of the mean negative log-likelihood at the log parameters (k,)
Objective = Callable[[Floats], tuple[float, Floats, Floats]]

# Of the gradient of the mean negative log-likelihood in the log parameters, which has no unit. Newton's last
# step squares the error, so a fit that meets it is good to about 1e-12.
GRADIENT_TOLERANCE = 1e-9
_ENOUGH = 1e-13
_VALUE_NOISE = 1e-9
# A standard error of 10 in the log of a parameter is a factor of 22,000: the data say nothing about it.
_FLAT_SD = 10.0
_MAX_STEP = 2.0
_MIN_CURVATURE = 1e-12
_MAX_EVALUATIONS = 150


@dataclass(frozen=True)
class Optimum:
    """Where the search ended, and how one knows that it is the top.

    Attributes
    ----------
    log_params
        Shape (k,).
    log_covariance
        Covariance matrix of the log parameters, shape (k, k), the inverse of the exact Hessian; a coordinate
        held at its bound adds nothing to it.
    gradient
        Largest absolute component of the gradient of the mean negative log-likelihood, over the coordinates
        that are free.
    n_evaluations
        How often the likelihood was computed.
    weak_prior
        Whether the likelihood alone did not determine the parameters.
    """

    log_params: Floats
    log_covariance: Floats
    gradient: float
    n_evaluations: int
    weak_prior: bool


@dataclass(frozen=True)
class _Stop:
    """Where Newton's method ended: point, gradient, Hessian, and which coordinates are off their bounds."""

    point: Floats
    gradient: float
    hessian: Floats
    free: NDArray[np.bool_]
    n_evaluations: int


def maximise(
    objective: Objective,
    start: Floats,
    *,
    basis: Floats,
    bounds: tuple[Floats, Floats],
    n: float,
    prior_sd: float,
    what: str,
) -> Optimum:
    """Find the maximum-likelihood parameters, with a weak prior only where the data leave them open.

    The likelihood decides alone whenever it has a maximum within the bounds that is not flat in any
    direction. Otherwise a normal prior with standard deviation `prior_sd` is put on each coordinate around
    `start`. As `start` is in the units of the data, so is the prior.

    Parameters
    ----------
    objective
        Mean negative log-likelihood with gradient and Hessian, in the log parameters.
    start
        Shape (k,): coordinates to start from, and the centre of the prior.
    basis
        Shape (k, k): the log parameters are ``basis @ coordinates``. Coordinates that the data know well,
        such as the mean, keep their value while the others run against a bound.
    bounds
        Smallest and largest coordinates, each of shape (k,), far beyond any population: they stop a
        likelihood that grows for ever, as that of customers who are all alike.
    n
        Number of customers behind the mean.
    prior_sd
        Standard deviation of the prior of each coordinate.
    what
        Name of the model, for the message.

    Raises
    ------
    NotConvergedError
        The gradient does not vanish even with the prior.
    """

    def likelihood(point: Floats) -> tuple[float, Floats, Floats]:
        value, gradient, hessian = objective(basis @ point)
        return value, basis.T @ gradient, basis.T @ hessian @ basis

    def penalised(point: Floats) -> tuple[float, Floats, Floats]:
        value, gradient, hessian = likelihood(point)
        pull = (point - start) / (n * prior_sd**2)
        value += 0.5 * float(pull @ (point - start))
        return value, gradient + pull, hessian + np.eye(len(start)) / (n * prior_sd**2)

    found = _newton(likelihood, start, bounds)
    weak_prior = not _is_determined(found, n=n)
    if weak_prior:
        found = _newton(penalised, start, bounds)
    if not found.gradient <= GRADIENT_TOLERANCE:
        raise NotConvergedError(
            f"The {what} fit did not converge: after {found.n_evaluations} evaluations the largest gradient of "
            f"the mean log-likelihood is {found.gradient:.1e}. Look for extreme values of frequency, T or "
            "monetary_value in the table, fit more customers, or set a smaller prior_sd."
        )
    block = np.ix_(found.free, found.free)
    covariance = np.zeros_like(found.hessian)
    covariance[block] = np.linalg.inv(found.hessian[block] * n)
    return Optimum(
        log_params=basis @ found.point,
        log_covariance=basis @ covariance @ basis.T,
        gradient=found.gradient,
        n_evaluations=found.n_evaluations,
        weak_prior=weak_prior,
    )


def _is_determined(found: _Stop, *, n: float) -> bool:
    if not (found.gradient <= GRADIENT_TOLERANCE and found.free.all()):
        return False
    weakest = float(np.linalg.eigvalsh(found.hessian)[0])
    return weakest * n > 1.0 / _FLAT_SD**2


def _newton(objective: Objective, start: Floats, bounds: tuple[Floats, Floats]) -> _Stop:
    """Minimise by Newton steps on |H|, so that saddles repel, in the coordinates that are free to move.

    A step is at most `_MAX_STEP` long and is halved until it descends.
    """
    point = start
    value, gradient, hessian = objective(point)
    n_evaluations = 1
    free = _free(point, gradient, bounds)
    while n_evaluations < _MAX_EVALUATIONS and np.abs(gradient[free]).max(initial=0.0) > _ENOUGH:
        step = _newton_step(gradient, hessian, free)
        for _ in range(40):
            tried = np.clip(point + step, *bounds)
            new_value, new_gradient, new_hessian = objective(tried)
            n_evaluations += 1
            descends = new_value <= value + 1e-4 * float(gradient @ (tried - point))
            # Near the top the value, a sum of large terms, no longer resolves the descent; the gradient does.
            level = new_value <= value + _VALUE_NOISE * max(abs(value), 1.0)
            if descends or (level and np.abs(new_gradient[free]).max() < 0.5 * np.abs(gradient[free]).max()):
                break
            step = step / 2
        else:
            break
        before = float(np.abs(gradient[free]).max())
        point, value, gradient, hessian = tried, new_value, new_gradient, new_hessian
        free = _free(point, gradient, bounds)
        # What is left of the gradient is rounding once a Newton step no longer halves it.
        if 0.5 * before < np.abs(gradient[free]).max(initial=0.0) <= GRADIENT_TOLERANCE:
            break
    largest = float(np.abs(gradient[free]).max(initial=0.0))
    return _Stop(point, largest, hessian, free, n_evaluations)


def _newton_step(gradient: Floats, hessian: Floats, free: NDArray[np.bool_]) -> Floats:
    curvature, axes = np.linalg.eigh(hessian[np.ix_(free, free)])
    step = np.zeros_like(gradient)
    step[free] = -axes @ ((axes.T @ gradient[free]) / np.maximum(np.abs(curvature), _MIN_CURVATURE))
    return step * min(1.0, _MAX_STEP / float(np.linalg.norm(step)))


def _free(point: Floats, gradient: Floats, bounds: tuple[Floats, Floats]) -> NDArray[np.bool_]:
    """Tell which coordinates are off their bounds or descend away from them."""
    low, high = bounds
    held = ((point <= low) & (gradient > 0)) | ((point >= high) & (gradient < 0))
    return np.asarray(~held)
