"""Customers whose transactions must be compared with one another: refunds, and rows that may be copies."""

from __future__ import annotations

import functools

from clv_ml.config import RowPolicy
from clv_ml.engine import DataFrame, Engine, functions, window_spec

_ALIKE = "cast(hash(order_id, amount) % 9223372036854775807 as bigint)"  # what copies have in common, in eight bytes


def find_suspects(engine: Engine, fine: DataFrame, policy: RowPolicy) -> DataFrame | None:
    """Find customers with a refund, or with rows that may be copies of one another; None where there are none."""
    f = functions()
    found = []
    if policy.refunds == "net":
        found.append(fine.filter(f.col("amount") < 0).select("customer_id"))
    if policy.duplicates == "quarantine" and "order_id" in fine.columns:
        alike = f.expr(_ALIKE)
        ordered = fine.filter(f.col("order_id").isNotNull())
        counted = ordered.groupBy(alike.alias("alike")).agg(f.count(f.lit(1)).alias("rows"))
        several = engine.materialise(counted.filter(f.col("rows") > 1).select("alike"))
        if engine.row_count(several):
            keyed = ordered.select("customer_id", alike.alias("alike"))
            found.append(keyed.join(several, on="alike", how="left_semi").select("customer_id"))
    if not found:
        return None
    suspects = engine.materialise(functools.reduce(lambda left, right: left.unionByName(right), found).distinct())
    return suspects if engine.row_count(suspects) else None


def judged(rows: DataFrame, policy: RowPolicy) -> DataFrame:
    """Mark, among rows with `reason` of all suspects, those that are copies, and refunds without a purchase."""
    if policy.duplicates == "quarantine" and "order_id" in rows.columns:
        rows = _mark_duplicates(rows)
    return _mark_orphan_refunds(rows) if policy.refunds == "net" else rows


def _mark_duplicates(marked: DataFrame) -> DataFrame:
    """Mark the second and later copies of rows that are equal in every column of the file."""
    f = functions()
    same = (
        window_spec()
        .partitionBy("source_hash", "customer_id", "order_id", "amount_text", "reason")
        .orderBy("source_file", "source_line")
    )
    copy = f.row_number().over(same)
    numbered = marked.withColumn("copy", copy)
    repeated = f.col("reason").isNull() & f.col("order_id").isNotNull() & (f.col("copy") > 1)
    return numbered.withColumn("reason", f.when(repeated, f.lit("duplicate_line")).otherwise(f.col("reason"))).drop(
        "copy"
    )


def _mark_orphan_refunds(marked: DataFrame) -> DataFrame:
    """Mark refunds on a day before the customer's first purchase: there is nothing to net them against."""
    f = functions()
    by_customer = window_spec().partitionBy("customer_id")
    bought = f.col("reason").isNull() & (f.col("amount") >= 0)
    first = f.min(f.when(bought, f.col("day"))).over(by_customer)
    dated = marked.withColumn("first_purchase", first)
    orphan = (
        f.col("reason").isNull()
        & (f.col("amount") < 0)
        & (f.col("first_purchase").isNull() | (f.col("day") < f.col("first_purchase")))
    )
    return dated.withColumn("reason", f.when(orphan, f.lit("refund_without_purchase")).otherwise(f.col("reason"))).drop(
        "first_purchase"
    )
