"""One training, written into MLflow: what went in, what came out, how right it was, and the model itself."""

from __future__ import annotations

import importlib.metadata
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import clv_ml
from clv_ml.config import Config
from clv_ml.tracking.store import CHAMPION, connected

# what a served model needs at prediction time
_REQUIREMENTS = (
    "duckdb",
    "lifetimes",
    "lightgbm",
    "mlflow",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "pyyaml",
    "scikit-learn",
    "scipy",
    "sqlframe",
)


@dataclass(frozen=True)
class LoggedRun:
    """Where a training is found again."""

    run_id: str
    model_version: str
    model_uri: str


@dataclass(frozen=True)
class TrainingRecord:
    """Everything one training leaves behind.

    ``files`` maps a path in the run to its content (text) or to a file on disk; ``tables`` become MLflow tables.
    """

    name: str
    tags: Mapping[str, str]
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    tables: Mapping[str, pd.DataFrame]
    files: Mapping[str, str | Path]
    bundle: Path
    example: pd.DataFrame
    predictions: pd.DataFrame


def log_training(config: Config, record: TrainingRecord) -> LoggedRun:
    """Write a training into a run of its own, register the model, and make it the champion.

    Raises
    ------
    ClvError
        If the store cannot be reached or refuses; the bundle on disk is untouched.
    """
    with (
        connected(config) as (mlflow, experiment),
        mlflow.start_run(experiment_id=experiment, run_name=record.name, tags=dict(record.tags)) as run,
    ):
        mlflow.log_params(dict(record.params))
        mlflow.log_metrics(dict(record.metrics))
        for path, table in record.tables.items():
            mlflow.log_table(table, path)
        for path, content in record.files.items():
            _log_file(mlflow, path, content)
        info = _log_model(mlflow, config, record)
        version = str(info.registered_model_version)
        mlflow.MlflowClient().set_registered_model_alias(config.name, CHAMPION, version)
        mlflow.set_tag("registered_version", version)
        return LoggedRun(run.info.run_id, version, f"models:/{config.name}/{version}")


def requirements() -> list[str]:
    """Pin what a served model needs to the versions at hand."""
    return [f"{name}=={importlib.metadata.version(name)}" for name in _REQUIREMENTS]


def _log_file(mlflow: Any, path: str, content: str | Path) -> None:
    if isinstance(content, str):
        mlflow.log_text(content, path)
        return
    folder = str(Path(path).parent)
    mlflow.log_artifact(str(content), artifact_path=None if folder == "." else folder)


def _log_model(mlflow: Any, config: Config, record: TrainingRecord) -> Any:
    from mlflow.models import infer_signature

    package = Path(clv_ml.__file__).parent
    signature = infer_signature(record.example, record.predictions, params={"as_of": ""})
    with tempfile.TemporaryDirectory() as folder:
        code = _source_only(package, Path(folder))
        return mlflow.pyfunc.log_model(
            name="model",
            python_model=str(package / "tracking" / "served.py"),
            artifacts={"bundle": str(record.bundle)},
            code_paths=[str(code)],
            signature=signature,
            input_example=record.example,
            pip_requirements=requirements(),
            registered_model_name=config.name,
        )


def _source_only(package: Path, folder: Path) -> Path:
    """Copy the package's source, without caches, for the model to carry."""
    import shutil

    target = folder / package.name
    shutil.copytree(package, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target
