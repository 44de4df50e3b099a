"""Sources: files, folders and globs become one raw table in which every row is still there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clv_ml.config import SourceConfig, TransactionsConfig
from clv_ml.data.sources import find_files, read_raw, with_provenance
from clv_ml.engine import Engine
from clv_ml.errors import ConfigError, DataError

COLUMNS = {"customer_id": "id", "timestamp": "ts", "amount": "paid"}


def source(path: str, **settings: Any) -> SourceConfig:
    return SourceConfig(path=path, **{"columns": COLUMNS, **settings})


def raw(engine: Engine, root: Path, *sources: SourceConfig) -> pd.DataFrame:
    frame = read_raw(engine, TransactionsConfig(root=root, sources=sources))
    return engine.to_pandas(frame.orderBy("source_file", "source_line"))


def write(path: Path, *rows: str, header: str = "id,ts,paid") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def test_a_file_a_folder_and_a_glob_are_found_in_the_order_of_names(tmp_path: Path) -> None:
    names = ["b.csv", "a.csv", "C.CSV", "notes.md"]
    for name in names:
        write(tmp_path / "all" / name)
    write(tmp_path / "2024-1" / "x.csv")
    write(tmp_path / "2024-2" / "x.csv")
    (tmp_path / "all" / "folder.csv").mkdir()

    def found(path: str) -> list[str]:
        return [file.relative_to(tmp_path).as_posix() for file in find_files(source(path), tmp_path)]

    assert found("all/b.csv") == ["all/b.csv"]
    assert found("all") == ["all/C.CSV", "all/a.csv", "all/b.csv"]
    assert found("all/*.csv") == ["all/a.csv", "all/b.csv"]
    assert found("2024-*/x.csv") == ["2024-1/x.csv", "2024-2/x.csv"]
    assert found("**/x.csv") == ["2024-1/x.csv", "2024-2/x.csv"]
    assert found(str(tmp_path / "2024-*" / "*.csv")) == ["2024-1/x.csv", "2024-2/x.csv"]


def test_names_with_signs_of_globs_are_taken_as_they_are(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path / "orders [24] it's.csv", "7,2024-01-02,5")
    assert raw(engine, tmp_path, source("orders [24] it's.csv"))["customer_id"].tolist() == ["7"]


def test_nothing_there_is_an_error_that_says_where_it_looked(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    write(tmp_path / "mixed" / "a.csv")
    (tmp_path / "mixed" / "b.parquet").touch()
    for path, message in {
        "no.csv": r"no\.csv: no such file; relative paths start at transactions\.root",
        "no/*.csv": r"no/\*\.csv: no such file",
        "none": r"none: the folder holds no \.csv, \.txt, \.csv\.gz, \.txt\.gz, \.parquet, \.pq file",
        "mixed": r"mixed: the folder holds files of several formats; give a glob such as \*\.csv",
    }.items():
        with pytest.raises(ConfigError, match=message):
            find_files(source(path), tmp_path)


def test_the_format_is_told_from_the_name_or_given(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path / "orders.dat", "7,2024-01-02,5")
    with pytest.raises(ConfigError, match=r"orders\.dat: cannot tell the format from the name; give `format`"):
        raw(engine, tmp_path, source("orders.dat"))
    assert len(raw(engine, tmp_path, source("orders.dat", format="csv"))) == 1


def test_a_missing_column_is_named_beside_those_that_are_there(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "7,2024-01-02,5", header="id,when,paid")
    with pytest.raises(DataError, match=r"a\.csv: column 'ts' is missing; available: 'id', 'when', 'paid'\. Map it"):
        raw(engine, tmp_path, source("a.csv"))


def test_sources_of_different_columns_and_types_stand_in_one_table(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path / "old.csv", "00123,2024-01-02,5,NL", header="id,ts,paid,land")
    new = pd.DataFrame({"cid": [123.0], "at": [pd.Timestamp("2024-01-03 10:00")], "n": [2], "each": [2.5], "o": [77]})
    new.to_parquet(tmp_path / "new.parquet")
    mapped = {"customer_id": "cid", "timestamp": "at", "quantity": "n", "unit_price": "each", "order_id": "o"}
    table = raw(
        engine,
        tmp_path,
        source("old.csv", columns=COLUMNS | {"country": "land"}),
        source("new.parquet", columns=mapped),
    )
    assert table["source_file"].tolist() == ["new.parquet", "old.csv"]
    assert table["customer_id"].tolist() == ["123", "00123"]
    assert table["amount"].tolist() == [5.0, 5.0]
    assert table["order_id"].fillna("none").tolist() == ["77", "none"]
    assert table["country"].fillna("none").tolist() == ["none", "NL"]
    assert "quantity" not in table


def test_what_cannot_be_parsed_is_null_beside_its_text(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "7,soon,much", "8, 2024-01-02 , 5 ", "  ,2024-02-30,1e400", '9,infinity,"1,5"')
    table = raw(engine, tmp_path, source("a.csv"))
    assert table["timestamp_text"].tolist() == ["soon", "2024-01-02", "2024-02-30", "infinity"]
    assert table["timestamp"].isna().tolist() == [True, False, True, True]
    assert table["amount_text"].tolist() == ["much", "5", "1e400", "1,5"]
    assert table["amount"].isna().tolist() == [True, False, True, True]
    assert table["customer_id"].fillna("none").tolist() == ["7", "8", "none", "9"]


def test_factors_that_cannot_be_multiplied_stay_readable(engine: Engine, tmp_path: Path) -> None:
    write(
        tmp_path / "a.csv", "7,2024-01-02,2,1.25", "7,2024-01-02,two,1.25", "7,2024-01-02,,1.25", header="id,ts,n,each"
    )
    mapped = {"customer_id": "id", "timestamp": "ts", "quantity": "n", "unit_price": "each"}
    table = raw(engine, tmp_path, source("a.csv", columns=mapped))
    assert table["amount_text"].fillna("none").tolist() == ["2.5", "two x 1.25", "none"]


def test_a_pattern_reads_local_dates_and_iso_dates_stay_readable(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "7,31/12/2024 23:59,5", "7,12/31/2024 10:00,5", "7,2024-12-30,5")
    table = raw(engine, tmp_path, source("a.csv", timestamp_format="%d/%m/%Y %H:%M"))
    assert table["timestamp"].dt.strftime("%m-%d").fillna("none").tolist() == ["12-31", "none", "12-30"]
    assert table["timestamp_text"].iloc[1] == "12/31/2024 10:00"


def test_a_time_with_an_offset_is_brought_to_utc(engine: Engine, tmp_path: Path) -> None:
    texts = ["2024-01-02T00:30:00+02:00", "2024-01-01 22:30:00Z", "2024-01-01 17:30:00-0500", "2024-01-01 22:30:00"]
    write(tmp_path / "a.csv", *[f"7,{text},5" for text in texts])
    table = raw(engine, tmp_path, source("a.csv"))
    assert set(table["timestamp"]) == {pd.Timestamp("2024-01-01 22:30")}


def test_rows_outside_the_window_of_a_source_are_marked(engine: Engine, tmp_path: Path) -> None:
    days = ["2023-12-31 23:59:59", "2024-01-01", "2024-01-31 08:25:59", "2024-01-31 08:26:00", "soon"]
    write(tmp_path / "a.csv", *[f"7,{day},5" for day in days])
    for end in ("2024-01-31T08:26:00", "2024-01-31T09:26:00+01:00"):
        table = raw(engine, tmp_path, source("a.csv", start="2024-01-01", end=end))
        assert table["outside_window"].tolist() == [True, False, False, True, False]


def test_a_frame_keeps_its_columns_and_counts_its_lines() -> None:
    given = pd.DataFrame({"customer_id": ["a", "a"], "timestamp": ["2024-01-02"] * 2, "amount": [1, 1], "note": "x"})
    table = with_provenance(given, "orders")
    assert list(table.columns) == ["customer_id", "timestamp", "amount", "source_file", "source_line", "source_hash"]
    assert table["source_line"].tolist() == [1, 2]
    assert table["source_hash"].nunique() == 1
    assert with_provenance(given.assign(note=["x", "y"]), "orders")["source_hash"].nunique() == 2
    assert list(given.columns) == ["customer_id", "timestamp", "amount", "note"]
