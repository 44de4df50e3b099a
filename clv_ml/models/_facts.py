"""What a fit reports about itself, in numbers that go into JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from clv_ml.errors import ConfigError
from clv_ml.models._optimise import Optimum
from clv_ml.models._table import Floats


@dataclass(frozen=True)
class FitFacts:
    """How a model was fitted.

    Attributes
    ----------
    log_likelihood
        Log-likelihood at the parameters, without the prior.
    n_customers, n_unique_rows
        Customers used, and distinct rows among them.
    n_excluded
        Customers in the table that the likelihood cannot use (Gamma-Gamma: nothing spent on a repeat
        purchase).
    gradient
        Largest absolute gradient of the mean log-likelihood in the log parameters; 0 at the top.
    n_evaluations
        How often the likelihood was computed.
    weak_prior
        True when the data alone did not determine the parameters.
    covariance
        Covariance matrix of the parameters, in the order of `params_`, from the exact Hessian.
    """

    log_likelihood: float
    n_customers: int
    n_unique_rows: int
    n_excluded: int
    gradient: float
    n_evaluations: int
    weak_prior: bool
    covariance: tuple[tuple[float, ...], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and lists, ready for JSON."""
        return asdict(self) | {"covariance": [list(row) for row in self.covariance]}

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(**{**facts, "covariance": tuple(tuple(row) for row in facts["covariance"])})


def covariance_of(optimum: Optimum, params: Floats) -> tuple[tuple[float, ...], ...]:
    """Covariance of the parameters, shape (k, k): that of their logs, times p_i p_j.

    At the maximum d^2 lnL / dlog p_i dlog p_j = p_i p_j d^2 lnL / dp_i dp_j, so this is the inverse of the
    observed information in the parameters themselves.
    """
    logs = optimum.log_covariance
    matrix = 0.5 * (logs + logs.T) * np.outer(params, params)
    return tuple(tuple(float(value) for value in row) for row in matrix)


def covariance_frame(facts: FitFacts | None, names: Sequence[str]) -> pd.DataFrame:
    """Label the covariance; an error when the parameters were given and not fitted."""
    if facts is None:
        raise ConfigError("This model was built from given parameters: it has no standard errors. Fit it to data.")
    return pd.DataFrame(facts.covariance, index=list(names), columns=list(names))


def checked_params(what: str, **params: float) -> dict[str, float]:
    """Return the parameters as floats.

    Raises
    ------
    ConfigError
        One is not a positive finite number.
    """
    for name, value in params.items():
        if not (isinstance(value, int | float | np.floating) and math.isfinite(value) and value > 0):
            raise ConfigError(f"{what}: parameter {name} is {value!r}; a positive finite number is wanted.")
    return {name: float(value) for name, value in params.items()}
