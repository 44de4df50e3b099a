"""What MLflow keeps of a backtest: a parent, and below it a child for each cutoff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from clv_ml.config import Config
from clv_ml.tracking.record import run_tags, settings
from clv_ml.tracking.run import RunRecord

_SHOWN = {".svg", ".png", ".csv", ".txt"}


def backtest_record(
    config: Config,
    accuracy: Mapping[dt.date, Mapping[str, float]],
    cohorts: Mapping[dt.date, Mapping[str, float]],
    judged: Mapping[dt.date, pd.DataFrame],
    folder: Path,
) -> RunRecord:
    """Gather a backtest.

    Parameters
    ----------
    accuracy, cohorts
        By cutoff, the figures of the churn scores and of the forecasts by cohort. The parent holds their means over
        the cutoffs that know them.
    judged
        By cutoff, forecast and actual by cohort.
    folder
        Its tables and pictures, those of a cutoff in a folder ``cutoff=D``.
    """
    figures = {cutoff: {**accuracy[cutoff], **cohorts.get(cutoff, {})} for cutoff in accuracy}
    names = sorted({name for values in figures.values() for name in values})
    means = {name: float(np.mean([values[name] for values in figures.values() if name in values])) for name in names}
    days = ",".join(map(str, accuracy))
    children = tuple(
        RunRecord(
            name=f"backtest {cutoff}",
            kind="backtest_cutoff",
            tags=run_tags(config, cutoff),
            params={"cutoff": cutoff},
            metrics=figures[cutoff],
            files=_files(folder / f"cutoff={cutoff}"),
            tables={"cohorts.json": judged[cutoff]} if cutoff in judged else {},
        )
        for cutoff in accuracy
    )
    return RunRecord(
        name=f"backtest of {len(accuracy)} cutoffs",
        kind="backtest",
        tags=run_tags(config, days),
        params={"cutoffs": days},
        metrics=means | {"cutoffs": float(len(accuracy))},
        files=_files(folder) | {"config.yaml": yaml.safe_dump(settings(config), sort_keys=False)},
        children=children,
    )


def _files(folder: Path) -> dict[str, str | Path]:
    return {path.name: path for path in sorted(folder.iterdir()) if path.suffix in _SHOWN}
