"""Small runs to write into MLflow: figures, a table, a picture, children, and a model that loads."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.config import Config, build_config
from clv_ml.models.bundle import save_bundle
from clv_ml.models.fitting import FittedModels
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.tracking.run import DatasetRecord, ModelRecord, RunRecord
from clv_ml.tracking.store import mlflow_module, tracking_uri

DAY = dt.date(2020, 12, 31)


def run_config(folder: Path, *overrides: str, name: str = "sample") -> Config:
    """A config whose store is in the folder; a fresh database takes seconds, so tests share one under many names."""
    tree = {
        "name": name,
        "transactions": {"sources": [{"dataset": "cdnow_sample"}]},
        "tracking": {"store": str(folder / "models")},
        "output": {"dir": str(folder / "output")},
    }
    return build_config(tree, environment={}, overrides=overrides)


def plain_run(name: str = "score 2020-12-31", metrics: dict[str, float] | None = None) -> RunRecord:
    """A run without a model."""
    return RunRecord(
        name=name,
        kind="score",
        tags={"cutoff": str(DAY)},
        params={"seed": 1},
        metrics=metrics or {"purchases": 0.1 + 0.2},
        tables={"forecast/cohorts.json": pd.DataFrame({"cohort": ["2020-01"], "purchases": [1 / 3]})},
        files={"config.yaml": "name: sample\n"},
        datasets=(DatasetRecord("sample", "0123456789abcdef", "scoring", {"rows": 3}),),
    )


def model_run(folder: Path, name: str = "sample", *, r: float = 0.24, alias: str = "champion") -> RunRecord:
    """A training with a bundle of known parameters and a child."""
    models = FittedModels(
        DAY,
        PurchaseModel.from_params(r=r, alpha=30.9, a=0.79, b=2.43),
        SpendModel.from_params(p=6.25, q=3.74, v=15.44),
        None,
        "given",
    )
    bundle = folder / f"bundle-{r}"
    save_bundle(models, {"name": "sample"}, bundle)
    example = pd.DataFrame({"customer_id": ["a"], "timestamp": [pd.Timestamp(DAY)], "amount": [10.0]})
    predictions = pd.DataFrame({"customer_id": ["a"], "expected_clv": [1.5]})
    child = RunRecord(name="purchases", kind="purchases", params={"r": r}, metrics={"wape": 0.2})
    return RunRecord(
        name=f"train {DAY}",
        kind="train",
        tags={"cutoff": str(DAY)},
        params={"r": r},
        metrics={"auc": 0.8},
        children=(child,),
        model=ModelRecord(bundle, example, predictions, name, alias),
    )


def client_of(config: Config) -> Any:
    """An MLflow client of the config's store."""
    uri = tracking_uri(config)
    return mlflow_module().MlflowClient(tracking_uri=uri, registry_uri=uri)


def runs_of(config: Config) -> Sequence[Any]:
    """Every run of the experiment, the oldest first."""
    client = client_of(config)
    found = client.get_experiment_by_name(config.name)
    runs: Sequence[Any] = client.search_runs(
        [found.experiment_id], order_by=["attributes.start_time ASC"], max_results=500
    )
    return runs
