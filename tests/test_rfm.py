"""Frequency, recency, T and monetary value: against plain Python, the published CDNOW summary, and odd tables."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_reference import START, Order, purchase_days, rfm_of, tables, transactions_of

from clv_ml.data.sources import canonical, with_provenance
from clv_ml.engine import Engine
from clv_ml.errors import ConfigError, DataError
from clv_ml.snapshot.rfm import parse_day, rfm, rfm_summary
from clv_ml.snapshot.window import Window, day_totals

CALIBRATION_END = "1997-09-30"


@pytest.fixture(scope="module")
def sample_summary(cdnow_sample: pd.DataFrame) -> pd.DataFrame:
    return rfm_summary(cdnow_sample, cutoff=CALIBRATION_END)


@settings(settings.get_profile("engine"), max_examples=8)
@given(orders=tables(), cut=st.integers(0, 420))
def test_the_summary_equals_a_plain_python_count(engine: Engine, orders: list[Order], cut: int) -> None:
    cutoff = START + dt.timedelta(days=cut)
    expected = rfm_of(purchase_days([order for order in orders if order.day <= cutoff]), cutoff)
    history = Window(cutoff, 1).history(day_totals(transactions_of(engine, orders)))
    table = engine.to_pandas(rfm(history, cutoff)).set_index("customer_id")
    assert set(table.index) == set(expected)
    for customer, row in expected.items():
        assert table.loc[customer, list(row)].astype(float).to_dict() == pytest.approx(row)


def test_the_cdnow_sample_has_its_known_size(sample_summary: pd.DataFrame) -> None:
    assert len(sample_summary) == 2357
    assert (sample_summary["frequency"] > 0).sum() == 946
    assert sample_summary["frequency"].sum() == 2457
    assert sample_summary["T"].max() == 272  # from 1 January
    assert sample_summary.index.is_monotonic_increasing
    assert sample_summary.dtypes.astype(str).to_dict() == {
        "first_day": sample_summary["first_day"].dtype.name,
        "frequency": "int64",
        "recency": "int64",
        "T": "int64",
        "monetary_value": "float64",
    }


@pytest.mark.data
def test_the_cdnow_sample_equals_the_published_summary(sample_summary: pd.DataFrame, data_dir: Path) -> None:
    published = pd.read_csv(data_dir / "published" / "cdnow_customers_summary_with_transactions.csv")
    # published in weeks, to two digits, in the order of the customers
    assert sample_summary["frequency"].tolist() == published["x"].tolist()
    np.testing.assert_allclose(sample_summary["recency"] / 7, published["t_x"], atol=0.00501)
    np.testing.assert_allclose(sample_summary["T"] / 7, published["T"], atol=0.00501)
    np.testing.assert_allclose(sample_summary["monetary_value"], published["zbar"], atol=0.00501)
    same = pd.read_csv(data_dir / "published" / "cdnow_customers_summary.csv")
    assert sample_summary["frequency"].tolist() == same["frequency"].tolist()
    np.testing.assert_allclose(sample_summary["recency"] / 7, same["recency"], atol=0.00501)


def orders(**columns: object) -> pd.DataFrame:
    table: dict[str, object] = {
        "customer_id": ["a", "a", "b"],
        "timestamp": ["2024-01-01", "2024-01-11", "2024-02-01"],
        "amount": [10.0, 20.0, 5.0],
    }
    return pd.DataFrame(table | columns)


def read(engine: Engine, **columns: object) -> pd.DataFrame:
    frame = canonical(engine.from_pandas(with_provenance(orders(**columns), "orders")))
    return engine.to_pandas(frame.orderBy("source_line"))


def summary(**columns: object) -> pd.DataFrame:
    return rfm_summary(orders(**columns), cutoff="2024-02-10")


def test_the_argument_is_left_alone_and_the_cutoff_may_be_text_or_date() -> None:
    table = orders()
    as_text = rfm_summary(table, cutoff="2024-02-10")
    pd.testing.assert_frame_equal(table, orders())
    pd.testing.assert_frame_equal(as_text, rfm_summary(table, cutoff=dt.date(2024, 2, 10)))
    assert as_text["frequency"].to_dict() == {"a": 1, "b": 0}


@pytest.mark.parametrize(
    "timestamp",
    [
        pd.to_datetime(["2024-01-01", "2024-01-11", "2024-02-01"]),
        pd.to_datetime(["2024-01-01 12:00", "2024-01-11 23:59", "2024-02-01 00:00"]).tz_localize("UTC"),
        [dt.date(2024, 1, 1), dt.date(2024, 1, 11), dt.date(2024, 2, 1)],
        [dt.datetime(2024, 1, 1), "2024-01-11", dt.date(2024, 2, 1)],
        ["2024-01-01T23:30:00-00:00", "2024-01-12T01:00:00+02:00", "2024-02-01 12:00:00Z"],
    ],
    ids=["datetime", "with zone", "date", "mixed objects", "text with offsets"],
)
def test_timestamps_may_be_datetimes_dates_or_text(engine: Engine, timestamp: object) -> None:
    days = read(engine, timestamp=timestamp)["timestamp"].dt.date
    assert days.tolist() == [dt.date(2024, 1, 1), dt.date(2024, 1, 11), dt.date(2024, 2, 1)]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_may_be_counted_in_any_unit(unit: Literal["s", "ms", "us", "ns"]) -> None:
    told = pd.to_datetime(pd.Series(["2024-01-01", "2024-01-31"])).dt.as_unit(unit)
    orders = pd.DataFrame({"customer_id": "a", "timestamp": told, "amount": 1.0})
    assert rfm_summary(orders, cutoff="2024-02-10")["recency"].tolist() == [30]


def test_ids_may_be_text_numbers_or_numbers_that_became_floats(engine: Engine) -> None:
    for ids in ([7, 7, 8], [7.0, 7.0, 8.0], ["7", "7", "8"], [7, "7", "8"], pd.Categorical(["7", "7", "8"])):
        assert read(engine, customer_id=ids)["customer_id"].tolist() == ["7", "7", "8"], ids
    assert read(engine, customer_id=["007", " 7", "7.5"])["customer_id"].tolist() == ["007", "7", "7.5"]
    assert read(engine, customer_id=[7.5, 7.0, 8.0])["customer_id"].tolist() == ["7.5", "7", "8"]


def test_lines_of_one_order_with_the_same_price_are_not_duplicates() -> None:
    lines = summary(order_id=["x", "x", "y"], product=["p", "q", "p"], amount=[10.0, 10.0, 5.0])
    assert lines["frequency"].to_dict() == {"a": 1, "b": 0}


def test_further_columns_do_not_disturb() -> None:
    extra = orders().assign(day=1, reason="x", amount_text=None, copy=2).rename(columns={"copy": 5})
    pd.testing.assert_frame_equal(rfm_summary(extra, cutoff="2024-02-10"), summary())


def test_one_row_is_enough() -> None:
    row = rfm_summary(orders().head(1), cutoff="2024-01-01").iloc[0]
    assert row[["frequency", "recency", "T", "monetary_value"]].tolist() == [0, 0, 0, 0.0]


def test_what_cannot_be_used_is_named() -> None:
    with pytest.raises(DataError, match=r"column amount is missing; available: customer_id, timestamp$"):
        rfm_summary(orders().drop(columns="amount"), cutoff="2024-02-10")
    with pytest.raises(DataError, match=r"rows that cannot be used \(missing_amount: 1, unreadable_timestamp: 1\)"):
        summary(amount=[1.0, np.nan, 5.0], timestamp=["2024-01-01", "2024-01-02", "soon"])
    with pytest.raises(DataError, match=r"no valid row among 0 \(the table is empty\)"):
        rfm_summary(orders().head(0), cutoff="2024-02-10")
    with pytest.raises(DataError, match="nobody bought up to the cutoff 2023-12-31"):
        rfm_summary(orders(), cutoff="2023-12-31")


def test_a_day_is_a_date_or_iso_text() -> None:
    assert parse_day("2024-02-29", "cutoff") == dt.date(2024, 2, 29)
    assert parse_day(dt.datetime(2024, 2, 29, 12), "cutoff") == dt.date(2024, 2, 29)
    with pytest.raises(ConfigError, match="as_of: '2024-02-30' is not a day, write it like 2024-12-31"):
        parse_day("2024-02-30", "as_of")
