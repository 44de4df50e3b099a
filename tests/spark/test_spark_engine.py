"""The Spark engine: files and tables under canonical names, intermediate results, settings, and what it refuses."""

from __future__ import annotations

import datetime as dt
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clv_ml.config import EngineConfig, Layout, SparkConfig, build_config
from clv_ml.engine import Engine, SparkEngine, functions, open_engine
from clv_ml.errors import ClvError, ConfigError, DataError

COLUMNS = {"customer_id": "id", "timestamp": "at", "amount": "paid"}


def test_everything_an_engine_does_is_done_by_spark_too() -> None:
    public = {name for name, value in vars(Engine).items() if inspect.isfunction(value) and not name.startswith("_")}
    assert public <= set(vars(SparkEngine))


def test_the_config_names_the_engine() -> None:
    config = build_config(
        {
            "name": "shop",
            "transactions": {"sources": [{"dataset": "cdnow_sample"}]},
            "engine": {"kind": "spark", "spark": {"master": "spark://head:7077", "settings": {"spark.a": "b"}}},
        },
        environment={},
    )
    assert config.engine.kind == "spark"
    assert config.engine.spark.settings == {"spark.a": "b"}
    with open_engine() as opened:
        assert type(opened) is Engine


@pytest.mark.parametrize("master", ["here", "local[", "http://head", ""])
def test_a_master_that_is_none_is_refused(master: str) -> None:
    with pytest.raises(ValueError, match="master"):
        SparkConfig(master=master)


def test_without_pyspark_nothing_imports_it_and_the_engine_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['pyspark'] = None\n"
        "import clv_ml.engine, clv_ml.snapshot.rfm\n"
        "from clv_ml.config import EngineConfig\n"
        "from clv_ml.errors import ConfigError\n"
        "try:\n    clv_ml.engine.SparkEngine(EngineConfig(kind='spark'))\n"
        "except ConfigError as error:\n    print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "install clv-ml[spark]" in told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    frame = pd.DataFrame(
        {
            "id": [17850.0, 2.0, None],
            "at": pd.to_datetime(["2024-01-01 23:30", "2024-01-02 00:00", "2024-01-03 00:00"]).tz_localize("UTC"),
            "paid": [1.25, -3.0, 4.0],
            "note": ["x", None, "z"],
        }
    )
    frame.to_parquet(tmp_path / "a day.parquet", index=False)
    frame.head(1).to_parquet(tmp_path / "b.parquet", index=False)
    (tmp_path / "c.csv").write_text("paid;at;id\n10;2024-01-05;7\n11;2024-01-05\n")
    return tmp_path


def test_files_are_read_under_canonical_names_with_where_each_row_came_from(spark: SparkEngine, folder: Path) -> None:
    paths = [folder / "a day.parquet", folder / "b.parquet"]
    with spark.active():
        layout = Layout(columns=COLUMNS, timezone="Europe/Berlin")
        read = spark.read_files(paths, "parquet", layout, names=["x/a day.parquet", "b.parquet"], faults=[None, "late"])
        rows = spark.to_arrow(read.orderBy("source_file", "source_line")).to_pylist()
        again = spark.read_files(paths, "parquet", layout)
        assert spark.fingerprint(read, ["source_hash"]) == spark.fingerprint(again.repartition(3), ["source_hash"])
        assert spark.fingerprint(read, ["customer_id"]) != spark.fingerprint(read.limit(3), ["customer_id"])
    assert [(row["source_file"], row["source_line"], row["source_fault"]) for row in rows] == [
        ("b.parquet", 1, "late"),
        ("x/a day.parquet", 1, None),
        ("x/a day.parquet", 2, None),
        ("x/a day.parquet", 3, None),
    ]
    assert [row["customer_id"] for row in rows] == ["17850", "17850", "2", None]
    assert rows[0]["timestamp"] == dt.datetime(2024, 1, 2, 0, 30)  # half past midnight in Berlin
    assert rows[0]["source_hash"] == rows[1]["source_hash"] != rows[2]["source_hash"]


def test_a_record_that_is_broken_is_kept_with_its_fault_and_its_text(spark: SparkEngine, folder: Path) -> None:
    with spark.active():
        read = spark.read_files([folder / "c.csv"], "csv", Layout(columns=COLUMNS))
        rows = spark.to_arrow(read.orderBy("amount")).to_pylist()
    assert [(row["customer_id"], row["source_fault"], row["source_text"]) for row in rows] == [
        ("7", None, None),
        (None, "too_few_fields", "11;2024-01-05"),
    ]


def test_what_spark_does_not_read_is_refused_and_a_missing_column_named(spark: SparkEngine, folder: Path) -> None:
    with spark.active():
        with pytest.raises(ConfigError, match="decimal, timestamp_format: not on Spark"):
            spark.read_files([], "csv", Layout(columns=COLUMNS, decimal=",", timestamp_format="%d.%m.%Y"))
        with pytest.raises(DataError, match="price"):
            spark.read_files([folder / "b.parquet"], "parquet", Layout(columns={**COLUMNS, "amount": "price"}))


def test_a_table_of_the_catalogue_is_read_under_canonical_names(spark: SparkEngine, spark_session: Any) -> None:
    spark_session.createDataFrame([("a", 1)], ["id", "paid"]).createOrReplaceTempView("sold")
    with spark.active():
        [row] = spark.to_arrow(spark.read_table("sold", {"customer_id": "id", "amount": "paid"})).to_pylist()
    assert (row["customer_id"], row["amount"], row["source_file"]) == ("a", "1", "sold")
    spark_session.catalog.dropTempView("sold")


def test_a_plan_is_written_to_files_in_an_order_and_read_again(spark: SparkEngine, tmp_path: Path) -> None:
    with spark.active():
        f = functions()
        at = dt.datetime(2024, 1, 2, 3, 4, 5, 6)
        start = spark.from_pandas(pd.DataFrame({"name": ["b", "c", "a"], "at": [at] * 3}))
        spark.planned_to_parquet(
            "key",
            {"start": start},
            dt.date(2024, 1, 1),
            lambda frames, day: frames["start"].withColumn("day", f.lit(day.isoformat()).cast("date")),
            path=tmp_path / "out",
            order="name",
        )
        rows = spark.to_arrow(spark.scan(tmp_path / "out")).to_pylist()
    assert rows == [{"name": name, "at": at, "day": dt.date(2024, 1, 1)} for name in "abc"]


def test_intermediate_results_are_written_once_and_removed_at_the_end(spark_session: Any, tmp_path: Path) -> None:
    config = EngineConfig(kind="spark", spark=SparkConfig(spill=tmp_path.as_uri()))
    with SparkEngine(config, session=spark_session) as engine:
        f = functions()
        start = engine.from_pandas(pd.DataFrame({"n": [1, 2, 3]}))
        result = engine.planned(
            "key",
            {"start": start},
            dt.date(2024, 1, 1),
            lambda frames, _: engine.materialise(frames["start"].filter(f.col("n") > 1)).filter(f.col("n") > 2),
        )
        assert engine.row_count(result) == 1
        assert len(list(tmp_path.glob("*/*"))) == 1  # the table on the way to it is gone
        engine.write_parquet(result, tmp_path / "out")
    assert not list(tmp_path.glob("clv_ml_*"))
    assert len(pd.read_parquet(tmp_path / "out")) == 1
    assert functions().__name__.startswith("sqlframe")


def test_what_spark_cannot_do_is_one_clear_line(spark: SparkEngine) -> None:
    with spark.active():
        f = functions()
        frame = spark.from_pandas(pd.DataFrame({"n": ["x"]})).select(f.col("n").cast("int").alias("n"))
        with pytest.raises(ClvError, match=r"data engine \(Spark\): .*CAST_INVALID_INPUT") as caught:
            spark.to_pandas(frame)
    assert "\n" not in str(caught.value)
