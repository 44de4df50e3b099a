"""New rows checked beside what is kept of earlier ones: as if those were there, or refused."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from clv_ml.config import RowPolicy
from clv_ml.data.additions import Additions, Earlier, NotAddable, check_additions, nothing_earlier
from clv_ml.data.sources import canonical, with_provenance
from clv_ml.engine import DataFrame, Engine, functions

Line = tuple[str, str, str, str]


def raw_of(engine: Engine, name: str, lines: list[Line]) -> DataFrame:
    frame = pd.DataFrame(lines, columns=["customer_id", "timestamp", "amount", "order_id"])
    return engine.materialise(canonical(engine.from_pandas(with_provenance(frame, name))))


def checked(engine: Engine, raw: DataFrame, earlier: Earlier, *, in_order: bool = True) -> Additions:
    return check_additions(engine, raw, RowPolicy(), earlier, currency="USD", in_order=in_order)


def earlier_of(engine: Engine, lines: list[Line]) -> Earlier:
    """What is kept of rows, all of them of open days."""
    raw = raw_of(engine, "first", lines)
    found = checked(engine, raw, nothing_earlier(raw))
    return Earlier(found.hashes, nothing_earlier(raw).first_sales, found.rows, found.orphans)


EARLIER: list[Line] = [
    ("a", "2024-01-05", "10", "o1"),
    ("a", "2024-01-06", "-4", "o2"),
    ("b", "2024-01-05", "-3", "o3"),
]


def test_new_rows_are_judged_by_the_earlier_ones(engine: Engine) -> None:
    new = [EARLIER[0], ("a", "2024-01-09", "-1", ""), ("a", "2024-01-04", "-1", ""), ("c", "2024-01-09", "5", "o1")]
    found = checked(engine, raw_of(engine, "second", new), earlier_of(engine, EARLIER))
    assert found.report.by_file == {"second": {"valid": 2, "duplicate_line": 1, "refund_without_purchase": 1}}
    assert (found.report.rows_valid, found.report.refund_rows, str(found.report.amount)) == (2, 1, "4.00")
    assert found.report.last_day == dt.date(2024, 1, 9)
    f = functions()
    assert engine.row_count(found.rows.filter(f.col("customer_id") == "c")) == 1
    assert engine.to_pandas(found.orphans)["customer_id"].tolist() == ["a"]


def test_rows_that_change_what_became_of_earlier_ones_are_refused(engine: Engine) -> None:
    earlier = earlier_of(engine, EARLIER)
    freeing = raw_of(engine, "second", [("b", "2024-01-05", "9", "o9")])
    with pytest.raises(NotAddable, match="the purchase that an earlier refund was missing"):
        checked(engine, freeing, earlier)
    later = raw_of(engine, "second", [("b", "2024-01-06", "9", "o9")])
    assert checked(engine, later, earlier).report.rows_valid == 1
    repeating = raw_of(engine, "before the first", EARLIER[:1])
    with pytest.raises(NotAddable, match="stand in a later one already"):
        checked(engine, repeating, earlier, in_order=False)
