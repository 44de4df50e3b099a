"""Whole jobs with events and customers: from a config alone, the same bytes again, and no after-the-fact attribute."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from engagement_runs import CUTOFF, FILES, business, engaged_job, read_config, write_config
from job_runs import JobRun, run_job
from typer.testing import CliRunner, Result
from undrawn import undrawn

from clv_ml.cli import app
from clv_ml.models.fitting import fit_models
from clv_ml.pipeline import prepare, score, silent

SCORED = ("scores.parquet", "risk_list.parquet", "risk_list.csv", "engagement_by_cohort.csv", "cohort_forecast.csv")


@pytest.fixture
def job(tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    return engaged_job(tmp_path_factory.getbasetemp())


def _scores(run: JobRun) -> pd.DataFrame:
    return pd.read_parquet(run.scored.folder / "scores.parquet").set_index("customer_id")


def test_a_job_with_events_leaves_what_other_jobs_leave_and_engagement_by_cohort(job: JobRun) -> None:
    written = {path.name for path in job.scored.folder.iterdir()}
    assert {*SCORED, "risk_list.html", "quarantine_events.parquet", "manifest.json", "_SUCCESS"} <= written
    cohorts = pd.read_csv(job.scored.folder / "engagement_by_cohort.csv")
    assert cohorts["customers"].sum() == len(_scores(job)) == 500
    assert cohorts["mean"].between(0, 100).all()
    assert cohorts["cohort"].is_monotonic_increasing
    assert job.scored.manifest["score_source"] == ["lightgbm"]
    card = (job.trained.folder / "model_card.md").read_text()
    assert "LightGBM without engagement" in card
    [judged] = job.trained.backtests
    assert {"group", "over", "gain_low"} <= set(judged.gains.columns)


def test_who_has_signed_up_and_not_bought_has_a_churn_probability_and_no_value(job: JobRun) -> None:
    scores, made = _scores(job), business()
    waiting = made.customers.loc[~made.customers["customer_id"].isin(made.transactions["customer_id"]), "customer_id"]
    rows = scores.loc[waiting]
    assert len(rows) > 50
    assert rows["p_churn_60d"].between(0, 1).all()
    assert rows["p_churn_60d"].nunique() > 10
    assert rows[["expected_clv", "value_if_retained", "p_alive", "first_day", "frequency"]].isna().all(axis=None)
    bought = scores[~scores.index.isin(waiting)]
    assert bought[["expected_clv", "value_if_retained", "p_alive", "first_day"]].notna().all(axis=None)
    listed = pd.read_parquet(job.scored.folder / "risk_list.parquet")
    assert not set(listed["customer_id"]) & set(waiting)


def test_reasons_of_the_listed_speak_of_engagement(job: JobRun) -> None:
    listed = pd.read_parquet(job.scored.folder / "risk_list.parquet")
    codes = set(listed[["reason_1_code", "reason_2_code", "reason_3_code"]].to_numpy().ravel())
    assert {"visits_falling", "minutes_falling", "slow_start", "silent_lately", "never_activated"} & codes
    texts = " ".join(listed[["reason_1", "reason_2", "reason_3"]].fillna("").to_numpy().ravel())
    assert re.search(r"activity|visit|minutes|active", texts)
    assert listed["engagement_score"].between(0, 100).all()


def test_the_same_job_again_is_recognised_and_changes_no_file(job: JobRun) -> None:
    before = {path: path.stat().st_mtime_ns for path in job.scored.folder.iterdir()}
    told: list[str] = []
    again = score(job.config, as_of=CUTOFF, progress=told.append)
    assert again.repeated
    assert {path: path.stat().st_mtime_ns for path in again.folder.iterdir()} == before
    assert not any("scoring" in line for line in told)


def test_row_order_and_threads_change_no_byte_of_bundle_and_list(job: JobRun, tmp_path: Path) -> None:
    shuffled = {name: table.sample(frac=1.0, random_state=3) for name, table in business().tables.items()}
    again = run_job(read_config(write_config(tmp_path, shuffled), ["engine.threads=4"]))
    alone = run_job_files(job)
    for name, content in run_job_files(again).items():
        assert content == alone[name], name
    assert again.trained.bundle_path.name == job.trained.bundle_path.name


def run_job_files(run: JobRun) -> dict[str, bytes]:
    """Everything a job leaves that later jobs and people rely on."""
    files = [*run.trained.bundle_path.rglob("*"), *(run.scored.folder / name for name in SCORED)]
    return {path.name: path.read_bytes() for path in files if path.is_file()}


def _cli(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def _with_attributes(**columns: Any) -> dict[str, pd.DataFrame]:
    """The business, its customers described by more columns; each a function of the days since the last purchase."""
    made = business()
    last = made.transactions.groupby("customer_id")["timestamp"].max()
    bought = made.customers["customer_id"].map(last).dt.normalize()
    silent = (pd.Timestamp(CUTOFF) - bought).dt.days.fillna(999.0)
    customers = made.customers.assign(**{name: column(silent) for name, column in columns.items()})
    return {**{name: made.tables[name] for name in FILES}, "customers": customers}


def _attributes(kind: str, *names: str) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {"categories": ["channel"], "numbers": ["plan"]}
    return {**kinds, kind: [*kinds.get(kind, []), *names]}


TRAPS: Mapping[str, tuple[str, Any, str]] = {
    "status": ("categories", lambda silent: np.where(silent < 60, "open", "closed"), "alone separates churned_60"),
    "days_to_cancel": ("numbers", lambda silent: (silent + 3).where(silent >= 60), "alone separates churned_60"),
    "last_seen_at": (
        "dates",
        lambda silent: pd.Timestamp(CUTOFF) - pd.to_timedelta(silent.clip(upper=200), unit="D"),
        "is after the cutoff in",
    ),
}


@pytest.mark.parametrize("name", TRAPS)
def test_an_attribute_set_after_the_outcome_stops_the_training_by_its_name(name: str, tmp_path: Path) -> None:
    kind, column, why = TRAPS[name]
    config = write_config(tmp_path, _with_attributes(**{name: column}), customers=_attributes(kind, name), events=False)
    result = _cli("train", "--config", str(config), "--set", "churn.max_snapshots=2")
    assert result.exit_code == 3
    [line] = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    shown = f"days_since_{name}" if kind == "dates" and f"'days_since_{name}'" in line else name
    assert f"feature '{shown}': {why}" in line
    assert "churn.alarms." in line
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "models" / "bundles").exists()


@pytest.mark.parametrize("action", ["quarantine", "report"])
def test_the_config_can_leave_a_suspect_attribute_out_or_keep_it(action: str, tmp_path: Path) -> None:
    tables, attributes = _with_attributes(status=TRAPS["status"][1]), _attributes("categories", "status")
    path = write_config(tmp_path, tables, customers=attributes, events=False)
    config = read_config(path, [f"churn.alarms.separates={action}", "churn.max_snapshots=2"])
    with prepare(config, progress=silent) as prepared:
        models = fit_models(prepared.engine, prepared.tables, CUTOFF, config, progress=silent)
    [alarm] = models.alarms
    assert alarm.startswith("status: alone separates churned_60 with an AUC of 1.0000 at the latest cutoff")
    assert alarm.endswith(f"({action})")
    assert models.churn is not None
    assert ("status" in models.churn.features_) == (action == "report")
    assert {"channel", "plan"} <= set(models.churn.features_)


def test_the_card_names_what_was_left_out_and_the_manifest_what_training_had_not_seen(tmp_path: Path) -> None:
    columns = {"status": TRAPS["status"][1], "country": lambda silent: "NA", "shade": _shades}
    attributes = _attributes("categories", "status", "country", "shade")
    quick = {"max_snapshots": 1, "alarms": {"separates": "quarantine"}}
    quick |= {"horizons_days": [60], "min_rows_per_class": 50}
    config = write_config(tmp_path, _with_attributes(**columns), customers=attributes, events=False, churn=quick)
    with undrawn():
        trained = _cli("train", "--config", str(config))
    assert trained.exit_code == 0, trained.stderr
    assert "note: feature status: alone separates churned_60" in trained.stdout
    [card] = (tmp_path / "output" / "train").rglob("model_card.md")
    told = card.read_text()
    assert re.search(r"Left out or noted: status: alone separates churned_60 .*\(quarantine\)", told)
    # a constant is left out by name whatever is said of the others
    assert re.search(r"Left out or noted: country: is 'NA' in all [\d,]+ training rows \(quarantine\)", told)
    customers = pd.read_parquet(tmp_path / "customers.parquet")
    customers.loc[:4, "shade"] = "mauve"
    customers.to_parquet(tmp_path / "customers.parquet", index=False)
    scored = _cli("score", "--config", str(config), "--as-of", CUTOFF.isoformat())
    assert scored.exit_code == 0, scored.stderr
    [manifest] = (tmp_path / "output" / "scores").rglob("manifest.json")
    assert "shade: not seen in training: 'mauve' (5)" in json.loads(manifest.read_text())["notes"]
    assert "note: shade: not seen in training: 'mauve' (5)" in scored.stdout
    refused = _cli("score", "--config", str(config), "--set", "churn.alarms.unseen_category=refuse")
    assert refused.exit_code == 3
    assert "'shade': not seen in training: 'mauve'" in refused.stderr


def _shades(silent: pd.Series[float]) -> list[str]:
    return [("red", "blue")[number % 2] for number in range(len(silent))]
