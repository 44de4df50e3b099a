"""New rows of transactions, checked as if all earlier ones were there: by what is kept of those.

A row that is fine by itself can still repeat an earlier line, or be a refund without a purchase. The first is told by
the hashes of the earlier lines, the second by each customer's first sale. Two things cannot be told from that, and are
refused (:class:`NotAddable`): a sale that gives an earlier refund its purchase, and a repeated line whose file stands
before that of the line it repeats, which would then be the one to set aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from clv_ml.config import RowPolicy
from clv_ml.data.quality import CheckedTransactions, QualityReport, check_transactions
from clv_ml.engine import DataFrame, Engine, functions, window_spec
from clv_ml.errors import ClvError

_TRACES = {"new_file": "source_file", "new_line": "source_line", "new_hash": "source_hash"}
DUPLICATE_LINE, ORPHAN = "duplicate_line", "refund_without_purchase"


class NotAddable(ClvError):
    """New rows that change what became of earlier ones: everything must be read again."""


@dataclass(frozen=True)
class Earlier:
    """What must be known of earlier rows.

    Attributes
    ----------
    hashes
        source_hash of the valid rows with an order_id, those included that were set aside as repeated or as refunds
        without a purchase.
    first_sales
        customer_id, first_sale_day; of several rows of a customer the earliest counts.
    orphans
        customer_id, day of refunds without a purchase.
    """

    hashes: DataFrame
    first_sales: DataFrame
    orphans: DataFrame


@dataclass(frozen=True)
class Additions:
    """Checked new rows, and what they add to :class:`Earlier`."""

    checked: CheckedTransactions
    hashes: DataFrame
    orphans: DataFrame


def nothing_earlier(raw: DataFrame) -> Earlier:
    """Return what is known before the first row."""
    f = functions()
    none = raw.filter(f.lit(False))
    return Earlier(
        none.select("source_hash"),
        none.select("customer_id", f.col("timestamp").cast("date").alias("first_sale_day")),
        none.select("customer_id", f.col("timestamp").cast("date").alias("day")),
    )


def check_additions(
    engine: Engine, raw: DataFrame, policy: RowPolicy, earlier: Earlier, *, currency: str, in_order: bool
) -> Additions:
    """Sort new raw rows into valid transactions and quarantine.

    Parameters
    ----------
    raw
        New rows only (:func:`clv_ml.data.sources.read_raw`).
    in_order
        Whether their files stand after all earlier ones.

    Raises
    ------
    NotAddable
        If they change what became of earlier rows.
    DataError
        As :func:`clv_ml.data.quality.check_transactions` does of these rows alone.
    """
    f = functions()
    raw = engine.materialise(raw)
    lenient = policy.model_copy(
        update={"duplicates": "keep", "refunds": "keep" if policy.refunds == "net" else policy.refunds}
    )
    traced = raw.select("*", *[f.col(name).alias(new) for new, name in _TRACES.items()])
    found = check_transactions(engine, traced, lenient, currency=currency)
    marked = found.transactions.withColumn("reason", f.lit(None).cast("string"))
    hashes = found.transactions.select(f.col("new_hash").alias("source_hash")).filter(f.lit(False))
    if policy.duplicates == "quarantine" and "order_id" in raw.columns:
        marked = engine.materialise(_mark_repeated(engine, found.transactions, earlier.hashes, in_order=in_order))
        named = marked.filter(f.col("order_id").isNotNull())
        hashes = named.select(f.col("new_hash").alias("source_hash"))
    if policy.refunds == "net":
        marked = engine.materialise(_mark_orphans(marked, earlier.first_sales))
        _require_no_change(engine, marked, earlier.orphans)
    marked = engine.materialise(marked)
    valid = marked.filter(f.col("reason").isNull())
    aside = marked.filter(f.col("reason").isNotNull())
    orphans = aside.filter(f.col("reason") == ORPHAN).select("customer_id", "day")
    keys = aside.select(f.col("new_file").alias("source_file"), f.col("new_line").alias("source_line"), f.col("reason"))
    told = [name for name in found.quarantine.columns if name not in _TRACES]
    more = raw.join(keys, on=["source_file", "source_line"]).select(*told)
    checked = CheckedTransactions(
        transactions=valid.drop(*_TRACES, "reason"),
        quarantine=found.quarantine.select(*told).unionByName(more),
        report=_report(engine, found.report, valid, aside),
    )
    return Additions(checked, hashes, orphans)


def added_reports(before: QualityReport, new: QualityReport, customers: int) -> QualityReport:
    """Add up the reports of earlier and of new rows; `customers` are those with a valid row in either."""
    days = [day for day in (before.first_day, new.first_day, before.last_day, new.last_day) if day is not None]
    return replace(
        before,
        rows_in=before.rows_in + new.rows_in,
        rows_valid=before.rows_valid + new.rows_valid,
        quarantined=added(before.quarantined, new.quarantined),
        refund_rows=before.refund_rows + new.refund_rows,
        customers=customers,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        by_file=before.by_file | new.by_file,
        amount=before.amount + new.amount,
    )


def added(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    """Add counts by name."""
    return {name: left.get(name, 0) + right.get(name, 0) for name in sorted({*left, *right})}


def _mark_repeated(engine: Engine, rows: DataFrame, known: DataFrame, *, in_order: bool) -> DataFrame:
    f = functions()
    hashes = known.select(f.col("source_hash").alias("new_hash"))
    repeated = engine.materialise(
        rows.filter(f.col("order_id").isNotNull())
        .select("new_hash")
        .distinct()
        .join(hashes, on="new_hash", how="left_semi")
        .withColumn("is_known", f.lit(True))
    )
    if not in_order and engine.row_count(repeated):
        raise NotAddable("lines of a new file stand in a later one already")
    same = window_spec().partitionBy("new_hash", "customer_id", "order_id").orderBy("new_file", "new_line")
    numbered = rows.join(repeated, on="new_hash", how="left").select(*rows.columns, "is_known")
    numbered = numbered.withColumn("copy", f.row_number().over(same))
    is_copy = f.col("order_id").isNotNull() & ((f.col("copy") > 1) | f.col("is_known").isNotNull())
    return numbered.withColumn("reason", f.when(is_copy, f.lit(DUPLICATE_LINE))).drop("copy", "is_known")


def _mark_orphans(marked: DataFrame, first_sales: DataFrame) -> DataFrame:
    f = functions()
    col = f.col
    here = first_sales.join(marked.select("customer_id").distinct(), on="customer_id", how="left_semi")
    firsts = here.groupBy("customer_id").agg(f.min("first_sale_day").alias("first_sale_day"))
    joined = marked.join(firsts, on="customer_id", how="left").select(*marked.columns, "first_sale_day")
    sold = f.when(col("reason").isNull() & (col("amount") >= 0), col("day"))
    first_new = f.min(sold).over(window_spec().partitionBy("customer_id"))
    dated = joined.withColumn("first_new", first_new)
    first = f.least(col("first_sale_day"), col("first_new"))  # of those that are not null
    orphan = col("reason").isNull() & (col("amount") < 0) & (first.isNull() | (col("day") < first))
    return dated.withColumn("reason", f.when(orphan, f.lit(ORPHAN)).otherwise(col("reason"))).drop("first_sale_day")


def _require_no_change(engine: Engine, marked: DataFrame, orphans: DataFrame) -> None:
    f = functions()
    firsts = marked.select("customer_id", "first_new").filter(f.col("first_new").isNotNull()).distinct()
    freed = orphans.join(firsts, on="customer_id").filter(f.col("first_new") <= f.col("day"))
    if engine.row_count(freed):
        raise NotAddable("a new sale is the purchase that an earlier refund was missing")


def _report(engine: Engine, told: QualityReport, valid: DataFrame, aside: DataFrame) -> QualityReport:
    f = functions()
    moved = engine.to_pandas(
        aside.groupBy("new_file", "reason").agg(f.count(f.lit(1)).cast("bigint").alias("rows"))
    ).to_dict("records")
    by_file = {name: dict(counts) for name, counts in told.by_file.items()}
    quarantined = dict(told.quarantined)
    for row in moved:
        reason, rows, counts = str(row["reason"]), int(row["rows"]), by_file[str(row["new_file"])]
        counts["valid"] -= rows
        counts[reason] = counts.get(reason, 0) + rows
        quarantined[reason] = quarantined.get(reason, 0) + rows
    facts: dict[Any, Any] = engine.to_pandas(
        valid.agg(
            f.count(f.lit(1)).cast("bigint").alias("rows"),
            f.countDistinct("customer_id").cast("bigint").alias("customers"),
            f.min("day").alias("first_day"),
            f.max("day").alias("last_day"),
            f.count(f.when(f.col("amount") < 0, f.lit(1))).cast("bigint").alias("refunds"),
            f.coalesce(f.sum("amount"), f.lit(0)).cast("string").alias("amount"),
        )
    ).to_dict("records")[0]
    some = int(facts["rows"]) > 0
    return replace(
        told,
        rows_valid=int(facts["rows"]),
        quarantined=dict(sorted(quarantined.items())),
        refund_rows=int(facts["refunds"]),
        customers=int(facts["customers"]),
        first_day=facts["first_day"].date() if some else None,
        last_day=facts["last_day"].date() if some else None,
        by_file={name: {reason: n for reason, n in counts.items() if n} for name, counts in by_file.items()},
        amount=Decimal(str(facts["amount"])),
    )
