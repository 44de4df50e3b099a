"""The champion where nothing is installed but what it recorded: plain MLflow, no clv_ml, no path to it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from engagement_runs import business, engaged_job
from job_runs import JobRun, sample_job, sample_orders

from clv_ml.tracking.store import connected, tracking_uri

# what somebody runs who has never heard of clv_ml
PREDICT = """\
import importlib.util, sys
import mlflow, pandas
store, address, records, as_of, predictions = sys.argv[1:]
assert importlib.util.find_spec("clv_ml") is None, "clv_ml is there before the model is loaded"
mlflow.set_tracking_uri(store)
model = mlflow.pyfunc.load_model(address)
model.predict(pandas.read_parquet(records), params={"as_of": as_of}).to_parquet(predictions)
print(sys.modules["clv_ml"].__file__)
"""
# how uv says that it cannot reach the index, or was told not to
UNREACHABLE = ("Failed to fetch", "Request failed", "network was disabled", "Network connectivity is disabled")
SECONDS = 1800  # far more than it takes even on a busy machine, so that a hanging download ends


@pytest.fixture(scope="module")
def bare() -> Iterator[Path]:
    """A folder for environments, which are too large to be kept with the other temporary files."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@cache
def environment(folder: Path, requirements: str) -> tuple[Path, str]:
    """Install requirements and nothing else; return its Python, or why they cannot be installed here."""
    listed = folder / "requirements.txt"
    listed.write_text(requirements, encoding="utf-8")
    python = folder / "environment" / "bin" / "python"
    uv = (sys.executable, "-m", "uv")
    for command in (
        (*uv, "venv", "--quiet", "--python", sys.executable, str(folder / "environment")),
        (*uv, "pip", "install", "--quiet", "--python", str(python), "--requirement", str(listed)),
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=SECONDS)
        if done.returncode:
            assert any(words in done.stderr for words in UNREACHABLE), done.stderr
            return python, "the recorded requirements cannot be installed: uv is offline, or reaches no package index"
    return python, ""


def requirements_of(job: JobRun) -> str:
    """What MLflow says the model needs."""
    with connected(job.config) as (mlflow, _):
        listed = mlflow.pyfunc.get_model_dependencies(job.trained.run.model_uri, format="pip")
    return Path(listed).read_text(encoding="utf-8")


def predicted_elsewhere(job: JobRun, records: pd.DataFrame, folder: Path, bare: Path) -> pd.DataFrame:
    """Predict in a process that has the recorded requirements and knows nothing of this one."""
    python, trouble = environment(bare, requirements_of(job))
    if trouble:
        pytest.skip(trouble)
    records.to_parquet(folder / "records.parquet", index=False)
    address = f"models:/{job.config.name}@champion"
    given = (tracking_uri(job.config), address, folder / "records.parquet", job.config.cutoff, folder / "out.parquet")
    done = subprocess.run(
        # -I: no PYTHON* variable, no user's packages, no current folder on the path
        [python, "-I", "-X", f"pycache_prefix={bare / 'pycache'}", "-c", PREDICT, *map(str, given)],
        cwd=folder,
        env={"PATH": os.defpath, "HOME": str(bare), "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    assert "mismatch" not in done.stderr  # MLflow compares what is installed with what was recorded
    used = Path(done.stdout.splitlines()[-1])
    assert used.is_relative_to(job.config.tracking.store / "artifacts"), "the code is not the model's own"
    return pd.read_parquet(folder / "out.parquet")


def require_same_numbers(predicted: pd.DataFrame, job: JobRun) -> None:
    """Compare with what `clv-ml score` wrote: the same versions on the same machine, so every bit."""
    scores = pd.read_parquet(job.scored.folder / "scores.parquet")
    assert {"p_churn_60d", "expected_purchases", "expected_clv", "value_if_retained"} <= set(predicted.columns)
    pd.testing.assert_frame_equal(predicted, scores[list(predicted.columns)], check_exact=True)


def test_the_champion_predicts_in_a_fresh_environment_what_the_job_scored(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, bare: Path
) -> None:
    job = sample_job(tmp_path_factory.getbasetemp())
    require_same_numbers(predicted_elsewhere(job, sample_orders(), tmp_path, bare), job)


def test_a_champion_that_knows_events_and_attributes_does_so_from_one_table(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, bare: Path
) -> None:
    job = engaged_job(tmp_path_factory.getbasetemp())
    world = business()
    orders = world.transactions[["customer_id", "timestamp", "amount"]]
    # who neither bought nor came has a row too: of attributes only
    records = pd.concat([orders, world.events, world.customers], ignore_index=True)
    predicted = predicted_elsewhere(job, records, tmp_path, bare)
    assert set(predicted["customer_id"]) > set(orders["customer_id"])
    require_same_numbers(predicted, job)
