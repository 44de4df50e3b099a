"""Whole jobs on the CDNOW sample, run once and shared by the tests that look at what they leave."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from undrawn import undrawn

from clv_ml.config import Config, build_config
from clv_ml.data.datasets import load_dataset
from clv_ml.pipeline import ScoreResult, TrainResult, score, train

CUTOFF = "1997-12-31"


@dataclass(frozen=True)
class JobRun:
    """A training and a scoring, and the config they ran with."""

    config: Config
    trained: TrainResult
    scored: ScoreResult
    progress: tuple[str, ...]


def job_config(folder: Path, source: dict[str, Any] | None = None, overrides: Sequence[str] = ()) -> Config:
    """A small config whose every output lands in the folder."""
    tree = {
        "name": "sample",
        "transactions": {"sources": [source or {"dataset": "cdnow_sample"}]},
        "cutoff": CUTOFF,
        "churn": {"max_snapshots": 7, "min_rows_per_class": 50},
        "risk": {"capacity": 100},
        "tracking": {"store": str(folder / "models")},
        "output": {"dir": str(folder / "output")},
    }
    return build_config(tree, environment={}, overrides=overrides)


def write_orders(orders: pd.DataFrame, path: Path) -> dict[str, Any]:
    """Write orders as CSV and return the source that reads them."""
    orders.to_csv(path, index=False)
    return {"path": str(path), "columns": {name: name for name in orders.columns}}


def run_job(config: Config, *, drawn: bool = False) -> JobRun:
    """Train and score as of the cutoff; the pictures of the training are drawn only where that is asked for."""
    told: list[str] = []
    with nullcontext() if drawn else undrawn():
        trained = train(config, progress=told.append)
    scored = score(config, as_of=config.cutoff, progress=told.append)
    return JobRun(config, trained, scored, tuple(told))


@cache
def sample_job(base: Path) -> JobRun:
    """The job on the CDNOW sample at 1997-12-31, computed once a session, below the session's folder."""
    return run_job(job_config(base / "sample-job"), drawn=True)


def sample_orders() -> pd.DataFrame:
    """Orders of the CDNOW sample."""
    return load_dataset("cdnow_sample")
