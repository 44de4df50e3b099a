"""Parting: what one pass finds fine is exactly what a close look would, and every row is accounted for."""

from __future__ import annotations

import pandas as pd
import pytest

from clv_ml.data.parting import brought_back, left_over, plainly_fine, rows_by_file, tallied
from clv_ml.engine import DataFrame, Engine
from clv_ml.errors import ClvError

ROWS = [("a", "one", None), ("b", "one", None), ("b", "two", "late"), ("c", "two", None), (None, "two", "nobody")]


def marked(engine: Engine) -> DataFrame:
    """Of rows: customer, file, reason."""
    return engine.from_pandas(pd.DataFrame(ROWS, columns=["customer_id", "source_file", "reason"], dtype="string"))


def customers(engine: Engine, frame: DataFrame) -> list[str]:
    return sorted(engine.to_pandas(frame)["customer_id"].fillna("nobody"))


SHOWN = ("customer_id", "source_file", "source_line", "reason")


def test_rows_without_a_reason_are_fine_and_the_others_are_left(engine: Engine) -> None:
    rows = marked(engine)
    fine = plainly_fine(engine, rows, ("customer_id",))
    assert (fine.columns, customers(engine, fine)) == (["customer_id"], ["a", "b", "c"])
    assert customers(engine, left_over(engine, fine, lambda: rows, rows_in=5, columns=SHOWN)) == ["b", "nobody"]


def test_nothing_is_planned_where_nothing_is_left(engine: Engine) -> None:
    def never() -> DataFrame:
        raise AssertionError

    left = left_over(engine, plainly_fine(engine, marked(engine), ("customer_id",)), never, rows_in=3, columns=SHOWN)
    assert [(field.name, field.dataType.simpleString()) for field in left.schema.fields] == [
        ("customer_id", "string"),
        ("source_file", "string"),
        ("source_line", "bigint"),
        ("reason", "string"),
    ]
    assert engine.row_count(left) == 0


def test_all_rows_of_suspects_are_looked_at_and_the_cleared_ones_come_back(engine: Engine) -> None:
    rows = marked(engine)
    fine = plainly_fine(engine, rows, ("customer_id",))
    suspects = engine.from_pandas(pd.DataFrame({"customer_id": ["b", "c"]}, dtype="string"))
    looked_at = left_over(engine, fine, lambda: rows, rows_in=5, columns=SHOWN, suspects=suspects)
    assert looked_at.columns == rows.columns
    assert customers(engine, looked_at) == ["b", "b", "c", "nobody"]
    guilty = looked_at.filter("customer_id <> 'c'")
    assert customers(engine, brought_back(engine, fine, suspects, guilty, ("customer_id",))) == ["a", "b"]
    assert brought_back(engine, fine, None, looked_at, ("customer_id",)) is fine


def test_a_tally_accounts_for_every_row_of_every_file(engine: Engine) -> None:
    rows = marked(engine)
    aside = rows.filter(rows.reason.isNotNull())
    came_in = rows_by_file(engine, rows)
    assert came_in == {"one": 2, "two": 3}
    tally = tallied(engine, "visits", came_in, 3, aside)
    assert (tally.rows_in, tally.rows_valid, tally.quarantined) == (5, 3, {"late": 1, "nobody": 1})
    assert tally.by_file == {"one": {"valid": 2}, "two": {"valid": 1, "late": 1, "nobody": 1}}
    with pytest.raises(ClvError, match=r"visits: rows in 5 != valid 4 \+ quarantined 2"):
        tallied(engine, "visits", came_in, 4, aside)
