"""Whole jobs: what they leave behind, and that nothing after the cutoff reaches it."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from job_runs import CUTOFF, JobRun, job_config, run_job, sample_job, sample_orders, write_orders

from clv_ml.config import Config
from clv_ml.errors import ConfigError, DataError, DataQualityError, ModelNotFoundError
from clv_ml.pipeline import score, score_transactions, train, validate

DAY = pd.Timestamp(CUTOFF)
# one to fit, one to stop, one to judge: whether later rows leak into them does not depend on how many there are
FEW_ROWS = ("churn.max_snapshots=3", "churn.snapshot_every_days=60", "forecast.error_cutoffs=1")
DIAGNOSTICS = ("repeat_counts", "spend", "heat_maps", "tracking", "by_frequency", "by_recency")


@pytest.fixture
def job(tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    return sample_job(tmp_path_factory.getbasetemp())


def test_a_training_leaves_the_tables_pictures_and_card_of_its_backtests(job: JobRun) -> None:
    written = {str(path.relative_to(job.trained.folder)) for path in job.trained.folder.rglob("*") if path.is_file()}
    tables = ("accuracy.csv", "gains.csv", "accuracy_by_cohort.csv", "rankings.csv", "cohorts.csv")
    inside = (*tables, "cohorts.svg", "cohorts.png", "accuracy.svg", "accuracy.png", "calibration.svg")
    earlier, holdout = "cutoff=1997-10-02", f"cutoff={CUTOFF}"
    assert written == {
        *(f"{earlier}/{name}" for name in inside),
        *(f"{holdout}/{name}" for name in inside),
        *(f"diagnostics/{name}.svg" for name in DIAGNOSTICS),
        "diagnostics/diagnostics.txt",
        "quality.json",
        "cohort_forecast.csv",
        "quarantine.parquet",
        "model_card.md",
        "_SUCCESS",
    }


def test_a_scoring_leaves_the_list_in_every_form_and_a_manifest_that_adds_up(job: JobRun) -> None:
    folder = job.scored.folder
    assert {path.name for path in folder.iterdir()} == {
        "scores.parquet",
        "risk_list.parquet",
        "risk_list.csv",
        "risk_list.xlsx",
        "risk_list.html",
        "capacity_curve.csv",
        "quarantine.parquet",
        "manifest.json",
        "cohort_forecast.csv",
        "health.json",
        "timings.json",
        "_SUCCESS",
    }
    manifest = json.loads((folder / "manifest.json").read_text())
    rows = manifest["rows"]
    assert rows["rows_in"] == rows["rows_valid"] + rows["rows_quarantined"]
    scores = pd.read_parquet(folder / "scores.parquet")
    listed = pd.read_parquet(folder / "risk_list.parquet")
    assert manifest["customers_scored"] == len(scores) == 2357
    assert manifest["customers_listed"] == len(listed) == int(np.ceil(0.2 * 2357))
    assert sum(manifest["decisions"].values()) == len(scores)
    assert manifest["decisions"] == scores["action_status"].value_counts().to_dict()
    assert manifest["contacts"]["chosen"] == (listed["action_status"] == "contact").sum() == 100
    assert manifest["score_source"] == ["lightgbm"]
    assert "^(-t/365)" in manifest["conventions"]["discounting"]
    latest = json.loads((job.config.output.dir / "scores" / "latest.json").read_text())
    assert job.config.output.dir / "scores" / latest["folder"] == folder


def test_the_csv_holds_the_rows_of_the_parquet_list_with_ids_as_they_are(job: JobRun) -> None:
    listed = pd.read_parquet(job.scored.folder / "risk_list.parquet")
    from_csv = pd.read_csv(job.scored.folder / "risk_list.csv", dtype={"customer_id": str})
    assert list(from_csv.columns) == list(listed.columns)
    assert from_csv["customer_id"].tolist() == listed["customer_id"].tolist()
    np.testing.assert_allclose(from_csv["value_at_risk"], listed["value_at_risk"], atol=0.005 + 1e-9)


def test_scoring_the_same_again_is_recognised_and_computes_nothing(job: JobRun) -> None:
    told: list[str] = []
    before = {path: path.stat().st_mtime_ns for path in job.scored.folder.iterdir()}
    again = score(job.config, as_of=dt.date.fromisoformat(CUTOFF), progress=told.append)
    assert again.repeated
    assert again.folder == job.scored.folder
    assert {path: path.stat().st_mtime_ns for path in again.folder.iterdir()} == before
    assert not any("scoring" in line for line in told)


def test_a_list_for_a_day_the_model_has_seen_beyond_or_the_data_do_not_reach_says_so(
    job: JobRun, tmp_path: Path
) -> None:
    config = job_config(tmp_path)
    model = str(job.trained.bundle_path)
    earlier = score(config, as_of=dt.date(1997, 10, 1), model=model)
    assert "not for judging" in earlier.manifest["notes"][0]
    later = score(config, as_of=dt.date(1998, 7, 10), model=model)
    assert "the data end on 1998-06-30, 10 days before" in later.manifest["notes"][0]


def test_the_champion_is_the_bundle_that_was_trained(job: JobRun) -> None:
    from_path = score(job.config, as_of=dt.date.fromisoformat(CUTOFF), model=str(job.trained.bundle_path))
    assert from_path.folder == job.scored.folder


def test_scores_from_a_plain_table_are_those_of_the_job(job: JobRun) -> None:
    scores = pd.read_parquet(job.scored.folder / "scores.parquet").set_index("customer_id")
    table = score_transactions(job.trained.bundle, sample_orders(), as_of=CUTOFF)
    pd.testing.assert_frame_equal(table, scores[list(table.columns)], check_exact=True)


def _outputs(folder: Path, orders: pd.DataFrame) -> dict[str, bytes]:
    """Everything a job leaves that later jobs and people rely on, byte for byte."""
    config = job_config(folder, write_orders(orders, folder / "orders.csv"), ["churn.horizons_days=[60]", *FEW_ROWS])
    run = run_job(config)
    assert run.scored.manifest["score_source"] == ["lightgbm"]
    files = [*run.trained.bundle_path.iterdir(), *(run.scored.folder / name for name in _SCORED)]
    return {path.name: path.read_bytes() for path in files}


def _some_orders() -> pd.DataFrame:
    """Orders of every third customer: enough to fit, stop and judge the classifier."""
    orders = sample_orders()
    return orders[orders["customer_id"].astype(int) % 3 == 0]


_SCORED = ("scores.parquet", "risk_list.parquet", "risk_list.csv", "risk_list.html")


@pytest.fixture(scope="module")
def outputs_of_the_past(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    orders = _some_orders()
    return _outputs(tmp_path_factory.mktemp("past"), orders[orders["timestamp"] <= DAY])


def _shuffled(orders: pd.DataFrame) -> pd.DataFrame:
    return orders.sample(frac=1.0, random_state=1)


def _changed_and_added(orders: pd.DataFrame) -> pd.DataFrame:
    later = orders["timestamp"] > DAY
    orders = orders.assign(amount=orders["amount"].where(~later, orders["amount"] * 7 + 1))
    extra = orders.tail(50).assign(timestamp=DAY + pd.Timedelta(days=1), amount=999.0)
    strangers = extra.assign(customer_id="X" + extra["customer_id"])
    refunds = extra.assign(amount=-500.0)
    return pd.concat([orders, extra, strangers, refunds])


@pytest.mark.parametrize("change", [_shuffled, _changed_and_added])
def test_nothing_after_the_cutoff_and_no_order_of_rows_changes_a_byte(
    change: object, outputs_of_the_past: dict[str, bytes], tmp_path: Path
) -> None:
    assert callable(change)
    outputs = _outputs(tmp_path, change(_some_orders()))
    assert outputs.keys() == outputs_of_the_past.keys()
    differing = [name for name, content in outputs.items() if content != outputs_of_the_past[name]]
    assert differing == []


def test_a_history_too_short_for_the_classifier_is_scored_by_the_bgnbd_and_says_so(tmp_path: Path) -> None:
    run = run_job(job_config(tmp_path, overrides=["cutoff=1997-04-15"]))
    assert run.trained.bundle.models.churn is None
    assert any("BG/NBD" in note for note in run.scored.manifest["notes"])
    assert run.scored.manifest["score_source"] == ["bgnbd"]
    listed = pd.read_parquet(run.scored.folder / "risk_list.parquet")
    assert set(listed["score_source"]) == {"bgnbd"}
    assert (listed["p_churn_30d"] >= listed["p_churn_90d"]).all()


def _tiny(folder: Path, orders: pd.DataFrame, *overrides: str) -> Config:
    return job_config(folder, write_orders(orders, folder / "orders.csv"), ["cutoff=null", *overrides])


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no valid row among 0"):
        train(_tiny(tmp_path, sample_orders().head(0)))


def test_a_table_worse_than_the_limit_is_refused_with_the_counts(tmp_path: Path) -> None:
    orders = sample_orders().head(100).assign(customer_id=[""] * 10 + ["a"] * 90)
    with pytest.raises(DataQualityError, match=r"10\.0% of 100 rows break.*missing_customer_id: 10"):
        train(_tiny(tmp_path, orders))


def test_amounts_without_a_finite_mean_stop_a_training_with_what_to_do(tmp_path: Path) -> None:
    orders = sample_orders()
    names = orders["customer_id"].unique()
    scale = pd.Series(10.0 / np.random.default_rng(0).gamma(0.6, size=len(names)), index=names)
    heavy = orders.assign(amount=orders["customer_id"].map(scale).clip(upper=1e8).round(2))
    with pytest.raises(DataError, match=r"mean spend is infinite \(q of the Gamma-Gamma is 0\.[56].*exclude"):
        train(_tiny(tmp_path, heavy, f"cutoff={CUTOFF}"))
    assert not (tmp_path / "models" / "bundles").exists()


def test_every_table_with_a_value_says_what_the_value_stands_for(job: JobRun) -> None:
    for table in ("scores.parquet", "risk_list.parquet"):
        frame = pd.read_parquet(job.scored.folder / table)
        for name, told in (
            ("currency", "USD"),
            ("clv_horizon_days", 365),
            ("margin", 1.0),
            ("cost_per_order", 0.0),
            ("annual_discount_rate", 0.1),
        ):
            assert frame[name].unique().tolist() == [told], (table, name)
    page = (job.scored.folder / "risk_list.html").read_text(encoding="utf-8")
    assert "annual_discount_rate" not in page
    assert "Money that comes later counts less: 10% a year." in page


def test_validate_reports_and_keeps_the_rows_it_sets_aside(tmp_path: Path) -> None:
    orders = sample_orders().head(100).assign(customer_id=[""] * 10 + ["a"] * 90)
    checked, quarantine = validate(_tiny(tmp_path, orders))
    assert checked.quality()["quarantined"] == {"missing_customer_id": 10}
    kept = pd.read_parquet(quarantine)
    assert kept["source_line"].tolist() == list(range(1, 11))
    assert set(kept["reason"]) == {"missing_customer_id"}


def test_a_cutoff_before_the_first_order_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="1996-12-31 is before the first day of the data"):
        train(job_config(tmp_path), cutoff=dt.date(1996, 12, 31))


def test_a_cutoff_after_the_last_day_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="after the last day of the data"):
        train(job_config(tmp_path), cutoff=dt.date(1999, 1, 1))


def test_scoring_without_a_model_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="clv-ml train"):
        score(job_config(tmp_path))
