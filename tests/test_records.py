"""Records of any table: the first reason counts, reports add up file by file, and bad tables stop the job."""

from __future__ import annotations

import datetime as dt
import json

import pandas as pd
import pytest

from clv_ml.data.records import CheckedTable, TableReport, first_reason, require_quality, settle
from clv_ml.engine import Engine, functions
from clv_ml.errors import DataQualityError


def settled(engine: Engine, *rows: tuple[str | None, str | None, str, str | None]) -> CheckedTable:
    """Of rows: customer, day, file, reason."""
    f = functions()
    frame = pd.DataFrame(list(rows), columns=["customer_id", "day", "source_file", "reason"], dtype="string")
    marked = engine.from_pandas(frame.assign(source_line=range(1, len(frame) + 1)))
    dated = marked.withColumn("day", f.col("day").cast("date"))
    return settle(engine, dated, "visits", columns=("customer_id",), texts=("customer_id", "day"), day="day")


def test_the_reason_of_a_row_is_that_of_the_first_rule_that_holds(engine: Engine) -> None:
    f = functions()
    frame = engine.from_pandas(pd.DataFrame({"n": [1, 2, 3, 4]}))
    rules = [(f.col("n") > 3, "large"), (f.col("n") > 1, "not one"), (f.col("n") > 2, "never told")]
    table = engine.to_pandas(frame.select("n", first_reason(rules).alias("reason")).orderBy("n"))
    assert table["reason"].fillna("fine").tolist() == ["fine", "not one", "not one", "large"]


def test_a_report_counts_by_reason_and_by_file_and_adds_up(engine: Engine) -> None:
    rows = [
        ("a", "2024-01-02", "one.csv", None),
        ("a", "2024-01-09", "one.csv", None),
        ("b", "1700-01-01", "two.csv", None),
        ("c", "2199-12-31", "two.csv", "late"),
        (None, None, "two.csv", "nobody"),
        (None, None, "two.csv", "nobody"),
    ]
    checked = settled(engine, *rows)
    assert checked.report == TableReport(
        table="visits",
        rows_in=6,
        rows_valid=3,
        quarantined={"late": 1, "nobody": 2},
        customers=2,
        first_day=dt.date(1700, 1, 1),
        last_day=dt.date(2024, 1, 9),
        by_file={"one.csv": {"valid": 2}, "two.csv": {"valid": 1, "late": 1, "nobody": 2}},
    )
    assert checked.report.bad_share == 0.5
    told = checked.report.to_dict()
    assert json.loads(json.dumps(told)) == told
    assert (told["rows_quarantined"], told["first_day"]) == (3, "1700-01-01")
    assert engine.to_pandas(checked.rows).columns.tolist() == ["customer_id"]
    aside = engine.to_pandas(checked.quarantine.orderBy("source_line"))
    assert aside.columns.tolist() == ["source_file", "source_line", "reason", "customer_id", "day"]
    assert aside["source_line"].tolist() == [4, 5, 6]


def test_a_table_without_rows_has_a_report_and_no_bad_share(engine: Engine) -> None:
    report = settled(engine).report
    assert (report.rows_in, report.bad_share, report.first_day, report.by_file) == (0, 0.0, None, {})


def test_a_job_stops_above_the_limit_and_not_at_it(engine: Engine) -> None:
    rows = [("a", "2024-01-02", "one.csv", reason) for reason in (None, None, "late", "nobody", "nobody", "nobody")]
    report = settled(engine, *rows).report
    require_quality(report, report.bad_share)
    message = (
        r"66\.7% of 6 rows break the contract, more than the 66\.0% of visits\.max_bad_share \(nobody: 3, late: 1\)"
    )
    with pytest.raises(DataQualityError, match=message) as caught:
        require_quality(report, 0.66)
    assert caught.value.exit_code == 3
