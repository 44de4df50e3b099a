"""Suspects: few customers are looked at closely, and none too few."""

from __future__ import annotations

import pandas as pd
import pytest

from clv_ml.config import RowPolicy
from clv_ml.data.suspects import find_suspects
from clv_ml.engine import DataFrame, Engine

ROWS = [
    ("buyer", "1", 5.0),
    ("buyer", "2", 5.0),
    ("sender back", "3", 5.0),
    ("sender back", "3", -5.0),
    ("twin", "4", 7.0),
    ("twin", "4", 7.0),
    ("free of orders", None, 9.0),
    ("free of orders", None, 9.0),
]


def fine(engine: Engine, rows: list[tuple[str, str | None, float]]) -> DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "order_id", "amount"])
    table = engine.from_pandas(frame.astype({"customer_id": "string", "order_id": "string"}))
    return table.withColumn("amount", table.amount.cast("decimal(18,2)"))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (RowPolicy(), ["sender back", "twin"]),
        (RowPolicy(refunds="raise"), ["twin"]),
        (RowPolicy(duplicates="keep"), ["sender back"]),
        (RowPolicy(duplicates="keep", refunds="raise"), None),
    ],
)
def test_suspects_have_refunds_or_rows_alike(engine: Engine, policy: RowPolicy, expected: list[str] | None) -> None:
    found = find_suspects(engine, fine(engine, ROWS), policy)
    assert (None if found is None else sorted(engine.to_pandas(found)["customer_id"])) == expected


def test_nobody_is_a_suspect_where_all_is_plain(engine: Engine) -> None:
    assert find_suspects(engine, fine(engine, ROWS[:2]), RowPolicy()) is None
