"""Which valuable customers are about to leave, what they are worth, and whom to contact."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clv_ml import plots as plots
    from clv_ml.config import Config as Config
    from clv_ml.config import load_config as load_config
    from clv_ml.data.datasets import load_dataset as load_dataset
    from clv_ml.data.simulate import attainable_score as attainable_score
    from clv_ml.data.simulate import simulate as simulate
    from clv_ml.data.simulation_parameters import SimulationParameters as SimulationParameters
    from clv_ml.errors import ClvError as ClvError
    from clv_ml.errors import ConfigError as ConfigError
    from clv_ml.errors import DataError as DataError
    from clv_ml.errors import DataQualityError as DataQualityError
    from clv_ml.errors import ModelNotFoundError as ModelNotFoundError
    from clv_ml.errors import NotConvergedError as NotConvergedError
    from clv_ml.models.bundle import Bundle as Bundle
    from clv_ml.models.bundle import load_bundle as load_bundle
    from clv_ml.models.churn import ChurnModel as ChurnModel
    from clv_ml.models.churn_classifier import ChurnClassifier as ChurnClassifier
    from clv_ml.models.intervals import predictive_intervals as predictive_intervals
    from clv_ml.models.modified import ModifiedPurchaseModel as ModifiedPurchaseModel
    from clv_ml.models.pareto import ParetoPurchaseModel as ParetoPurchaseModel
    from clv_ml.models.purchases import PurchaseModel as PurchaseModel
    from clv_ml.models.spend import SpendModel as SpendModel
    from clv_ml.models.value import customer_lifetime_value as customer_lifetime_value
    from clv_ml.models.value import residual_lifetime_value as residual_lifetime_value
    from clv_ml.models.value import value_windows as value_windows
    from clv_ml.models.value_file import write_values as write_values
    from clv_ml.pipeline import score as score
    from clv_ml.pipeline import score_transactions as score_transactions
    from clv_ml.pipeline import train as train
    from clv_ml.pipeline.cohorts import cohorts as cohorts
    from clv_ml.snapshot.declared import Feature as Feature
    from clv_ml.snapshot.declared import History as History
    from clv_ml.snapshot.declared import feature as feature
    from clv_ml.snapshot.rfm import rfm_summary as rfm_summary

__version__ = "0.1.0"

# loaded on first use, so that importing the package costs next to nothing
_HOMES = {
    "Bundle": "clv_ml.models.bundle",
    "ChurnClassifier": "clv_ml.models.churn_classifier",
    "ChurnModel": "clv_ml.models.churn",
    "ClvError": "clv_ml.errors",
    "Config": "clv_ml.config",
    "ConfigError": "clv_ml.errors",
    "DataError": "clv_ml.errors",
    "DataQualityError": "clv_ml.errors",
    "Feature": "clv_ml.snapshot.declared",
    "History": "clv_ml.snapshot.declared",
    "ModelNotFoundError": "clv_ml.errors",
    "ModifiedPurchaseModel": "clv_ml.models.modified",
    "NotConvergedError": "clv_ml.errors",
    "ParetoPurchaseModel": "clv_ml.models.pareto",
    "PurchaseModel": "clv_ml.models.purchases",
    "SimulationParameters": "clv_ml.data.simulation_parameters",
    "SpendModel": "clv_ml.models.spend",
    "attainable_score": "clv_ml.data.simulate",
    "cohorts": "clv_ml.pipeline.cohorts",
    "customer_lifetime_value": "clv_ml.models.value",
    "feature": "clv_ml.snapshot.declared",
    "load_bundle": "clv_ml.models.bundle",
    "load_config": "clv_ml.config",
    "load_dataset": "clv_ml.data.datasets",
    "plots": "clv_ml.plots",
    "predictive_intervals": "clv_ml.models.intervals",
    "residual_lifetime_value": "clv_ml.models.value",
    "rfm_summary": "clv_ml.snapshot.rfm",
    "score": "clv_ml.pipeline",
    "score_transactions": "clv_ml.pipeline",
    "simulate": "clv_ml.data.simulate",
    "train": "clv_ml.pipeline",
    "value_windows": "clv_ml.models.value",
    "write_values": "clv_ml.models.value_file",
}

__all__ = [
    "Bundle",
    "ChurnClassifier",
    "ChurnModel",
    "ClvError",
    "Config",
    "ConfigError",
    "DataError",
    "DataQualityError",
    "Feature",
    "History",
    "ModelNotFoundError",
    "ModifiedPurchaseModel",
    "NotConvergedError",
    "ParetoPurchaseModel",
    "PurchaseModel",
    "SimulationParameters",
    "SpendModel",
    "__version__",
    "attainable_score",
    "cohorts",
    "customer_lifetime_value",
    "feature",
    "load_bundle",
    "load_config",
    "load_dataset",
    "plots",
    "predictive_intervals",
    "residual_lifetime_value",
    "rfm_summary",
    "score",
    "score_transactions",
    "simulate",
    "train",
    "value_windows",
    "write_values",
]


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'clv_ml' has no attribute {name!r}") from None
    module = importlib.import_module(home)
    return module if home == f"{__name__}.{name}" else getattr(module, name)


def __dir__() -> list[str]:
    return __all__
