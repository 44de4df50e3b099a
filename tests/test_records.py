"""Records of any table: one reason a row, reports that add up, bad tables stop the job, lookups add what they know."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from event_files import Row, check, rows_of, written

from clv_ml.config import Limits, LookupConfig
from clv_ml.data.parting import rows_by_file
from clv_ml.data.records import CheckedTable, TableReport, first_reason, require_quality, settle
from clv_ml.data.schema import EVIDENCE
from clv_ml.engine import Engine, functions
from clv_ml.errors import ConfigError, DataError, DataQualityError


def settled(engine: Engine, *rows: tuple[str | None, str | None, str, str | None]) -> CheckedTable:
    """Of rows: customer, day, file, reason."""
    f = functions()
    frame = pd.DataFrame(list(rows), columns=["customer_id", "day", "source_file", "reason"], dtype="string")
    marked = engine.from_pandas(frame.assign(source_line=range(1, len(frame) + 1)))
    dated = marked.withColumn("day", f.col("day").cast("date"))
    return settle(
        engine,
        dated.filter(f.col("reason").isNull()),
        dated.filter(f.col("reason").isNotNull()),
        "visits",
        came_in=rows_by_file(engine, dated),
        columns=("customer_id",),
        texts=("customer_id", "day"),
        day="day",
    )


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
    assert aside.columns.tolist() == ["source_file", "source_line", "reason", "customer_id", "day", *EVIDENCE]
    assert aside["source_line"].tolist() == [4, 5, 6]


def test_a_table_without_rows_has_a_report_and_no_bad_share(engine: Engine) -> None:
    report = settled(engine).report
    assert (report.rows_in, report.bad_share, report.first_day, report.by_file) == (0, 0.0, None, {})


def test_a_job_stops_above_the_limit_and_not_at_it(engine: Engine) -> None:
    rows = [("a", "2024-01-02", "one.csv", reason) for reason in (None, None, "late", "nobody", "nobody", "nobody")]
    report = settled(engine, *rows).report
    require_quality(report, Limits(max_bad_share=report.bad_share))
    message = (
        r"66\.7% of 6 rows break the contract, more than the 66\.0% of visits\.max_bad_share \(nobody: 3, late: 1\)"
    )
    with pytest.raises(DataQualityError, match=message) as caught:
        require_quality(report, Limits(max_bad_share=0.66))
    assert caught.value.exit_code == 3


CAMPAIGN = {"customer_id": "who", "surface": "campaign"}
KNOWN = {"surface": "id", "timestamp": "start"}


def campaigns(root: Path, sent: Sequence[Row], known: Sequence[Row], **lookup: Any) -> dict[str, Any]:
    """What was sent names a campaign; a small file knows its day."""
    written(root / "known.csv", known, KNOWN)
    settings = {"path": "known.csv", "key": "surface", "columns": KNOWN} | lookup
    return written(root / "sent.csv", sent, CAMPAIGN) | {"event_type": "campaign", "lookup": LookupConfig(**settings)}


def test_a_lookup_adds_the_moment_and_an_unknown_key_has_none(engine: Engine, tmp_path: Path) -> None:
    sent = [("a", "1"), ("b", " 1"), ("c", "2"), ("d", "9"), ("e", None)]
    known = [("1", "2024-01-05"), ("2 ", "2024-02-05"), (None, "2024-03-05"), (None, "2024-03-06")]
    checked = check(engine, tmp_path, campaigns(tmp_path, sent, known), contacts=("campaign",))
    assert [(row["customer_id"], row["day"].isoformat(), row["surface"]) for row in rows_of(engine, checked)] == [
        ("a", "2024-01-05", "1"),
        ("b", "2024-01-05", "1"),
        ("c", "2024-02-05", "2"),
    ]
    assert checked.report.by_file == {"sent.csv": {"valid": 3, "missing_timestamp": 2}}
    assert engine.to_pandas(checked.quarantine.orderBy("source_line"))["source_line"].tolist() == [4, 5]


def test_a_lookup_reads_the_times_of_its_file_by_the_pattern_of_the_source(engine: Engine, tmp_path: Path) -> None:
    source = campaigns(tmp_path, [("a", "1")], [("1", "05/01/2024")]) | {"timestamp_format": "%d/%m/%Y"}
    assert [row["day"] for row in rows_of(engine, check(engine, tmp_path, source))] == [dt.date(2024, 1, 5)]


def test_a_lookup_that_says_two_things_or_nothing_is_a_clear_error(engine: Engine, tmp_path: Path) -> None:
    twice = campaigns(tmp_path, [("a", "1")], [("1", "2024-01-05"), ("1", "2024-01-06")])
    with pytest.raises(DataError, match=r"known\.csv: surface '1' stands there 2 times; keep one row"):
        check(engine, tmp_path, twice)
    clash = campaigns(tmp_path, [("a", "1")], [("1", "2024-01-05")]) | {"columns": CAMPAIGN | {"timestamp": "campaign"}}
    with pytest.raises(ConfigError, match=r"lookup known\.csv: timestamp is mapped in the rows as well"):
        check(engine, tmp_path, clash)
    keyless = campaigns(tmp_path, [("a", "1")], [("1", "2024-01-05")]) | {"columns": {"customer_id": "who"}}
    with pytest.raises(ConfigError, match=r"lookup known\.csv: its key surface is not among the `columns` of the rows"):
        check(engine, tmp_path, keyless)
    (tmp_path / "lists").mkdir()
    written(tmp_path / "lists" / "one.csv", [("1", "2024-01-05")], KNOWN)
    written(tmp_path / "lists" / "two.csv", [("2", "2024-01-05")], KNOWN)
    with pytest.raises(ConfigError, match=r"lookup lists: must be one file, found 2"):
        check(engine, tmp_path, campaigns(tmp_path, [("a", "1")], [("1", "2024-01-05")], path="lists"))
    dayless = campaigns(tmp_path, [("a", "1")], [("1", "2024-01-05")], columns={"surface": "id", "timestamp": "day"})
    with pytest.raises(DataError, match=r"known\.csv: column 'day' is missing; available: 'id', 'start'"):
        check(engine, tmp_path, dayless)
