"""The only file that knows what runs the data: the PySpark DataFrame API, run by SQLFrame on DuckDB.

Everything above this file writes ``F.col("day")`` and ``frame.groupBy(...)`` and never SQL. An
:class:`Engine` opens the connection, reads files into frames, materialises frames, and takes results out as
pandas or Parquet. Days are dates, timestamps carry no zone and mean UTC, money is ``decimal(18,2)``.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from clv_ml.config import EngineConfig
from clv_ml.errors import ConfigError, DataError, missing_columns

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

DataFrame: TypeAlias = Any  # a frame with the PySpark DataFrame API
Column: TypeAlias = Any

MONEY = "decimal(18,2)"
_READERS = {
    "parquet": "read_parquet([{paths}], union_by_name=false)",
    "csv": "read_csv([{paths}], all_varchar=true, header=true)",
}


def functions() -> ModuleType:
    """Return the module of column functions (``F``) that belongs to the engine."""
    from sqlframe.duckdb import functions as duckdb_functions

    return duckdb_functions


def window_spec() -> Any:
    """Return the ``Window`` class (``partitionBy``, ``orderBy``) that belongs to the engine."""
    from sqlframe.duckdb import Window

    return Window


class Engine:
    """One connection, with the memory, threads and temporary folder of the config.

    Parameters
    ----------
    config
        Limits of the engine; DuckDB's own defaults where a value is None.

    Raises
    ------
    ConfigError
        If DuckDB refuses a setting.
    """

    def __init__(self, config: EngineConfig | None = None) -> None:
        import duckdb
        from sqlframe.base.session import _BaseSession
        from sqlframe.duckdb import DuckDBSession

        config = config or EngineConfig()
        settings = {
            "memory_limit": config.memory_limit,
            "threads": config.threads,
            "temp_directory": str(config.temp_directory) if config.temp_directory else None,
        }
        try:
            self._connection = duckdb.connect(
                config={key: value for key, value in settings.items() if value is not None}
            )
        except duckdb.Error as error:
            raise ConfigError(f"engine: DuckDB refuses {settings}: {error}") from error
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("SET enable_progress_bar = false")
        _BaseSession._instance = None  # SQLFrame keeps one session a process; every engine has its own
        self._session = DuckDBSession(conn=self._connection)
        self._names = (f"clv_{number}" for number in itertools.count())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; frames of this engine cannot be used afterwards."""
        self._session.stop()

    def read_files(
        self,
        paths: Sequence[Path],
        file_format: str,
        columns: Mapping[str, str],
        timestamp_format: str | None = None,
    ) -> DataFrame:
        """Read files under canonical column names, with where each row came from.

        Parameters
        ----------
        paths
            Files of one format and one layout, read in this order.
        file_format
            ``"csv"`` (every value text) or ``"parquet"``.
        columns
            Canonical name to the name in the files.
        timestamp_format
            strptime pattern of the ``timestamp`` column where it is text that is not ISO 8601.

        Returns
        -------
        DataFrame
            The canonical columns (text; timestamps where the file holds timestamps), and ``source_file``,
            ``source_line`` (from 1), ``source_hash`` (of every column of the row, mapped or not).

        Raises
        ------
        DataError
            If a file cannot be read, or a column is not there (the message names those that are).
        """
        import duckdb

        parts = []
        for path in paths:
            reader = _READERS[file_format].format(paths=_text(str(path)))
            try:
                described = self._connection.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()
            except duckdb.Error as error:
                raise DataError(f"{path}: cannot be read as {file_format}: {_first_line(error)}") from error
            types = {row[0]: row[1] for row in described}
            absent = [source for source in columns.values() if source not in types]
            if absent:
                raise missing_columns(str(path), absent, types, "Map it under `columns` in the config.")
            selected = [
                f"{_read_expression(source, types[source], name, timestamp_format)} AS {_identifier(name)}"
                for name, source in columns.items()
            ]
            every = ", ".join(f"source.{_identifier(name)}" for name in types)
            row_hash = f"CAST(hash({every}) // 2 AS BIGINT)"  # SQLFrame knows no unsigned integers
            parts.append(
                f"SELECT {', '.join(selected)}, {_text(path.name)} AS source_file, "
                f"row_number() OVER () AS source_line, {row_hash} AS source_hash FROM {reader} AS source"
            )
        try:
            return self._materialise(" UNION ALL BY NAME ".join(parts))
        except duckdb.Error as error:
            names = ", ".join(str(path) for path in paths)
            raise DataError(f"{names}: cannot be read: {_first_line(error)}") from error

    def from_pandas(self, frame: pd.DataFrame) -> DataFrame:
        """Copy a pandas frame into the engine (a registered view is invisible to SQLFrame)."""
        self._connection.register("incoming", frame)
        try:
            return self._materialise("SELECT * FROM incoming")
        finally:
            self._connection.unregister("incoming")

    def materialise(self, frame: DataFrame) -> DataFrame:
        """Compute a frame once; what is built on the result starts from its rows."""
        return self._materialise(self._sql(frame))

    def to_pandas(self, frame: DataFrame) -> pd.DataFrame:
        """Take a frame out as pandas (decimals become floats)."""
        return self._connection.execute(self._sql(frame)).df()

    def to_arrow(self, frame: DataFrame) -> pa.Table:
        """Take a frame out as an Arrow table (decimals stay decimals)."""
        return self._connection.execute(self._sql(frame)).to_arrow_table()

    def write_parquet(self, frame: DataFrame, path: Path) -> None:
        """Write a frame to one Parquet file."""
        self._connection.execute(f"COPY ({self._sql(frame)}) TO {_text(str(path))} (FORMAT parquet)")

    def row_count(self, frame: DataFrame) -> int:
        """Count the rows of a frame."""
        rows = self._connection.execute(f"SELECT count(*) FROM ({self._sql(frame)})").fetchall()
        return int(rows[0][0])

    def fingerprint(self, frame: DataFrame, columns: Sequence[str]) -> str:
        """Digest all rows of some columns, whatever their order: count, sum and xor of row hashes, in hex."""
        names = ", ".join(_identifier(name) for name in columns)
        digest = f"hash({names})"
        count, total, xor = self._connection.execute(
            f"SELECT count(*), coalesce(sum({digest} % 4294967291), 0), coalesce(bit_xor({digest}), 0) "
            f"FROM ({self._sql(frame)})"
        ).fetchall()[0]
        return f"{count:x}-{int(total):x}-{xor:016x}"

    def _sql(self, frame: DataFrame) -> str:
        return str(frame.sql(dialect="duckdb"))

    def _materialise(self, sql: str) -> DataFrame:
        name = next(self._names)
        self._connection.execute(f"CREATE TABLE {name} AS {sql}")
        return self._session.table(name)


def _read_expression(source: str, kind: str, name: str, timestamp_format: str | None) -> str:
    """Write the SQL that reads one source column in the form the canonical tables expect."""
    column = f"source.{_identifier(source)}"
    if name == "timestamp" and timestamp_format and kind == "VARCHAR":
        return f"try_strptime({column}, {_text(timestamp_format)})"
    if kind.startswith("TIMESTAMP"):
        return f"CAST({column} AS TIMESTAMP)"  # the connection's zone is UTC
    if name in {"customer_id", "order_id", "product"} and kind in {"DOUBLE", "FLOAT"}:
        # ids that pandas turned into floats: 17850.0 is customer 17850
        whole = f"CAST(TRY_CAST({column} AS HUGEINT) AS VARCHAR)"
        return f"CASE WHEN {column} = trunc({column}) THEN {whole} ELSE CAST({column} AS VARCHAR) END"
    return f"CAST({column} AS VARCHAR)"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
