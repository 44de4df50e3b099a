"""A look at orders that there is no config for yet: what all their rows have in common, and what is odd about some.

The statements are written out here, as in :mod:`clv_ml.engine.file_look`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from clv_ml.config import EngineConfig
from clv_ml.engine.file_look import FileLook
from clv_ml.engine.reading import identifier, text

_MOST_LETTERS = 50


class OrderLook(FileLook):
    """Looks at files of orders, and answers questions about all of them together once they are set.

    Parameters
    ----------
    config
        Limits of the engine.
    no_ids
        Texts, in small letters, that stand where there is no id.
    """

    def __init__(self, config: EngineConfig, no_ids: Sequence[str]) -> None:
        super().__init__(config)
        self._no_ids = ", ".join(text(word) for word in no_ids)

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

    def gaps(self, first: dt.date, last: dt.date, shares: Sequence[float]) -> tuple[int, list[float]]:
        """Count customers who bought on two days or more, and tell quantiles of the days between; none where nobody."""
        self._run(
            f"CREATE OR REPLACE TEMP TABLE purchase_days AS SELECT customer, CAST(moment AS DATE) AS day FROM orders "
            f"WHERE customer IS NOT NULL AND CAST(moment AS DATE) BETWEEN DATE '{first}' AND DATE '{last}' "
            f"GROUP BY ALL HAVING sum(amount) > 0"
        )
        gaps = "SELECT customer, day - lag(day) OVER (PARTITION BY customer ORDER BY day) AS gap FROM purchase_days"
        quantiles = ", ".join(f"quantile_cont(gap, {share})" for share in shares)
        again, *found = self._one(f"SELECT count(DISTINCT customer), {quantiles} FROM ({gaps}) WHERE gap IS NOT NULL")
        return again, [float(value) for value in found] if again else []

    def buyers(self, since: dt.date) -> int:
        """Count customers of :meth:`gaps` who bought on a day or later."""
        [count] = self._one(f"SELECT count(DISTINCT customer) FROM purchase_days WHERE day >= DATE '{since}'")
        return int(count)

    def order_letters(self) -> list[tuple[str, int, int]]:
        """Count rows, and negative ones among them, by the letters that their order id begins with ("" for none)."""
        letters = "regexp_extract(trim(CAST(order_id AS VARCHAR)), '^[A-Za-z]*')"
        found = self._run(
            f"SELECT {letters} AS letters, count(*), count(*) FILTER (amount < 0) FROM orders "
            f"WHERE order_id IS NOT NULL GROUP BY letters ORDER BY 2 DESC, 1 LIMIT {_MOST_LETTERS}"
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

    def starts(self) -> dict[int, dt.datetime]:
        """Return the first moment of each source that has one."""
        return dict(self._run("SELECT source, min(moment) FROM orders WHERE moment IS NOT NULL GROUP BY 1").fetchall())

    def overlap(self, earlier: int, later: int, start: dt.datetime) -> tuple[int, int]:
        """Count the rows of a source from a moment on, and those of them that another source has too.

        Rows are the same where order id (customer where there is none), moment and amount are.
        """
        key = "SELECT moment, amount, coalesce(order_id, customer) AS name FROM orders WHERE source"
        after = f"{key} = {earlier} AND moment >= TIMESTAMP {text(str(start))}"
        rows, both = self._one(
            f"SELECT count(*), count(*) FILTER ((moment, amount, name) IN ({key} = {later})) FROM ({after})"
        )
        return int(rows), int(both)


def _double(name: str) -> str:
    return f"TRY_CAST(CAST({name} AS VARCHAR) AS DOUBLE)"
