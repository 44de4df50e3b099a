"""Columns of one table on a cluster that come from several: apart by what stands before their names."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from clv_ml.engine import DataFrame

KNOWN, SCORED, DETAIL, EARLIER, DECIDED = "known_", "score_", "detail_", "earlier_", "decided_"
"""Features, scores, contact details, the list before, decisions: an attribute may have the name of a score."""

CUSTOMER = "customer_id"
Kinds = Mapping[str, str]
BATCH = 65_536
"""Rows that a worker works on at once."""

_ARROW = {"bigint": pa.int64(), "double": pa.float64(), "string": pa.string(), "boolean": pa.bool_()}


def mapped(frame: DataFrame, work: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]], kinds: Kinds) -> Any:
    """Have the workers turn the batches of a frame into others, with columns of these types."""
    schema = ", ".join(f"`{name}` {kind}" for name, kind in kinds.items())
    with warnings.catch_warnings():
        # Spark warns of pandas 3 even where Arrow is all that it is handed
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        return frame.mapInArrow(work, schema)


def gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Put batches together until they are worth the effort: what is computed once a batch costs as much as its rows."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        if batch.num_rows:
            held.append(batch)
        if sum(part.num_rows for part in held) >= BATCH:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


def columns_of(table: pa.Table, role: str) -> pd.DataFrame:
    """Return the columns of one role under their own names, indexed by customer, with the types the engine gives out.

    Whole numbers with gaps are ``Int64``, days and moments ``datetime64[us]``, decimals floats.
    """
    names = [name for name in table.column_names if name.startswith(role)]
    columns = {name.removeprefix(role): _column(table[name]).array for name in names}
    return pd.DataFrame(columns, index=pd.Index(table[CUSTOMER].to_pandas(), name=CUSTOMER))


def _column(values: pa.ChunkedArray) -> pd.Series[Any]:
    kind = values.type
    if pa.types.is_decimal(kind):
        return pd.Series(values.cast(pa.float64()).to_pandas().to_numpy())
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return pd.Series(values.cast(pa.timestamp("us")).to_pandas().to_numpy())
    if pa.types.is_integer(kind) and values.null_count:
        return pd.Series(values.to_pandas(types_mapper={kind: pd.Int64Dtype()}.get))
    return pd.Series(values.to_pandas())


def with_role(role: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the role before each name."""
    return table.rename(columns={name: f"{role}{name}" for name in table.columns})


def kinds_of(table: pd.DataFrame) -> dict[str, str]:
    """Return the types that columns of numbers, marks and words have on the cluster."""
    return {str(name): _kind(column) for name, column in table.items()}


def _kind(column: pd.Series[Any]) -> str:
    if pd.api.types.is_bool_dtype(column.dtype):
        return "boolean"
    if isinstance(column.dtype, pd.CategoricalDtype):
        return "string"
    return "double" if pd.api.types.is_numeric_dtype(column.dtype) else "string"


def appended(table: pa.Table, more: pd.DataFrame, kinds: Kinds) -> Iterator[pa.RecordBatch]:
    """Put columns beside a table, and yield it in one batch."""
    for name, kind in kinds.items():
        table = table.append_column(name, arrow_column(more[name], kind))
    yield from table.combine_chunks().to_batches()


def arrow_column(column: pd.Series[Any], kind: str) -> pa.Array:
    """Turn a column into Arrow; what is missing, NaN included, is null."""
    plain = column.astype("str") if isinstance(column.dtype, pd.CategoricalDtype) else column
    made = pa.array(plain, type=_ARROW[kind], from_pandas=True)
    # texts that came in several batches stay in several pieces
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made


def arrow_batch(table: pd.DataFrame, kinds: Kinds) -> pa.RecordBatch:
    """Turn a whole table into one batch with the columns of a schema."""
    return pa.RecordBatch.from_arrays([arrow_column(table[name], kind) for name, kind in kinds.items()], list(kinds))
