"""Whole jobs on a small simulated business with events and customers, run once and shared."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from job_runs import JobRun, run_job

from clv_ml.config import Config, load_config
from clv_ml.data.simulate import Simulation, simulate
from clv_ml.data.simulation_parameters import SimulationParameters

KNOWN = SimulationParameters(days=300, alpha=20.0, visits_per_day=0.15, email_every_days=45.0)
CUTOFF = KNOWN.end
FILES = ("transactions", "events", "customers")


@cache
def business(customers: int = 500) -> Simulation:
    """A business whose visits fade before a customer leaves."""
    found = simulate(KNOWN, customers=customers, seed=11)
    return dataclasses.replace(found, customers=found.customers.assign(plan=_plans(len(found.customers))))


def _plans(customers: int) -> pd.Series[float]:
    return pd.Series(np.random.default_rng(1).integers(1, 4, customers), dtype="float64")


def write_config(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    *,
    customers: Mapping[str, Any] | None = None,
    events: bool = True,
    **sections: Any,
) -> Path:
    """Write tables and a config that trains on them quickly; returns the file of the config.

    `customers`: how the attributes are to be read, where not as the category `channel` and the number `plan`;
    `events`: whether the job reads them.
    """
    sources = {name: [{"path": f"{name}.parquet", "columns": _columns(tables[name])}] for name in FILES}
    for name in FILES:
        tables[name].to_parquet(folder / f"{name}.parquet", index=False)
    signals = {"key_actions": ["lesson"], "minutes": ["visit"], "contacts": ["email_sent"], "responses": ["email_open"]}
    attributes = {"categories": ["channel"], "numbers": ["plan"]} if customers is None else dict(customers)
    tree = {
        "name": "engaged",
        "cutoff": CUTOFF,
        "transactions": {"sources": sources["transactions"]},
        "events": {"sources": sources["events"], **signals},
        "customers": {"sources": sources["customers"], **attributes},
        "churn": {"horizons_days": [60], "max_snapshots": 4, "min_rows_per_class": 50},
        "forecast": {"horizons_days": [60], "error_cutoffs": 0},
        "tracking": {"store": str(folder / "models")},
        "output": {"dir": str(folder / "output")},
    }
    for name, section in sections.items():
        tree[name] = {**tree.get(name, {}), **section}  # type: ignore[dict-item]  # all of them are mappings
    if not events:
        del tree["events"]
    path = folder / "job.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return path


def _columns(table: pd.DataFrame) -> dict[str, str]:
    return {str(name): str(name) for name in table.columns}


def read_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read the config of :func:`write_config`, whatever the environment."""
    return load_config(path, overrides=overrides, environment={})


@cache
def engaged_job(base: Path) -> JobRun:
    """Train and score the business, computed once a session below the session's folder."""
    folder = base / "engaged-job"
    folder.mkdir()
    return run_job(read_config(write_config(folder, business().tables)))
