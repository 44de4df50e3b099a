"""Maximum likelihood by Newton's method in the logarithms of the parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clv_ml.errors import NotConvergedError
from clv_ml.models._table import Floats

# value, gradient (k,) and Hessian (k, k) of the mean negative log-likelihood at the log parameters (k,)
Objective = Callable[[Floats], tuple[float, Floats, Floats]]

GRADIENT_TOLERANCE = 1e-9
_MAX_STEP = 2.0
_MAX_LOG = 16.0
_MIN_CURVATURE = 1e-12


@dataclass(frozen=True)
class Optimum:
    """Where the search ended, and how one knows that it is the top.

    Attributes
    ----------
    log_params, hessian
        The log parameters, shape (k,), and the Hessian of the mean negative log-likelihood there, shape (k,
        k).
    gradient
        Largest absolute component of the gradient of the mean negative log-likelihood.
    n_evaluations
        How often the likelihood was computed.
    weak_prior
        Whether the likelihood alone did not determine the parameters.
    """

    log_params: Floats
    hessian: Floats
    gradient: float
    n_evaluations: int
    weak_prior: bool


def maximise(objective: Objective, start: Floats, *, n: float, prior_sd: float, what: str) -> Optimum:
    """Find the maximum-likelihood parameters, with a weak prior only where the data leave them open.

    The likelihood decides alone whenever it has a maximum at which it knows every direction of the log
    parameters with a standard error below `prior_sd`. Otherwise a normal prior with that standard deviation
    is put on each log parameter around `start`. As `start` is in the units of the data, so is the prior.

    Parameters
    ----------
    objective
        Mean negative log-likelihood with gradient and Hessian, in the log parameters.
    start
        Shape (k,): log parameters to start from, and the centre of the prior.
    n
        Number of customers behind the mean.
    prior_sd
        Standard deviation of the prior of each log parameter.
    what
        Name of the model, for the message.

    Raises
    ------
    NotConvergedError
        The gradient does not vanish even with the prior.
    """
    free = _newton(objective, start)
    if _is_determined(free, start, n=n, sd=prior_sd):
        return free

    def penalised(log_params: Floats) -> tuple[float, Floats, Floats]:
        value, gradient, hessian = objective(log_params)
        pull = (log_params - start) / (n * prior_sd**2)
        value += 0.5 * float(pull @ (log_params - start))
        return value, gradient + pull, hessian + np.eye(len(start)) / (n * prior_sd**2)

    found = _newton(penalised, start)
    # The prior's own gradient is 1/n small, and the test of convergence has to be as strict.
    if not found.gradient <= max(GRADIENT_TOLERANCE / n, 1e-11):
        raise NotConvergedError(
            f"The {what} fit did not converge: after {found.n_evaluations} evaluations the largest gradient "
            f"of the mean log-likelihood is {found.gradient:.1e}. Check the table for extreme values (its "
            "largest frequency, T or monetary_value), fit more customers, or set a smaller prior_sd."
        )
    return Optimum(found.log_params, found.hessian, found.gradient, found.n_evaluations, weak_prior=True)


def _is_determined(found: Optimum, start: Floats, *, n: float, sd: float) -> bool:
    if not found.gradient <= GRADIENT_TOLERANCE or np.abs(found.log_params - start).max() >= _MAX_LOG:
        return False
    weakest = float(np.linalg.eigvalsh(found.hessian)[0])
    return weakest * n > 1.0 / sd**2


def _newton(objective: Objective, start: Floats, max_evaluations: int = 200) -> Optimum:
    """Minimise by Newton steps on |H|, so that saddles repel.

    A step is at most `_MAX_STEP` long and is halved until it descends.
    """
    point = start
    value, gradient, hessian = objective(point)
    n_evaluations = 1
    while n_evaluations < max_evaluations and np.abs(gradient).max() > 1e-13:
        curvature, axes = np.linalg.eigh(hessian)
        step = -axes @ ((axes.T @ gradient) / np.maximum(np.abs(curvature), _MIN_CURVATURE))
        step *= min(1.0, _MAX_STEP / float(np.linalg.norm(step)))
        descent = float(gradient @ step)
        for _ in range(40):
            tried = np.clip(point + step, start - _MAX_LOG, start + _MAX_LOG)
            new_value, new_gradient, new_hessian = objective(tried)
            n_evaluations += 1
            # Near the top the value no longer resolves the descent, but the gradient still does.
            better = new_value <= value + 1e-4 * descent or (
                new_value <= value + 1e-13 * abs(value) and np.abs(new_gradient).max() < np.abs(gradient).max()
            )
            if better:
                break
            step, descent = step / 2, descent / 2
        else:
            break
        point, value, gradient, hessian = tried, new_value, new_gradient, new_hessian
    return Optimum(point, hessian, float(np.abs(gradient).max()), n_evaluations, weak_prior=False)
