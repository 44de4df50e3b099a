"""Summarises a few orders over Spark Connect, in a process of its own: a session of another kind cannot stand beside.

Writes one JSON object: the summary, the settings before and after, and what was materialised.
"""

from __future__ import annotations

import json
import sys

from pyspark.sql import SparkSession

import clv_ml
from clv_ml.engine import SparkEngine, functions

ORDERS = [
    ("a", "2024-01-01 23:30:00", "10.00"),
    ("a", "2024-01-11 00:00:00", "20.00"),
    ("a", "2024-01-31 00:00:00", "40.00"),
    ("b", "2024-02-01 00:00:00", "5.00"),
]


def main() -> None:
    """Ask, and tell what came back."""
    session = SparkSession.builder.remote("local[2]").getOrCreate()
    # nothing is compiled or optimised for long for four rows
    for key in ("codegen.wholeStage", "adaptive.enabled", "subexpressionElimination.enabled"):
        session.conf.set(f"spark.sql.{key}", "false")
    session.conf.set("spark.sql.shuffle.partitions", "1")
    session.conf.set("spark.sql.session.timeZone", "America/New_York")
    before = {key: session.conf.get(key) for key in ("spark.sql.session.timeZone", "spark.sql.caseSensitive")}
    orders = session.createDataFrame(ORDERS, ["customer_id", "timestamp", "amount"])
    summary = clv_ml.rfm_summary(orders, cutoff="2024-02-10")
    after = {key: session.conf.get(key) for key in before}
    rows = summary.drop("first_day").orderBy("customer_id").toArrow().to_pylist()
    with SparkEngine(session=session) as engine:
        again = engine.to_arrow(engine.materialise(summary.groupBy().agg(functions().sum("T").alias("days"))))
    sys.stdout.write(json.dumps({"rows": rows, "before": before, "after": after, "again": again.to_pylist()}) + "\n")
    session.stop()


if __name__ == "__main__":
    main()
