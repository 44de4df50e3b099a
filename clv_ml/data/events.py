"""Events: what customers do beside buying, and what the business sends them."""

from __future__ import annotations

import functools
from collections.abc import Container, Mapping, Sequence

from clv_ml.config import EventsConfig, EventSourceConfig, ValueRule
from clv_ml.data.contract import EVENT_FAULTS
from clv_ml.data.delivered import DUPLICATE, deliveries
from clv_ml.data.parting import left_over, plainly_fine, rows_by_file
from clv_ml.data.records import CheckedTable, first_reason, id_rules, moment_rules, read_files, settle
from clv_ml.data.rules import rule_reasons
from clv_ml.data.schema import EVENT_COLUMNS, EVIDENCE, MEASURE, TRACES, traces
from clv_ml.data.values import as_decimal, identity, is_number, kinds_of, moment, number, or_null
from clv_ml.engine import Column, DataFrame, Engine, functions

_READ = tuple(name for name in EVENT_COLUMNS if name != "day")
_TYPED = ("timestamp", "value")
_LIMIT = 1e12  # a value at or above this is a mistake, and sums of such values would leave the decimal


def read_events(engine: Engine, config: EventsConfig) -> DataFrame:
    """Bring every source of events under one roof, dropping nothing; nothing is computed yet.

    Returns
    -------
    DataFrame
        customer_id, timestamp, event_type, value, session_id, surface (text, but timestamps and numbers where all
        sources hold such; null where a source has none), source_file, source_line.

    Raises
    ------
    ConfigError
        If a path matches no file, or the format cannot be told.
    DataError
        If a file cannot be read or lacks a mapped column.
    """
    found = deliveries(config.sources, config.root, duplicates=config.duplicate_files)
    frames = [
        read_files(engine, source, config.root, delivery=delivery)
        for source, delivery in zip(config.sources, found, strict=True)
    ]
    kinds = [kinds_of(frame) for frame in frames]
    alike = {name for name in _TYPED if len({found.get(name) for found in kinds}) == 1 and name in kinds[0]}

    def together(named: Mapping[str, DataFrame]) -> DataFrame:
        parts = [_named(frame, source, alike) for frame, source in zip(named.values(), config.sources, strict=True)]
        return functools.reduce(lambda left, right: left.unionByName(right), parts)

    key = ("raw events", tuple(source.event_type for source in config.sources), tuple(sorted(alike)))
    return engine.planned_view(key, {f"source_{place}": frame for place, frame in enumerate(frames)}, together)


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
    came_in = rows_by_file(engine, raw)
    settings = tuple(rule.model_dump_json() for rule in rules)

    def marked(kind: str) -> DataFrame:
        def build(frames: Mapping[str, DataFrame]) -> DataFrame:
            typed = is_number(kinds_of(frames["raw"])["value"])
            return _parsed(frames["raw"]).withColumn("reason", _reason(rules, brief=kind == "brief", typed=typed))

        return engine.planned_view((f"events, {kind} reasons", *settings), {"raw": raw}, build)

    fine = plainly_fine(engine, marked("brief"), EVENT_COLUMNS)
    texts = ("customer_id", "timestamp_text", "event_type", "value_text", "session_id", "surface")
    told = ("source_file", "source_line", "reason", *texts, *EVIDENCE)

    def mark() -> DataFrame:
        return marked("exact").select(*told)

    aside = left_over(engine, fine, mark, rows_in=sum(came_in.values()), columns=told)
    return settle(engine, fine, aside, "events", came_in=came_in, columns=EVENT_COLUMNS, texts=texts, day="day")


def _parsed(raw: DataFrame) -> DataFrame:
    f = functions()
    col = f.col
    kinds = kinds_of(raw)
    typed = is_number(kinds["value"])
    figures = [col("value").cast("double").alias("value_number"), as_decimal("value", MEASURE, 4).alias("value")]
    parsed = raw.select(
        *[identity(name, trimmed=True).alias(name) for name in ("customer_id", "session_id")],
        *[or_null(f.trim(col(name))).alias(name) for name in ("event_type", "surface")],
        or_null(f.trim(col("timestamp").cast("string"))).alias("timestamp_text"),
        or_null(f.trim(col("value").cast("string"))).alias("value_text"),
        moment("timestamp", kinds["timestamp"]).alias("timestamp"),
        *(figures if typed else []),
        *traces(raw),
    )
    if not typed:
        figures = [
            number("value_text", "double").alias("value_number"),
            number("value_text", MEASURE).alias("value"),
        ]
        parsed = parsed.select("*", *figures)
    return parsed.withColumn("day", col("timestamp").cast("date"))


def _reason(rules: Sequence[ValueRule], *, brief: bool, typed: bool) -> Column:
    """Build the reason of a row; in brief any will do, told without the texts of moments and of typed values."""
    f = functions()
    col = f.col
    value = col("value_number")
    given = value.isNotNull() if brief and typed else col("value_text").isNotNull()
    columns = {name: name for name in EVENT_COLUMNS if name != "day"}
    columns |= {"timestamp": "timestamp_text", "value": "value_text"}
    return first_reason(
        [
            (col("source_fault").isNotNull(), col("source_fault")),
            *id_rules(),
            *moment_rules(brief=brief),
            (col("event_type").isNull(), "missing_event_type"),
            (given & value.isNull(), "unreadable_value"),
            (given & (f.isnan(value) | (f.abs(value) >= _LIMIT) | col("value").isNull()), "value_out_of_range"),
            *rule_reasons("events", rules, columns, taken=(*EVENT_FAULTS, DUPLICATE, "valid")),
        ]
    )


def _named(frame: DataFrame, source: EventSourceConfig, typed: Container[str]) -> DataFrame:
    """Select the columns of events; those that all sources hold in one type stay so, the others become text."""
    f = functions()
    columns = {name: f.col(name) if name in frame.columns else f.lit(None) for name in _READ}
    if source.event_type is not None:
        columns["event_type"] = f.lit(source.event_type)
    texts = [column if name in typed else column.cast("string") for name, column in columns.items()]
    return frame.select(*[text.alias(name) for text, name in zip(texts, columns, strict=True)], *TRACES)
