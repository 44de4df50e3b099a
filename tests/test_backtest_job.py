"""A backtest over several cutoffs: its files, and a run with a child for each cutoff."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from job_runs import job_config

from clv_ml.config import Config
from clv_ml.pipeline import BacktestResult, backtest_only
from clv_ml.tracking.store import mlflow_module, tracking_uri

CUTOFFS = ("1997-07-31", "1997-12-31")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Without a classifier: the forecasts by cohort are what is looked at."""
    quick = ["churn.min_rows_per_class=100000", "churn.max_snapshots=1", "forecast.error_cutoffs=1"]
    days = f"backtest.cutoffs=[{','.join(CUTOFFS)}]"
    return job_config(tmp_path_factory.mktemp("backtest"), overrides=[*quick, days])


@pytest.fixture(scope="module")
def result(config: Config) -> BacktestResult:
    return backtest_only(config)


def test_every_cutoff_has_its_forecast_judged_beside_simpler_ones(result: BacktestResult) -> None:
    assert [str(item.cutoff) for item in result.cohorts] == list(CUTOFFS)
    early, late = result.cohorts
    assert sorted(early.judged["horizon_days"].unique()) == [30, 90, 180]
    assert sorted(late.judged["horizon_days"].unique()) == [30, 90, 180]  # 365 days are not over
    assert set(late.methods["method"]) == {"forecast", "last_period", "cohort_mean", "plain_model"}
    figures = late.metrics()
    assert figures["purchases_90d_wape"] == pytest.approx(figures["purchases_90d_wape_forecast"])
    assert late.deciles.groupby("quantity").size().to_dict() == {"churn": 10, "purchases": 10}


def test_the_folder_holds_tables_pictures_and_words(result: BacktestResult) -> None:
    names = {str(path.relative_to(result.folder)) for path in result.folder.rglob("*") if path.is_file()}
    assert {"cohorts.csv", "methods.csv", "errors.txt", "error_purchases.svg", "error_churn_rate.png"} <= names
    for day in CUTOFFS:
        inside = ("cohort_forecast.csv", "methods.csv", "deciles.csv", "bands_90d.svg", "tracking_spend.svg")
        assert {f"cutoff={day}/{name}" for name in inside} <= names
    every = pd.read_csv(result.folder / "cohorts.csv")
    assert every["cutoff"].unique().tolist() == list(CUTOFFS)


def test_the_run_has_a_child_for_each_cutoff(config: Config, result: BacktestResult) -> None:
    uri = tracking_uri(config)
    client: Any = mlflow_module().MlflowClient(tracking_uri=uri, registry_uri=uri)
    assert result.run is not None
    parent = client.get_run(result.run.run_id)
    children = client.search_runs(
        [parent.info.experiment_id], filter_string=f"tags.`mlflow.parentRunId` = '{result.run.run_id}'"
    )
    assert {run.data.tags["cutoff"] for run in children} == set(CUTOFFS)
    both = [run.data.metrics["spend_90d_wape"] for run in children]
    assert parent.data.metrics["spend_90d_wape"] == pytest.approx(sum(both) / 2)
    names = {item.path for item in client.list_artifacts(result.run.run_id)}
    assert {"error_spend.svg", "errors.txt", "config.yaml"} <= names
    path = client.download_artifacts(children[0].info.run_id, "cohorts.json")
    assert json.loads(Path(path).read_text(encoding="utf-8"))["columns"][0] == "cohort"
