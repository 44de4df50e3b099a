"""What runs the data: the PySpark DataFrame API, run by SQLFrame on DuckDB.

Everything above this room writes ``F.col("day")`` and ``frame.groupBy(...)`` and never SQL. An
:class:`Engine` opens the connection, reads files into frames, materialises frames, and takes results out as
pandas or Parquet. Days are dates, timestamps carry no zone and mean UTC, money is ``decimal(18,2)``.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from clv_ml.config import EngineConfig, Layout
from clv_ml.engine.csv_files import quoted_path
from clv_ml.engine.dialect import DUCKDB, DataFrame, enter, leave, speaking
from clv_ml.engine.files import Files
from clv_ml.engine.fingerprints import fingerprint_of
from clv_ml.engine.plan_file import PlanFile
from clv_ml.engine.planned import PlannedQueries
from clv_ml.engine.plans import Plans
from clv_ml.engine.reading import identifier, text
from clv_ml.engine.shared_plans import OF_PROCESS
from clv_ml.engine.tables import NamedTables
from clv_ml.errors import ClvError, ConfigError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class Engine(PlannedQueries):
    """One connection, with the memory, threads and temporary folder of the config.

    Parameters
    ----------
    config
        Limits of the engine; DuckDB's own defaults where a value is None. A setting that DuckDB refuses is a
        ConfigError.
    plans
        A file that keeps plans from one process to the next; None where they are kept in this process only.
    """

    def __init__(self, config: EngineConfig | None = None, *, plans: Path | None = None) -> None:
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
            raise ConfigError(f"engine: DuckDB refuses {settings}: {_one_line(error)}") from error
        self._error = duckdb.Error
        self._connection.execute("SET TimeZone = 'UTC'")
        with contextlib.suppress(duckdb.InvalidInputException):
            # in a notebook without ipywidgets DuckDB refuses this, and shows no bar either
            self._connection.execute("SET enable_progress_bar = false")
        _BaseSession._instance = None  # SQLFrame keeps one session a process; every engine has its own
        self._session = DuckDBSession(conn=self._connection)
        self._tables = NamedTables(self._session, self._run)
        self._names = (f"clv_{number}" for number in itertools.count())
        self._plan_file = None if plans is None else PlanFile(plans, OF_PROCESS, self._connection)
        shelf = self._plan_file or OF_PROCESS
        self._plans = Plans(self._run, self._sql, self._tables.frame, self._names, shelf)
        self._files = Files(self._run, self._kept, config.temp_directory)

    def __enter__(self) -> Self:
        enter(DUCKDB)
        return self

    def __exit__(self, *_: object) -> None:
        leave(DUCKDB)
        self.close()

    def active(self) -> contextlib.AbstractContextManager[None]:
        """Make this the engine whose functions are meant, where another one is in use as well."""
        return speaking(DUCKDB)

    def close(self) -> None:
        """Close the connection; frames of this engine cannot be used afterwards."""
        if self._plan_file is not None:
            self._plan_file.save()
        self._session.stop()
        self._files.close()

    def read_files(
        self,
        paths: Sequence[Path],
        file_format: str,
        layout: Layout,
        *,
        names: Sequence[str] | None = None,
        faults: Sequence[str | None] | None = None,
    ) -> DataFrame:
        """Read files under canonical column names, with where each row came from.

        Parameters
        ----------
        paths
            Files of one format and one layout.
        file_format
            ``"csv"`` (every value text) or ``"parquet"``.
        layout
            Which columns to read, and how moments, numbers and letters are written.
        names
            What to call each file; the last part of its path where None.
        faults
            For each file the fault of all its rows, None where it has none.

        Returns
        -------
        DataFrame
            The canonical columns (text; moments and numbers of Parquet files in their own type), and ``source_file``,
            ``source_line`` (rows from 1, the header of a CSV file not counted), ``source_hash`` (of every column of
            the row, mapped or not), ``source_fault`` (why the row cannot be used, null where it can) and
            ``source_text`` (a record that could not be parted into fields, whose canonical columns are null).

        Raises
        ------
        DataError
            If a file is empty (a CSV file among others may be) or cannot be read, or a column is not there (the
            message names those that are).
        """
        named = [path.name for path in paths] if names is None else names
        table = self._files.materialised(paths, file_format, layout, named, faults or [None] * len(paths))
        return self._tables.frame(table)

    def with_originals(self, frame: DataFrame) -> DataFrame:
        """Replace source_hash and source_text of rows by ``original``: each row as it came in, by reading it again.

        That is a JSON object of all columns of the file as text; of a broken record its text; null where the row did
        not come from a file, or is there no longer.
        """
        wanted = next(self._names)
        self._run(f"CREATE TABLE {wanted} AS {self._sql(frame)}")
        names = self._run(f"SELECT DISTINCT source_file FROM {wanted} ORDER BY 1").fetchall()
        found = self._files.originals([name for (name,) in names], wanted)
        keys = "source_file, source_line, source_hash"
        found = [f"SELECT {keys}, source_text AS original FROM {wanted} WHERE false", *found]
        rows = f"SELECT {keys}, min(original) AS original FROM ({' UNION ALL '.join(found)}) GROUP BY {keys}"
        return self._materialise(
            f"SELECT w.* EXCLUDE (source_hash, source_text), coalesce(w.source_text, o.original) AS original "
            f"FROM {wanted} AS w LEFT JOIN ({rows}) AS o USING ({keys})"
        )

    def scan(self, *paths: Path) -> DataFrame:
        """Return a frame of the rows of some Parquet files; nothing is read yet."""
        name, listed = next(self._names), ", ".join(quoted_path(path) for path in paths)
        # no column comes from the name of a folder
        self._run(f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{listed}], hive_partitioning=false)")
        return self._tables.frame(name)

    def reading(self) -> contextlib.AbstractContextManager[None]:
        """Read and check files inside this: a failure names its file, and texts of CSV files are let go at the end."""
        return self._files.reading()

    def from_pandas(self, frame: pd.DataFrame) -> DataFrame:
        """Copy a pandas frame into the engine (a registered view is invisible to SQLFrame)."""
        return self._tables.frame(self._kept(frame))

    def _kept(self, frame: pd.DataFrame) -> str:
        self._connection.register("incoming", frame.copy())  # DuckDB 2.0.0 fails on reversed columns (frame[::-1])
        name = next(self._names)
        try:
            self._run(f"CREATE TABLE {name} AS {self._plans.noted(name, 'SELECT * FROM incoming')}")
        finally:
            self._connection.unregister("incoming")
        return name

    def materialise(self, frame: DataFrame) -> DataFrame:
        """Compute a frame once; what is built on the result starts from its rows."""
        return self._materialise(self._sql(frame))

    def to_pandas(self, frame: DataFrame) -> pd.DataFrame:
        """Take a frame out as pandas (decimals become floats)."""
        table: pd.DataFrame = self._run(self._sql(frame)).df()
        return table

    def to_arrow(self, frame: DataFrame) -> pa.Table:
        """Take a frame out as an Arrow table (decimals stay decimals)."""
        return self._connection.sql(self._sql(frame)).to_arrow_table()

    def write_parquet(self, frame: DataFrame, path: Path) -> None:
        """Write a frame to one Parquet file."""
        self._run(f"COPY ({self._sql(frame)}) TO {text(str(path))} (FORMAT parquet)")

    def row_count(self, frame: DataFrame) -> int:
        """Count the rows of a frame."""
        rows = self._run(f"SELECT count(*) FROM ({self._sql(frame)})").fetchall()
        return int(rows[0][0])

    def fingerprint(self, frame: DataFrame, columns: Sequence[str]) -> str:
        """Digest all rows of some columns, whatever their order: count, sum and xor of row hashes, in hex."""
        names = ", ".join(identifier(name) for name in columns)
        digest = f"hash({names})"
        count, total, xor = self._run(
            f"SELECT count(*), coalesce(sum({digest} % 4294967291), 0), coalesce(bit_xor({digest}), 0) "
            f"FROM ({self._sql(frame)})"
        ).fetchall()[0]
        return fingerprint_of(count, int(total), xor)

    def _sql(self, frame: DataFrame) -> str:
        # DuckDB optimises for itself; to let SQLFrame do so as well takes longer than most queries run
        return str(frame.sql(dialect="duckdb", optimize=False))

    def _materialise(self, sql: str) -> DataFrame:
        name = next(self._names)
        self._run(f"CREATE TABLE {name} AS {self._plans.noted(name, sql)}")
        return self._tables.frame(name)

    def _run(self, sql: str) -> Any:
        """Run a statement; what DuckDB cannot do (memory, disk, a pattern it does not know) is one clear line."""
        try:
            return self._connection.execute(sql)
        except self._error as error:
            raise ClvError(f"data engine: {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).split("Possible ")[0].splitlines()]
    return "; ".join(line for line in lines if line and not line.startswith(("Original Line", "LINE", "^")))
