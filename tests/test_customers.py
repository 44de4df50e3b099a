"""Customers: one row each whatever the order of the rows, attributes as the config names them, nulls where empty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv_ml.config import CustomersConfig, FilesConfig
from clv_ml.data.customers import check_customers, read_customers
from clv_ml.data.records import CheckedTable
from clv_ml.engine import Engine
from clv_ml.errors import DataError

COLUMNS = {"customer_id": "id", "signup_at": "joined", "country": "land", "age": "years", "renewal": "until"}
KINDS: dict[str, tuple[str, ...]] = {"categories": ("country",), "numbers": ("age",), "dates": ("renewal",)}
GOOD = ("a", "2024-01-10 08:00", "NL", "41.5", "2024-06-30")
Row = tuple[str | None, ...]


def check(engine: Engine, root: Path, *sources: dict[str, Any], **kinds: tuple[str, ...]) -> CheckedTable:
    files = tuple(FilesConfig(**source) for source in sources)
    config = CustomersConfig(root=root, sources=files, **(kinds or KINDS))
    return check_customers(engine, read_customers(engine, config), config)


def written(path: Path, rows: Sequence[Row], columns: dict[str, str] = COLUMNS) -> dict[str, Any]:
    """A file of text rows, and the source that reads it."""
    frame = pd.DataFrame(list(rows), columns=list(columns.values()), dtype="string")
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path, index=False)
    return {"path": path.name, "columns": columns}


def rows_of(engine: Engine, checked: CheckedTable) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = engine.to_arrow(checked.rows.orderBy("customer_id")).to_pylist()
    return found


def test_a_row_comes_out_with_text_numbers_and_dates_and_null_where_empty(engine: Engine, tmp_path: Path) -> None:
    rows = [GOOD, ("b", None, "", " ", None), (" c ", "2024-02-01", "NA", "1e2", "2024-06-30 12:00")]
    checked = check(engine, tmp_path, written(tmp_path / "c.csv", rows))
    table = engine.to_arrow(checked.rows)
    assert dict(zip(table.column_names, map(str, table.schema.types), strict=True)) == {
        "customer_id": "string",
        "signup_at": "timestamp[us]",
        "country": "string",
        "age": "double",
        "renewal": "date32[day]",
    }
    names = ("customer_id", "signup_at", "country", "age", "renewal")
    assert rows_of(engine, checked) == [
        dict(zip(names, row, strict=True))
        for row in [
            ("a", dt.datetime(2024, 1, 10, 8), "NL", 41.5, dt.date(2024, 6, 30)),
            ("b", None, None, None, None),
            ("c", dt.datetime(2024, 2, 1), "NA", 100.0, dt.date(2024, 6, 30)),  # NA is Namibia
        ]
    ]
    report = checked.report
    assert (report.rows_in, report.rows_valid, report.customers, report.quarantined) == (3, 3, 3, {})
    assert (report.first_day, report.last_day) == (dt.date(2024, 1, 10), dt.date(2024, 2, 1))  # of the signups


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("2024-01-02T00:30:00+02:00", None),
        ("2024-01-01 22:30:00Z", None),
        ("01.01.2024 22:30", "%d.%m.%Y %H:%M"),
        ("2024-01-01 22:30", "%d.%m.%Y %H:%M"),
    ],
)
def test_signups_are_read_by_pattern_and_brought_to_utc(
    engine: Engine, tmp_path: Path, text: str, pattern: str | None
) -> None:
    source = written(tmp_path / "c.csv", [(GOOD[0], text, *GOOD[2:])]) | {"timestamp_format": pattern}
    assert rows_of(engine, check(engine, tmp_path, source))[0]["signup_at"] == dt.datetime(2024, 1, 1, 22, 30)


def test_typed_parquet_is_read_as_it_is(engine: Engine, tmp_path: Path) -> None:
    signup = dt.datetime(2024, 1, 1, 23, 59, 59, 999999)
    frame = pd.DataFrame({"id": [7.0, 8.0], "joined": [signup, None], "land": ["NA", None], "years": [0.1, np.nan]})
    frame.assign(until=pd.Series([dt.date(2024, 1, 1), None], dtype=object)).to_parquet(tmp_path / "c.parquet")
    checked = check(engine, tmp_path, {"path": "c.parquet", "columns": COLUMNS})
    assert [tuple(row.values()) for row in rows_of(engine, checked)] == [
        ("7", signup, "NA", 0.1, dt.date(2024, 1, 1)),
        ("8", None, None, None, None),
    ]


FAULTS: list[tuple[str, Row]] = [
    ("missing_customer_id", (None, *GOOD[1:])),
    ("missing_customer_id", (" ", *GOOD[1:])),
    ("unreadable_signup_at", ("b", "soon", *GOOD[2:])),
    ("unreadable_signup_at", ("b", "9999-12-31", *GOOD[2:])),
    ("unreadable_age", (*GOOD[:3], "old", GOOD[4])),
    ("unreadable_age", (*GOOD[:3], "nan", GOOD[4])),
    ("unreadable_age", (*GOOD[:3], "-NaN", GOOD[4])),
    ("unreadable_age", (*GOOD[:3], "inf", GOOD[4])),
    ("unreadable_age", (*GOOD[:3], "1e999", GOOD[4])),
    ("unreadable_renewal", (*GOOD[:4], "2024-02-30")),
    ("unreadable_renewal", (*GOOD[:4], "infinity")),
    ("missing_customer_id", (None, "soon", None, "old", "never")),  # the first that holds
    ("repeated_customer", GOOD),
    ("repeated_customer", ("a", "2024-01-10 08:00", "NL", "5", "2024-06-30 00:00")),
]


def test_each_fault_has_its_example(engine: Engine, tmp_path: Path) -> None:
    checked = check(engine, tmp_path, written(tmp_path / "c.csv", [GOOD, *(row for _, row in FAULTS)]))
    aside = engine.to_pandas(checked.quarantine.orderBy("source_line"))
    assert aside["reason"].tolist() == [reason for reason, _ in FAULTS]
    assert aside["source_line"].tolist() == list(range(2, len(FAULTS) + 2))
    shown = aside[["customer_id", "signup_at_text", "age_text"]].to_numpy().tolist()
    assert shown[4] == ["a", "2024-01-10 08:00", "old"]
    assert [row["customer_id"] for row in rows_of(engine, checked)] == ["a"]
    assert checked.report.by_file["c.csv"]["valid"] == 1


texts = st.sampled_from([None, "", "a", "b", " a "])
signups = st.sampled_from([None, "2024-01-05", "2023-01-05", "soon"])
countries = st.sampled_from([None, "NL", "NA"])
ages = st.sampled_from([None, "5", "40", "x"])


@settings(settings.get_profile("engine"), max_examples=5)
@given(rows=st.lists(st.tuples(texts, signups, countries, ages, st.none()), max_size=20), seed=st.integers(0, 9))
def test_of_several_rows_the_first_in_the_order_of_values_counts_whatever_the_order_of_rows(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, rows: list[Row], seed: int
) -> None:
    found = []
    shuffled = [rows[n] for n in np.random.default_rng(seed).permutation(len(rows))]
    for order in (rows, shuffled):
        root = tmp_path_factory.mktemp("customers")
        checked = check(engine, root, written(root / "c.csv", order))
        report = checked.report
        assert report.rows_in == len(rows) == report.rows_valid + sum(report.quarantined.values())
        assert report.rows_valid == report.customers == len(rows_of(engine, checked))
        found.append((rows_of(engine, checked), report.quarantined))
    assert found[0] == found[1]
    valid = [row for row in rows if (row[0] or "").strip() and row[1] != "soon" and row[3] != "x"]
    by_customer: dict[str, Row] = {}
    for row in sorted(valid, key=lambda row: [row[1] or "", *((cell is None, cell or "") for cell in row[2:])]):
        by_customer.setdefault(str(row[0]).strip(), row)
    told = {row["customer_id"]: (row["country"], row["age"]) for row in found[0][0]}
    assert told == {name: (row[2], row[3] and float(row[3])) for name, row in by_customer.items()}


def test_sources_add_up_and_a_source_without_signup_has_none(engine: Engine, tmp_path: Path) -> None:
    columns = {name: COLUMNS[name] for name in ("customer_id", "country", "age", "renewal")}
    first = written(tmp_path / "one.csv", [GOOD, ("b", *GOOD[1:])])
    second = written(tmp_path / "two.parquet", [("c", "BE", None, None), ("a", "NL", None, None)], columns)
    checked = check(engine, tmp_path, first, second)
    assert {row["customer_id"]: row["signup_at"] is None for row in rows_of(engine, checked)} == {
        "a": True,  # known all along: a later signup must not hide it
        "b": False,
        "c": True,
    }
    assert checked.report.by_file == {"one.csv": {"valid": 1, "repeated_customer": 1}, "two.parquet": {"valid": 2}}


def test_of_several_signups_the_earliest_counts_whatever_its_text(engine: Engine, tmp_path: Path) -> None:
    texts = ["2024-01-10 00:30:00+02:00", "2024-01-09 23:00:00"]  # the first is half an hour earlier
    source = written(tmp_path / "c.csv", [(GOOD[0], text, *GOOD[2:]) for text in texts])
    assert rows_of(engine, check(engine, tmp_path, source))[0]["signup_at"] == dt.datetime(2024, 1, 9, 22, 30)


def test_ids_alone_are_a_table_too(engine: Engine, tmp_path: Path) -> None:
    source = written(tmp_path / "c.csv", [("b",), ("a",), (None,)], {"customer_id": "id"})
    checked = check(engine, tmp_path, source, categories=())
    assert rows_of(engine, checked) == [{"customer_id": name, "signup_at": None} for name in "ab"]
    assert (checked.report.first_day, checked.report.quarantined) == (None, {"missing_customer_id": 1})


def test_a_lookup_adds_attributes(engine: Engine, tmp_path: Path) -> None:
    written(tmp_path / "shops.csv", [("1", "NL")], {"shop": "shop", "country": "land"})
    source = written(tmp_path / "c.csv", [("a", "1"), ("b", "2")], {"customer_id": "id", "shop": "shop"})
    lookup = {"path": "shops.csv", "key": "shop", "columns": {"shop": "shop", "country": "land"}}
    checked = check(engine, tmp_path, source | {"lookup": lookup}, categories=("country", "shop"))
    assert [(row["country"], row["shop"]) for row in rows_of(engine, checked)] == [("NL", "1"), (None, "2")]


def test_a_missing_column_is_named(engine: Engine, tmp_path: Path) -> None:
    source = written(tmp_path / "c.csv", [GOOD])
    with pytest.raises(DataError, match=r"c\.csv: column 'born' is missing; available: 'id', 'joined'"):
        check(engine, tmp_path, source | {"columns": COLUMNS | {"age": "born"}})
