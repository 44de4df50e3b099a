"""Frames of other libraries give what pandas frames give, from whatever speaks Arrow."""

from __future__ import annotations

import datetime as dt
import decimal
import doctest
from collections.abc import Callable
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from churn_data import FEATURES, fitted, snapshots

import clv_ml
from clv_ml.data import arrow
from clv_ml.data.arrow import as_pandas
from clv_ml.errors import DataError

CUTOFF = "1998-03-31"
KNOWN = {"frequency", "recency", "T", "monetary_value"}
Makes = Callable[[pd.DataFrame], Any]


def table(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def stream(frame: pd.DataFrame) -> pa.RecordBatchReader:
    """A stream of batches, which can be read once."""
    return table(frame).to_reader(max_chunksize=100)


def relation(frame: pd.DataFrame) -> Any:
    connection = duckdb.connect()
    return connection.from_arrow(table(frame))


MAKERS = pytest.mark.parametrize("make", [table, stream, relation])


@pytest.fixture(scope="module")
def summary(cdnow_sample: pd.DataFrame) -> pd.DataFrame:
    return clv_ml.rfm_summary(cdnow_sample, cutoff=CUTOFF)


@pytest.fixture(scope="module")
def purchases(summary: pd.DataFrame) -> clv_ml.PurchaseModel:
    return clv_ml.PurchaseModel().fit(summary)


@pytest.fixture(scope="module")
def spend(summary: pd.DataFrame) -> clv_ml.SpendModel:
    return clv_ml.SpendModel().fit(summary)


@MAKERS
def test_a_summary_of_orders_is_the_one_that_pandas_gives(
    make: Makes, cdnow_sample: pd.DataFrame, summary: pd.DataFrame
) -> None:
    pd.testing.assert_frame_equal(clv_ml.rfm_summary(make(cdnow_sample), cutoff=CUTOFF), summary)


def test_days_and_decimals_are_orders_too() -> None:
    orders = pa.table(
        {
            "customer_id": ["a", "a"],
            "timestamp": pa.array([dt.date(2024, 1, 1), dt.date(2024, 1, 31)]),
            "amount": pa.array([decimal.Decimal("10.00"), decimal.Decimal("20.55")], pa.decimal128(18, 2)),
        }
    )
    assert clv_ml.rfm_summary(orders, cutoff="2024-02-10").loc["a", "monetary_value"] == 20.55


@MAKERS
def test_value_models_predict_from_any_frame_and_index_by_customer(
    make: Makes, summary: pd.DataFrame, purchases: clv_ml.PurchaseModel, spend: clv_ml.SpendModel
) -> None:
    few = summary.iloc[:60]

    def other() -> Any:
        return make(few.reset_index())

    for method in ("expected_purchases", "probability_no_purchase", "purchase_quantiles"):
        told = getattr(purchases, method)
        got, wanted = (pd.DataFrame(told(rfm, horizon_days=90)) for rfm in (other(), few))
        pd.testing.assert_frame_equal(got, wanted)
    pd.testing.assert_series_equal(purchases.probability_alive(other()), purchases.probability_alive(few))
    pd.testing.assert_series_equal(spend.expected_spend(other()), spend.expected_spend(few))
    for function in (clv_ml.customer_lifetime_value, clv_ml.value_windows, clv_ml.residual_lifetime_value):
        pd.testing.assert_frame_equal(function(purchases, spend, other()), function(purchases, spend, few))


def test_value_models_learn_from_any_frame(
    summary: pd.DataFrame, purchases: clv_ml.PurchaseModel, spend: clv_ml.SpendModel
) -> None:
    assert clv_ml.PurchaseModel().fit(stream(summary)).params_ == purchases.params_
    assert clv_ml.SpendModel().fit(stream(summary)).params_ == spend.params_


def test_intervals_take_any_frame(
    summary: pd.DataFrame, purchases: clv_ml.PurchaseModel, spend: clv_ml.SpendModel
) -> None:
    few = summary.iloc[:40]
    settings: dict[str, Any] = {"horizon_days": 90, "n_futures": 20, "n_parameter_draws": 0}
    told = clv_ml.predictive_intervals(purchases, spend, few, **settings)
    again = clv_ml.predictive_intervals(purchases, spend, stream(few.reset_index()), **settings)
    for mine, theirs in zip(told, again, strict=True):
        pd.testing.assert_frame_equal(mine, theirs)


def test_the_churn_model_and_the_classifier_learn_and_predict_from_any_frame() -> None:
    rows = snapshots(rows=60)
    model, other = fitted(rows, threads=1), fitted(stream(rows), threads=1)
    assert other.to_files() == model.to_files()
    wanted = model.predict(rows.set_index("customer_id"))
    pd.testing.assert_frame_equal(model.predict(relation(rows)), wanted)
    assert model.contributions(stream(rows)).index.equals(wanted.index)
    features, away = rows[list(FEATURES)], rows["churned_90"]
    classifier = clv_ml.ChurnClassifier(threads=1).fit(table(features), away)
    assert (classifier.predict_proba(stream(features)) == classifier.predict_proba(features)).all()


def test_a_pandas_frame_is_not_copied_and_keeps_its_index(summary: pd.DataFrame) -> None:
    assert as_pandas(summary, index="frequency") is summary
    taken = as_pandas(pa.Table.from_pandas(summary), index="customer_id")
    assert taken.index.name == "customer_id"
    assert set(taken.columns) >= KNOWN


def test_what_is_no_frame_is_refused_in_words() -> None:
    with pytest.raises(DataError, match="rfm is a list; a pandas DataFrame, or a frame that speaks Arrow, is wanted"):
        clv_ml.PurchaseModel().fit([1, 2])  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"rfm: column 'T' is missing"):
        clv_ml.PurchaseModel().fit(pa.table({"frequency": [1], "recency": [1]}))


def test_the_example_of_the_docstring_runs() -> None:
    assert doctest.testmod(arrow).failed == 0
