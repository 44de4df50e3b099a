"""Drift of a real scoring against its training, for people, machines and schedulers."""

import datetime as dt
import json

import pytest
from job_runs import CUTOFF, JobRun, sample_job
from typer.testing import CliRunner

from clv_ml.cli import app
from clv_ml.models.bundle import load_bundle
from clv_ml.pipeline import drift
from clv_ml.tracking.store import mlflow_module, tracking_uri

LATER = dt.date(1998, 6, 30)


@pytest.fixture
def job(tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    return sample_job(tmp_path_factory.getbasetemp())


def test_the_customers_of_the_training_themselves_do_not_alert(job: JobRun) -> None:
    result = drift(job.config, as_of=dt.date.fromisoformat(CUTOFF))
    assert (result.stability["psi"] == 0.0).all()
    assert {"frequency", "days_since_last", "p_churn_90d", "expected_clv"} <= set(result.stability["column"])
    assert not {"T", "first_day"} & set(result.stability["column"])  # everybody grows older
    assert not any("stability" in line for line in result.alerts)


def test_half_a_year_without_new_customers_alerts_and_says_where(job: JobRun) -> None:
    """CDNOW stops taking in customers in March 1997: by June 1998 they have been silent for long."""
    result = drift(job.config, as_of=LATER)
    assert result.model == job.trained.run.model_uri
    assert any(line.startswith("days_since_last: population stability index") for line in result.alerts)
    facts = json.loads((result.folder / "drift.json").read_text(encoding="utf-8"))
    assert facts["alerts"] == list(result.alerts)
    horizons = {(row["cohort"], row["horizon_days"]) for row in facts["churn"]}
    assert {("1997-01", 30), ("1997-03", 90), ("all", 60)} <= horizons
    assert all(row["cutoffs"] >= 1 for row in facts["churn"])


def test_the_scheduler_sees_it_by_the_exit_code(job: JobRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clv_ml.cli.reviewing.load_config", lambda path, overrides: job.config)
    told = CliRunner().invoke(app, ["drift", "--config", "any.yaml", "--as-of", str(LATER)])
    assert told.exit_code == 5
    assert "days_since_last: population stability index" in told.stdout


def test_the_scoring_run_holds_its_stability(job: JobRun) -> None:
    uri = tracking_uri(job.config)
    assert job.scored.run is not None
    run = mlflow_module().MlflowClient(tracking_uri=uri).get_run(job.scored.run.run_id)
    assert run.data.metrics["psi_frequency"] == 0.0
    assert run.data.metrics["drift_alerts"] == 0.0
    assert run.data.tags["model"] == job.trained.run.model_uri


def test_the_bundle_knows_bins_and_counts_and_no_customer(job: JobRun) -> None:
    known = load_bundle(job.trained.bundle_path).facts["reference"]
    assert sum(known["frequency"]["counts"]) == 2357
    assert len(known["days_since_last"]["edges"]) <= 9
