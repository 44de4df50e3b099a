"""Runs waiting to be uploaded: each a folder beside the store, complete in itself.

Every run is written here first and removed once MLflow has it, so that an MLflow that is down, or dies half-way,
loses nothing: ``clv-ml upload``, or the next training, sends what is still here.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import math
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import clv_ml
from clv_ml.config import Config
from clv_ml.errors import ClvError
from clv_ml.publishing import publish, write_json
from clv_ml.tracking.run import ModelRecord, RunRecord

RECORD = "run.json"
ARTIFACTS = "artifacts"
CODE = "code"
EXAMPLE, PREDICTIONS = "example.parquet", "predictions.parquet"

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


def stage(config: Config, record: RunRecord) -> Path:
    """Write a run into the outbox, in one step, and return its folder."""
    now = dt.datetime.now(dt.UTC)
    name = f"{now:%Y%m%dT%H%M%S.%fZ}-{record.kind}-{uuid.uuid4().hex[:8]}"
    folder = outbox(config) / name
    publish(folder, lambda aside: _write(aside, record, record_id=name))
    return folder


def waiting(config: Config) -> list[Path]:
    """List the complete runs of the outbox, the oldest first."""
    folder = outbox(config)
    if not folder.is_dir():
        return []
    return sorted(path.parent for path in folder.glob(f"[!.]*/{RECORD}"))


def read(folder: Path) -> dict[str, Any]:
    """Read what a run of the outbox is to hold.

    Raises
    ------
    ClvError
        If the folder is damaged.
    """
    try:
        return dict(json.loads((folder / RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ClvError(f"{folder / RECORD}: cannot be read ({error}); restore it or delete the folder") from error


def discard(folder: Path) -> None:
    """Remove a run that MLflow has: first its record, so that half a folder is never taken for a run."""
    (folder / RECORD).unlink()
    shutil.rmtree(folder, ignore_errors=True)


def outbox(config: Config) -> Path:
    """Return the folder of the outbox of an experiment."""
    return config.tracking.store / "outbox" / config.name


def _write(folder: Path, record: RunRecord, *, record_id: str) -> None:
    content: dict[str, Any] = {
        "record_id": record_id,
        "name": record.name,
        "kind": record.kind,
        "created": dt.datetime.now(dt.UTC).isoformat(),
        "tags": {"kind": record.kind, **{key: str(value) for key, value in record.tags.items()}},
        "params": {key: str(value) for key, value in record.params.items()},
        "metrics": finite(record.metrics),
        "tables": sorted(record.tables),
        "datasets": [
            {"name": data.name, "digest": data.digest, "context": data.context, "facts": dict(data.facts)}
            for data in record.datasets
        ],
        "children": [],
        "model": None,
    }
    artifacts = folder / ARTIFACTS
    artifacts.mkdir()
    for path, table in record.tables.items():
        _inside(artifacts, path).write_text(table_json(table), encoding="utf-8", newline="\n")
    for path, source in record.files.items():
        target = _inside(artifacts, path)
        if isinstance(source, Path):
            shutil.copyfile(source, target)
        else:
            target.write_text(source, encoding="utf-8", newline="\n")
    for number, child in enumerate(record.children):
        inside = folder / f"child{number}"
        inside.mkdir()
        _write(inside, child, record_id=f"{record_id}/{number}")
        content["children"].append(inside.name)
    if record.model is not None:
        content["model"] = _write_model(folder / "model", record.model)
    write_json(folder / RECORD, content)


def table_json(table: pd.DataFrame) -> str:
    """Write a table as MLflow's table view reads it, every digit kept."""
    return str(table.to_json(orient="split", index=False, date_format="iso", double_precision=15))


def finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """Leave out figures that do not exist; MLflow's databases refuse NaN."""
    return {name: float(value) for name, value in metrics.items() if math.isfinite(value)}


def _write_model(folder: Path, model: ModelRecord) -> dict[str, Any]:
    """Copy all that a model is: the package may be another by the time it is sent."""
    folder.mkdir()
    package = Path(clv_ml.__file__).parent
    shutil.copytree(model.bundle, folder / "bundle")
    shutil.copytree(package, folder / CODE / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    model.example.to_parquet(folder / EXAMPLE)
    model.predictions.to_parquet(folder / PREDICTIONS)
    return {"registered_name": model.registered_name, "alias": model.alias, "requirements": requirements()}


def requirements() -> list[str]:
    """Pin what a served model needs to the versions at hand."""
    return [f"{name}=={importlib.metadata.version(name)}" for name in _REQUIREMENTS]


def _inside(folder: Path, path: str) -> Path:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    return target
