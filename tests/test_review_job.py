"""A review of real runs: recomputed with plain pandas, never early, written into the run it judges."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from job_runs import CUTOFF, JobRun, sample_job, sample_orders

from clv_ml.errors import ConfigError
from clv_ml.pipeline import ReviewResult, review
from clv_ml.tracking.store import mlflow_module, tracking_uri

END = dt.date(1998, 6, 30)


@pytest.fixture
def job(tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    return sample_job(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> ReviewResult:
    return review(sample_job(tmp_path_factory.getbasetemp()).config, as_of=END)


def client_of(job: JobRun) -> Any:
    uri = tracking_uri(job.config)
    return mlflow_module().MlflowClient(tracking_uri=uri, registry_uri=uri)


def by_hand(horizon: int) -> pd.DataFrame:
    """Purchases, spend, active customers and churn rate of each monthly cohort after the cutoff, by plain pandas."""
    orders = sample_orders()
    days = orders.assign(day=orders["timestamp"].dt.normalize()).groupby(["customer_id", "day"])["amount"].sum()
    table = days.reset_index()
    month = table.groupby("customer_id")["day"].min().dt.strftime("%Y-%m")
    cutoff = pd.Timestamp(CUTOFF)
    future = table[(table["day"] > cutoff) & (table["day"] <= cutoff + pd.Timedelta(days=horizon))]
    cohort = future["customer_id"].map(month)
    known = month.value_counts().sort_index()
    active = future.groupby(cohort)["customer_id"].nunique()
    result = pd.DataFrame(
        {
            "actual_purchases": future.groupby(cohort).size(),
            "actual_spend": future.groupby(cohort)["amount"].sum(),
            "actual_active_customers": active,
            "actual_churn_rate": 1 - active / known,
        }
    ).astype(float)
    return result.rename_axis("cohort")


def test_what_happened_is_what_plain_pandas_counts(reviewed: ReviewResult) -> None:
    assert [item.run.kind for item in reviewed.judged] == ["train", "score"]
    for item in reviewed.judged:
        for horizon in (30, 90, 180):
            rows = item.table[item.table["horizon_days"] == horizon].set_index("cohort")
            expected = by_hand(horizon)
            pd.testing.assert_frame_equal(rows.loc[expected.index, expected.columns], expected, rtol=1e-9)
            assert rows.loc["all", "actual_purchases"] == expected["actual_purchases"].sum()
            error = (rows["purchases"] - rows["actual_purchases"]).drop("all").abs().sum()
            wape = error / expected["actual_purchases"].sum()
            assert item.metrics[f"purchases_{horizon}d_wape"] == pytest.approx(wape)


def test_a_horizon_that_is_not_over_is_pending_and_never_judged(job: JobRun, reviewed: ReviewResult) -> None:
    assert {(left.horizon_days, str(left.due)) for left in reviewed.pending} == {(365, "1998-12-31")}
    day_before = dt.date.fromisoformat(CUTOFF) + dt.timedelta(days=89)
    earlier = review(job.config, as_of=day_before)
    assert {int(days) for item in earlier.judged for days in item.table["horizon_days"]} == {30}
    assert {left.horizon_days for left in earlier.pending} == {90, 180, 365}
    assert "not over until 1998-03-31" in (earlier.folder / "review.txt").read_text(encoding="utf-8")


def test_the_review_is_in_the_run_it_judges(job: JobRun, reviewed: ReviewResult) -> None:
    client = client_of(job)
    (trained, scored) = reviewed.judged
    assert trained.run.run_id == job.trained.run.run_id
    assert job.scored.run is not None
    assert scored.run.run_id == job.scored.run.run_id
    history = client.get_metric_history(trained.run.run_id, "review_purchases_90d_wape")
    points = {point.step: point.value for point in history}
    assert points[19980630] == pytest.approx(trained.metrics["purchases_90d_wape"])
    names = {Path(item.path).name for item in client.list_artifacts(trained.run.run_id, f"review/{END}")}
    assert {"cohorts.json", "outside.json", "review.txt", "cohorts_90d.svg", "tracking_spend.svg"} <= names
    path = client.download_artifacts(trained.run.run_id, f"review/{END}/cohorts.json")
    table = json.loads(Path(path).read_text(encoding="utf-8"))
    assert len(table["data"]) == len(trained.table)


def test_the_same_review_again_writes_nothing_twice(job: JobRun, reviewed: ReviewResult) -> None:
    review(job.config, as_of=END)
    history = client_of(job).get_metric_history(reviewed.judged[0].run.run_id, "review_purchases_90d_wape")
    assert [point.step for point in history].count(19980630) == 1


def test_the_files_of_a_review_tell_it_to_people_and_machines(reviewed: ReviewResult) -> None:
    facts = json.loads((reviewed.folder / "review.json").read_text(encoding="utf-8"))
    assert facts["as_of"] == str(END)
    assert [item["horizons_days"] for item in facts["judged"]] == [[30, 90, 180]] * 2
    told = (reviewed.folder / "review.txt").read_text(encoding="utf-8")
    for item in reviewed.judged:
        assert item.run.run_id in told
        for row in item.outside.to_dict("records"):
            assert row["since"] in told


def test_a_day_that_the_data_do_not_reach_is_refused(job: JobRun) -> None:
    with pytest.raises(ConfigError, match="1998-07-01 is after the last day of the data"):
        review(job.config, as_of=dt.date(1998, 7, 1))


def test_the_training_told_its_forecast_before(job: JobRun) -> None:
    table = pd.read_csv(job.trained.folder / "cohort_forecast.csv")
    assert table["horizon_days"].unique().tolist() == [30, 90, 180, 365]
    assert table["cohort"].unique().tolist() == ["1997-01", "1997-02", "1997-03", "all"]
    scored = pd.read_csv(job.scored.folder / "cohort_forecast.csv")
    pd.testing.assert_frame_equal(scored, table)  # the same model, day and data: the same promise
