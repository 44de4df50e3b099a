"""What a run is to hold, before MLflow knows of it: plain data and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class ModelRecord:
    """A model to log and register.

    Attributes
    ----------
    bundle
        Folder of the bundle.
    example, predictions
        What the served model takes and what it gives for it, for the signature.
    registered_name
        Name in the registry.
    alias
        champion, challenger, or empty for none. A challenger becomes the champion where there is none yet.
    """

    bundle: Path
    example: pd.DataFrame
    predictions: pd.DataFrame
    registered_name: str
    alias: str = "champion"


@dataclass(frozen=True)
class DatasetRecord:
    """Data that went into a run.

    Attributes
    ----------
    name, digest
        The digest covers every row, unlike those of `mlflow.data`, which read 10,000.
    context
        What the run used it for: training, scoring, review.
    facts
        Rows, customers, first and last day: whatever says what it was.
    """

    name: str
    digest: str
    context: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunRecord:
    """Everything one run holds.

    Attributes
    ----------
    name
        Shown in MLflow.
    kind
        train, score, backtest, promotion, or what a child is about.
    files
        From a path in the run to its content (text) or to a file on disk.
    tables
        From a path in the run, ending in .json, to a table that MLflow shows.
    children
        Runs below this one.
    """

    name: str
    kind: str
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    files: Mapping[str, str | Path] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    datasets: tuple[DatasetRecord, ...] = ()
    children: tuple[RunRecord, ...] = ()
    model: ModelRecord | None = None


@dataclass(frozen=True)
class LoggedRun:
    """Where a run is found again; the model is empty where the run has none."""

    run_id: str
    model_version: str = ""
    model_uri: str = ""
