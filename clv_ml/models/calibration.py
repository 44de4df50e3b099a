"""Scores to probabilities: one straight line on the log odds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

Floats = npt.NDArray[np.float64]
_EDGE = 1e-12


@dataclass(frozen=True)
class PlattScaling:
    """P = 1 / (1 + exp(-(intercept + slope * logit(score)))).

    Platt (1999), Probabilistic outputs for support vector machines, with the log odds as the score. With
    slope > 0 the order of customers does not change.
    """

    intercept: float
    slope: float

    @classmethod
    def fit(cls, score: Floats, outcome: Floats) -> Self:
        """Fit by maximum likelihood; `score` in (0, 1), `outcome` 0 or 1, both of shape (n,).

        Newton's method with step halving. Scores that do not rise with the outcome give the identity.
        """
        z = logit(np.clip(score, _EDGE, 1 - _EDGE))
        design = np.column_stack([np.ones_like(z), z])
        beta = np.array([logit(np.clip(outcome.mean(), _EDGE, 1 - _EDGE)), 0.0])
        loss = log_loss(outcome, expit(design @ beta))
        for _ in range(100):
            p = expit(design @ beta)
            gradient = design.T @ (outcome - p)
            hessian = (design * (p * (1 - p))[:, None]).T @ design + 1e-9 * np.eye(2)
            step = np.linalg.solve(hessian, gradient)
            trial = log_loss(outcome, expit(design @ (beta + step)))
            while trial > loss and np.abs(step).max() > 1e-12:
                step /= 2
                trial = log_loss(outcome, expit(design @ (beta + step)))
            beta, loss = beta + step, trial
            if np.abs(step).max() < 1e-10:
                break
        return cls(float(beta[0]), float(beta[1])) if beta[1] > 0 else cls(0.0, 1.0)

    def apply(self, score: Floats) -> Floats:
        """Return calibrated probabilities of the same shape."""
        z = logit(np.clip(score, _EDGE, 1 - _EDGE))
        return np.asarray(expit(self.intercept + self.slope * z), dtype=np.float64)

    def to_dict(self) -> dict[str, float]:
        """Return the two numbers by name."""
        return asdict(self)


def log_loss(outcome: Floats, probability: Floats) -> float:
    """Mean negative log likelihood of 0/1 outcomes."""
    p = np.clip(probability, _EDGE, 1 - _EDGE)
    return float(-np.mean(outcome * np.log(p) + (1 - outcome) * np.log(1 - p)))
