"""Tables that stay on disk: written in batches, read by columns, in batches, or some of their rows.

A table of ten million customers with sixty columns is larger than the memory of the machines it is scored on; no step
needs all of it at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from clv_ml.errors import DataError, cannot_write, missing_columns

BATCH = 131_072
"""Rows that are worked on at once."""


class Stored:
    """A table in a Parquet file; its rows have an order, and its values the same types however it is read.

    Parameters
    ----------
    path
        Written by :class:`StoredWriter` or by the engine. Whole numbers with gaps are read as ``Int64``, days and
        moments as ``datetime64[us]``, as the engine gives them out.
    index
        The column that names the rows.

    Raises
    ------
    DataError
        If the file has no such column.
    """

    def __init__(self, path: Path, *, index: str = "customer_id") -> None:
        self.path = path
        self._index = index
        with pq.ParquetFile(path) as file:
            facts, schema = file.metadata, file.schema_arrow
        self._kinds: dict[str, pa.DataType] = dict(zip(schema.names, schema.types, strict=True))
        if index not in self._kinds:
            raise missing_columns(str(path), [index], schema.names, "Its rows cannot be told apart.")
        groups = [facts.row_group(number) for number in range(facts.num_row_groups)]
        self._starts = np.cumsum([0, *(group.num_rows for group in groups)])
        whole = [place for place, kind in enumerate(schema.types) if pa.types.is_integer(kind)]
        self._gaps = {schema.names[place] for place in whole if any(_has_gaps(group, place) for group in groups)}

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __contains__(self, column: object) -> bool:
        return column in self.columns

    def __getitem__(self, column: str) -> pd.Series[Any]:
        """Return all values of a column, without the names of the rows, which are longer than most columns."""
        with self._open() as file:
            found: pd.Series[Any] = self._typed(file.read([column]))[column]
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in the order of the file."""
        return tuple(self._kinds)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns beside the index."""
        return tuple(name for name in self._kinds if name != self._index)

    def read(self, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """Return all rows of those of the columns that there are; of all columns where None."""
        with self._open() as file:
            found = self._frame(file.read(self._wanted(columns)))
        pa.default_memory_pool().release_unused()
        return found

    def head(self, rows: int, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """Return the first rows."""
        return self.at(np.arange(min(rows, len(self))), columns)

    def at(self, positions: npt.NDArray[np.int64], columns: Iterable[str] | None = None) -> pd.DataFrame:
        """Return the rows at some positions, in the order of these."""
        rising = np.sort(positions)
        cuts = np.searchsorted(rising, self._starts)
        with self._open() as file:
            parts = [
                file.read_row_group(group, self._wanted(columns)).take(rising[cuts[group] : cuts[group + 1]] - start)
                for group, start in enumerate(self._starts[:-1])
                if cuts[group] < cuts[group + 1]
            ]
            found = pa.concat_tables(parts) if parts else file.schema_arrow.empty_table().select(self._wanted(columns))
        return self._frame(found.take(np.searchsorted(rising, positions)))

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pd.DataFrame]:
        """Yield all rows, :data:`BATCH` at a time; an empty table is one empty batch."""
        with self._open() as file:
            wanted = self._wanted(columns)
            if not len(self):
                yield self._frame(file.schema_arrow.empty_table().select(wanted))
            for batch in file.iter_batches(batch_size=BATCH, columns=wanted):
                yield self._frame(pa.Table.from_batches([batch]))
        pa.default_memory_pool().release_unused()

    def _open(self) -> pq.ParquetFile:
        # what is buffered ahead is kept until the file is closed: all of it, when all of it is read in batches
        return pq.ParquetFile(self.path, pre_buffer=False)

    def _wanted(self, columns: Iterable[str] | None) -> list[str]:
        names = self._kinds if columns is None else dict.fromkeys([self._index, *columns])
        return [name for name in names if name in self._kinds]

    def _frame(self, table: pa.Table) -> pd.DataFrame:
        return self._typed(table).set_index(self._index)

    def _typed(self, table: pa.Table) -> pd.DataFrame:
        # each column is let go as soon as it is in pandas, so that no more than one is there twice
        kept = {"split_blocks": True, "self_destruct": True}
        frame: pd.DataFrame = table.to_pandas(date_as_object=False, ignore_metadata=True, **kept)
        kinds: dict[str, str] = {name: "Int64" for name in frame.columns if name in self._gaps}
        kinds |= {name: "datetime64[us]" for name in frame.columns if _is_day(self._kinds[str(name)])}
        return frame.astype(kinds) if kinds else frame


class StoredWriter:
    """Writes a table batch after batch; the first one decides the types of the columns.

    A batch is written while the next one is made, so that it must not be changed afterwards; what goes wrong there is
    raised by the next call.

    Raises
    ------
    ClvError
        If the file cannot be written.
    DataError
        If a later batch does not have the columns of the first.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._thread = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None

    def write(self, rows: pd.DataFrame) -> None:
        """Append rows; their index is not written."""
        try:
            if self._writer is None:
                table = pa.Table.from_pandas(rows, preserve_index=False)
                self._writer = pq.ParquetWriter(self._path, table.schema)
            else:
                table = pa.Table.from_pandas(rows, schema=self._writer.schema, preserve_index=False)
            self._wait()
            self._last = self._thread.submit(self._writer.write_table, table)
        except OSError as error:
            raise cannot_write(self._path, error) from error
        except (KeyError, pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise DataError(f"{self._path.name}: a batch of rows is unlike the first one: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._wait()
            if self._writer is not None:
                self._writer.close()
        except OSError as fault:
            raise cannot_write(self._path, fault) from fault
        finally:
            self._thread.shutdown()

    def _wait(self) -> None:
        """Wait for the last batch to be written."""
        last, self._last = self._last, None
        if last is not None:
            last.result()


def store(path: Path, rows: pd.DataFrame) -> Stored:
    """Write a whole table with a named index, and return it."""
    with StoredWriter(path) as writer:
        writer.write(rows.reset_index())
    return Stored(path, index=str(rows.index.name))


def in_batches(rows: pd.DataFrame | Sequence[Any]) -> Iterator[slice]:
    """Yield the slices that part rows into batches."""
    return (slice(start, start + BATCH) for start in range(0, max(len(rows), 1), BATCH))


def _has_gaps(group: Any, place: int) -> bool:
    if not group.num_rows:
        return False
    known = group.column(place).statistics
    known = group.column(place).statistics
    return known is None or not known.has_null_count or bool(known.null_count)


def _is_day(kind: pa.DataType) -> bool:
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))
