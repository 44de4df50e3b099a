"""The data contract on Spark: every dirty value ends under the reason that it has on one machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from dirty.broken import BROKEN
from dirty.case import Case
from dirty.plain import PLAIN
from dirty.values import VALUES

from clv_ml.config import CustomersConfig, FilesConfig, SourceConfig, TransactionsConfig
from clv_ml.data.customers import check_customers
from clv_ml.data.events import check_events
from clv_ml.data.quality import check_transactions
from clv_ml.data.sources import read_raw
from clv_ml.data.values import identity, moment, number
from clv_ml.engine import MONEY, Engine, SparkEngine

COLUMNS = {"customer_id": "id", "timestamp": "ts", "amount": "paid"}
# Spark parts a file into records line by line, so that workers can share it: a quoted line end breaks its record, and
# what stands around quotes is not looked at; see clv_ml.engine.spark_files
BY_RECORD = {
    "an id of two lines",
    "a note of two lines",
    "a line of spaces",
    "a quote that never closes",
    "a quote that opens at the end",
    "two quotes that never close",
    "letters after a quote",
    "a backslash before a quote",
    "a lone carriage return",
    "a block of zeros",
    "a record of two million bytes",
}
CASES = [case for case in (*PLAIN, *VALUES, *BROKEN) if case.name not in BY_RECORD]

MOMENTS = [
    "2024-01-10", "2024-1-5", "2024/01/05", "2024/1/5 3:04", "2024-01/05", "2024/1/123", "2024-01-10T10:00:05",
    "2024-01-10 10:00:00.5", "2024-01-10 10:00:00,5", "2024-01-10 10:00:00.123456789", "2024-01-10 24:00:00",
    "2024-01-10 24:00", "2024-01-10 24:00:01", "2024-01-10T24:00:00Z", "2024-01-10 25:00", "2024-02-30", "1900-02-29",
    "2024-01-10T00:30:00+02:00", "2024-01-09 23:30:00-0500", "2024-01-10T10:00:00Z", "2024-01-10 10:00 UTC",
    "2024-01-10T10:00UTC", "2024-01-10 10:00:00 Z", "2024-01-10 10:00:00 +02", "2024-01-10 10:00:00+2",
    "2024-01-10 10:00:00-00:30", "2024-01-10 10:00:00+15:59", "2024-01-10 10:00:00+99", "2024/1/5 3:04:05.25+01",
    "2024-01-10 10:00:60", "epoch", "10:00 PM", " 2024-01-10 ", "2024-01-10\n", "\t2024-01-10", "1699-12-31",
    "1700-01-01", "2199-12-31 23:59:59", "2200-01-01", "0000-00-00", "",
]  # fmt: skip
NUMBERS = [
    "10", "+10", "-10.5", "0010.00", " 10 ", "10\n", "\t10", "1e1", "1E-2", "1.005e2", "1_000", "0x10", "٥", "NaN",
    "inf", "-Infinity", "+inf", "1d", "1.0D", "1f", "5-", ".5", "5.", "1,50", "", "-", "1e", "1e400", "-1e-400",
    "10.005", "0.995", "-0.00", "1.23456789012345678901234567890", "9999999999999999.99", "99999999999999999.99",
    "1 000", "1e16", "--1", "1e2.5", "true", "0b1",
]  # fmt: skip
IDS = [
    "a", " a ", "00123", "123.0", "0.0", "017.0", "123.00", "1e5", "1.23E+11", "NULL", "nan", "N/A", "None", "", "  ",
    "-", "\u00a0a\u00a0", "\u200ba", "a\n", "\x0ba", "a\x0b", "ab c", "Ünal", "ß", "\\N", "#N/A", "<NA>", "(null)",
    "１", "\ufeff1.0", "1.0\n", "null ", "none\x0b", "x\u2028", "x\x85", "x\r", None,
]  # fmt: skip


@pytest.fixture(scope="module")
def by_file(spark: SparkEngine, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What became of the rows of every file, all read together on Spark, and the quarantine with its originals."""
    root: Path = tmp_path_factory.mktemp("dirty")
    for case in CASES:
        folder = root / case.suffix[1:]
        folder.mkdir(exist_ok=True)
        (folder / case.file).write_bytes(case.content)
    sources = tuple(SourceConfig(path=folder.name, columns=COLUMNS) for folder in sorted(root.iterdir()))
    config = TransactionsConfig(root=root, sources=sources, max_bad_share=1.0)
    with spark.active():
        checked = check_transactions(spark, read_raw(spark, config), config)
        aside = spark.to_pandas(spark.with_originals(checked.quarantine))
    return checked.report.by_file, aside


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_rows_of_a_hostile_file_have_the_reasons_they_have_on_one_machine(case: Case, by_file: Any) -> None:
    assert by_file[0].get(case.file, {}) == dict(case.becomes)


def test_every_row_set_aside_is_shown_as_it_came_in(by_file: Any) -> None:
    _, aside = by_file
    assert aside["original"].notna().all()
    assert len(aside) == sum(sum(case.becomes.values()) - case.becomes.get("valid", 0) for case in CASES)


def test_ids_moments_and_numbers_are_read_to_the_letter_as_on_one_machine(engine: Engine, spark: SparkEngine) -> None:
    size = max(len(MOMENTS), len(NUMBERS), len(IDS))
    columns = {"moment": MOMENTS, "number": NUMBERS, "id": IDS}
    texts = pd.DataFrame({"row": range(size)})
    texts = texts.assign(
        **{name: pd.Series(given, dtype="string").reindex(range(size)) for name, given in columns.items()}
    )
    found = []
    for one in (engine, spark):
        with one.active():
            read = one.from_pandas(texts).select(
                "row",
                identity("id").alias("id"),
                moment("moment").alias("moment"),
                number("number", "double").cast("string").alias("double"),
                number("number", MONEY).alias("money"),
            )
            found.append(one.to_arrow(read.orderBy("row")).to_pylist())
    for here, there in zip(*found, strict=True):
        assert (here["id"], here["moment"], here["money"]) == (there["id"], there["moment"], there["money"])
        assert (here["double"] is None) == (there["double"] is None)
        if here["double"] is not None:
            assert repr(float(here["double"])) == repr(float(there["double"]))


EVENTS = pd.DataFrame(
    [
        ("a", "2024-01-01 10:00", "visit", "5", "s1", "home"),
        ("", "2024-01-01", "visit", None, None, None),
        ("a", None, "visit", None, None, None),
        ("a", "yesterday", "visit", None, None, None),
        ("a", "2024-01-01", " ", None, None, None),
        ("a", "2024-01-01", "visit", "much", None, None),
        ("a", "2024-01-01", "visit", "1e13", None, None),
        ("1.5E+12", "2024-01-01", "visit", None, None, None),
    ],
    columns=["customer_id", "timestamp", "event_type", "value", "session_id", "surface"],
    dtype="string",
).assign(source_file="events", source_line=range(1, 9))
PEOPLE = pd.DataFrame(
    [
        ("a", "2024-01-02", "free", "1.5", "2024-05-01"),
        ("a", "2024-01-01", "paid", "1.5", "2024-05-01"),
        ("b", "soon", "free", None, None),
        ("c", None, None, "many", None),
        ("d", None, None, "inf", None),
        ("e", None, None, None, "2024-13-01"),
        ("n/a", None, None, None, None),
        ("f", None, "x", None, None),
        ("f", None, None, None, None),
    ],
    columns=["customer_id", "signup_at", "plan", "age", "renewal"],
    dtype="string",
).assign(source_file="customers", source_line=range(1, 10))
ATTRIBUTES = CustomersConfig(
    sources=(FilesConfig(path="x", columns={name: name for name in ("customer_id", "plan", "age", "renewal")}),),
    categories=("plan",),
    numbers=("age",),
    dates=("renewal",),
)


def test_events_and_customers_are_set_aside_for_the_same_reasons(engine: Engine, spark: SparkEngine) -> None:
    found = []
    for one in (engine, spark):
        with one.active():
            events = check_events(one, one.from_pandas(EVENTS))
            people = check_customers(one, one.from_pandas(PEOPLE), ATTRIBUTES)
            rows = one.to_arrow(people.rows.orderBy("customer_id")).to_pylist()
            found.append((events.report, people.report, rows))
    assert found[0] == found[1]
    assert len(found[0][0].quarantined) == 7
    assert len(found[0][1].quarantined) == 5
