"""Sources of transactions -> one raw table under canonical names, every row still there."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.config import FilesConfig, PriceTable, SourceConfig, TransactionsConfig
from clv_ml.data.datasets import load_dataset
from clv_ml.data.schema import AMOUNT_FACTORS, PROVENANCE, REQUIRED
from clv_ml.engine import MONEY, Column, DataFrame, Engine, functions
from clv_ml.errors import ConfigError, DataError

_SUFFIXES = {".csv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet"}


def read_raw(engine: Engine, config: TransactionsConfig) -> DataFrame:
    """Read every source into one table of text and parsed values, dropping nothing.

    Returns
    -------
    DataFrame
        customer_id, timestamp_text, timestamp, amount_text, amount_number (double), amount (decimal),
        order_id and the further mapped columns (text, null where a source has none), source_file, source_line,
        source_hash, outside_window (bool).

    Raises
    ------
    ConfigError
        If a path matches no file, or the format cannot be told.
    DataError
        If a file cannot be read or lacks a mapped column.
    """
    frames = [_read_source(engine, source, config.root) for source in config.sources]
    parts = [canonical(frame, s.start, s.end) for frame, s in zip(frames, config.sources, strict=True)]
    names = list(dict.fromkeys(name for part in parts for name in part.columns))
    aligned = [_with_columns(part, names) for part in parts]
    return engine.materialise(functools.reduce(lambda left, right: left.unionByName(right), aligned))


def canonical(frame: DataFrame, start: dt.datetime | None = None, end: dt.datetime | None = None) -> DataFrame:
    """Bring a source's columns into canonical types; what cannot be parsed becomes null beside its text.

    A time with an offset from UTC is brought to UTC; one before 1700 or after 2199 (9999-12-31, infinity) is no
    time of a purchase and counts as unreadable. Rows outside [start, end) are marked, not dropped.
    """
    f = functions()
    texts = {name: f.trim(f.col(name).cast("string")) for name in frame.columns if name not in PROVENANCE}
    texts["amount"] = _amount_text(texts)
    others = [name for name in frame.columns if name not in (*PROVENANCE, *REQUIRED, *AMOUNT_FACTORS)]
    timestamp = moment("timestamp")
    parsed = frame.select(
        or_null(texts["customer_id"]).alias("customer_id"),
        texts["timestamp"].alias("timestamp_text"),
        timestamp.alias("timestamp"),
        or_null(texts["amount"]).alias("amount_text"),
        *[or_null(texts[name]).alias(name) for name in others],
        *PROVENANCE,
        _outside(timestamp, start, end).alias("outside_window"),
    )
    return parsed.select(
        "*",
        f.expr("try_cast(amount_text as double)").alias("amount_number"),
        f.expr(f"try_cast(amount_text as {MONEY})").alias("amount"),
    )


def _read_source(engine: Engine, source: SourceConfig, root: Path) -> DataFrame:
    if source.dataset is not None:
        frame = load_dataset(source.dataset)
        return engine.from_pandas(with_provenance(frame, source.dataset))
    paths = find_files(source, root)
    file_format = source.format or format_of(paths[0])
    frame = engine.read_files(paths, file_format, source.columns, source.timestamp_format)
    return frame if source.prices is None else _with_prices(frame, source.prices)


def _with_prices(frame: DataFrame, prices: PriceTable) -> DataFrame:
    """Add the amount of each row from what was bought; null, and so set aside, where there is no price for it."""
    f = functions()
    bought = f.trim(f.col(prices.column))
    amount = f.lit(None).cast("string")
    for name, price in prices.amounts.items():
        amount = f.when(bought == f.lit(name), f.lit(repr(price))).otherwise(amount)
    return frame.withColumn("amount", amount)


def find_files(source: SourceConfig | FilesConfig, root: Path) -> list[Path]:
    """List the files of a source, in the order of their names.

    Raises
    ------
    ConfigError
        If there are none.
    """
    pattern = Path(source.path or "")
    full = pattern if pattern.is_absolute() else root / pattern
    if full.is_file():
        return [full]
    if full.is_dir():
        files = sorted(path for path in full.iterdir() if path.is_file() and path.suffix.lower() in _SUFFIXES)
        if not files:
            raise ConfigError(f"source {full}: the folder holds no {', '.join(_SUFFIXES)} file")
        if source.format is None and len({format_of(path) for path in files}) > 1:
            raise ConfigError(f"source {full}: the folder holds files of several formats; give a glob such as *.csv")
        return files
    base = Path(full.anchor) if pattern.is_absolute() else root
    files = sorted(path for path in base.glob(str(pattern.relative_to(pattern.anchor))) if path.is_file())
    if not files:
        raise ConfigError(f"source {full}: no such file; relative paths start at transactions.root ({root})")
    return files


def format_of(path: Path) -> str:
    """Tell the format of a file from its name."""
    try:
        return _SUFFIXES[path.suffix.lower()]
    except KeyError:
        raise ConfigError(f"source {path}: cannot tell the format from the name; give `format`") from None


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
    return column


def _amount_text(texts: dict[str, Column]) -> Column:
    if "amount" in texts:
        return texts["amount"]
    f = functions()
    product = f.expr("try_cast(quantity as double) * try_cast(unit_price as double)").cast("string")
    # factors that cannot be multiplied stay readable in the quarantine
    both = (texts["quantity"] != f.lit("")) & (texts["unit_price"] != f.lit(""))
    factors = f.concat(texts["quantity"], f.lit(" x "), texts["unit_price"])
    return f.coalesce(product, f.when(both, factors))


def moment(name: str) -> Column:
    """Parse a text or timestamp column to a moment in UTC; null where it is none, or outside 1700 to 2199."""
    f = functions()
    trimmed = f"trim(cast(`{name}` as text))"
    local = f.expr(f"coalesce(try_cast(`{name}` as timestamp_ntz), try_cast({trimmed} as timestamp_ntz))")
    utc = f.expr(f"cast(try_cast({trimmed} as timestamptz) as timestamp_ntz)")
    offset = f.trim(f.col(name).cast("string")).rlike(r":.*[+-]\d\d(:?\d\d)?$")
    found = f.when(offset, utc).otherwise(local)
    first, last = (f.lit(day).cast("timestamp_ntz") for day in ("1700-01-01", "2200-01-01"))
    return f.when((found >= first) & (found < last), found)


def or_null(text: Column) -> Column:
    """Return the text, or null where it is empty."""
    f = functions()
    return f.when(text != f.lit(""), text)


def _outside(timestamp: Column, start: dt.datetime | None, end: dt.datetime | None) -> Column:
    f = functions()
    outside = f.lit(False)
    if start is not None:
        outside = outside | (timestamp < _moment(start))
    if end is not None:
        outside = outside | (timestamp >= _moment(end))
    return f.coalesce(outside, f.lit(False))


def _moment(time: dt.datetime) -> Column:
    utc = time if time.tzinfo is None else time.astimezone(dt.UTC).replace(tzinfo=None)
    return functions().lit(utc.isoformat(sep=" ")).cast("timestamp_ntz")


def _with_columns(frame: DataFrame, names: Sequence[str]) -> DataFrame:
    f = functions()
    have = set(frame.columns)
    return frame.select(*[f.col(name) if name in have else f.lit(None).cast("string").alias(name) for name in names])
