"""The shape of a bundle's manifest: every key, its type and its range."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clv_ml.config import ChurnConfig, SignalsConfig, ValueConfig
from clv_ml.models._facts import FitFacts
from clv_ml.models._horizon_facts import HorizonFacts

_Days = Annotated[int, Field(ge=1, le=36500)]
_Share = Annotated[float, Field(ge=0.0, le=1.0)]
_Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _Fitted(_Part):
    model: str
    unit: str
    params: dict[str, Annotated[float, Field(gt=0.0)]]
    fit: FitFacts | None

    @model_validator(mode="after")
    def _covariance_is_square(self) -> Self:
        rows = [] if self.fit is None else [len(row) for row in self.fit.covariance]
        if self.fit is not None and rows != [len(self.params)] * len(self.params):
            raise ValueError(f"covariance must have {len(self.params)} rows and columns, as params has")
        return self


class _Categories(_Part):
    values: list[str]
    rare: list[str]


class _Scaling(_Part):
    intercept: float
    slope: Annotated[float, Field(gt=0.0)]


class _Classifier(_Part):
    scaling: _Scaling | None
    constant: _Share | None


class _Tuning(_Part):
    settings: dict[str, float | bool]
    note: str
    log_loss_usual: float | None
    log_loss_tuned: float | None
    trials: list[dict[str, float | bool]]


class _Churn(_Part):
    horizons_days: Annotated[list[_Days], Field(min_length=1)]
    seed: _Count
    monotone: bool
    own_gap: bool
    tuning_trials: _Count
    features: Annotated[list[str], Field(min_length=1)]
    categories: dict[str, _Categories]
    facts: list[HorizonFacts]
    tuning: _Tuning | None
    own_facts: HorizonFacts | None
    classifiers: dict[str, _Classifier]

    @model_validator(mode="after")
    def _is_of_one_piece(self) -> Self:
        if self.horizons_days != sorted(set(self.horizons_days)):
            raise ValueError("horizons_days must ascend without repeats")
        if len(set(self.features)) != len(self.features) or not set(self.categories) <= set(self.features):
            raise ValueError("features must differ, and categories must be among them")
        wanted = {str(days) for days in self.horizons_days} | ({"own"} if self.own_gap else set())
        if set(self.classifiers) != wanted or [fact.horizon_days for fact in self.facts] != self.horizons_days:
            raise ValueError(f"classifiers and facts must be those of {', '.join(sorted(wanted))}")
        return self


class _Facts(BaseModel):
    """What the jobs read of a bundle's making; it may know more."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    name: str
    currency: str = "USD"
    horizons_days: list[_Days] = []
    value: ValueConfig = ValueConfig()
    churn: ChurnConfig = ChurnConfig()
    signals: SignalsConfig | None = None
    attributes: dict[str, list[str]] | None = None
    own_features: dict[str, dict[str, str | list[str]]] = {}
    forecast_error: dict[str, dict[str, dict[str, float]]] = {}
    reference: dict[str, dict[str, Any]] = {}
    backtest: dict[str, Any] | None = None


class Manifest(_Part):
    """A whole manifest."""

    schema_version: int
    checksum: str
    cutoff: dt.date
    purchases: _Fitted
    purchase_scores: dict[str, float]
    spend: _Fitted
    churn: _Churn | None
    churn_note: str
    alarms: list[str]
    engagement: dict[str, float | None] | None
    prospect_rates: dict[Annotated[str, Field(pattern=r"^[1-9]\d{0,4}$")], _Share]
    facts: _Facts
    sha256: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]]


def check_manifest(content: bytes) -> Manifest:
    """Check the shape of a manifest that is known to be JSON without repeated keys or endless numbers.

    Raises
    ------
    ValueError
        The message names each place that is wrong.
    """
    try:
        # strict: no text where a number is wanted; of JSON rather than of Python objects, which has lists for tuples
        return Manifest.model_validate_json(content, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        places = [f"{'.'.join(map(str, item['loc']))[:80] or 'bundle'}: {item['msg']}" for item in found]
        more = f" and {len(places) - 5} more" if len(places) > 5 else ""
        raise ValueError("; ".join(places[:5]) + more) from error
