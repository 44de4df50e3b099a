"""From the outbox into MLflow."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.config import Config
from clv_ml.errors import ClvError
from clv_ml.tracking import outbox
from clv_ml.tracking.registry import set_alias
from clv_ml.tracking.run import LoggedRun, RunRecord
from clv_ml.tracking.store import connected, shown_uri

RECORD_TAG = "clv_ml.record"
VERSION_TAG = "registered_version"


def log_run(config: Config, record: RunRecord) -> LoggedRun:
    """Write a run into MLflow, and whatever had been waiting before it.

    Raises
    ------
    ClvError
        If the store cannot be reached or fails half-way. The run waits in the outbox, complete.
    """
    folder = outbox.stage(config, record)
    content = outbox.read(folder)
    return upload(config).get(folder.name) or _sent_by_another(config, content)


def upload(config: Config) -> dict[str, LoggedRun]:
    """Send every run that waits, the oldest first; return the runs by the names of their folders.

    A run that was broken off half-way is set aside as deleted in MLflow and sent anew, so that none is there twice.

    Raises
    ------
    ClvError
        If the store cannot be reached or fails half-way; what was not sent stays.
    """
    if not outbox.waiting(config):
        return {}
    done: dict[str, LoggedRun] = {}
    try:
        with connected(config, alone=True) as (mlflow, experiment):
            # read again: another process may have sent some while this one waited for its turn
            for folder in outbox.waiting(config):
                done[folder.name] = _send(mlflow, experiment, folder)
    except ClvError as error:
        left = [folder.name for folder in outbox.waiting(config)]
        raise ClvError(
            f"{error}. Nothing is lost: {len(left)} run{'s' * (len(left) != 1)} with their models wait in "
            f"{outbox.outbox(config)}; run `clv-ml upload` once {shown_uri(config)} answers (the next training also "
            "does)"
        ) from error
    return done


def _sent_by_another(config: Config, content: dict[str, Any]) -> LoggedRun:
    """Find a run that another process has sent while this one waited for its turn."""
    with connected(config) as (mlflow, experiment):
        for run in _attempts(mlflow.MlflowClient(), experiment, content):
            if _is_complete(content, run):
                return _logged(content, run)
    raise ClvError(f"run {content['record_id']} left the outbox, but MLflow at {shown_uri(config)} does not have it")


def _attempts(client: Any, experiment: str, content: dict[str, Any]) -> list[Any]:
    which = f"tags.`{RECORD_TAG}` = '{content['record_id']}'"
    return list(client.search_runs([experiment], filter_string=which, max_results=10))


def _send(mlflow: Any, experiment: str, folder: Path) -> LoggedRun:
    content = outbox.read(folder)
    client = mlflow.MlflowClient()
    found = _attempts(client, experiment, content)
    complete = [run for run in found if _is_complete(content, run)]
    for run in found:
        if not complete:
            _set_aside(client, experiment, run.info.run_id)
    logged = _logged(content, complete[0]) if complete else _write_run(mlflow, client, experiment, folder, content)
    outbox.discard(folder)
    return logged


def _is_complete(content: dict[str, Any], run: Any) -> bool:
    return run.info.status == "FINISHED" and (content["model"] is None or VERSION_TAG in run.data.tags)


def _logged(content: dict[str, Any], run: Any) -> LoggedRun:
    if content["model"] is None:
        return LoggedRun(run.info.run_id)
    version = run.data.tags[VERSION_TAG]
    return LoggedRun(run.info.run_id, version, f"models:/{content['model']['registered_name']}/{version}")


def _set_aside(client: Any, experiment: str, run_id: str) -> None:
    for child in client.search_runs([experiment], filter_string=f"tags.`mlflow.parentRunId` = '{run_id}'"):
        client.delete_run(child.info.run_id)
    client.delete_run(run_id)


def _write_run(
    mlflow: Any, client: Any, experiment: str, folder: Path, content: dict[str, Any], parent: str | None = None
) -> LoggedRun:
    tags = {**content["tags"], RECORD_TAG: content["record_id"], "mlflow.runName": content["name"]}
    if parent is not None:
        tags["mlflow.parentRunId"] = parent
    if content["tables"]:
        tags["mlflow.loggedArtifacts"] = json.dumps([{"path": path, "type": "table"} for path in content["tables"]])
    run = client.create_run(experiment, tags=tags, run_name=content["name"])
    run_id = run.info.run_id
    write_figures(mlflow, client, run_id, params=content["params"], metrics=content["metrics"])
    _write_datasets(mlflow, client, run_id, content["datasets"])
    artifacts = folder / outbox.ARTIFACTS
    if any(artifacts.iterdir()):
        client.log_artifacts(run_id, str(artifacts))
    for name in content["children"]:
        child = folder / name
        _write_run(mlflow, client, experiment, child, outbox.read(child), parent=run_id)
    logged = LoggedRun(run_id)
    if content["model"] is not None:
        version = _write_model(mlflow, run_id, folder / "model", content["model"])
        set_alias(client, content["model"]["registered_name"], version, content["model"]["alias"])
        client.set_tag(run_id, VERSION_TAG, version)
        logged = LoggedRun(run_id, version, f"models:/{content['model']['registered_name']}/{version}")
    client.set_terminated(run_id, "FINISHED")
    return logged


def write_figures(
    mlflow: Any, client: Any, run_id: str, *, params: dict[str, str], metrics: dict[str, float], step: int = 0
) -> None:
    """Write parameters and metrics in few calls."""
    now = int(time.time() * 1000)
    points = [mlflow.entities.Metric(name, value, now, step) for name, value in metrics.items()]
    pairs = [mlflow.entities.Param(name, value[:500]) for name, value in params.items()]
    for first in range(0, max(len(points), 1), 900):
        client.log_batch(run_id, metrics=points[first : first + 900], params=pairs[:90] if first == 0 else [])
    for first in range(90, len(pairs), 90):
        client.log_batch(run_id, params=pairs[first : first + 90])


def _write_datasets(mlflow: Any, client: Any, run_id: str, datasets: list[dict[str, Any]]) -> None:
    inputs = []
    for data in datasets:
        inputs.append(
            mlflow.entities.DatasetInput(
                dataset=mlflow.entities.Dataset(
                    name=data["name"],
                    digest=_short(data["digest"]),
                    source_type="code",
                    source=json.dumps({"tags": {}}),
                    profile=json.dumps(data["facts"], default=str),
                ),
                tags=[mlflow.entities.InputTag(key="mlflow.data.context", value=data["context"])],
            )
        )
    if inputs:
        client.log_inputs(run_id, datasets=inputs)


def _short(fingerprint: str) -> str:
    """Return a digest that fits into MLflow's 36 characters and still depends on every table."""
    return fingerprint if len(fingerprint) <= 36 else hashlib.sha256(fingerprint.encode()).hexdigest()[:36]


def _write_model(mlflow: Any, run_id: str, folder: Path, model: dict[str, Any]) -> str:
    """Log and register the model; return its version."""
    from mlflow.models import infer_signature

    example = pd.read_parquet(folder / outbox.EXAMPLE)
    signature = infer_signature(example, pd.read_parquet(folder / outbox.PREDICTIONS), params={"as_of": ""})
    code = folder / outbox.CODE / "clv_ml"
    with mlflow.start_run(run_id=run_id):
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(code / "tracking" / "served.py"),
            artifacts={"bundle": str(folder / "bundle")},
            code_paths=[str(code)],
            signature=signature,
            input_example=example,
            pip_requirements=model["requirements"],
            registered_model_name=model["registered_name"],
        )
    return str(info.registered_model_version)
