"""The columns of orders in Parquet files, as SQL: what each holds, and which rows cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clv_ml.engine.reading import identifier
from clv_ml.errors import DataError

_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
_CENTS_AT_MOST = {f"DECIMAL({digits},{places})" for digits in range(1, 19) for places in range(min(digits, 2) + 1)}
_REMEDY = "convert it, or use a config, which reads text in any declared way"
_YEARS = "day BETWEEN DATE '1700-01-01' AND DATE '2199-12-31'"


@dataclass(frozen=True)
class OrderColumns:
    """Where customer_id, timestamp, amount (and order_id) are in the files.

    Attributes
    ----------
    files
        SQL of all rows of the files.
    what
        Name of the files in messages.
    columns
        Canonical name to name in the files.
    types
        Canonical name to the type of the engine.
    """

    files: str
    what: str
    columns: Mapping[str, str]
    types: Mapping[str, str]

    def require_types(self) -> None:
        """Refuse what would have to be parsed.

        Raises
        ------
        DataError
            If moments or amounts are text.
        """
        moment, amount = self.types["timestamp"], self.types["amount"]
        if moment != "DATE" and not moment.startswith("TIMESTAMP"):
            raise DataError(f"{self.what}: timestamp has the type {moment}; {_REMEDY}")
        if amount not in {*_WHOLE, "DOUBLE", "FLOAT"} and not amount.startswith("DECIMAL"):
            raise DataError(f"{self.what}: amount has the type {amount}; {_REMEDY}")

    @property
    def by_number(self) -> bool:
        """Whether ids are whole numbers."""
        return self.types["customer_id"] in _WHOLE

    @property
    def customer_id(self) -> str:
        """SQL of the id as it stands in the files."""
        return f"CAST({self.source('customer_id')} AS {'BIGINT' if self.by_number else 'VARCHAR'})"

    @property
    def rows(self) -> str:
        """SQL of customer_id, day (of UTC where the moment has an offset) and amount of every row."""
        day = f"CAST(CAST({self.source('timestamp')} AS TIMESTAMP) AS DATE)"
        amount = self.source("amount")
        return f"SELECT {self.customer_id} AS customer_id, {day} AS day, {amount} AS amount FROM {self.files}"

    @property
    def cents(self) -> str:
        """SQL of the cents of `amount`, rounded as its text would be; a number near a cent needs no text for that."""
        kind = self.types["amount"]
        if kind in _WHOLE:
            return "CAST(amount AS BIGINT) * 100"
        shown = "amount" if kind in _CENTS_AT_MOST else "CAST(amount AS VARCHAR)"
        exact = f"CAST(CAST({shown} AS DECIMAL(18,2)) * 100 AS BIGINT)"
        if kind != "DOUBLE":
            return exact
        near = "abs(amount * 100 - round(amount * 100)) < 0.25"
        return f"CASE WHEN {near} THEN CAST(round(amount * 100) AS BIGINT) ELSE {exact} END"

    def source(self, name: str) -> str:
        """Return the SQL of a column as it stands in the files."""
        return identifier(self.columns[name])


def is_usable() -> str:
    """Return the SQL that tells which of `rows` can be used; ids of text apart."""
    return f"coalesce(customer_id IS NOT NULL AND abs(amount) < 1e12 AND {_YEARS}, false)"


def reason(*, named: bool) -> str:
    """Return the SQL of why a row cannot be used, null where it can.

    `named`: the rows have a column ``reason`` of why their id is none.
    """
    return (
        "CASE WHEN customer_id IS NULL THEN 'missing_customer_id' "
        + ("WHEN reason IS NOT NULL THEN reason " if named else "")
        + "WHEN day IS NULL THEN 'missing_timestamp' "
        f"WHEN NOT {_YEARS} THEN 'unreadable_timestamp' "
        "WHEN amount IS NULL THEN 'missing_amount' "
        "WHEN NOT isfinite(CAST(amount AS DOUBLE)) THEN 'non_finite_amount' "
        "WHEN abs(amount) >= 1e12 THEN 'amount_out_of_range' END"
    )
