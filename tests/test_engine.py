"""The data engine: reading files, decimals and days, several engines at once, errors in one line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from clv_ml.config import EngineConfig, Layout
from clv_ml.engine import MONEY, Engine, functions
from clv_ml.errors import ClvError, ConfigError, DataError

COLUMNS = {"customer_id": "id", "timestamp": "ts", "amount": "paid"}


def read(engine: Engine, path: Path, timestamp_format: str | None = None) -> pd.DataFrame:
    kind = "parquet" if path.suffix == ".parquet" else "csv"
    layout = Layout(columns=COLUMNS, timestamp_format=timestamp_format)
    return engine.to_pandas(engine.read_files([path], kind, layout).orderBy("source_line"))


def test_two_engines_work_side_by_side_and_one_may_close() -> None:
    f = functions()
    with Engine() as first:
        one = first.from_pandas(pd.DataFrame({"x": [1]}))
        with Engine(EngineConfig(threads=1)) as second:
            two = second.from_pandas(pd.DataFrame({"x": [5, 6]}))
            assert first.to_pandas(one.withColumn("y", f.col("x") + 1))["y"].tolist() == [2]
            assert second.row_count(two) == 2
        assert first.row_count(one) == 1


def test_a_frame_goes_in_and_comes_out(engine: Engine, tmp_path: Path) -> None:
    f = functions()
    given = pd.DataFrame({"id": ["b", "a"], "day": pd.to_datetime(["2024-01-31", "2024-02-29"]), "n": [1, 2]})
    frame = engine.materialise(engine.from_pandas(given).withColumn("paid", f.lit("1.10").cast(MONEY)).orderBy("id"))
    assert engine.to_pandas(frame)["id"].tolist() == ["a", "b"]
    assert engine.to_arrow(frame).schema.field("paid").type == pa.decimal128(18, 2)
    engine.write_parquet(frame, tmp_path / "it's.parquet")
    assert pd.read_parquet(tmp_path / "it's.parquet")["n"].tolist() == [2, 1]


def test_money_adds_up_to_the_cent(engine: Engine) -> None:
    f = functions()
    cents = engine.from_pandas(pd.DataFrame({"paid": ["0.10"] * 1000})).select(f.col("paid").cast(MONEY).alias("paid"))
    assert engine.to_pandas(cents.agg(f.sum("paid").alias("total")))["total"].tolist() == [100.0]


def test_the_fingerprint_ignores_row_order_and_sees_every_change(engine: Engine) -> None:
    given = pd.DataFrame({"id": ["a", "b", "b"], "n": [1, 2, 2]})

    def digest(frame: pd.DataFrame) -> str:
        return engine.fingerprint(engine.from_pandas(frame), ["id", "n"])

    assert digest(given) == digest(given.iloc[::-1])
    assert digest(given) == digest(given.assign(further=1))
    changed = [
        given.assign(n=[1, 2, 3]),
        given.head(2),
        pd.concat([given, given.tail(2)]),
        given.assign(id=["a", "a", "b"]),
    ]
    assert len({digest(frame) for frame in [given, *changed, given.head(0)]}) == 6


@pytest.mark.parametrize(
    "text",
    [
        "id,ts,paid\n00123,2024-01-02,5\n",
        "\ufeffid,ts,paid\r\n00123,2024-01-02,5\r\n",
        'id;ts;paid\n"00123";2024-01-02;5\n',
        "id\tts\tpaid\n00123\t2024-01-02\t5",
        "more,id|ts|paid,x\n".replace(",", "|") + "1|00123|2024-01-02|5|2\n",
    ],
    ids=["plain", "BOM and CRLF", "semicolons and quotes", "tabs", "bars and further columns"],
)
def test_csv_is_text_whatever_separates_it(engine: Engine, tmp_path: Path, text: str) -> None:
    (tmp_path / "orders.csv").write_text(text, encoding="utf-8", newline="")
    row = read(engine, tmp_path / "orders.csv").iloc[0]
    assert (row["customer_id"], row["timestamp"], row["amount"]) == ("00123", "2024-01-02", "5")
    assert (row["source_file"], row["source_line"]) == ("orders.csv", 1)


def test_lines_are_numbered_in_file_order_and_equal_rows_share_a_hash(engine: Engine, tmp_path: Path) -> None:
    rows = "".join(f"{n},2024-01-02,{n % 3}\n" for n in range(5000))
    (tmp_path / "orders.csv").write_text(f"id,ts,paid\n{rows}17,2024-01-02,2\n")
    table = read(engine, tmp_path / "orders.csv")
    assert table["source_line"].tolist() == list(range(1, 5002))
    assert table["customer_id"].tolist()[:5000] == [str(n) for n in range(5000)]
    assert table["source_hash"].nunique() == 5000
    assert table["source_hash"].iloc[17] == table["source_hash"].iloc[-1]


def test_parquet_ids_that_became_floats_are_whole_again(engine: Engine, tmp_path: Path) -> None:
    days = [dt.datetime(2024, 1, 2, 23, 59)] * 3
    pd.DataFrame({"id": [17850.0, None, 0.5], "ts": days, "paid": [1.5, None, 3]}).to_parquet(tmp_path / "o.parquet")
    table = read(engine, tmp_path / "o.parquet")
    assert table["customer_id"].fillna("none").tolist() == ["17850", "none", "0.5"]
    assert table["timestamp"].tolist() == days


def test_numbers_that_mean_days_follow_the_format_and_others_stay_as_they_are(engine: Engine, tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "ts": [20240102, 20241301], "paid": [1, 2]})
    frame.to_parquet(tmp_path / "o.parquet")
    table = read(engine, tmp_path / "o.parquet", "%Y%m%d")
    assert table["timestamp"].tolist() == ["2024-01-02 00:00:00", "20241301"]


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("o.csv", b"", "o.csv: the file is empty"),
        ("o.csv", b"id,day,paid\n1,2,3\n", r"column 'ts' is missing; available: 'id', 'day', 'paid'. Map it under"),
        ("o.csv", b"id,ts,paid,ts\n1,2,3,4\n", "o.csv: column 'ts' stands in the header more than once"),
        ("o.parquet", b"id,ts,paid\n1,2,3\n", "o.parquet: cannot be read as parquet"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_in_one_line(
    engine: Engine, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read(engine, write(tmp_path / name, content))
    assert "\n" not in str(caught.value)


def test_what_the_engine_cannot_do_is_one_line(engine: Engine, tmp_path: Path) -> None:
    f = functions()
    frame = engine.from_pandas(pd.DataFrame({"x": ["a"]}))
    with pytest.raises(ClvError, match=r"data engine: .*invalid perl operator"):
        engine.materialise(frame.filter(f.col("x").rlike("(?=a)")))
    with pytest.raises(ClvError, match="data engine: "):
        engine.write_parquet(frame, tmp_path / "no" / "such" / "folder.parquet")
    with pytest.raises(ConfigError, match=r"engine: DuckDB refuses .*'memory_limit': '0 lots'"):
        Engine(EngineConfig.model_construct(memory_limit="0 lots", threads=None, temp_directory=None))
