"""Events: what customers do beside buying, and what the business sends them."""

from __future__ import annotations

import functools

from clv_ml.config import EventsConfig
from clv_ml.data.records import CheckedTable, first_reason, read_files, settle
from clv_ml.data.schema import EVENT_COLUMNS, MEASURE, PROVENANCE
from clv_ml.data.sources import moment, or_null
from clv_ml.engine import DataFrame, Engine, functions

_LIMIT = 1e12  # a value at or above this is a mistake, and sums of such values would leave the decimal


def read_events(engine: Engine, config: EventsConfig) -> DataFrame:
    """Read every source of events into one table of text, dropping nothing.

    Returns
    -------
    DataFrame
        customer_id, timestamp, event_type, value, session_id, surface (text, null where a source has none),
        source_file, source_line.

    Raises
    ------
    ConfigError
        If a path matches no file, or the format cannot be told.
    DataError
        If a file cannot be read or lacks a mapped column.
    """
    f = functions()
    parts = []
    for source in config.sources:
        frame = read_files(engine, source, config.root)
        columns = [_text(frame, name) for name in EVENT_COLUMNS if name not in {"day", "event_type"}]
        kind = _text(frame, "event_type") if source.event_type is None else f.lit(source.event_type).alias("event_type")
        parts.append(frame.select(*columns, kind, *PROVENANCE))
    return engine.materialise(functools.reduce(lambda left, right: left.unionByName(right), parts))


def check_events(engine: Engine, raw: DataFrame) -> CheckedTable:
    """Sort raw events into valid ones and quarantine.

    Parameters
    ----------
    raw
        What :func:`read_events` returns.

    Returns
    -------
    CheckedTable
        Rows: customer_id, timestamp (UTC, no zone), day, event_type, value (decimal(18,4)), session_id, surface.
    """
    f = functions()
    col = f.col
    parsed = raw.select(
        *[or_null(col(name)).alias(name) for name in ("customer_id", "event_type", "session_id", "surface")],
        or_null(col("timestamp")).alias("timestamp_text"),
        or_null(col("value")).alias("value_text"),
        moment("timestamp").alias("timestamp"),
        *PROVENANCE,
    ).select(
        "*",
        col("timestamp").cast("date").alias("day"),
        f.expr("try_cast(value_text as double)").alias("value_number"),
        f.expr(f"try_cast(value_text as {MEASURE})").alias("value"),
    )
    number = col("value_number")
    given = col("value_text").isNotNull()
    reason = first_reason(
        [
            (col("customer_id").isNull(), "missing_customer_id"),
            (col("timestamp_text").isNull(), "missing_timestamp"),
            (col("timestamp").isNull(), "unreadable_timestamp"),
            (col("event_type").isNull(), "missing_event_type"),
            (given & number.isNull(), "unreadable_value"),
            (given & (f.isnan(number) | (f.abs(number) >= _LIMIT) | col("value").isNull()), "value_out_of_range"),
        ]
    )
    marked = engine.materialise(parsed.withColumn("reason", reason))
    texts = ("customer_id", "timestamp_text", "event_type", "value_text", "session_id", "surface")
    return settle(engine, marked, "events", columns=EVENT_COLUMNS, texts=texts, day="day")


def _text(frame: DataFrame, name: str) -> DataFrame:
    f = functions()
    column = f.trim(f.col(name).cast("string")) if name in frame.columns else f.lit(None).cast("string")
    return column.alias(name)
