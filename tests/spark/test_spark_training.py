"""Training on Spark: the models of one machine, from counts and a sample; nobody collects the customers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from clv_ml.config import Config
from clv_ml.engine import DataFrame, Engine, SparkEngine
from clv_ml.evaluation.forecast_error import ForecastError
from clv_ml.models import sampled_rows
from clv_ml.models.bundle import Bundle
from clv_ml.models.fitting import FittedModels, fit_with_rows
from clv_ml.models.scoring import score_customers
from clv_ml.models.training_rows import population_at
from clv_ml.pipeline.cluster_forecast import forecast_on_cluster
from clv_ml.pipeline.cluster_list import scored_frame, work_of
from clv_ml.pipeline.earlier import EarlierList, judge
from clv_ml.pipeline.forecasting import forecast_customers
from clv_ml.pipeline.prepared import Prepared
from clv_ml.snapshot.tables import Tables
from spark.cases import SAMPLE_DAY
from spark.list_parity import assert_same_columns, at_most

# kinds of customers are fewer than customers, and the training rows are of some only
MOST = 1_500
ERROR = ForecastError({"purchases": {"90": {"common": 0.1, "cohort": 0.05, "cutoffs": 1.0}}})


@pytest.fixture(scope="module")
def few_rows(sample_config: Config) -> Config:
    """One snapshot and fewer training rows than there are."""
    churn = sample_config.churn.model_copy(update={"max_training_rows": 1000, "max_snapshots": 1})
    return sample_config.model_copy(update={"churn": churn})


@pytest.fixture(scope="module")
def totals(engine: Engine, spark: SparkEngine, sample_totals: DataFrame) -> DataFrame:
    """Day totals of CDNOW on Spark."""
    with engine.active():
        table = engine.to_arrow(sample_totals)
    return spark.from_arrow(table)


def test_a_training_is_that_of_one_machine_and_collects_counts_and_a_sample(
    engine: Engine,
    spark: SparkEngine,
    totals: DataFrame,
    sample_totals: DataFrame,
    few_rows: Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with engine.active():
        one, rows = fit_with_rows(engine, Tables(sample_totals), SAMPLE_DAY, few_rows, progress=lambda line: None)
        customers = population_at(engine, Tables(sample_totals), SAMPLE_DAY, few_rows.churn)
    with spark.active(), at_most(MOST, monkeypatch) as seen:
        other, same = fit_with_rows(spark, Tables(totals), SAMPLE_DAY, few_rows, progress=lambda line: None)
    assert len(customers) > MOST
    assert max(seen) > 900  # the watch saw the counts
    assert dict(other.purchases.params_) == dict(one.purchases.params_)
    assert dict(other.spend.params_) == dict(one.spend.params_)
    assert_same_columns(rows, same[rows.columns], rtol=1e-12)
    assert other.alarms == one.alarms
    assert one.alarms[-1].startswith("training rows: of 42.4% of the customers")
    told = [score_customers(models, customers, horizons_days=(90,), value=few_rows.value) for models in (one, other)]
    assert_same_columns(*told, rtol=1e-9)


def test_who_is_judged_is_drawn_on_spark_as_on_one_machine(
    engine: Engine, spark: SparkEngine, totals: DataFrame, sample_totals: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampled_rows, "MOST_JUDGED", 500)
    drawn = []
    for some, table in ((engine, sample_totals), (spark, totals)):
        with some.active():
            found = sampled_rows.judged_sample(some, Tables(table), SAMPLE_DAY)
            ids = some.to_pandas(found.tables.totals.select("customer_id").distinct())["customer_id"]
            drawn.append((sorted(ids), found.words()))
    assert drawn[0] == drawn[1]
    assert 450 < len(drawn[0][0]) < 550
    assert drawn[0][1] == "judged: of 21.2% of the customers, drawn by a digest of customer_id"


def test_workers_sum_the_forecast_of_one_machine(
    spark: SparkEngine,
    sample_customers: pd.DataFrame,
    sample_models: FittedModels,
    sample_config: Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forecast = sample_config.forecast.model_copy(update={"churn_from": "classifier"})
    config = sample_config.model_copy(update={"forecast": forecast})
    horizons = config.churn.horizons_days
    scores = score_customers(sample_models, sample_customers, horizons_days=horizons, value=config.value)
    one = forecast_customers(sample_models, sample_customers, scores, config=config, error=ERROR)
    bundle = Bundle(sample_models, {"name": "shop"}, "")
    with spark.active(), at_most(50, monkeypatch):
        known = spark.from_pandas(sample_customers.reset_index()).repartition(3)
        scored = scored_frame(spark, known, work_of(bundle, config, SAMPLE_DAY))
        other = forecast_on_cluster(spark, scored, bundle, config=config, error=ERROR)
    assert list(other.columns) == list(one.columns)
    assert other[["cohort", "horizon_days", "customers"]].equals(one[["cohort", "horizon_days", "customers"]])
    figures = one.columns.drop(["cohort", "horizon_days", "customers"])
    np.testing.assert_allclose(other[figures], one[figures], rtol=1e-9)


def test_an_earlier_list_of_a_cluster_is_judged_as_that_of_one_machine(
    engine: Engine,
    spark: SparkEngine,
    totals: DataFrame,
    sample_totals: DataFrame,
    sample_customers: pd.DataFrame,
    tmp_path: Path,
) -> None:
    day = dt.date(1997, 9, 30)
    ids = [*sample_customers.index[::20], "nobody knows"]
    rows = pd.DataFrame({"customer_id": ids, "action_status": "contact", "rank": range(1, len(ids) + 1)})
    rows = rows.assign(p_churn_90d=np.linspace(0.9, 0.1, len(ids)))
    rows.to_parquet(tmp_path / "list.parquet")
    (tmp_path / "folder.parquet").mkdir()
    for part, some in enumerate((rows[:50], rows[50:])):
        some.to_parquet(tmp_path / "folder.parquet" / f"part-{part}.parquet")
    found = []
    for some_engine, table, name in ((engine, sample_totals, "list"), (spark, totals, "folder")):
        prepared = Prepared(some_engine, Tables(table), cast(Any, None), tmp_path)
        earlier = EarlierList(day, "r", tmp_path / f"{name}.parquet")
        assert earlier.horizons_days() == [90]
        with some_engine.active():
            found.append([judge(prepared, earlier, 90, most_rows=most) for most in (None, 60)])
    assert found[0] == found[1]
    assert [item.customers for item in found[0] if item is not None] == [len(ids) - 1, 60]
