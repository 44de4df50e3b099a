"""Summaries, counts and samples of a Spark DataFrame: computed where its rows are, equal to those of one machine."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import clv_ml
from clv_ml.engine import DataFrame, Engine, SparkEngine
from clv_ml.errors import DataError
from clv_ml.models.counted import fit_on_counts

CUTOFF = "1997-09-30"


@pytest.fixture(scope="module")
def orders(spark_session: Any, cdnow_sample: pd.DataFrame) -> DataFrame:
    """CDNOW as a user's frame, its timestamps with a zone as Spark has them."""
    table = cdnow_sample.assign(customer_id=cdnow_sample["customer_id"].astype(str), store="x")
    return spark_session.createDataFrame(pa.Table.from_pandas(table, preserve_index=False))


@pytest.fixture(scope="module")
def told(spark_session: Any, orders: DataFrame) -> tuple[DataFrame, dict[str, str], dict[str, str]]:
    """The summary, asked for in another zone, and the session's settings before and after."""
    spark_session.conf.set("spark.sql.session.timeZone", "America/New_York")
    before = dict(spark_session.conf.getAll)
    summary = clv_ml.rfm_summary(orders, cutoff=CUTOFF)
    after = dict(spark_session.conf.getAll)
    spark_session.conf.unset("spark.sql.session.timeZone")
    return summary, before, after


def test_a_spark_frame_in_gives_a_spark_frame_out_with_the_same_figures(
    told: tuple[DataFrame, Any, Any], cdnow_sample: pd.DataFrame
) -> None:
    found = told[0].toArrow().to_pandas().set_index("customer_id").sort_index()
    expected = clv_ml.rfm_summary(cdnow_sample, cutoff=CUTOFF)
    found["first_day"] = pd.to_datetime(found["first_day"])
    pd.testing.assert_frame_equal(found, expected, check_exact=True, check_index_type=False, check_dtype=False)
    assert found.dtypes.drop("first_day").equals(expected.dtypes.drop("first_day"))


def test_the_settings_of_the_session_are_given_back(told: tuple[Any, dict[str, str], dict[str, str]]) -> None:
    _, before, after = told
    assert before == after
    assert before["spark.sql.session.timeZone"] == "America/New_York"


def test_models_fitted_on_counts_are_those_fitted_on_all_customers(
    engine: Engine, spark: SparkEngine, told: tuple[DataFrame, Any, Any], cdnow_sample: pd.DataFrame
) -> None:
    table = clv_ml.rfm_summary(cdnow_sample, cutoff=CUTOFF)
    expected = [dict(clv_ml.PurchaseModel().fit(table).params_), dict(clv_ml.SpendModel().fit(table).params_)]
    with engine.active():
        here = fit_on_counts(engine, engine.from_pandas(table.reset_index()))
    with spark.active():
        there = fit_on_counts(spark, told[0])
    assert [dict(model.params_) for model in here] == expected
    assert [dict(model.params_) for model in there] == expected


def test_rows_that_cannot_be_used_are_refused_with_their_reasons(spark_session: Any) -> None:
    rows = [("a", "2024-01-01", "1"), ("", "2024-01-01", "1"), ("b", "soon", "1"), ("c", "2024-01-01", "1_0")]
    bad = spark_session.createDataFrame(rows, ["customer_id", "timestamp", "amount"])
    reasons = "missing_customer_id: 1, unreadable_amount: 1, unreadable_timestamp: 1"
    with pytest.raises(DataError, match=reasons):
        clv_ml.rfm_summary(bad, cutoff="2024-02-01")


def test_a_missing_column_is_named(spark_session: Any) -> None:
    with pytest.raises(DataError, match="amount"):
        clv_ml.rfm_summary(spark_session.createDataFrame([("a",)], ["customer_id"]), cutoff="2024-02-01")
