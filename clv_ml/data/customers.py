"""The table of customers: when they signed up, and attributes known from then on."""

from __future__ import annotations

import functools
from collections.abc import Container, Mapping, Sequence

from clv_ml.config import CustomersConfig
from clv_ml.data.contract import CUSTOMER_FAULTS
from clv_ml.data.delivered import DUPLICATE, deliveries
from clv_ml.data.parting import brought_back, left_over, plainly_fine, rows_by_file
from clv_ml.data.records import CheckedTable, first_reason, id_rules, read_files, settle
from clv_ml.data.rules import rule_reasons
from clv_ml.data.schema import EVIDENCE, TRACES, traces
from clv_ml.data.values import identity, kinds_of, moment, number, or_null
from clv_ml.engine import Column, DataFrame, Engine, functions, window_spec


def read_customers(engine: Engine, config: CustomersConfig) -> DataFrame:
    """Bring every source of customers under one roof, as text, dropping nothing; nothing is computed yet.

    Returns
    -------
    DataFrame
        customer_id, signup_at and the attributes of the config (text, but moments where all sources hold such; null
        where a source has none), source_file, source_line.

    Raises
    ------
    ConfigError
        If a path matches no file, or the format cannot be told.
    DataError
        If a file cannot be read or lacks a mapped column.
    """
    found = deliveries(config.sources, config.root, duplicates=config.duplicate_files)
    frames = {
        f"source_{place}": read_files(engine, source, config.root, delivery=delivery)
        for place, (source, delivery) in enumerate(zip(config.sources, found, strict=True))
    }
    names = ("customer_id", "signup_at", *_attributes(config))

    def together(named: Mapping[str, DataFrame]) -> DataFrame:
        kinds = {kinds_of(frame).get("signup_at") for frame in named.values()}
        typed = {"signup_at"} if kinds == {"timestamp_ntz"} else set()
        parts = [frame.select(*[_text(frame, name, typed) for name in names], *TRACES) for frame in named.values()]
        return functools.reduce(lambda left, right: left.unionByName(right), parts)

    return engine.planned_view(("raw customers", *names), frames, together)


def _text(frame: DataFrame, name: str, typed: Container[str]) -> Column:
    f = functions()
    if name in typed:
        return f.col(name)
    text = f.trim(f.col(name).cast("string")) if name in frame.columns else f.lit(None).cast("string")
    return text.alias(name)


def check_customers(engine: Engine, raw: DataFrame, config: CustomersConfig) -> CheckedTable:
    """Sort raw customers into valid ones and quarantine; of several rows for one customer the first in order counts.

    The order is that of signup_at, where it is empty first (known all along), then that of the texts of the attributes,
    empty ones last.

    Returns
    -------
    CheckedTable
        Rows: customer_id (once each), signup_at (timestamp or null), categories (text), numbers (double), dates
        (date); null where empty.
    """
    f = functions()
    col = f.col
    names = _attributes(config)
    texts = [f"{name}_text" for name in ("signup_at", *names)]
    came_in = rows_by_file(engine, raw)
    settings = config.model_dump_json(include={"categories", "numbers", "dates", "rules"})
    marked = engine.planned_view(
        ("customers, reasons", settings), {"raw": raw}, lambda frames: _marked(frames["raw"], config)
    )
    kept = ("customer_id", "signup_at", *names, "day")
    fine = plainly_fine(engine, marked, kept)
    counted = fine.groupBy("customer_id").agg(f.count(f.lit(1)).alias("rows"))
    several = engine.materialise(counted.filter(f.col("rows") > 1).select("customer_id"))
    suspects = several if engine.row_count(several) else None
    told = ("source_file", "source_line", "reason", "customer_id", *texts, *EVIDENCE)
    rows_in = sum(came_in.values())
    looked_at = left_over(engine, fine, lambda: marked, rows_in=rows_in, columns=told, suspects=suspects)
    if suspects is not None:
        key = ("customers, repeated", *texts)
        repeated = engine.planned_view(key, {"rows": looked_at}, lambda frames: _mark_repeated(frames["rows"], texts))
        looked_at = engine.materialise(repeated)
    return settle(
        engine,
        brought_back(engine, fine, suspects, looked_at, kept),
        looked_at.filter(col("reason").isNotNull()),
        "customers",
        came_in=came_in,
        columns=("customer_id", "signup_at", *names),
        texts=("customer_id", *texts),
        day="day",
    )


def _marked(raw: DataFrame, config: CustomersConfig) -> DataFrame:
    f = functions()
    col = f.col
    names = _attributes(config)
    kind = kinds_of(raw)["signup_at"]
    given = or_null(col("signup_at")) if kind == "string" else col("signup_at")
    filled = raw.select(
        identity("customer_id").alias("customer_id"),
        *[or_null(col(name).cast("string")).alias(f"{name}_text") for name in ("signup_at", *names)],
        given.isNotNull().alias("signup_given"),
        moment("signup_at", kind).alias("signup_at"),
        *[or_null(col(name)).alias(name) for name in config.categories],
        *[number(name, "double").alias(name) for name in config.numbers],
        *[moment(name).cast("date").alias(name) for name in config.dates],
        *traces(raw),
    )
    rules = [(col("source_fault").isNotNull(), col("source_fault")), *id_rules()]
    rules += [(col("signup_given") & col("signup_at").isNull(), "unreadable_signup_at")]
    rules += [(_unreadable(name), f"unreadable_{name}") for name in config.dates]
    rules += [(_unreadable(name) | _endless(name), f"unreadable_{name}") for name in config.numbers]
    columns = {name: f"{name}_text" for name in ("signup_at", *names)} | {"customer_id": "customer_id"}
    rules += rule_reasons("customers", config.rules, columns, taken=(*CUSTOMER_FAULTS, DUPLICATE, "valid"))
    return filled.withColumn("reason", first_reason(rules)).withColumn("day", col("signup_at").cast("date"))


def _mark_repeated(marked: DataFrame, texts: Sequence[str]) -> DataFrame:
    """Mark all rows of a customer but the first.

    That is the first in the order of the values, so that neither the order of the rows nor a later signup decides.
    """
    f = functions()
    col = f.col
    first = [col("signup_at").asc_nulls_first(), *(col(name).asc_nulls_last() for name in texts)]
    same = window_spec().partitionBy("customer_id", "reason").orderBy(*first, "source_file", "source_line")
    numbered = marked.withColumn("copy", f.row_number().over(same))
    repeated = col("reason").isNull() & (col("copy") > 1)
    return numbered.withColumn("reason", f.when(repeated, f.lit("repeated_customer")).otherwise(col("reason")))


def _attributes(config: CustomersConfig) -> tuple[str, ...]:
    return (*config.categories, *config.numbers, *config.dates)


def _unreadable(name: str) -> Column:
    f = functions()
    return f.col(f"{name}_text").isNotNull() & f.col(name).isNull()


def _endless(name: str) -> Column:
    f = functions()
    return f.isnan(f.col(name)) | (f.abs(f.col(name)) == float("inf"))
