"""A look at files of orders that nothing is known of yet: samples, and counts over all rows.

The statements are written out here: to plan one through the DataFrame API takes as long as most of them run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
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


class OrderLook:
    """Looks at files before there is a config.

    Parameters
    ----------
    config
        Limits of the engine.
    no_ids
        Texts, in small letters, that stand where there is no id.
    """

    def __init__(self, config: EngineConfig, no_ids: Sequence[str]) -> None:
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
        self._no_ids = ", ".join(text(word) for word in no_ids)
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

    def set_orders(self, sources: Sequence[tuple[str, Sequence[str], str | None]]) -> None:
        """Bring tables together as what the questions below ask of.

        `sources`: each a table, its canonical columns, and the moment (ISO 8601) before which its rows count.
        """
        parts = []
        for number, (table, columns, end) in enumerate(sources):
            amount = _double("amount") if "amount" in columns else f"{_double('quantity')} * {_double('unit_price')}"
            have = [
                f"{name}" if name in columns else f"CAST(NULL AS VARCHAR) AS {name}"
                for name in ("order_id", "currency", "country")
            ]
            price = _double("unit_price") if "unit_price" in columns and "amount" not in columns else "NULL"
            cost = _double("cost") if "cost" in columns else "NULL"
            at = "TRY_CAST(CAST(timestamp AS VARCHAR) AS TIMESTAMP)"
            named = "trim(CAST(customer_id AS VARCHAR))"
            known = f"CASE WHEN lower({named}) NOT IN ({self._no_ids}) THEN {named} END AS customer"
            before = f"WHERE coalesce({at} < TIMESTAMP {text(end)}, true)" if end else ""
            parts.append(
                f"SELECT {number} AS source, {known}, {at} AS moment, {amount} AS amount, {price} AS price, "
                f"{cost} AS cost, {', '.join(have)} FROM {table} {before}"
            )
        self._run(f"CREATE OR REPLACE VIEW orders AS {' UNION ALL '.join(parts)}")

    def totals(self) -> dict[str, Any]:
        """Count all rows, and what is odd about them, by name."""
        counted = {
            "rows": "count(*)",
            "no_customer": "count(*) FILTER (customer IS NULL)",
            "customers": "count(DISTINCT customer)",
            "no_moment": "count(*) FILTER (moment IS NULL)",
            "no_amount": "count(*) FILTER (amount IS NULL)",
            "negative": "count(*) FILTER (amount < 0)",
            "zero": "count(*) FILTER (amount = 0)",
            "zero_price": "count(*) FILTER (price = 0)",
            "ordered": "count(order_id)",
            "orders": "count(DISTINCT order_id)",
            "sold": "sum(amount) FILTER (cost IS NOT NULL)",
            "cost": "sum(cost) FILTER (amount IS NOT NULL)",
        }
        found = self._one(f"SELECT {', '.join(counted.values())} FROM orders")
        return dict(zip(counted, found, strict=True))

    def days(self) -> list[tuple[dt.date, int, int]]:
        """Count by day the rows with customer and amount, and tell the minute of the day of the last; ascending."""
        usable = "customer IS NOT NULL AND amount IS NOT NULL AND year(moment) BETWEEN 1700 AND 2199"
        last = "CAST(max(date_part('hour', moment) * 60 + date_part('minute', moment)) AS INTEGER)"
        found = self._run(
            f"SELECT CAST(moment AS DATE) AS day, count(*), {last} FROM orders WHERE {usable} GROUP BY day ORDER BY day"
        )
        return [tuple(row) for row in found.fetchall()]

    def gaps(self, first: dt.date, last: dt.date, shares: Sequence[float]) -> tuple[int, int, list[float]]:
        """Count customers who bought on two days or more, and their gaps; and tell quantiles of these in days."""
        days = (
            f"SELECT customer, CAST(moment AS DATE) AS day FROM orders WHERE customer IS NOT NULL "
            f"AND CAST(moment AS DATE) BETWEEN DATE '{first}' AND DATE '{last}' GROUP BY ALL HAVING sum(amount) > 0"
        )
        gaps = f"SELECT customer, day - lag(day) OVER (PARTITION BY customer ORDER BY day) AS gap FROM ({days})"
        quantiles = ", ".join(f"quantile_cont(gap, {share})" for share in shares)
        again, count, *found = self._one(
            f"SELECT count(DISTINCT customer), count(*), {quantiles} FROM ({gaps}) WHERE gap IS NOT NULL"
        )
        return again, count, [] if not count else [float(value) for value in found]

    def buyers(self, first: dt.date, last: dt.date) -> int:
        """Count customers with a sale between two days, both included."""
        day = "CAST(moment AS DATE)"
        [count] = self._one(
            f"SELECT count(DISTINCT customer) FROM orders WHERE amount > 0 AND {day} BETWEEN DATE '{first}' "
            f"AND DATE '{last}'"
        )
        return int(count)

    def order_letters(self) -> list[tuple[str, int, int]]:
        """Count rows, and negative ones among them, by the letters that their order id begins with ("" for none)."""
        letters = "regexp_extract(trim(CAST(order_id AS VARCHAR)), '^[A-Za-z]*')"
        found = self._run(
            f"SELECT {letters} AS letters, count(*), count(*) FILTER (amount < 0) FROM orders "
            f"WHERE order_id IS NOT NULL GROUP BY letters ORDER BY 3 DESC, 1 LIMIT 20"
        )
        return [tuple(row) for row in found.fetchall()]

    def early_refunds(self) -> int:
        """Count negative rows of known customers on a day before their first sale, or without any."""
        first = "SELECT customer, min(CAST(moment AS DATE)) FILTER (amount >= 0) AS first FROM orders GROUP BY customer"
        [count] = self._one(
            f"SELECT count(*) FROM orders AS o JOIN ({first}) AS f USING (customer) WHERE o.amount < 0 "
            "AND (f.first IS NULL OR CAST(o.moment AS DATE) < f.first)"
        )
        return int(count)

    def values(self, column: str, most: int = 5) -> list[tuple[str, int]]:
        """Count the commonest texts of a column."""
        shown = f"trim(CAST({identifier(column)} AS VARCHAR))"
        found = self._run(
            f"SELECT {shown} AS shown, count(*) FROM orders WHERE {shown} <> '' GROUP BY shown "
            f"ORDER BY 2 DESC, 1 LIMIT {most}"
        )
        return [tuple(row) for row in found.fetchall()]

    def overlap(self, earlier: int, later: int) -> tuple[dt.datetime | None, int, int]:
        """Tell when a source begins, how many rows another has from then on, and how many of these both have.

        Rows are the same where order id (customer where there is none), moment and amount are.
        """
        key = "SELECT moment, amount, coalesce(order_id, customer) AS name FROM orders WHERE source"
        [start] = self._one(f"SELECT min(moment) FROM orders WHERE source = {later}")
        if start is None:
            return None, 0, 0
        after = f"{key} = {earlier} AND moment >= TIMESTAMP {text(str(start))}"
        rows, both = self._one(
            f"SELECT count(*), count(*) FILTER ((moment, amount, name) IN ({key} = {later})) FROM ({after})"
        )
        return start, rows, both

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


def _double(name: str) -> str:
    return f"TRY_CAST(CAST({name} AS VARCHAR) AS DOUBLE)"
