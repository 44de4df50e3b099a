"""Deliveries: names that tell files apart, files that came twice, empty days, names with signs of patterns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clv_ml.config import Config, build_config
from clv_ml.data.checked import CheckedData, read_checked
from clv_ml.data.delivered import names_of
from clv_ml.engine import Engine
from clv_ml.errors import DataError

COLUMNS = {"customer_id": "id", "timestamp": "ts", "amount": "paid"}
HEAD = "id,ts,paid\n"


def write(root: Path, **files: str) -> None:
    """Files by name, where __ stands for a folder."""
    for name, rows in files.items():
        path = root / (name.replace("__", "/") + ".csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rows)


def config_of(root: Path, *paths: str, **settings: Any) -> Config:
    sources = [{"path": path, "columns": COLUMNS} for path in paths]
    return build_config(
        {"name": "shop", "transactions": {"root": str(root), "sources": sources} | settings}, environment={}
    )


def read(engine: Engine, config: Config) -> CheckedData:
    return read_checked(engine, config, progress=lambda line: None)


def test_files_of_one_name_are_called_by_as_many_folders_as_tell_them_apart() -> None:
    paths = [Path(path) for path in ("/d/x/1/a.csv", "/d/y/1/a.csv", "/d/x/2/a.csv", "/d/b.csv")]
    assert list(names_of([*paths, paths[0]]).values()) == ["x/1/a.csv", "y/1/a.csv", "x/2/a.csv", "b.csv"]


def test_files_of_one_name_in_two_folders_are_counted_apart(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, mon__day=HEAD + "a,2024-01-01,1\n", tue__day=HEAD + "a,2024-01-02,1\nb,2024-01-02,1\n")
    told = read(engine, config_of(tmp_path, "*/day.csv")).transactions.report
    assert told.by_file == {"mon/day.csv": {"valid": 1}, "tue/day.csv": {"valid": 2}}


def test_a_file_that_came_twice_is_set_aside_as_a_whole_and_is_no_fault(engine: Engine, tmp_path: Path) -> None:
    rows = HEAD + "a,2024-01-01,1\nb,2024-01-01,2\nb,soon,2\n"
    write(tmp_path, orders=rows, orders_copy=rows, other=rows.replace("soon", "2024-01-03"), empty=HEAD, empty2=HEAD)
    checked = read(engine, config_of(tmp_path, "*.csv", max_bad_share=0.2))
    report = checked.transactions.report
    assert report.by_file == {
        "empty.csv": {"valid": 0},
        "empty2.csv": {"valid": 0},
        "orders.csv": {"valid": 2, "unreadable_timestamp": 1},
        "orders_copy.csv": {"duplicate_file": 3},
        "other.csv": {"valid": 3},
    }
    assert (report.rows_in, report.rows_valid, report.faults) == (9, 5, {"unreadable_timestamp": 1})
    shown = engine.to_pandas(
        engine.with_originals(checked.transactions.quarantine).orderBy("source_file", "source_line")
    )
    assert shown["original"].tolist()[1] == '{"id":"a","ts":"2024-01-01","paid":"1"}'
    kept = read(engine, config_of(tmp_path, "orders*.csv", duplicate_files="keep", max_bad_share=1)).transactions.report
    assert kept.rows_valid == 4
    with pytest.raises(DataError, match=r"orders_copy\.csv: holds what .*orders\.csv holds; remove one, or set"):
        read(engine, config_of(tmp_path, "*.csv", duplicate_files="refuse"))


def test_a_file_named_by_two_sources_of_one_layout_counts_once(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, orders=HEAD + "a,2024-01-01,1\n")
    report = read(engine, config_of(tmp_path, "orders.csv", "*.csv")).transactions.report
    assert (report.rows_valid, report.quarantined) == (1, {"duplicate_file": 1})


def test_a_file_that_exists_is_read_whatever_signs_its_name_has(engine: Engine, tmp_path: Path) -> None:
    for name in ("orders[12]", "orders1", "orders*", "orders?", "folder[1]__x", "folder1__x"):
        write(tmp_path, **{name: f"{HEAD}{name},2024-01-01,1\n"})
    for name in ("orders[12]", "orders*", "orders?", "folder[1]__x"):
        path = name.replace("__", "/") + ".csv"
        rows = read(engine, config_of(tmp_path, path)).transactions.transactions
        assert engine.to_pandas(rows)["customer_id"].tolist() == [name]


def test_hidden_files_are_no_part_of_a_folder(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, orders=HEAD + "a,2024-01-01,1\n", **{".orders.upload": "half of"})
    for path in (".", "*.csv"):
        assert list(read(engine, config_of(tmp_path, path)).transactions.report.by_file) == ["orders.csv"]
