"""Scores that read only what is new leave what scores that read everything leave, byte for byte."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from engagement_runs import CUTOFF, business, engaged_job, read_config
from job_runs import JobRun

from clv_ml.config import Config
from clv_ml.errors import ClvError
from clv_ml.pipeline import ScoreResult, nightly_prepared, score
from clv_ml.pipeline.prepared import silent

TABLES = ("transactions", "events")
SAME = (
    "scores.parquet",
    "risk_list.parquet",
    "risk_list.csv",
    "risk_list.html",
    "capacity_curve.csv",
    "cohort_forecast.csv",
    "engagement_by_cohort.csv",
    "manifest.json",
)
ASIDE = ("quarantine.parquet", "quarantine_events.parquet", "quarantine_customers.parquet")
Told = list[str]


@pytest.fixture
def job(tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    return engaged_job(tmp_path_factory.getbasetemp())


class Nights:
    """A folder to which files are delivered, and a config that reads whatever is there."""

    def __init__(self, folder: Path, job: JobRun) -> None:
        self.folder, self._job = folder, job
        self._tables = {name: _faulty(name, business().tables[name]) for name in TABLES}
        business().customers.to_parquet(folder / "customers.parquet", index=False)

    def deliver(self, after: dt.date | None, until: dt.date) -> None:
        """Write the rows of some days, one file a table."""
        for name, table in self._tables.items():
            day = pd.to_datetime(table["timestamp"]).dt.date
            inside = (day <= until) & ((day > after) if after else True)
            (self.folder / name).mkdir(exist_ok=True)
            table[inside].to_parquet(self.folder / name / f"{until}.parquet", index=False)

    def config(self, output: str, *, enabled: bool, **incremental: Any) -> Config:
        """Return the config of the job, reading these files."""
        tree = self._job.config.model_dump(mode="json")
        for name in TABLES:
            tree[name] |= {"root": str(self.folder)}
            tree[name]["sources"][0] |= {"path": name, "format": "parquet"}
        tree["customers"] |= {"root": str(self.folder)}
        tree["customers"]["sources"][0]["path"] = "customers.parquet"
        tree["output"]["dir"] = str(self.folder / output)
        tree["incremental"] = {"enabled": enabled, "keep_open_days": 2, "close_every_days": 4, **incremental}
        tree["gates"] |= {"max_week_drop": 0.9}
        path = self.folder / "job.yaml"
        path.write_text(json.dumps(tree), encoding="utf-8")
        return read_config(path)

    def score(self, output: str, **settings: Any) -> tuple[ScoreResult, Told]:
        """Score as of the last day, with the model of the job."""
        told: Told = []
        config = self.config(output, **settings)
        return score(config, model=str(self._job.trained.bundle_path), progress=told.append), told

    def describe(self, path: Path, *, progress: Callable[[str], None] = silent) -> None:
        """Describe everybody as of the last day, and keep that."""
        with nightly_prepared.prepare_night(
            self.config("new", enabled=True), as_of=None, progress=progress
        ) as prepared:
            prepared.describe(CUTOFF, path)

    def require_same(self) -> Told:
        """Score both ways, and compare what is left; return what the one that reads less has told."""
        found, told = self.score("new", enabled=True)
        full, _ = self.score("all", enabled=False)
        assert found.folder.name == full.folder.name  # the run is the same one
        for name in SAME:
            assert (found.folder / name).read_bytes() == (full.folder / name).read_bytes(), name
        for name in ASIDE:
            pd.testing.assert_frame_equal(pd.read_parquet(found.folder / name), pd.read_parquet(full.folder / name))
        return told


def _faulty(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Some rows that cannot be used, and some that came twice."""
    rows = table.sort_values("timestamp", kind="stable").reset_index(drop=True)
    rows = rows.assign(**{column: rows[column].astype("str") for column in ("timestamp", "amount") if column in rows})
    rows.loc[rows.index % 97 == 5, "customer_id"] = None
    if name == "transactions":
        rows.loc[rows.index % 101 == 7, "amount"] = "a lot"
        rows = pd.concat([rows, rows[rows.index % 89 == 3]]).sort_values("timestamp", kind="stable")
    return rows.reset_index(drop=True)


def test_nights_leave_what_reading_everything_leaves(job: JobRun, tmp_path: Path) -> None:
    nights = Nights(tmp_path, job)
    first, days = CUTOFF - dt.timedelta(days=8), [CUTOFF - dt.timedelta(days=number) for number in (1, 0)]
    nights.deliver(None, first)
    assert "reading everything: nothing was kept yet" in nights.require_same()
    before = first
    for day in days:  # the first of them closes days
        nights.deliver(before, day)
        assert "reading what is new" in nights.require_same()
        before = day
    again, told = nights.score("new", enabled=True)
    assert again.repeated
    assert not any("describing" in line for line in told)


def test_a_state_that_cannot_be_kept_costs_no_list(
    job: JobRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise ClvError("the disk is full")

    nights, told = Nights(tmp_path, job), Told()
    nights.deliver(None, CUTOFF)
    monkeypatch.setattr(nightly_prepared, "keep", full)
    nights.describe(tmp_path / "described.parquet", progress=told.append)
    assert "the next night reads everything: the disk is full" in told
    assert not (tmp_path / "new" / "state").exists()


def test_a_state_that_another_process_replaces_meanwhile_is_read_as_it_was(job: JobRun, tmp_path: Path) -> None:
    nights = Nights(tmp_path, job)
    nights.deliver(None, CUTOFF)
    nights.describe(tmp_path / "described.parquet")
    config = nights.config("new", enabled=True)
    with nightly_prepared.prepare_night(config, as_of=None, progress=silent) as prepared:
        shutil.rmtree(tmp_path / "new" / "state")
        assert prepared.engine.row_count(prepared.totals) > 0
        prepared.describe(CUTOFF, tmp_path / "described_again.parquet")
        assert prepared.fingerprint(CUTOFF)
    first, again = (pd.read_parquet(tmp_path / name) for name in ("described.parquet", "described_again.parquet"))
    pd.testing.assert_frame_equal(again, first)
    assert len(first) == 500
