"""The same data engine on Spark: classic, a cluster, or Spark Connect. The rows stay there; pyspark is optional."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from clv_ml.config import EngineConfig, Layout
from clv_ml.engine.dialect import DataFrame, enter, leave
from clv_ml.engine.plans import Build
from clv_ml.engine.session import Engine
from clv_ml.engine.spark_dialect import SparkDialect
from clv_ml.engine.spark_files import SparkFiles
from clv_ml.engine.spark_session import Settings, is_connect, open_session
from clv_ml.engine.spark_spill import Spill
from clv_ml.errors import ClvError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class SparkEngine(Engine):
    """One Spark session, with what clv_ml needs set while the engine is entered, and restored when it is left.

    Parameters
    ----------
    config
        ``engine.spark`` of it says where Spark is, where it is not given.
    session
        A SparkSession, classic or Connect, which stays open; where None, the active one, or else one that is built
        from the config and stopped with the engine.

    Notes
    -----
    Frames are computed where the session is. Intermediate results go as Parquet to ``engine.spark.spill``, a folder
    that every worker reaches (on one machine a temporary folder does); without one they are persisted. Either way a
    lost worker loses nothing: Parquet is read again, persisted partitions are computed again from their inputs.
    """

    def __init__(self, config: EngineConfig | None = None, *, session: Any = None) -> None:
        config = config or EngineConfig()
        self._session, self._own = (session, False) if session is not None else open_session(config.spark)
        self._dialect = SparkDialect(connect=is_connect(self._session))
        self._settings = Settings(self._session)
        self._spill = Spill(self._session, config.spark.spill, config.temp_directory, own=self._own)
        self._reader = SparkFiles(self._session)

    @property
    def session(self) -> Any:
        """The SparkSession."""
        return self._session

    def __enter__(self) -> Self:
        self._settings.apply()
        enter(self._dialect)
        return self

    def __exit__(self, *_: object) -> None:
        leave(self._dialect)
        self._settings.restore()
        self.close()

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Make this the engine whose functions are meant, where another one is in use as well."""
        self._settings.apply()
        enter(self._dialect)
        try:
            yield
        finally:
            leave(self._dialect)
            self._settings.restore()

    def close(self) -> None:
        """Drop intermediate results; stop the session if it is the engine's own."""
        self._spill.close()
        if self._own:
            self._session.stop()

    def read_files(
        self,
        paths: Sequence[Path],
        file_format: str,
        layout: Layout,
        *,
        names: Sequence[str] | None = None,
        faults: Sequence[str | None] | None = None,
    ) -> DataFrame:
        """Read files under canonical column names; see :meth:`Engine.read_files` and :class:`SparkFiles`."""
        named = [path.name for path in paths] if names is None else list(names)
        told = [None] * len(paths) if faults is None else list(faults)
        return self._reader.read([str(path) for path in paths], file_format, layout, named, told)

    def reading(self) -> contextlib.AbstractContextManager[None]:
        """Read and check files inside this; see :meth:`Engine.reading`. Spark names a file that fails by itself."""
        return contextlib.nullcontext()

    def read_table(self, name: str, columns: Mapping[str, str]) -> DataFrame:
        """Read a table of the session's catalogue under canonical column names, with the traces of :meth:`read_files`.

        Parameters
        ----------
        columns
            Canonical column to column of the table.
        """
        return self._reader.canonical(self._session.table(name), columns, name)

    def from_frame(self, frame: DataFrame, columns: Mapping[str, str] | None = None, *, name: str) -> DataFrame:
        """Bring a Spark frame to canonical column names and types, with the traces of :meth:`read_files`.

        Parameters
        ----------
        columns
            Canonical column to column of the frame; those that have the canonical names already where None.
        name
            What reports call it.
        """
        return self._reader.canonical(frame, columns or {column: column for column in frame.columns}, name)

    def with_originals(self, frame: DataFrame) -> DataFrame:
        """Replace source_hash and source_text of rows by ``original``; see :meth:`Engine.with_originals`."""
        return self._reader.with_originals(frame)

    def from_pandas(self, frame: pd.DataFrame) -> DataFrame:
        """Copy a pandas frame into Spark, with the types that DuckDB would give its columns."""
        import duckdb

        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            table = connection.from_df(frame.copy()).to_arrow_table()
        return self.from_arrow(table)

    def from_arrow(self, table: pa.Table) -> DataFrame:
        """Copy an Arrow table into Spark; timestamps stay without a zone."""
        return self._session.createDataFrame(_microseconds(table))

    def materialise(self, frame: DataFrame) -> DataFrame:
        """Compute a frame once; what is built on the result starts from its rows."""
        return _run(lambda: self._spill.keep(frame))

    def planned(self, key: Hashable, inputs: Mapping[str, DataFrame], cutoff: dt.date, build: Build) -> DataFrame:
        """Build a frame at a cutoff and materialise it; Spark plans every time, so that `key` tells nothing."""
        mark = self._spill.mark()
        result = self.materialise(build(inputs, cutoff))
        self._spill.drop_between(mark)
        return result

    def planned_tables(
        self,
        key: Hashable,
        inputs: Mapping[str, DataFrame],
        cutoff: dt.date,
        build: Callable[[Mapping[str, DataFrame], dt.date], Mapping[str, DataFrame]],
    ) -> dict[str, DataFrame]:
        """Build several frames at a cutoff and materialise them, by name; otherwise like :meth:`planned`."""
        mark = self._spill.mark()
        results = {name: self.materialise(frame) for name, frame in build(inputs, cutoff).items()}
        self._spill.drop_between(mark, last=len(results))
        return results

    def named(self, frame: DataFrame) -> DataFrame:
        """Return the frame as it is; see :meth:`Engine.named`."""
        return frame

    def planned_to_parquet(
        self,
        key: Hashable,
        inputs: Mapping[str, DataFrame],
        cutoff: dt.date,
        build: Build,
        *,
        path: Path,
        order: str,
    ) -> None:
        """Write what :meth:`planned` computes to a folder of Parquet files, in the order of a column."""
        self.write_parquet(self.planned(key, inputs, cutoff, build).orderBy(order), path)

    def planned_view(
        self, key: Hashable, inputs: Mapping[str, DataFrame], build: Callable[[Mapping[str, DataFrame]], DataFrame]
    ) -> DataFrame:
        """Return a frame that depends on its inputs only; nothing is computed yet."""
        return build(inputs)

    def to_pandas(self, frame: DataFrame) -> pd.DataFrame:
        """Collect a small frame as pandas, with the types that DuckDB would give it (decimals become floats).

        Spark's ``spark.driver.maxResultSize`` bounds what can be collected.
        """
        import duckdb

        collected = self.to_arrow(frame)
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            table: pd.DataFrame = connection.from_arrow(collected).df()
        return table

    def to_arrow(self, frame: DataFrame) -> pa.Table:
        """Collect a small frame as an Arrow table (decimals stay decimals)."""
        return _run(lambda: frame.toArrow())

    def write_parquet(self, frame: DataFrame, path: Path) -> None:
        """Write a frame to a folder of Parquet files, which the workers must reach."""
        _run(lambda: frame.write.mode("overwrite").parquet(str(path)))

    def scan(self, *paths: Path) -> DataFrame:
        """Return a frame of the rows of some Parquet files, which the workers must reach; nothing is read yet."""
        return self._session.read.parquet(*map(str, paths))

    def row_count(self, frame: DataFrame) -> int:
        """Count the rows of a frame."""
        return int(_run(frame.count))

    def fingerprint(self, frame: DataFrame, columns: Sequence[str]) -> str:
        """Digest all rows of some columns, whatever their order or partitions: count, sum and xor of row hashes.

        It is not the digest that DuckDB computes of the same rows.
        """
        f = self._dialect.functions()
        texts = [f.coalesce(f.col(name).cast("string"), f.lit("\x00")) for name in columns]  # a null counts too
        digest = f.xxhash64(*texts)
        count, total, xor = _run(
            lambda: (
                frame.select(digest.alias("digest"))
                .agg(
                    f.count(f.lit(1)),
                    f.coalesce(f.sum(f.pmod(f.col("digest"), f.lit(4_294_967_291))), f.lit(0)),
                    f.coalesce(f.bit_xor("digest"), f.lit(0)),
                )
                .first()
            )
        )
        return f"spark-{count:x}-{int(total):x}-{xor % 2**64:016x}"


def open_engine(config: EngineConfig | None = None, *, plans: Path | None = None) -> Engine:
    """Return the engine that the config names, to be entered with ``with``.

    Parameters
    ----------
    plans
        A file that keeps the plans of DuckDB's queries from one process to the next; Spark plans every time.
    """
    config = config or EngineConfig()
    return SparkEngine(config) if config.kind == "spark" else Engine(config, plans=plans)


def _microseconds(table: pa.Table) -> pa.Table:
    """Bring timestamps to what Spark has: microseconds."""
    import pyarrow as pa

    fields = [
        field.with_type(pa.timestamp("us", field.type.tz)) if pa.types.is_timestamp(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields), safe=False)


def _run(action: Any) -> Any:
    """Run an action; what Spark cannot do is one clear line."""
    from pyspark.errors import PySparkException

    try:
        return action()
    except PySparkException as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise ClvError(f"data engine (Spark): {lines[0] if lines else error}") from error
