"""Orders in Parquet files: the quick way in, for a job that needs nothing else of the files.

The statements are written out here: to plan one through the DataFrame API takes as long as this whole reading.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from clv_ml.config import EngineConfig
from clv_ml.engine.dialect import Column
from clv_ml.engine.order_columns import OrderColumns, is_usable, reason
from clv_ml.engine.reading import identifier, text
from clv_ml.engine.sorted_orders import BITS, Integers, SortedOrders
from clv_ml.errors import ClvError, ConfigError, DataError, missing_columns


@dataclass(frozen=True)
class IdRules:
    """How ids of text are read.

    Attributes
    ----------
    clean
        From the name of a column to the id in it, null where there is none.
    faults
        Conditions on a column ``customer_id`` of such ids, each with the reason why a row cannot be used.
    """

    clean: Callable[[str], Column]
    faults: Callable[[], Sequence[tuple[Column, str]]]


class OrderFiles:
    """Parquet files with one order (or order line) a row.

    Parameters
    ----------
    paths
        Read together; a column whose type differs between them is brought to a common one.
    columns
        customer_id, timestamp, amount, to their names in the files; order_id too where it has another name.
    config
        Limits of the engine.
    rules
        For ids that are not whole numbers.

    Raises
    ------
    ConfigError
        If the engine refuses a limit.
    DataError
        If a file cannot be read, a column is not there, or is of a type that must be parsed.
    """

    def __init__(self, paths: Sequence[Path], columns: Mapping[str, str], config: EngineConfig, rules: IdRules) -> None:
        import duckdb

        given = {
            "memory_limit": config.memory_limit,
            "threads": config.threads,
            "temp_directory": config.temp_directory,
        }
        settings: dict[str, Any] = {name: str(value) for name, value in given.items() if value}
        self._error, self._rules = duckdb.Error, rules
        try:
            self._connection = duckdb.connect(config=settings)
        except duckdb.Error as error:
            raise ConfigError(f"engine: DuckDB refuses {settings}: {str(error).splitlines()[0]}") from error
        for setting in ("TimeZone = 'UTC'", "enable_progress_bar = false", "preserve_insertion_order = false"):
            self._connection.execute(f"SET {setting}")
        try:
            self._columns = self._described(paths, columns)
            self._columns.require_types()
        except ClvError:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def read(self, cutoff: dt.date) -> SortedOrders:
        """Read the rows up to a cutoff, after every row has been looked at.

        Raises
        ------
        DataError
            If a row cannot be used (the message counts such rows by reason), or nothing is dated up to the cutoff.
        """
        known = f"day <= {_date(cutoff)}"
        figures = ("customer_id", "day", "amount")
        bounds = ", ".join(f"{end}({name}) FILTER ({known})" for name in figures for end in ("min", "max"))
        bad, *ends = self._one(f"SELECT count(*) FILTER (NOT {is_usable()}), {bounds} FROM ({self._columns.rows})")
        if not self._columns.by_number:
            self._name_ids()
            bad += self._one("SELECT count(*) FROM raw_ids WHERE reason IS NOT NULL")[0]
        if bad:
            self._refuse_rows()
        if ends[0] is None:
            raise DataError(f"{self._columns.what}: nobody bought up to the cutoff {cutoff}")
        first_id, last_id, first_day, last_day, lowest, highest = ends
        cents = math.floor(lowest * 100) - 1, math.ceil(highest * 100) + 1  # with room for rounding
        return self._sorted(known, (first_id, last_id), (first_day, last_day), cents)

    def require_no_copies(self, orders: SortedOrders) -> None:
        """Refuse rows with an order id that are equal to others in every column.

        Raises
        ------
        DataError
            If there are any.
        """
        numbers = orders.repeated()  # of customers who may have some
        if "order_id" not in self._columns.columns or len(numbers) == 0:
            return
        self._connection.register("suspects", {"customer": np.asarray(orders.ids(numbers))})
        columns = f"{self._columns.customer_id} AS customer_id, {self._columns.source('order_id')} AS order_id"
        row = ", ".join(identifier(name) for name in self._names)
        customer = "customer_id" if self._columns.by_number else self._cleaned("customer_id")
        rows = (
            f"SELECT {customer} AS customer, row FROM (SELECT {columns}, hash({row}) AS row FROM "
            f"{self._columns.files}) WHERE {self._cleaned('order_id')} IS NOT NULL"
        )
        again = f"SELECT count(*) - 1 AS n FROM ({rows}) SEMI JOIN suspects USING (customer) GROUP BY customer, row"
        [copies] = self._one(f"SELECT coalesce(sum(n), 0) FROM ({again})")
        if copies:
            self.refuse({"duplicate_line": int(copies)})

    def refuse(self, faults: Mapping[str, int]) -> None:
        """Raise the DataError that counts rows by the reason why they cannot be used."""
        listed = ", ".join(f"{why}: {count}" for why, count in faults.items())
        raise DataError(
            f"{self._columns.what}: rows that cannot be used ({listed}); mend or remove them, or use a config, which "
            "sets them aside"
        )

    def _described(self, paths: Sequence[Path], columns: Mapping[str, str]) -> OrderColumns:
        listed, several = ", ".join(text(str(path)) for path in paths), str(len(paths) > 1).lower()
        files = f"read_parquet([{listed}], union_by_name={several}, hive_partitioning=false)"
        what = str(paths[0]) if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
        try:
            described = dict(row[:2] for row in self._run(f"DESCRIBE SELECT * FROM {files}"))
        except ClvError as error:
            raise DataError(f"{what}: cannot be read as parquet: {error}") from error.__cause__
        self._names = list(described)
        if "order_id" in described:
            columns = {"order_id": "order_id", **columns}
        absent = [name for name in columns.values() if name not in described]
        if absent:
            raise missing_columns(what, absent, described, "Say what it is called with `columns`.")
        return OrderColumns(files, what, columns, {name: described[column] for name, column in columns.items()})

    def _sorted(
        self, known: str, ids: tuple[Any, Any], days: tuple[dt.date, dt.date], cents: tuple[int, int]
    ) -> SortedOrders:
        day_bits, cents_bits = ((days[1] - days[0]).days).bit_length(), (cents[1] - cents[0]).bit_length()
        rows, number, names, lowest, last = self._columns.rows, "customer_id", None, 0, 0
        if self._columns.by_number:
            lowest, last = int(ids[0]), int(ids[1]) - int(ids[0])
        if not self._columns.by_number or last.bit_length() + day_bits + cents_bits > BITS:
            if self._columns.by_number:
                self._name_ids()
            rows, names = self._numbered(rows)
            number, lowest, last = "number", 0, len(names) - 1
        together = last.bit_length() + day_bits + cents_bits <= BITS
        key = f"(({number} - ({lowest})) << {day_bits}) | (day - {_date(days[0])})"
        amount = f"{self._columns.cents} - ({cents[0]})"
        wanted = f"(({key}) << {cents_bits}) | ({amount}) AS packed" if together else f"{key} AS packed, {amount} AS c"
        found = self._run(f"SELECT {wanted} FROM ({rows}) WHERE {known}", "fetchnumpy")
        packed, apart = found["packed"], None
        if together:
            packed.sort()
        else:
            order = np.lexsort((found["c"], packed))
            packed, apart, cents_bits = packed[order], found["c"][order] + cents[0], 0

        def named(numbers: Integers) -> Any:
            return numbers + lowest if names is None else names.take(numbers)

        return SortedOrders(packed, apart, day_bits, cents_bits, days[0], cents[0], named)

    def _numbered(self, rows: str) -> tuple[str, Any]:
        """Return rows with the place of each id among the sorted ones, and the sorted ids."""
        self._run("CREATE TABLE names AS SELECT DISTINCT customer_id FROM raw_ids ORDER BY ALL")
        names = self._run("SELECT customer_id FROM names ORDER BY rowid", "to_arrow_table").column(0)
        places = "SELECT customer_id AS raw, rowid AS number FROM names"
        if self._one("SELECT count(*) FROM raw_ids WHERE raw <> customer_id")[0]:
            places = "SELECT raw, n.rowid AS number FROM raw_ids AS r JOIN names AS n USING (customer_id)"
        else:
            self._run("DROP TABLE raw_ids")  # room for the join
        return f"SELECT number, day, amount FROM ({rows}) AS o JOIN ({places}) AS i ON o.customer_id = i.raw", names

    def _name_ids(self) -> None:
        """Make a table of the ids as they are written and as they are meant, and why one is none."""
        clean, why_not = "raw", "CAST(NULL AS VARCHAR)"
        if not self._columns.by_number:
            faults = [f"WHEN {_sql(when)} THEN {text(why)}" for when, why in self._rules.faults()]
            clean, why_not = self._cleaned("raw"), f"CASE {' '.join(faults)} END"
        raw = f"SELECT DISTINCT customer_id AS raw FROM ({self._columns.rows}) WHERE customer_id IS NOT NULL"
        ids = f"SELECT raw, {clean} AS customer_id FROM ({raw})"
        self._run(f"CREATE TABLE raw_ids AS SELECT *, {why_not} AS reason FROM ({ids})")

    def _cleaned(self, name: str) -> str:
        return _sql(self._rules.clean(name))

    def _refuse_rows(self) -> None:
        named, rows = not self._columns.by_number, self._columns.rows
        if named:
            rows = f"SELECT o.*, i.reason FROM ({rows}) AS o LEFT JOIN raw_ids AS i ON o.customer_id = i.raw"
        counted = f"SELECT {reason(named=named)} AS why, count(*) FROM ({rows}) GROUP BY ALL ORDER BY ALL"
        self.refuse({why: count for why, count in self._run(counted) if why is not None})

    def _one(self, sql: str) -> Any:
        return self._run(sql)[0]

    def _run(self, sql: str, fetch: str = "fetchall") -> Any:
        """Run a statement and take its rows out; some are only computed then, and may fail then."""
        try:
            # Arrow is to be had of a relation, the outcome of other statements of the connection
            found = self._connection.sql(sql) if fetch == "to_arrow_table" else self._connection.execute(sql)
            return getattr(found, fetch)()
        except self._error as error:
            raise ClvError(f"data engine: {str(error).splitlines()[0]}") from error


def _date(day: dt.date) -> str:
    return f"DATE '{day}'"


def _sql(column: Column) -> str:
    return str(column.column_expression.sql(dialect="duckdb"))
