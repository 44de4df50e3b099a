"""Tables in SQLite and PostgreSQL: written in one transaction, read whole or in parts; no password is ever told."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from pyarrow import csv
from sqlalchemy.exc import ArgumentError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from clv_ml.errors import ClvError, ConfigError, DataError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection

_ROWS = 50_000  # written and read at once
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_WAIT_SECONDS = 60  # for another writer of the same SQLite file


def write_table(
    address: str, table: str, frame: pd.DataFrame, *, replace_where: Mapping[str, str] | None = None
) -> int:
    """Replace the rows of a table by those of a frame, in one transaction.

    Whoever reads meanwhile sees the old rows, and so does everybody after a failure or a kill. Columns that the table
    lacks are added; those that only the table has are left empty.

    Parameters
    ----------
    address
        ``sqlite:///file`` or ``postgresql://user:password@host/database``.
    table
        Name, or schema and name with a point between; made where there is none.
    frame
        Texts, whole numbers, numbers, truth values, dates and timestamps; missing values become NULL.
    replace_where
        Column and value of the rows that are replaced, such as one refresh of the list; all rows where None.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    ConfigError
        If the address cannot be used.
    ClvError
        If the database refuses; the table is as before.
    """
    rows = pa.Table.from_pandas(frame, preserve_index=False)
    with _transaction(address) as connection:
        target = _prepared(connection, table, rows.schema)
        chosen = [target.c[name] == value for name, value in (replace_where or {}).items()]
        connection.execute(sa.delete(target).where(*chosen))
        for start in range(0, rows.num_rows, _ROWS):
            _insert(connection, target, rows.slice(start, _ROWS))
    return int(rows.num_rows)


def read_table(address: str, table: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a table, or some of its columns.

    Raises
    ------
    ConfigError
        If the address cannot be used.
    DataError
        If there is no such table or column.
    """
    names, rows = read_rows(address, table, columns)
    return pd.DataFrame.from_records(rows, columns=names)


def read_rows(
    address: str, table: str, columns: Sequence[str] | None = None
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Read the names of the columns and the rows of a table as they are, missing values as None."""
    with _transaction(address, read_only=True) as connection:
        schema, name = _name_parts(table)
        try:
            found = sa.Table(name, sa.MetaData(), schema=schema, autoload_with=connection)
        except NoSuchTableError:
            raise DataError(f"database {_shown(address)}: there is no table {table!r}") from None
        absent = [column for column in columns or () if column not in found.c]
        if absent:
            raise DataError(f"table {table!r}: no column {absent[0]!r}; there are {', '.join(found.c.keys())}")
        wanted = [found.c[column] for column in columns or found.c.keys()]
        rows = [tuple(row) for row in connection.execute(sa.select(*wanted))]
    return [column.name for column in wanted], rows


def read_query(address: str, sql: str, *, chunk_rows: int = _ROWS) -> Iterator[pd.DataFrame]:
    """Run a query that changes nothing and yield its rows in frames of at most `chunk_rows`, one at a time in memory.

    The database refuses a statement that would write.
    """
    with _transaction(address, read_only=True) as connection:
        result = connection.execution_options(stream_results=True, yield_per=chunk_rows).exec_driver_sql(sql)
        names = list(result.keys())
        for rows in result.partitions(chunk_rows):
            yield pd.DataFrame.from_records([tuple(row) for row in rows], columns=names)


@contextmanager
def _transaction(address: str, *, read_only: bool = False) -> Iterator[Connection]:
    url = _url(address)
    wait: dict[str, Any] = {"timeout": _WAIT_SECONDS} if url.get_backend_name() == "sqlite" else {}
    # parameters are rows of customers: they belong in no message
    engine = sa.create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=wait)
    if wait:
        sa.event.listen(engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
        begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"  # else the driver would commit before it makes a table
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    try:
        with engine.begin() as connection:
            if read_only:
                connection.exec_driver_sql("PRAGMA query_only = ON" if wait else "SET TRANSACTION READ ONLY")
            yield connection
    except (SQLAlchemyError, _driver_error(url)) as error:
        # not chained: a driver may repeat the whole address
        raise ClvError(f"database {_shown(address)}: {_told(error, url)}") from None
    finally:
        engine.dispose()


def _url(address: str) -> URL:
    try:
        url = sa.make_url(address)
    except (ArgumentError, ValueError):
        raise ConfigError(
            "database: the address cannot be read; it looks like sqlite:///file or postgresql://user@host/database"
        ) from None
    driver = _DRIVERS.get(url.drivername, url.drivername)
    if driver not in _DRIVERS.values():
        raise ConfigError(f"database: {url.drivername!r} is not known; there are sqlite:/// and postgresql://")
    if driver.startswith("postgresql") and importlib.util.find_spec("psycopg") is None:
        raise ConfigError("database: PostgreSQL needs the driver psycopg; install clv_ml[postgres]")
    return url.set(drivername=driver)


def _driver_error(url: URL) -> type[Exception]:
    if url.get_backend_name() == "sqlite":
        import sqlite3

        return sqlite3.Error
    import psycopg

    return psycopg.Error


def _shown(address: str) -> str:
    return _url(address).render_as_string(hide_password=True)


def _told(error: Exception, url: URL) -> str:
    told = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
    return told.replace(str(url.password), "***") if url.password else told


def _name_parts(table: str) -> tuple[str | None, str]:
    schema, _, name = table.rpartition(".")
    return schema or None, name


def _prepared(connection: Connection, table: str, schema: pa.Schema) -> sa.Table:
    """Return the table with at least the columns of the rows; nobody else makes or fills it meanwhile."""
    where, name = _name_parts(table)
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": table})
    columns = [sa.Column(column.name, _sql_type(column.type)) for column in schema]
    target = sa.Table(name, sa.MetaData(), *columns, schema=where)
    found = sa.inspect(connection)
    if not found.has_table(name, schema=where):
        target.create(connection)
        return target
    known = {str(column["name"]) for column in found.get_columns(name, schema=where)}
    quote = connection.dialect.identifier_preparer
    for column in target.columns:
        if column.name not in known:
            kind = column.type.compile(connection.dialect)
            connection.exec_driver_sql(
                f"ALTER TABLE {quote.format_table(target)} ADD COLUMN {quote.format_column(column)} {kind}"
            )
    return target


def _sql_type(kind: pa.DataType) -> sa.types.TypeEngine[Any]:
    if pa.types.is_boolean(kind):
        return sa.Boolean()
    if pa.types.is_integer(kind):
        return sa.BigInteger()
    if pa.types.is_floating(kind):
        return sa.Double()
    if pa.types.is_decimal(kind):
        return sa.Numeric(kind.precision, kind.scale)
    if pa.types.is_date(kind):
        return sa.Date()
    if pa.types.is_timestamp(kind):
        return sa.DateTime(timezone=kind.tz is not None)
    return sa.Text()


def _insert(connection: Connection, target: sa.Table, rows: pa.Table) -> None:
    driver: Any = connection.connection.driver_connection
    quote = connection.dialect.identifier_preparer
    names = ", ".join(quote.quote_identifier(name) for name in rows.column_names)
    into = f"{quote.format_table(target)} ({names})"
    if connection.dialect.name == "postgresql":
        content = io.BytesIO()
        csv.write_csv(_without_nul(rows), content, csv.WriteOptions(include_header=False))
        with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN (FORMAT csv)") as copy:
            copy.write(content.getvalue())
        return
    marks = ", ".join("?" for _ in rows.column_names)
    values = zip(*map(_sqlite_values, rows.itercolumns()), strict=True)
    driver.executemany(f"INSERT INTO {into} VALUES ({marks})", values)


def _without_nul(rows: pa.Table) -> pa.Table:
    """Return the rows without the one character that PostgreSQL refuses."""
    for place, column in enumerate(rows.schema):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            clean = pc.replace_substring(rows.column(place), "\x00", "\ufffd")
            rows = rows.set_column(place, column.name, clean)
    return rows


def _sqlite_values(column: pa.ChunkedArray) -> list[Any]:
    """Bring a column into the form in which SQLAlchemy reads it back from SQLite."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us")).cast(pa.string())
    elif pa.types.is_date(column.type):
        column = column.cast(pa.string())
    elif pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    return list(column.to_pylist())
