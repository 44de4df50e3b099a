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

    Platt (1999), Probabilistic outputs for support vector machines, with the log odds as the score. With slope
    > 0 the order of customers does not change.
    """

    intercept: float
    slope: float

    @classmethod
    def fit(cls, score: Floats, outcome: Floats) -> Self:
        """Fit by maximum likelihood (Newton's method); `score` in (0, 1), `outcome` 0 or 1, both of shape (n,)."""
        z = logit(np.clip(score, _EDGE, 1 - _EDGE))
        intercept, slope = 0.0, 1.0
        for _ in range(100):
            p = expit(intercept + slope * z)
            w = np.maximum(p * (1 - p), _EDGE)
            gradient = np.array([np.sum(outcome - p), np.sum((outcome - p) * z)])
            hessian = np.array([[w.sum(), (w * z).sum()], [(w * z).sum(), (w * z * z).sum()]])
            step = np.linalg.solve(hessian + 1e-9 * np.eye(2), gradient)
            intercept, slope = intercept + step[0], slope + step[1]
            if np.abs(step).max() < 1e-10:
                break
        if not (np.isfinite(intercept) and np.isfinite(slope) and slope > 0):
            return cls(0.0, 1.0)
        return cls(float(intercept), float(slope))

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
