"""Columns on a cluster: apart by role, with the types of one machine, whatever the batches."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from clv_ml.decisions import cluster_columns
from clv_ml.decisions.cluster_columns import KNOWN, SCORED, appended, arrow_batch, columns_of, gathered, kinds_of

TABLE = pa.table(
    {
        "customer_id": ["b", "a"],
        "known_rank": [7, None],
        "known_T": [1, 2],
        "known_plan": ["x", None],
        "known_spend": [1.5, None],
        "known_paid": [Decimal("1.25"), None],
        "known_day": pa.array([dt.date(2024, 1, 2), None], pa.date32()),
        "score_rank": [0.5, 0.25],
    }
)


def test_an_attribute_may_have_the_name_of_a_score() -> None:
    assert columns_of(TABLE, SCORED).columns.tolist() == ["rank"]
    assert columns_of(TABLE, SCORED)["rank"].to_dict() == {"b": 0.5, "a": 0.25}
    assert columns_of(TABLE, KNOWN)["rank"].dropna().to_dict() == {"b": 7}


def test_values_have_the_types_that_the_engine_gives_out() -> None:
    kinds = columns_of(TABLE, KNOWN).dtypes.astype("str").to_dict()
    assert kinds == {
        "rank": "Int64",
        "T": "int64",
        "plan": "str",
        "spend": "float64",
        "paid": "float64",
        "day": "datetime64[us]",
    }


def test_small_batches_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_columns, "BATCH", 5)
    parts = [pa.RecordBatch.from_pydict({"n": list(range(size))}) for size in (3, 0, 1, 4, 2)]
    assert [part.num_rows for part in gathered(iter(parts))] == [8, 2]
    assert list(gathered(iter(parts[1:2]))) == []


def test_what_is_missing_is_null_and_words_are_texts() -> None:
    table = pd.DataFrame(
        {
            "share": [np.nan, 0.5],
            "days": [3.0, np.nan],
            "tier": pd.Categorical(["low", "high"]),
            "held": [True, False],
            "told": pd.Series([None, "x"], dtype="str"),
        }
    )
    kinds = kinds_of(table)
    assert kinds == {"share": "double", "days": "double", "tier": "string", "held": "boolean", "told": "string"}
    batch = arrow_batch(table, {**kinds, "days": "bigint"})
    assert batch.to_pydict() == {
        "share": [None, 0.5],
        "days": [3, None],
        "tier": ["low", "high"],
        "held": [True, False],
        "told": [None, "x"],
    }


def test_columns_are_put_beside_a_table() -> None:
    more = pd.DataFrame({"score_p": [0.5, np.nan]}, index=["b", "a"])
    (batch,) = appended(TABLE, more, {"score_p": "double"})
    assert batch.schema.names == [*TABLE.column_names, "score_p"]
    assert batch.column("score_p").to_pylist() == [0.5, None]


def test_texts_that_came_in_several_batches_go_out_in_one() -> None:
    parts = [pa.RecordBatch.from_pydict({"customer_id": [name]}) for name in "ab"]
    (table,) = gathered(iter(parts))
    ids = columns_of(table, KNOWN).reset_index()
    assert arrow_batch(ids, {"customer_id": "string"}).column("customer_id").to_pylist() == ["a", "b"]
