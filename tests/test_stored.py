"""Tables on disk: read back as they were, in one piece, in batches, by row, with the same types every time."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clv_ml.engine import Engine, stored
from clv_ml.engine.stored import Stored, StoredWriter, in_batches, store
from clv_ml.errors import ClvError, DataError


def customers(rows: int = 10) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "frequency": pd.array(range(rows), dtype="int64"),
            "gap": pd.array([None if row % 3 == 0 else row for row in range(rows)], dtype="Int64"),
            "p": np.linspace(0, 1, rows),
            "country": pd.Series(["FR" if row % 2 else None for row in range(rows)], dtype="str"),
            "first_day": pd.to_datetime([dt.date(2024, 1, 1) + dt.timedelta(days=row) for row in range(rows)]),
        }
    )
    frame["first_day"] = frame["first_day"].astype("datetime64[us]")
    return frame.set_index(pd.Index([f"c{row:03d}" for row in range(rows)], name="customer_id", dtype="str"))


@pytest.mark.parametrize("size", [0, 1, 7, 10])
def test_a_table_comes_back_however_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(stored, "BATCH", 3)
    frame = customers(10).head(size)
    with StoredWriter(tmp_path / "table.parquet") as writer:
        for part in in_batches(frame):
            writer.write(frame.iloc[part].reset_index())
    found = Stored(tmp_path / "table.parquet")
    assert len(found) == size
    known = frame if size else frame.astype({"gap": "int64"})  # no row has a gap
    pd.testing.assert_frame_equal(found.read(), known)
    pd.testing.assert_frame_equal(pd.concat(list(found.batches())), known)
    pd.testing.assert_frame_equal(found.head(4), known.head(4))
    places = np.array([6, 0, 5, 6])[: size - 6 if size > 6 else 0]
    pd.testing.assert_frame_equal(found.at(places), known.iloc[places])
    pd.testing.assert_series_equal(found["gap"], known["gap"].reset_index(drop=True))
    assert found.columns == tuple(frame.columns)
    assert "gap" in found
    assert "customer_id" not in found


def test_the_engine_writes_what_it_would_give_out(tmp_path: Path) -> None:
    frame = customers().drop(columns="country").reset_index()
    with Engine() as engine:
        table = engine.from_pandas(frame)
        engine.write_parquet(table.orderBy("customer_id"), tmp_path / "table.parquet")
        given = engine.to_pandas(table.orderBy("customer_id")).set_index("customer_id")
    pd.testing.assert_frame_equal(Stored(tmp_path / "table.parquet").read(), given)


def test_columns_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    found = store(tmp_path / "table.parquet", customers())
    assert found.read(["p", "nothing"]).columns.tolist() == ["p"]
    assert found.head(0).columns.tolist() == list(found.columns)
    with pytest.raises(DataError, match="id"):
        Stored(tmp_path / "table.parquet", index="id")


def test_a_batch_unlike_the_first_and_a_place_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    with StoredWriter(tmp_path / "table.parquet") as writer:
        writer.write(customers().reset_index())
        with pytest.raises(DataError, match="unlike the first"):
            writer.write(customers().reset_index().drop(columns="p"))
        with pytest.raises(DataError, match="unlike the first"):
            writer.write(customers().reset_index().assign(frequency="many"))
    with StoredWriter(tmp_path / "nowhere" / "table.parquet") as writer, pytest.raises(ClvError, match="cannot write"):
        writer.write(customers().reset_index())


def test_a_batch_that_could_not_be_written_is_told_by_the_next_call_or_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("pyarrow.parquet.ParquetWriter.write_table", full)
    with pytest.raises(ClvError, match="no space left"), StoredWriter(tmp_path / "one.parquet") as writer:
        writer.write(customers().reset_index())
    with StoredWriter(tmp_path / "two.parquet") as writer:
        writer.write(customers().reset_index())
        with pytest.raises(ClvError, match="no space left"):
            writer.write(customers().reset_index())
