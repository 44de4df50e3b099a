"""What a training leaves in MLflow, and the model loaded back by plain mlflow."""

import json
import re
import warnings
from typing import Any

import pandas as pd
import pytest
from job_runs import CUTOFF, JobRun, job_config, sample_job, sample_orders

from clv_ml.config import build_config
from clv_ml.errors import ConfigError
from clv_ml.tracking.store import mlflow_module, shown_uri, tracking_uri


@pytest.fixture
def job(tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    return sample_job(tmp_path_factory.getbasetemp())


@pytest.fixture
def client(job: JobRun) -> Any:
    mlflow = mlflow_module()
    uri = tracking_uri(job.config)
    return mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)


def test_the_run_holds_parameters_metrics_and_where_the_data_came_from(job: JobRun, client: Any) -> None:
    run = client.get_run(job.trained.run.run_id)
    params = job.trained.bundle.models.purchases.params_
    assert float(run.data.params["bgnbd.alpha"]) == pytest.approx(params["alpha"])
    assert run.data.tags["data_fingerprint"] == job.trained.bundle.facts["data_fingerprint"]
    assert run.data.tags["bundle_version"] == job.trained.bundle.version
    assert run.data.tags["cutoff"] == CUTOFF
    for name in ("all_lightgbm_auc", "all_bgnbd_auc", "all_days_since_last_auc", "cohort_purchases_wape"):
        assert name in run.data.metrics
    assert run.data.metrics["all_lightgbm_auc"] == pytest.approx(
        job.trained.backtests[-1].metrics()["all_lightgbm_auc"]
    )


def test_forecast_against_actual_is_there_as_table_and_picture(job: JobRun, client: Any) -> None:
    run_id = job.trained.run.run_id
    names = {item.path for item in client.list_artifacts(run_id, f"backtest/{CUTOFF}")}
    assert {f"backtest/{CUTOFF}/{name}" for name in ("cohorts.json", "cohorts.svg", "accuracy.json")} <= names
    path = client.download_artifacts(run_id, f"backtest/{CUTOFF}/cohorts.json")
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - MLflow gives a plain path
        table = json.load(file)
    shown = pd.DataFrame(table["data"], columns=table["columns"])
    expected = job.trained.backtests[-1].cohorts
    assert shown["cohort"].tolist() == expected["cohort"].tolist()
    assert shown["actual_purchases"].tolist() == expected["actual_purchases"].tolist()


def test_the_actual_figures_of_the_cohorts_are_those_of_plain_pandas(job: JobRun) -> None:
    orders = sample_orders()
    dated = orders.assign(day=orders["timestamp"].dt.normalize())
    days = dated.groupby(["customer_id", "day"])["amount"].sum().reset_index()
    first = days.groupby("customer_id")["day"].min()
    cutoff = pd.Timestamp(CUTOFF)
    for horizon in (30, 60, 90):
        future = days[(days["day"] > cutoff) & (days["day"] <= cutoff + pd.Timedelta(days=horizon))]
        month = future["customer_id"].map(first).dt.strftime("%Y-%m")
        cohorts = job.trained.backtests[-1].cohorts
        told = cohorts[cohorts["horizon_days"] == horizon].set_index("cohort")
        assert told["actual_purchases"].to_dict() == future.groupby(month).size().to_dict()
        pd.testing.assert_series_equal(
            told["actual_spend"], future.groupby(month)["amount"].sum(), check_names=False, rtol=1e-9
        )
        came = first.index.isin(future["customer_id"])
        rate = 1 - pd.Series(came, index=first.index).groupby(first.dt.strftime("%Y-%m")).mean()
        pd.testing.assert_series_equal(told["actual_churn_rate"], rate, check_names=False)


def test_plain_mlflow_loads_the_champion_and_predicts_what_the_job_scored(job: JobRun) -> None:
    mlflow = mlflow_module()
    mlflow.set_tracking_uri(tracking_uri(job.config))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own deprecations
        model = mlflow.pyfunc.load_model("models:/sample@champion")
        predicted = model.predict(sample_orders(), params={"as_of": CUTOFF})
    scores = pd.read_parquet(job.scored.folder / "scores.parquet")
    pd.testing.assert_frame_equal(predicted, scores[list(predicted.columns)], check_exact=True)
    assert model.metadata.signature is not None
    assert model.metadata.saved_input_example_info is not None


def test_the_logged_model_carries_no_pickle(job: JobRun, client: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = mlflow_module().artifacts.download_artifacts(
            artifact_uri=job.trained.run.model_uri, tracking_uri=tracking_uri(job.config)
        )
    from pathlib import Path

    names = [path.name for path in Path(folder).rglob("*") if path.is_file()]
    assert "bundle.json" in names
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib", ".dill"))]


def test_no_customer_of_the_data_is_named_in_the_run(job: JobRun) -> None:
    ids = set(sample_orders()["customer_id"])
    root = job.config.tracking.store / "artifacts"
    texts = [path for path in root.rglob("*") if path.suffix in {".json", ".md", ".csv", ".yaml", ".svg"}]
    assert any(path.name == "input_example.json" for path in texts)
    for path in texts:
        if path.name == "bundle.json":
            continue  # parameters and digests: no text of four digits in quotes
        quoted = set(re.findall(r'"(\d{4})"', path.read_text(encoding="utf-8")))
        assert not quoted & ids, path


def test_a_password_in_the_address_is_never_shown(tmp_path: Any) -> None:
    config = job_config(tmp_path, overrides=["tracking.uri=postgresql://user:secret@db.example/mlflow"])
    assert shown_uri(config) == "postgresql://db.example/mlflow"


def test_an_address_without_a_scheme_is_refused() -> None:
    config = build_config(
        {"name": "x", "transactions": {"sources": [{"dataset": "cdnow_sample"}]}, "tracking": {"uri": "mlruns"}},
        environment={},
    )
    with pytest.raises(ConfigError, match="must look like"):
        tracking_uri(config)
