"""Sources of transactions -> one raw table under canonical names, every row still there."""

from __future__ import annotations

import datetime as dt
import functools
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from clv_ml.config import PriceTable, SourceConfig, TransactionsConfig
from clv_ml.data.datasets import load_dataset
from clv_ml.data.delivered import Delivery, deliveries
from clv_ml.data.delivered import find_files as find_files
from clv_ml.data.schema import AMOUNT_FACTORS, REQUIRED, TRACES, traces
from clv_ml.data.values import as_decimal, identity, is_number, kinds_of, moment, number, or_null
from clv_ml.engine import MONEY, Column, DataFrame, Engine, functions
from clv_ml.errors import DataError


def read_raw(engine: Engine, config: TransactionsConfig) -> DataFrame:
    """Bring every source under one roof, text beside parsed values, dropping nothing; nothing is computed yet.

    Returns
    -------
    DataFrame
        customer_id, timestamp_text, timestamp, amount_text, amount_number (double), amount (decimal),
        order_id and the further mapped columns (text, null where a source has none; a currency that is mapped and
        empty is ""), source_file, source_line, source_hash, source_fault, source_text, outside_window (bool).

    Raises
    ------
    ConfigError
        If a path matches no file, or the format cannot be told.
    DataError
        If a file cannot be read, lacks a mapped column, or came twice and that is refused.
    """
    files = [source for source in config.sources if source.dataset is None]
    found = iter(deliveries(files, config.root, duplicates=config.duplicate_files))
    frames = {
        f"source_{place}": _read_source(engine, source, next(found) if source.dataset is None else None)
        for place, source in enumerate(config.sources)
    }
    meant = [source.model_dump_json(include={"start", "end", "timezone", "prices"}) for source in config.sources]
    return engine.planned_view(("raw", *meant), frames, lambda named: _together(list(named.values()), config.sources))


def _together(frames: Sequence[DataFrame], sources: Sequence[SourceConfig]) -> DataFrame:
    alike: dict[Any, list[DataFrame]] = {}  # to plan a query takes long: one for all sources that are alike
    for frame, source in zip(frames, sources, strict=True):
        priced = frame if source.prices is None else _with_prices(frame, source.prices)
        window = (source.start, source.end, source.timezone if source.start or source.end else None)
        alike.setdefault((window, tuple(kinds_of(priced).items())), []).append(priced)
    parts = [
        canonical(functools.reduce(lambda left, right: left.unionByName(right), frames), start=a, end=b, timezone=zone)
        for ((a, b, zone), _), frames in alike.items()
    ]
    if len(parts) == 1:
        return parts[0]
    names = list(dict.fromkeys(name for part in parts for name in part.columns))
    aligned = [_with_columns(part, names) for part in parts]
    return functools.reduce(lambda left, right: left.unionByName(right), aligned)


def canonical(
    frame: DataFrame,
    *,
    start: dt.datetime | None = None,
    end: dt.datetime | None = None,
    timezone: str | None = None,
) -> DataFrame:
    """Bring a source's columns into canonical types; what cannot be parsed becomes null beside its text.

    A time with an offset is brought to UTC; with a `timezone`, the engine has brought times there before. Rows outside
    [start, end) are marked, not dropped.
    """
    f = functions()
    kinds = kinds_of(frame)
    texts = {name: _text(name, kind) for name, kind in kinds.items() if name not in TRACES}
    others = [name for name in kinds if name not in (*TRACES, *REQUIRED, *AMOUNT_FACTORS)]
    timestamp = moment("timestamp", kinds["timestamp"])
    typed = is_number(kinds.get("amount", ""))
    figures = [f.col("amount").cast("double").alias("amount_number"), as_decimal("amount", MONEY, 2).alias("amount")]
    parsed = frame.select(
        identity("customer_id").alias("customer_id"),
        texts["timestamp"].alias("timestamp_text"),
        timestamp.alias("timestamp"),
        (texts["amount"] if typed else or_null(_amount_text(texts, kinds))).alias("amount_text"),
        *(figures if typed else []),
        *[_attribute(name, texts[name]).alias(name) for name in others],
        *traces(frame),
        _outside(timestamp, start, end, timezone).alias("outside_window"),
    )
    if typed:
        return parsed
    return parsed.select(
        "*",
        number("amount_text", "double").alias("amount_number"),
        number("amount_text", MONEY).alias("amount"),
    )


def _text(name: str, kind: str) -> Column:
    f = functions()
    shown = f.col(name).cast("string")
    return f.trim(shown) if kind == "string" else shown


def _attribute(name: str, text: Column) -> Column:
    f = functions()
    if name == "order_id":
        return identity(name)
    if name == "currency":  # empty where it should be known, unlike the null of a source that has none
        return f.upper(f.coalesce(text, f.lit("")))
    return or_null(text)


def _read_source(engine: Engine, source: SourceConfig, delivery: Delivery | None) -> DataFrame:
    if source.dataset is not None:
        return engine.from_pandas(with_provenance(load_dataset(source.dataset), source.dataset))
    assert delivery is not None
    return engine.read_files(delivery.paths, delivery.file_format, source, names=delivery.names, faults=delivery.faults)


def _with_prices(frame: DataFrame, prices: PriceTable) -> DataFrame:
    """Add the amount of each row from what was bought; null, and so set aside, where there is no price for it."""
    f = functions()
    bought = f.trim(f.col(prices.column))
    amount = f.lit(None).cast("string")
    for name, price in prices.amounts.items():
        amount = f.when(bought == f.lit(name), f.lit(repr(price))).otherwise(amount)
    return frame.withColumn("amount", amount)


def with_provenance(frame: DataFrame, name: str) -> DataFrame:
    """Return the canonical columns of a pandas frame, with its rows numbered like the lines of a file.

    Ids that pandas turned into floats become whole numbers again; columns of mixed types become text.
    """
    absent = [column for column in REQUIRED if column not in frame.columns]
    if absent:
        raise DataError(
            f"{name}: column {', '.join(absent)} is missing; available: {', '.join(map(str, frame.columns))}"
        )
    kept = frame[[column for column in (*REQUIRED, "order_id") if column in frame.columns]]
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy() // 2
    return kept.apply(_plain).assign(
        source_file=name, source_line=range(1, len(frame) + 1), source_hash=hashes.astype("int64")
    )


def _plain(column: pd.Series[Any]) -> pd.Series[Any]:
    is_id = column.name in ("customer_id", "order_id")
    if is_id and pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        return column.astype("Int64").astype("string")
    is_number = pd.api.types.is_numeric_dtype(column)
    if is_id or column.dtype == object or (column.name == "timestamp" and is_number):
        return column.astype("string")
    if column.dtype in ("datetime64[s]", "datetime64[ms]"):
        return column.astype("datetime64[us]")  # SQLFrame does not know DuckDB's types of the coarser ones
    return column


def _amount_text(texts: Mapping[str, Column], kinds: Mapping[str, str]) -> Column:
    if "amount" in texts:
        return texts["amount"]
    f = functions()
    factors = [
        f.col(name).cast("double") if is_number(kinds[name]) else number(name, "double") for name in AMOUNT_FACTORS
    ]
    product = (factors[0] * factors[1]).cast("string")
    # factors that cannot be multiplied stay readable in the quarantine
    both = (texts["quantity"] != f.lit("")) & (texts["unit_price"] != f.lit(""))
    shown = f.concat(texts["quantity"], f.lit(" x "), texts["unit_price"])
    return f.coalesce(product, f.when(both, shown))


def _outside(timestamp: Column, start: dt.datetime | None, end: dt.datetime | None, timezone: str | None) -> Column:
    f = functions()
    outside = f.lit(False)
    if start is not None:
        outside = outside | (timestamp < _moment(start, timezone))
    if end is not None:
        outside = outside | (timestamp >= _moment(end, timezone))
    return f.coalesce(outside, f.lit(False))


def _moment(time: dt.datetime, timezone: str | None) -> Column:
    zone = zoneinfo.ZoneInfo(timezone) if timezone else dt.UTC
    there = time if time.tzinfo is None else time.astimezone(zone).replace(tzinfo=None)
    return functions().lit(there.isoformat(sep=" ")).cast("timestamp_ntz")


def _with_columns(frame: DataFrame, names: Sequence[str]) -> DataFrame:
    f = functions()
    have = set(frame.columns)
    return frame.select(*[f.col(name) if name in have else f.lit(None).cast("string").alias(name) for name in names])
