"""The cohort job on the CDNOW sample, run once and shared by the tests that look at what it leaves."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

from clv_ml.config import Config, build_config
from clv_ml.pipeline import CohortsResult, cohorts

DAY = dt.date(1998, 6, 30)


def report_config(folder: Path) -> Config:
    """A config with declared costs whose every output lands in the folder."""
    tree: dict[str, Any] = {
        "name": "sample",
        "transactions": {"sources": [{"dataset": "cdnow_sample"}]},
        "value": {"margin": 0.30},
        "forecast": {"error_cutoffs": 1},
        "cohorts": {"acquisition_costs": [{"per_customer": 8.0}]},
        "tracking": {"store": str(folder / "models")},
        "output": {"dir": str(folder / "output")},
    }
    return build_config(tree, environment={})


@cache
def sample_report(base: Path) -> tuple[Config, CohortsResult]:
    """The report of 1998-06-30, made once a session, below the session's folder."""
    config = report_config(base / "sample-cohorts")
    return config, cohorts(config, as_of=DAY)
