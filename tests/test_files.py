"""Files: Parquet is read anew in each pass and loses nothing by it; what cannot be read is named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clv_ml.config import FilesConfig
from clv_ml.engine import Engine, functions
from clv_ml.errors import ClvError, DataError

COLUMNS = {"customer_id": "id", "amount": "paid"}


def read(engine: Engine, paths: Sequence[Path], columns: dict[str, str] = COLUMNS) -> pd.DataFrame:
    layout = FilesConfig(path="unused", columns=columns)
    kind = paths[0].suffix.removeprefix(".")
    frame = engine.read_files(list(paths), kind, layout).orderBy("source_file", "source_line")
    return engine.to_pandas(frame)


def written(path: Path, **columns: Any) -> Path:
    pd.DataFrame({"id": ["a", "b", "c"], "paid": [1.5, 2.0, 3.0]} | columns).to_parquet(path, index=False)
    return path


def test_numbers_keep_their_type_where_all_files_agree(engine: Engine, tmp_path: Path) -> None:
    doubles = written(tmp_path / "a.parquet")
    assert read(engine, [doubles])["amount"].tolist() == [1.5, 2.0, 3.0]
    texts = written(tmp_path / "b.parquet", paid=["much", "2.0", None])
    assert read(engine, [doubles, texts])["amount"].fillna("none").tolist() == [
        "1.5",
        "2.0",
        "3.0",
        "much",
        "2.0",
        "none",
    ]
    whole = written(tmp_path / "c.parquet", paid=[2**60 + 1, 0, 1])
    assert read(engine, [doubles, whole])["amount"].tolist()[3] == str(2**60 + 1)


def test_rows_are_counted_from_one_in_each_file(engine: Engine, tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{name}.parquet") for name in ("a", "b")]
    found = read(engine, paths)
    assert found["source_line"].tolist() == [1, 2, 3, 1, 2, 3]
    assert found["source_file"].tolist() == ["a.parquet"] * 3 + ["b.parquet"] * 3
    own = written(tmp_path / "own.parquet", FILE_row_number=[7, 8, 9])
    assert read(engine, [own])["source_line"].tolist() == [1, 2, 3]


def test_many_files_are_read_like_few(engine: Engine, tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{number:02d}.parquet", paid=[float(number), 2.0, 3.0]) for number in range(60)]
    many, few = read(engine, paths), pd.concat([read(engine, paths[:50]), read(engine, paths[50:])], ignore_index=True)
    pd.testing.assert_frame_equal(many, few)


def test_a_damaged_file_is_named_though_it_is_read_later(engine: Engine, tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.parquet")
    broken = tmp_path / "broken.parquet"
    pd.DataFrame({"id": [f"c{row}" for row in range(5000)], "paid": 1.0}).to_parquet(broken, compression="gzip")
    content = bytearray(broken.read_bytes())
    content[100:300] = b"\xff" * 200
    broken.write_bytes(content)
    layout = FilesConfig(path="unused", columns=COLUMNS)
    with pytest.raises(DataError, match=r"broken\.parquet: cannot be read: "), engine.reading():
        engine.materialise(engine.read_files([whole, broken], "parquet", layout))


def test_other_failures_stay_as_they_are_and_texts_are_let_go(tmp_path: Path) -> None:
    f = functions()
    whole = written(tmp_path / "whole.parquet")
    (tmp_path / "texts.csv").write_text("id,paid\na,1\n")
    layout = FilesConfig(path="unused", columns=COLUMNS)
    with Engine() as engine:  # one that has seen no broken file
        with engine.reading():
            rows = engine.read_files([whole], "parquet", layout)
            texts = engine.read_files([tmp_path / "texts.csv"], "csv", layout)
            assert engine.row_count(texts) == 1
        with pytest.raises(ClvError, match="does not exist"):
            engine.row_count(texts)
        with pytest.raises(ClvError, match="stop here") as caught, engine.reading():
            engine.materialise(rows.select(f.expr("error('stop here')").cast("string").alias("n")))
    assert type(caught.value) is ClvError
