"""A look at files that nothing is known of yet: samples of rows, and how all moments and numbers are written.

The statements are written out here: to plan one through the DataFrame API takes as long as most of them run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from clv_ml.config import EngineConfig, Layout
from clv_ml.engine.csv_files import quoted_path
from clv_ml.engine.files import Files
from clv_ml.engine.reading import identifier, text
from clv_ml.errors import ClvError, ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

_PIECES = 3  # of a Parquet file that a sample is taken from
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


class FileLook:
    """Looks at files before there is a config.

    Parameters
    ----------
    config
        Limits of the engine.
    """

    def __init__(self, config: EngineConfig) -> None:
        import duckdb

        given = {
            "memory_limit": config.memory_limit,
            "threads": config.threads,
            "temp_directory": config.temp_directory,
        }
        settings: dict[str, Any] = {name: str(value) for name, value in given.items() if value}
        self._error = duckdb.Error
        try:
            self._connection = duckdb.connect(config=settings)
        except duckdb.Error as error:
            raise ConfigError(f"engine: DuckDB refuses {settings}: {str(error).splitlines()[0]}") from error
        for setting in ("TimeZone = 'UTC'", "enable_progress_bar = false"):
            self._connection.execute(f"SET {setting}")
        self._files = Files(self._run, self._kept, config.temp_directory)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._files.close()
        self._connection.close()

    def reading(self) -> AbstractContextManager[None]:
        """Look at the files inside this: texts of CSV files are let go at its end."""
        return self._files.reading()

    def parquet_sample(self, path: Path, rows: int) -> tuple[dict[str, str], list[tuple[str | None, ...]]]:
        """Return the columns of a Parquet file with their types, and rows from its start, middle and end as text.

        Raises
        ------
        DataError
            If it cannot be read.
        """
        source = f"read_parquet([{quoted_path(path)}], union_by_name=false)"
        try:
            kinds = {row[0]: row[1] for row in self._run(f"DESCRIBE SELECT * FROM {source}").fetchall()}
            shown = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in kinds)
            [total] = self._one(f"SELECT count(*) FROM {source}")
            each = max(rows // _PIECES, 1)
            starts = sorted({0, max(total // 2, each), max(total - each, 0)}) if total > rows else [0]
            span = each if total > rows else rows
            spans = " OR ".join(f"file_row_number BETWEEN {start} AND {start + span - 1}" for start in starts)
            found = self._run(f"SELECT {shown} FROM {source} WHERE {spans} ORDER BY file_row_number").fetchall()
        except ClvError as error:
            raise DataError(f"{path}: cannot be read as parquet: {error}") from error.__cause__
        return kinds, found

    def table(self, paths: Sequence[Path], file_format: str, layout: Layout) -> str:
        """Read files as the layout says, every row of them, and return the name of the table.

        Raises
        ------
        DataError
            If a file cannot be read, or lacks a column.
        """
        return self._files.materialised(paths, file_format, layout, [path.name for path in paths], [None] * len(paths))

    def renamed(self, table: str, names: Mapping[str, str]) -> str:
        """Return a view of a table under other names of its columns, by the names they have."""
        columns = ", ".join(f"{identifier(old)} AS {identifier(new)}" for old, new in names.items())
        self._run(f"CREATE VIEW {table}_renamed AS SELECT {columns} FROM {table}")
        return f"{table}_renamed"

    def moments(self, table: str, column: str, patterns: Sequence[str], iso: str) -> tuple[int, int, dict[str, int]]:
        """Count rows with a text, those that follow a regular expression, and those that strptime patterns read."""
        shown = f"trim(CAST({identifier(column)} AS VARCHAR))"
        counts = [
            f"count(*) FILTER (year(try_strptime({shown}, {text(pattern)})) BETWEEN {_FIRST_YEAR} AND {_LAST_YEAR})"
            for pattern in patterns
        ]
        follows = f"count(*) FILTER (regexp_full_match({shown}, {text(iso)}))"
        some = f"count(*) FILTER ({shown} <> '')"
        filled, matched, *read = self._one(f"SELECT {', '.join([some, follows, *counts])} FROM {table}")
        return filled, matched, dict(zip(patterns, read, strict=True))

    def marks(self, table: str, columns: Sequence[str]) -> tuple[int, dict[str, int], dict[str, int]]:
        """Count numbers in columns of text, those with each mark, and those with a point or comma before cents."""
        shown = " UNION ALL ".join(
            f"SELECT replace(replace(trim({identifier(name)}), chr(160), ' '), chr(8239), ' ') AS n FROM {table}"
            for name in columns
        )
        numbers = f"SELECT n FROM ({shown}) WHERE regexp_full_match(n, '[+-]?[0-9., '']+')"
        marks = (".", ",", " ", "'")
        has = [f"count(*) FILTER (contains(n, {text(mark)}))" for mark in marks]
        cents = [
            rf"count(*) FILTER (regexp_full_match(n, '[+-]?(.*[{mark}]([0-9]{{0,2}}|[0-9]{{4,}})|0?[{mark}][0-9]+)'))"
            for mark in marks[:2]
        ]
        filled, *counts = self._one(f"SELECT {', '.join(['count(*)', *has, *cents])} FROM ({numbers})")
        return filled, dict(zip(marks, counts[:4], strict=True)), dict(zip(marks[:2], counts[4:], strict=True))

    def _kept(self, frame: pd.DataFrame) -> str:
        self._connection.register("incoming", frame.copy())
        self._run("CREATE SEQUENCE IF NOT EXISTS kept")
        [number] = self._one("SELECT nextval('kept')")
        name = f"kept_{number}"
        self._run(f"CREATE TABLE {name} AS SELECT * FROM incoming")
        self._connection.unregister("incoming")
        return name

    def _one(self, sql: str) -> Any:
        return self._run(sql).fetchall()[0]

    def _run(self, sql: str) -> Any:
        try:
            return self._connection.execute(sql)
        except self._error as error:
            raise ClvError(f"data engine: {str(error).splitlines()[0]}") from error
