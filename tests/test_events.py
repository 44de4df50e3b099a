"""Events: whatever the files call their columns, every row is a canonical event or in quarantine under one reason."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from event_files import COLUMNS, GOOD, Row, check, rows_of, written
from hypothesis import given, settings
from hypothesis import strategies as st

from clv_ml.engine import Engine
from clv_ml.errors import ConfigError, DataError

# each reason with the smallest examples
FAULTS: list[tuple[str, Row]] = [
    ("missing_customer_id", (None, *GOOD[1:])),
    ("missing_customer_id", ("  ", *GOOD[1:])),
    ("missing_timestamp", ("a", None, *GOOD[2:])),
    ("missing_timestamp", ("a", " ", *GOOD[2:])),
    ("unreadable_timestamp", ("a", "soon", *GOOD[2:])),
    ("unreadable_timestamp", ("a", "2024-02-30", *GOOD[2:])),
    ("unreadable_timestamp", ("a", "9999-12-31", *GOOD[2:])),
    ("unreadable_timestamp", ("a", "1699-12-31 23:59:59", *GOOD[2:])),
    ("missing_event_type", ("a", "2024-01-10", None, *GOOD[3:])),
    ("unreadable_value", (*GOOD[:3], "much", "s1", "home")),
    ("unreadable_value", (*GOOD[:3], "1,5", "s1", "home")),
    ("value_out_of_range", (*GOOD[:3], "NaN", "s1", "home")),
    ("value_out_of_range", (*GOOD[:3], "-inf", "s1", "home")),
    ("value_out_of_range", (*GOOD[:3], "1e300", "s1", "home")),
    ("value_out_of_range", (*GOOD[:3], "-1000000000000", "s1", "home")),
    ("missing_customer_id", (None, None, None, "much", None, None)),  # the first that holds
]


@pytest.mark.parametrize("name", ["events.csv", "events.parquet"])
def test_each_fault_has_its_example(engine: Engine, tmp_path: Path, name: str) -> None:
    checked = check(engine, tmp_path, written(tmp_path / name, [GOOD, *(row for _, row in FAULTS)]))
    aside = engine.to_pandas(checked.quarantine.orderBy("source_line"))
    assert aside["reason"].tolist() == [reason for reason, _ in FAULTS]
    assert aside["source_line"].tolist() == list(range(2, len(FAULTS) + 2))
    assert set(aside["source_file"]) == {name}
    texts = aside[["timestamp_text", "value_text"]].fillna("none").to_numpy().tolist()
    assert texts[4] == ["soon", "1.5"]
    assert texts[9] == ["2024-01-10 08:00", "much"]
    assert checked.report.rows_valid == 1
    assert checked.report.by_file[name]["valid"] == 1
    assert checked.report.bad_share == len(FAULTS) / (len(FAULTS) + 1)


def test_a_row_comes_out_as_a_canonical_event(engine: Engine, tmp_path: Path) -> None:
    bare = (" b ", "2024-01-11", "view", None, None, "")
    assert rows_of(engine, check(engine, tmp_path, written(tmp_path / "e.csv", [GOOD, bare]))) == [
        {
            "customer_id": "a",
            "timestamp": dt.datetime(2024, 1, 10, 8),
            "day": dt.date(2024, 1, 10),
            "event_type": "view",
            "value": Decimal("1.5000"),
            "session_id": "s1",
            "surface": "home",
        },
        {
            "customer_id": "b",
            "timestamp": dt.datetime(2024, 1, 11),
            "day": dt.date(2024, 1, 11),
            "event_type": "view",
            "value": None,
            "session_id": None,
            "surface": None,
        },
    ]


def test_sources_with_other_columns_and_a_type_of_their_own_make_one_table(engine: Engine, tmp_path: Path) -> None:
    mapped = written(tmp_path / "e.csv", [GOOD])
    columns = {"customer_id": "id", "timestamp": "ts"}
    logins = written(tmp_path / "logins.parquet", [("a", "2024-01-12"), ("", "2024-01-12")], columns)
    checked = check(engine, tmp_path, mapped, logins | {"event_type": "login"})
    rows = rows_of(engine, checked)
    assert [row["event_type"] for row in rows] == ["view", "login"]
    assert [row["value"] for row in rows] == [Decimal("1.5"), None]
    assert checked.report.by_file == {"e.csv": {"valid": 1}, "logins.parquet": {"valid": 1, "missing_customer_id": 1}}


def test_one_file_can_be_read_twice_as_events_of_two_kinds(engine: Engine, tmp_path: Path) -> None:
    source = written(tmp_path / "e.csv", [GOOD[:2], GOOD[:2]], {"customer_id": "id", "timestamp": "ts"})
    checked = check(engine, tmp_path, source | {"event_type": "one"}, source | {"event_type": "two"})
    assert [row["event_type"] for row in rows_of(engine, checked)] == ["one", "one", "two", "two"]
    assert checked.report.by_file == {"e.csv": {"valid": 4}}


def test_times_are_read_by_pattern_and_brought_to_utc(engine: Engine, tmp_path: Path) -> None:
    texts = ["2024-01-02T00:30:00+02:00", "2024-01-01 22:30:00Z", "2024-01-01 17:30:00-0500", "01.01.2024 22:30"]
    source = written(tmp_path / "e.csv", [("a", text, *GOOD[2:]) for text in texts])
    rows = rows_of(engine, check(engine, tmp_path, source | {"timestamp_format": "%d.%m.%Y %H:%M"}))
    assert {row["timestamp"] for row in rows} == {dt.datetime(2024, 1, 1, 22, 30)}
    assert {row["day"] for row in rows} == {dt.date(2024, 1, 1)}


def test_typed_parquet_keeps_moments_and_ids_that_became_floats_are_whole_again(engine: Engine, tmp_path: Path) -> None:
    frame = pd.DataFrame({"who": [7.0, None], "when": [dt.datetime(2024, 1, 1, 23, 59, 59, 999999)] * 2})
    frame = frame.assign(much=[0.1, 2.0], visit=[31.0, 4.0], page=[2, 3])
    frame.to_parquet(tmp_path / "e.parquet")
    columns = {name: COLUMNS[name] for name in ("customer_id", "timestamp", "value", "session_id", "surface")}
    checked = check(engine, tmp_path, {"path": "e.parquet", "columns": columns, "event_type": "view"})
    [row] = rows_of(engine, checked)
    assert (row["customer_id"], row["session_id"], row["surface"]) == ("7", "31", "2")
    assert row["timestamp"] == dt.datetime(2024, 1, 1, 23, 59, 59, 999999)
    assert row["value"] == Decimal("0.1")
    assert checked.report.quarantined == {"missing_customer_id": 1}


whole = st.integers(-(10**16) + 1, 10**16 - 1).map(lambda n: str(Decimal(n) / 10000))
texts = st.sampled_from([None, "", " ", "a", "b", " a ", "x y"])
times = st.sampled_from([None, "", "soon", "2024-02-30", "2024-01-05", "2024-01-20 10:00", "epoch"])
values = st.one_of(whole, st.sampled_from([None, "", "nan", "inf", "1e99", "-5", "0", "0.00004", "ten", "1e11"]))


@settings(settings.get_profile("engine"), max_examples=6)
@given(files=st.lists(st.lists(st.tuples(texts, times, texts, values, texts, texts), max_size=25), max_size=2))
def test_every_row_of_every_file_is_valid_or_quarantined_and_values_are_exact(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, files: list[list[Row]]
) -> None:
    root = tmp_path_factory.mktemp("events")
    parts: list[list[Row]] = [[GOOD], *files]
    every = {f"{n}.csv": rows for n, rows in enumerate(parts)}
    checked = check(engine, root, *(written(root / name, rows) for name, rows in every.items()))
    report = checked.report
    assert {name: sum(counts.values()) for name, counts in report.by_file.items()} == {
        name: len(rows) for name, rows in every.items() if rows
    }
    assert report.rows_in == report.rows_valid + sum(report.quarantined.values()) == sum(map(len, every.values()))
    assert engine.to_pandas(checked.quarantine)["reason"].value_counts().to_dict() == report.quarantined
    rows = rows_of(engine, checked)
    assert len(rows) == report.rows_valid
    assert report.customers == len({row["customer_id"] for row in rows})
    days = [row["day"] for row in rows]
    assert (report.first_day, report.last_day) == (min(days), max(days))
    assert all(
        (row["customer_id"], row["event_type"]) == (row["customer_id"].strip(), row["event_type"].strip())
        for row in rows
    )
    expected = [row[3] for rows in every.values() for row in rows if row_is_fine(row)]
    numbers = sorted(Decimal(text).quantize(Decimal("0.0001")) for text in expected if text)
    assert sorted(row["value"] for row in rows if row["value"] is not None) == numbers


def row_is_fine(row: Row) -> bool:
    customer, time, kind, value, *_ = ((text or "").strip() for text in row)
    readable = time in {"2024-01-05", "2024-01-20 10:00", "2024-01-10 08:00"}
    return bool(customer and readable and kind) and value not in {"nan", "inf", "1e99", "ten"}


def test_files_without_a_valid_row_give_a_report_all_the_same(engine: Engine, tmp_path: Path) -> None:
    report = check(engine, tmp_path, written(tmp_path / "e.csv", [(None, *GOOD[1:])])).report
    assert (report.rows_in, report.rows_valid, report.customers, report.bad_share) == (1, 0, 0, 1.0)
    assert (report.first_day, report.to_dict()["last_day"]) == (None, None)
    empty = check(engine, tmp_path, written(tmp_path / "none.csv", [])).report
    assert (empty.rows_in, empty.bad_share, empty.by_file) == (0, 0.0, {})


def test_a_missing_column_and_a_missing_file_are_named(engine: Engine, tmp_path: Path) -> None:
    source = written(tmp_path / "e.csv", [GOOD])
    with pytest.raises(DataError, match=r"e\.csv: column 'course' is missing; available: 'who', 'when'"):
        check(engine, tmp_path, source | {"columns": COLUMNS | {"surface": "course"}})
    with pytest.raises(ConfigError, match=r"no\.csv: no such file"):
        check(engine, tmp_path, source | {"path": "no.csv"})
