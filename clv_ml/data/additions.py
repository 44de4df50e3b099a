"""New rows of transactions, checked as if all earlier ones were there: by what is kept of those.

A row that is fine by itself can still repeat an earlier line, or be a refund without a purchase. The first is told by
the hashes of the earlier lines, the second by each customer's first sale. Two things cannot be told from that, and are
refused (:class:`NotAddable`): a sale that gives an earlier refund its purchase, and a repeated line whose file stands
before that of the line it repeats, which would then be the one to set aside.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pandas as pd

from clv_ml.config import RowPolicy
from clv_ml.data.quality import QualityReport, check_transactions
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
        customer_id, first_sale_day of customers with a sale on a closed day.
    open_rows
        Valid transactions since.
    orphans
        customer_id, day of refunds without a purchase.
    """

    hashes: DataFrame
    first_sales: DataFrame
    open_rows: DataFrame
    orphans: DataFrame


@dataclass(frozen=True)
class Additions:
    """New valid rows, those that are set aside, what became of all, and what they add to :class:`Earlier`."""

    rows: DataFrame
    quarantine: DataFrame
    report: QualityReport
    hashes: DataFrame
    orphans: DataFrame


def nothing_earlier(raw: DataFrame) -> Earlier:
    """Return what is known before the first row."""
    f = functions()
    none = raw.filter(f.lit(False))
    day = f.col("timestamp").cast("date")
    return Earlier(
        none.select("source_hash"),
        none.select("customer_id", day.alias("first_sale_day")),
        none.select("customer_id", day.alias("day"), "amount"),
        none.select("customer_id", day.alias("day")),
    )


def check_additions(
    engine: Engine, raw: DataFrame, policy: RowPolicy, earlier: Earlier, *, currency: str, in_order: bool
) -> Additions:
    """Sort new raw rows into valid transactions and those that are set aside.

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
    lenient = policy.model_copy(
        update={"duplicates": "keep", "refunds": "keep" if policy.refunds == "net" else policy.refunds}
    )
    traced = raw.select("*", *[f.col(name).alias(new) for new, name in _TRACES.items()])
    found = check_transactions(engine, traced, lenient, currency=currency)
    with_lines = policy.duplicates == "quarantine" and "order_id" in raw.columns
    inputs = {
        "rows": engine.materialise(found.transactions),
        "hashes": earlier.hashes,
        "first_sales": earlier.first_sales,
        "open_rows": earlier.open_rows,
        "orphans": earlier.orphans,
    }
    key = f"additions: {with_lines} {policy.refunds} {', '.join(found.transactions.columns)}"
    parted = engine.planned_tables(
        key, inputs, dt.date(2000, 1, 1), lambda frames, _: _part(engine, frames, with_lines, policy.refunds == "net")
    )
    facts: dict[Any, Any] = engine.to_pandas(parted["facts"]).to_dict("records")[0]
    if int(facts["known_again"]) and not in_order:
        raise NotAddable("lines of a new file stand in a later one already")
    if int(facts["freed"]):
        raise NotAddable("a new sale is the purchase that an earlier refund was missing")
    moved = engine.to_pandas(parted["moved"])
    return Additions(
        rows=parted["valid"],
        quarantine=_shown(engine, found.quarantine, raw, parted["aside"]),
        report=_report(found.report, facts, moved),
        hashes=parted["hashes"],
        orphans=parted["orphans"],
    )


def _shown(engine: Engine, quarantine: DataFrame, raw: DataFrame, aside: DataFrame) -> DataFrame:
    """Return the rows that are set aside, by themselves or because of others, as the quarantine shows them."""
    names = [name for name in quarantine.columns if name not in _TRACES]
    faulty = quarantine.select(*names)
    if not engine.row_count(aside):
        return faulty
    return faulty.unionByName(raw.join(aside, on=["source_file", "source_line"]).select(*names))


def _part(engine: Engine, frames: Mapping[str, DataFrame], with_lines: bool, net: bool) -> dict[str, DataFrame]:
    f = functions()
    marked = engine.materialise(_mark_repeated(engine, frames["rows"], frames["hashes"], with_lines))
    marked = engine.materialise(_mark_orphans(marked, frames, net))
    valid = marked.filter(f.col("reason").isNull())
    aside = marked.filter(f.col("reason").isNotNull())
    order_id = f.col("order_id").isNotNull() if with_lines else f.lit(False)
    firsts = marked.filter(f.col("first_new").isNotNull()).select("customer_id", "first_new").distinct()
    freed = frames["orphans"].join(firsts, on="customer_id").filter(f.col("first_new") <= f.col("day"))
    facts = valid.agg(
        f.count(f.lit(1)).cast("bigint").alias("rows"),
        f.countDistinct("customer_id").cast("bigint").alias("customers"),
        f.min("day").alias("first_day"),
        f.max("day").alias("last_day"),
        f.count(f.when(f.col("amount") < 0, f.lit(1))).cast("bigint").alias("refunds"),
        f.coalesce(f.sum("amount"), f.lit(0)).cast("string").alias("amount"),
    )
    known = marked.agg(f.count("is_known").cast("bigint").alias("known_again"))
    freed = freed.agg(f.count(f.lit(1)).cast("bigint").alias("freed"))
    return {
        "valid": valid.drop(*_TRACES, "reason", "is_known", "first_new"),
        "facts": facts.crossJoin(known).crossJoin(freed),
        "aside": aside.select(f.col("new_file").alias("source_file"), f.col("new_line").alias("source_line"), "reason"),
        "moved": aside.groupBy("new_file", "reason").agg(f.count(f.lit(1)).cast("bigint").alias("rows")),
        "hashes": marked.filter(order_id).select(f.col("new_hash").alias("source_hash")),
        "orphans": aside.filter(f.col("reason") == ORPHAN).select("customer_id", "day"),
    }


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


def _mark_repeated(engine: Engine, rows: DataFrame, known: DataFrame, with_lines: bool) -> DataFrame:
    f = functions()
    nothing = f.lit(None).cast("string").alias("reason")
    if not with_lines:
        return rows.select("*", nothing, f.lit(None).cast("bigint").alias("is_known"))
    hashes = known.select(f.col("source_hash").alias("new_hash"))
    mine = rows.filter(f.col("order_id").isNotNull()).select("new_hash").distinct()
    repeated = engine.materialise(
        mine.join(hashes, on="new_hash", how="left_semi").withColumn("is_known", f.lit(1).cast("bigint"))
    )
    same = window_spec().partitionBy("new_hash", "customer_id", "order_id").orderBy("new_file", "new_line")
    joined = rows.join(repeated, on="new_hash", how="left")
    numbered = joined.select(*rows.columns, "is_known").withColumn("copy", f.row_number().over(same))
    is_copy = f.col("order_id").isNotNull() & ((f.col("copy") > 1) | f.col("is_known").isNotNull())
    return numbered.withColumn("reason", f.when(is_copy, f.lit(DUPLICATE_LINE))).drop("copy")


def _mark_orphans(marked: DataFrame, frames: Mapping[str, DataFrame], net: bool) -> DataFrame:
    f = functions()
    col = f.col
    if not net:
        return marked.withColumn("first_new", f.lit(None).cast("date"))
    sold = frames["open_rows"].filter(col("amount") >= 0).select("customer_id", col("day").alias("first_sale_day"))
    here = frames["first_sales"].unionByName(sold)
    here = here.join(marked.select("customer_id").distinct(), on="customer_id", how="left_semi")
    firsts = here.groupBy("customer_id").agg(f.min("first_sale_day").alias("first_sale_day"))
    joined = marked.join(firsts, on="customer_id", how="left").select(*marked.columns, "first_sale_day")
    sale = f.when(col("reason").isNull() & (col("amount") >= 0), col("day"))
    dated = joined.withColumn("first_new", f.min(sale).over(window_spec().partitionBy("customer_id")))
    first = f.least(col("first_sale_day"), col("first_new"))  # of those that are not null
    orphan = col("reason").isNull() & (col("amount") < 0) & (first.isNull() | (col("day") < first))
    return dated.withColumn("reason", f.when(orphan, f.lit(ORPHAN)).otherwise(col("reason"))).drop("first_sale_day")


def _report(told: QualityReport, facts: Mapping[Any, Any], moved: pd.DataFrame) -> QualityReport:
    by_file = {name: dict(counts) for name, counts in told.by_file.items()}
    quarantined = dict(told.quarantined)
    for row in moved.to_dict("records"):
        reason, rows, counts = str(row["reason"]), int(row["rows"]), by_file[str(row["new_file"])]
        counts["valid"] -= rows
        counts[reason] = counts.get(reason, 0) + rows
        quarantined[reason] = quarantined.get(reason, 0) + rows
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
