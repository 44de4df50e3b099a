"""What the purchase and spend models share: parameters, how they were found, and their way into JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from clv_ml.errors import ConfigError
from clv_ml.models._arguments import Arguments
from clv_ml.models._facts import FitFacts, checked_params, covariance_frame


class FittedModel(Arguments):
    """A model of named positive parameters, fitted or given.

    It learns from summaries and there is nothing to predict them against, so it is no estimator of scikit-learn;
    `get_params`, `set_params` and ``sklearn.base.clone`` work as there.

    Parameters
    ----------
    prior_sd
        Standard deviation of the prior on each log parameter, around values in the scale of the data. It
        plays a role only where the data do not determine the parameters (`fit_.weak_prior` tells).
    """

    KIND: ClassVar[str]
    UNIT: ClassVar[str]
    PARAMETERS: ClassVar[tuple[str, ...]]

    def __init__(self, *, prior_sd: float = 2.0) -> None:
        if not prior_sd > 0:
            raise ConfigError(f"prior_sd is {prior_sd!r}; a positive number is wanted.")
        self.prior_sd = prior_sd
        self._params: dict[str, float] | None = None
        self.fit_: FitFacts | None = None

    @property
    def params_(self) -> Mapping[str, float]:
        """The parameters by name, in the order of the covariance."""
        return MappingProxyType(dict(zip(self.PARAMETERS, self._values(), strict=True)))

    @property
    def covariance_(self) -> pd.DataFrame:
        """Covariance matrix of the parameters, from the exact Hessian."""
        return covariance_frame(self.fit_, self.PARAMETERS)

    @property
    def standard_errors_(self) -> pd.Series[float]:
        """Standard error of each parameter."""
        return pd.Series(np.sqrt(np.diag(self.covariance_)), index=list(self.PARAMETERS))

    def to_dict(self) -> dict[str, Any]:
        """Return parameters and fit facts as plain data for JSON."""
        facts = None if self.fit_ is None else self.fit_.to_dict()
        return {"model": self.KIND, "unit": self.UNIT, "params": dict(self.params_), "fit": facts}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build the model from what `to_dict` returned."""
        if data.get("model") != cls.KIND:
            raise ConfigError(f"model is {data.get('model')!r}; {cls.KIND!r} is wanted.")
        if set(data["params"]) != set(cls.PARAMETERS):
            raise ConfigError(f"params are {sorted(data['params'])}; {list(cls.PARAMETERS)} are wanted.")
        model = cls._of(**data["params"])
        model.fit_ = None if data.get("fit") is None else FitFacts.from_dict(data["fit"])
        return model

    @classmethod
    def _of(cls, **params: float) -> Self:
        model = cls()
        model._params = checked_params(cls.__name__, **params)
        return model

    def _values(self) -> tuple[float, ...]:
        if self._params is None:
            raise ConfigError(f"This {type(self).__name__} has no parameters yet: call .fit(rfm) or from_params(...).")
        return tuple(self._params[name] for name in self.PARAMETERS)
