# ruff: noqa: T201  (the note is printed)
"""What values cost on Spark, and what they would cost for many more customers: ``bench_peers.py --spark 20000 200000``.

The same orders go through the same definitions on a local Spark with two threads: day totals and summaries, the counts
that are collected to fit the models, and values by mapInPandas, written as Parquet. What counts is the time of the
processors (of the JVM and its Python workers), and of that only the growth between two sizes: starting Spark costs the
same however many customers there are. The note then assumes that costs grow with the rows. It leaves out what a network
between machines costs, and what a session has to read that is not on its own disk.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from bench_peers_orders import CUTOFF, orders_file

from clv_ml.config import EngineConfig, SparkConfig
from clv_ml.engine import MONEY, SparkEngine
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.value import customer_lifetime_value
from clv_ml.snapshot.rfm import rfm
from clv_ml.snapshot.window import Window, day_totals

STAGES = ("summarise", "count for the fit", "value and write")
PROJECTED = (100_000_000, 1_000_000_000)
_CORES, _MACHINE = 2, 16
_TICK = os.sysconf("SC_CLK_TCK")


def processor_seconds() -> float:
    """Return the processor time of this process and all its descendants, the ended ones included."""
    parents, used = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)], used[int(folder.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    total, ours = 0, {os.getpid()}
    while ours:
        total += sum(used.get(process, 0) for process in ours)
        ours = {child for child, parent in parents.items() if parent in ours}
    return total / _TICK


def spark_session(folder: Path) -> Any:
    """Start a local Spark."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "4g",
        "spark.sql.shuffle.partitions": "16",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    builder = SparkSession.builder.master(f"local[{_CORES}]").appName("bench_peers")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def stage_costs(engine: SparkEngine, orders: Path, folder: Path) -> dict[str, float]:
    """Return the processor seconds of each stage."""
    from pyspark.sql import functions as f

    cutoff, costs, since = dt.date.fromisoformat(CUTOFF), [], processor_seconds()

    def ended() -> None:
        nonlocal since
        costs.append(processor_seconds() - since)
        since += costs[-1]

    rows = engine.session.read.parquet(str(orders)).select(
        f.col("customer_id").cast("string").alias("customer_id"),
        "timestamp",
        f.col("timestamp").cast("date").alias("day"),
        f.col("amount").cast(MONEY).alias("amount"),
    )
    rfm(Window(cutoff, 1).history(day_totals(rows)), cutoff).write.mode("overwrite").parquet(str(folder / "rfm"))
    ended()
    customers = engine.session.read.parquet(str(folder / "rfm"))
    purchases, spend = PurchaseModel(), SpendModel()
    purchases.fit(counted(customers, ["frequency", "recency", "T"]))
    spend.fit(counted(customers.filter("frequency > 0"), ["frequency", "monetary_value"]))
    ended()

    def valued(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield pd.concat([batch, customer_lifetime_value(purchases, spend, batch)], axis=1)

    added = ", ".join(f"{name} double" for name in ("expected_purchases", "expected_spend", "expected_clv"))
    schema = (
        "customer_id string, first_day date, frequency bigint, recency bigint, T bigint, monetary_value double, "
        f"{added}, value_if_retained double"
    )
    customers.mapInPandas(valued, schema).write.mode("overwrite").parquet(str(folder / "values"))
    ended()
    return dict(zip(STAGES, costs, strict=True))


def counted(customers: Any, columns: list[str]) -> pd.DataFrame:
    """Collect the distinct rows of some columns with their number; there are far fewer than customers."""
    from pyspark.sql import functions as f

    found: pd.DataFrame = customers.groupBy(*columns).agg(f.count(f.lit(1)).alias("weight")).toArrow().to_pandas()
    return found


def main(work: Path, few: int, many: int) -> None:
    """Print the cost of each stage at two sizes, and the note."""
    warnings.simplefilter("ignore")  # PySpark warns about the version of pandas wherever it meets it
    costs, rows = {}, {}
    with tempfile.TemporaryDirectory() as name:
        config = EngineConfig(kind="spark", spark=SparkConfig(spill=Path(name, "spill").as_uri()))
        session = spark_session(Path(name))
        with SparkEngine(config, session=session) as engine:
            for size in (few, few, many):  # the first time warms up
                orders, rows[size] = orders_file(work, size)
                costs[size] = stage_costs(engine, orders, Path(name))
        session.stop()
    print(f"\nSpark, local[{_CORES}]: processor seconds for {few:,} and {many:,} customers")
    slopes = {}
    for stage in STAGES:
        slopes[stage] = (costs[many][stage] - costs[few][stage]) / (many - few)
        told = f"{costs[few][stage]:8.2f} {costs[many][stage]:8.2f}"
        print(f"  {stage:18}{told}   {slopes[stage] * 1e6:6.1f} s a million customers")
    orders_each = rows[many] / many
    for size in PROJECTED:
        hours = sum(slopes.values()) * size / 3600
        print(
            f"{size:,} customers, {size * orders_each / 1e9:.1f} billion orders: {hours:,.1f} core hours, "
            f"{hours / _MACHINE:,.2f} hours of a machine with {_MACHINE} cores"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
