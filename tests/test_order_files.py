"""Orders in Parquet files: ids as everywhere, and rows that cannot be used counted by reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from value_file_data import VALUES, ordinary, require_equal, written

from clv_ml.errors import DataError
from clv_ml.models.value_file import write_values


def test_ids_are_read_as_everywhere(tmp_path: Path) -> None:
    orders = pd.DataFrame(
        {
            "customer_id": ["a ", "a", "12.0", "12", " a", "b", "B", "b"],
            "timestamp": pd.date_range("2024-01-01", periods=8, tz="Asia/Tokyo"),
            "amount": [1.005, 2.675, 3.0, 4.0, 8.125, 6.0, 7.0, 1.0],
        }
    )
    table, _ = written(tmp_path, orders, "2024-02-01")
    require_equal(table, ordinary(orders, "2024-02-01"))
    assert table["customer_id"].tolist() == ["12", "B", "a", "b"]


AMOUNTS = {
    "cents": pa.decimal128(9, 2),
    "more than cents": pa.decimal128(20, 4),
    "float": pa.float32(),
    "whole": pa.int16(),
    "whole decimal": pa.decimal128(5, 0),
}


@pytest.mark.parametrize("kind", AMOUNTS)
def test_an_amount_is_the_same_whatever_its_type(kind: str, tmp_path: Path) -> None:
    cents = np.random.default_rng(4).integers(1, 99, 60) * (100 if kind.startswith("whole") else 37)
    times = pd.date_range("2024-01-01 23:59", periods=60, freq="11h")
    orders = pd.DataFrame({"customer_id": np.arange(60) % 7, "timestamp": times, "amount": cents / 100})
    expected, _ = written(tmp_path, orders, "2024-02-20")
    table = pa.Table.from_pandas(orders)
    for place, unit in enumerate(("s", "ms", "ns")):
        moved = table.set_column(1, "timestamp", table["timestamp"].cast(pa.timestamp(unit)))
        moved = moved.set_column(2, "amount", pc.round(table["amount"], 2).cast(AMOUNTS[kind]))
        pq.write_table(moved, tmp_path / f"{place}.parquet")
        found = write_values(tmp_path / f"{place}.parquet", tmp_path / "v.parquet", cutoff="2024-02-20", **VALUES)
        pd.testing.assert_frame_equal(pd.read_parquet(found.path), expected)


BAD: Mapping[str, Mapping[str, Any]] = {
    "missing_customer_id": {"customer_id": None},
    "missing_timestamp": {"timestamp": None},
    "unreadable_timestamp": {"timestamp": pd.Timestamp("2300-01-01")},
    "missing_amount": {"amount": None},
    "non_finite_amount": {"amount": np.inf},
    "amount_out_of_range": {"amount": -1e12},
    "refund_without_purchase": {"timestamp": pd.Timestamp("2023-01-01"), "amount": -1.0},
}


@pytest.mark.parametrize("ids", [int, str])
@pytest.mark.parametrize("why", BAD)
def test_a_row_that_cannot_be_used_stops_it_and_is_counted(why: str, ids: type, tmp_path: Path) -> None:
    times = pd.Series(pd.date_range("2024-01-01", periods=6)).astype("datetime64[us]")
    orders = pd.DataFrame({"customer_id": pd.Series(range(6)).map(ids), "timestamp": times, "amount": 5.0})
    orders["customer_id"] = orders["customer_id"].astype("Int64" if ids is int else "string")
    for name, value in BAD[why].items():
        orders.loc[[2, 4], name] = value
    with pytest.raises(DataError, match=rf"rows that cannot be used \({why}: 2\)"):
        written(tmp_path, orders, "2024-02-01")
    assert not (tmp_path / "values.parquet").exists()


def test_every_reason_is_counted_and_an_earlier_file_stays(tmp_path: Path) -> None:
    orders = pd.DataFrame(
        {
            "customer_id": ["1.2E+11", "x\x01", "nan", "c", "d"],
            "timestamp": pd.to_datetime(["2024-01-01"] * 4 + [""]),
            "amount": [1.0, 1.0, 1.0, np.nan, np.nan],
        }
    )
    (tmp_path / "values.parquet").write_text("earlier")
    counts = (
        "control_character: 1, mangled_customer_id: 1, missing_amount: 1, missing_customer_id: 1, missing_timestamp: 1"
    )
    with pytest.raises(DataError, match=counts):
        written(tmp_path, orders, "2024-02-01")
    assert (tmp_path / "values.parquet").read_text() == "earlier"


def test_lines_of_an_order_are_summed_and_only_copies_of_a_whole_row_are_refused(tmp_path: Path) -> None:
    times = pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-01", "2024-01-09"])
    orders = pd.DataFrame(
        {"customer_id": 1, "timestamp": times, "amount": [5.0, 5.0, 5.0, 8.0], "order_id": ["a", "b", None, "c"]}
    )
    two = pd.concat([orders, orders.assign(customer_id=2)], ignore_index=True)
    lines = two.assign(line=range(8))
    require_equal(written(tmp_path, lines, "2024-02-01")[0], ordinary(lines, "2024-02-01"))
    copied = pd.concat([two, two[two["customer_id"] == 2]])
    with pytest.raises(DataError, match=r"\(duplicate_line: 3\)"):  # without an order id, equal rows may be two orders
        written(tmp_path, copied, "2024-02-01")
