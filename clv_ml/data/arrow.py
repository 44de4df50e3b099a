"""Frames of other libraries, taken in through Arrow: pyarrow, polars, DuckDB and whoever else speaks its stream."""

from __future__ import annotations

from typing import Any, Protocol

import pandas as pd


class ArrowStream(Protocol):
    """A frame that hands over its rows by the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the stream."""


AnyFrame = pd.DataFrame | ArrowStream


def as_pandas(frame: AnyFrame, *, index: str | None = None) -> pd.DataFrame:
    """Return any frame as pandas: one of pandas as it is, others read once.

    Decimals become floats, dates become timestamps at midnight, dictionaries categories.

    Parameters
    ----------
    frame
        What is neither pandas nor speaks Arrow is returned as it is, for the caller to refuse.
    index
        The column that becomes the index of another library's frame, which has none; left where it is not there.

    Examples
    --------
    >>> import pyarrow as pa
    >>> as_pandas(pa.table({"customer_id": ["ann", "bo"], "frequency": [0, 2]}), index="customer_id").index.tolist()
    ['ann', 'bo']
    """
    if isinstance(frame, pd.DataFrame) or not hasattr(frame, "__arrow_c_stream__"):
        return frame  # type: ignore[return-value]
    import pyarrow as pa

    table = pa.table(frame)
    fields = [pa.field(field.name, _kept(field.type), metadata=field.metadata) for field in table.schema]
    taken: pd.DataFrame = table.cast(pa.schema(fields, metadata=table.schema.metadata)).to_pandas(date_as_object=False)
    return taken.set_index(index) if index is not None and index in taken.columns else taken


def _kept(kind: Any) -> Any:
    import pyarrow as pa

    return pa.float64() if pa.types.is_decimal(kind) else kind
