"""Earlier runs and their promises, and what a review writes into them."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.config import Config
from clv_ml.tracking.outbox import finite, table_json
from clv_ml.tracking.promise import ABOUT, CUTOFF_TAG, Promise, read_promise
from clv_ml.tracking.store import connected
from clv_ml.tracking.upload import write_figures


@dataclass(frozen=True)
class PastRun:
    """A run that left a forecast.

    Attributes
    ----------
    run_id, name, kind
        Of the run; kind is train, score, or backtest.
    cutoff
        Last day of history of the forecast.
    tags
        All its tags.
    """

    run_id: str
    name: str
    kind: str
    cutoff: dt.date
    tags: Mapping[str, str]


def past_runs(config: Config) -> list[PastRun]:
    """List the complete runs of the experiment that hold a forecast, by cutoff, then by start."""
    with connected(config) as (mlflow, experiment):
        client = mlflow.MlflowClient()
        found = [run for run in _pages(client, experiment) if run.info.status == "FINISHED"]
    runs = [
        PastRun(
            run.info.run_id,
            str(run.info.run_name),
            run.data.tags.get("kind", ""),
            dt.date.fromisoformat(run.data.tags[CUTOFF_TAG]),
            dict(run.data.tags),
        )
        for run in found
    ]
    return sorted(runs, key=lambda run: run.cutoff)


def promise_of(config: Config, run: PastRun) -> Promise:
    """Read the forecast of a run."""
    with connected(config) as (mlflow, _), tempfile.TemporaryDirectory() as folder:
        mlflow.MlflowClient().download_artifacts(run.run_id, str(Path(ABOUT).parent), folder)
        return read_promise(Path(folder))


def write_review(
    config: Config,
    run: PastRun,
    as_of: dt.date,
    *,
    metrics: Mapping[str, float],
    tables: Mapping[str, pd.DataFrame],
    files: Mapping[str, str | Path],
    mark: str,
) -> bool:
    """Write a review into the run it judges: metrics with the day of the review (yyyymmdd) as step, tables, pictures.

    Parameters
    ----------
    mark
        Digest of the review; a run that carries it for this day already is left as it is.

    Returns
    -------
    bool
        Whether anything was written.
    """
    tag = f"review.{as_of}"
    if run.tags.get(tag) == mark:
        return False
    with connected(config) as (mlflow, _), tempfile.TemporaryDirectory() as folder:
        client = mlflow.MlflowClient()
        inside = Path(folder)
        for name, table in tables.items():
            (inside / name).write_text(table_json(table), encoding="utf-8", newline="\n")
        for name, content in files.items():
            data = content.read_bytes() if isinstance(content, Path) else content.encode()
            (inside / name).write_bytes(data)
        client.log_artifacts(run.run_id, folder, artifact_path=f"review/{as_of}")
        figures = {f"review_{name}": value for name, value in finite(metrics).items()}
        write_figures(mlflow, client, run.run_id, params={}, metrics=figures, step=int(f"{as_of:%Y%m%d}"))
        client.set_tag(run.run_id, tag, mark)  # last: only a review that is there counts as there
    return True


def _pages(client: Any, experiment: str) -> Iterator[Any]:
    token = None
    while True:
        page = client.search_runs(
            [experiment],
            filter_string=f"tags.`{CUTOFF_TAG}` LIKE '%'",
            order_by=["attributes.start_time ASC"],
            max_results=200,
            page_token=token,
        )
        yield from page
        token = page.token
        if not token:
            return
