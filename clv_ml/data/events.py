"""Events: what customers do beside buying, and what the business sends them."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from clv_ml.config import EventsConfig, ValueRule
from clv_ml.data.contract import EVENT_FAULTS
from clv_ml.data.delivered import DUPLICATE, deliveries
from clv_ml.data.records import CheckedTable, first_reason, id_rules, moment_rules, read_files, settle
from clv_ml.data.rules import rule_reasons
from clv_ml.data.schema import EVENT_COLUMNS, MEASURE, TRACES, traces
from clv_ml.data.values import identity, moment, number, or_null
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
    found = deliveries(config.sources, config.root, duplicates=config.duplicate_files)
    for source, delivery in zip(config.sources, found, strict=True):
        frame = read_files(engine, source, config.root, delivery=delivery)
        columns = [_text(frame, name) for name in EVENT_COLUMNS if name not in {"day", "event_type"}]
        kind = _text(frame, "event_type") if source.event_type is None else f.lit(source.event_type).alias("event_type")
        parts.append(frame.select(*columns, kind, *TRACES))
    return engine.materialise(functools.reduce(lambda left, right: left.unionByName(right), parts))


def check_events(engine: Engine, raw: DataFrame, rules: Sequence[ValueRule] = ()) -> CheckedTable:
    """Sort raw events into valid ones and quarantine.

    Parameters
    ----------
    raw
        What :func:`read_events` returns.
    rules
        Those of the config.

    Returns
    -------
    CheckedTable
        Rows: customer_id, timestamp, day, event_type, value (decimal(18,4)), session_id, surface.
    """
    f = functions()
    col = f.col
    parsed = raw.select(
        *[identity(name).alias(name) for name in ("customer_id", "session_id")],
        *[or_null(col(name)).alias(name) for name in ("event_type", "surface")],
        or_null(col("timestamp")).alias("timestamp_text"),
        or_null(col("value")).alias("value_text"),
        moment("timestamp").alias("timestamp"),
        *traces(raw),
    ).select(
        "*",
        col("timestamp").cast("date").alias("day"),
        number("value_text", "double").alias("value_number"),
        number("value_text", MEASURE).alias("value"),
    )
    value = col("value_number")
    given = col("value_text").isNotNull()
    columns = {name: name for name in EVENT_COLUMNS if name != "day"}
    columns |= {"timestamp": "timestamp_text", "value": "value_text"}
    reason = first_reason(
        [
            (col("source_fault").isNotNull(), col("source_fault")),
            *id_rules(),
            *moment_rules(),
            (col("event_type").isNull(), "missing_event_type"),
            (given & value.isNull(), "unreadable_value"),
            (given & (f.isnan(value) | (f.abs(value) >= _LIMIT) | col("value").isNull()), "value_out_of_range"),
            *rule_reasons("events", rules, columns, taken=(*EVENT_FAULTS, DUPLICATE, "valid")),
        ]
    )
    marked = engine.materialise(parsed.withColumn("reason", reason))
    texts = ("customer_id", "timestamp_text", "event_type", "value_text", "session_id", "surface")
    rows_in = engine.row_count(raw)
    return settle(engine, marked, "events", columns=EVENT_COLUMNS, texts=texts, day="day", rows_in=rows_in)


def _text(frame: DataFrame, name: str) -> DataFrame:
    f = functions()
    column = f.trim(f.col(name).cast("string")) if name in frame.columns else f.lit(None).cast("string")
    return column.alias(name)
