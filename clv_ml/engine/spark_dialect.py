"""The primitives of :mod:`clv_ml.engine.dialect` as Spark spells them, without a look at the session's time zone."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from clv_ml.engine.dialect import Column

_DAY = 86_400_000_000  # microseconds
# what DuckDB reads as a number: Spark would also take 1d and 0x1p3
_NUMBER = r"^\s*([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(?i:inf|infinity|nan))\s*\z"
_SLASHES = r"^(\d{4})/(\d{1,2})/(\d{1,2})(?!\d)"
_MIDNIGHT = r"^(\S+)[ T]24:00(:00(\.0+)?)?\z"  # of the day after
_OFFSET = r"( UTC|(?<! )[zZ]|(?<! )[+-]\d{2}(:?\d{2})?)\z"  # a space stands before UTC only


class SparkDialect:
    """PySpark, classic or Connect.

    Parameters
    ----------
    connect
        Whether the session is one of Spark Connect, which has its own functions.
    """

    def __init__(self, *, connect: bool) -> None:
        self._connect = connect

    def functions(self) -> ModuleType:
        """Return ``pyspark.sql.functions``."""
        return importlib.import_module("pyspark.sql.connect.functions" if self._connect else "pyspark.sql.functions")

    def window_spec(self) -> Any:
        """Return the ``Window`` of PySpark."""
        home = "pyspark.sql.connect.window" if self._connect else "pyspark.sql.window"
        return importlib.import_module(home).Window

    def microseconds(self, moment: Column) -> Column:
        """Count from the parts of the moment: ``unix_micros`` would go through the session's time zone."""
        f = self.functions()
        whole = f.hour(moment) * 3600 + f.minute(moment) * 60
        seconds = f.date_part(f.lit("SECOND"), moment)  # decimal(8,6)
        days = f.datediff(f.to_date(moment), f.lit("1970-01-01").cast("date")).cast("bigint")
        return days * _DAY + whole.cast("bigint") * 1_000_000 + (seconds * 1_000_000).cast("bigint")

    def short_key(self, name: str) -> Column:
        """Return the key itself: numbers in its order would take all rows to one worker."""
        return self.functions().col(name)

    def local_moment(self, name: str) -> Column:
        """Read what DuckDB would read: slashes as well, and 24:00 as the start of the next day."""
        f = self.functions()
        return _moment(f, f.trim(f.col(name).cast("string")))

    def utc_moment(self, name: str) -> Column:
        """Read the local part, and take the offset away by itself."""
        f = self.functions()
        shown = f.trim(f.col(name).cast("string"))
        there = f.when(shown.rlike(_OFFSET), _moment(f, f.regexp_replace(shown, _OFFSET, "")))
        hours = f.coalesce(f.regexp_extract(shown, r"([+-]\d{2})(:?\d{2})?\z", 1).try_cast("int"), f.lit(0))
        minutes = f.coalesce(f.regexp_extract(shown, r"[+-]\d{2}:?(\d{2})\z", 1).try_cast("int"), f.lit(0))
        sign = f.when(f.regexp_extract(shown, r"([+-])\d{2}(:?\d{2})?\z", 1) == "-", f.lit(-1)).otherwise(f.lit(1))
        return there + f.make_dt_interval(f.lit(0), -hours, -(minutes * sign), f.lit(0).cast("decimal(18,6)"))

    def parsed(self, name: str, kind: str) -> Column:
        """Read what DuckDB would read."""
        f = self.functions()
        given = f.col(name).cast("string")
        return f.when(given.rlike(_NUMBER), f.regexp_replace(given, r"\s", "").try_cast(kind))


def _moment(f: ModuleType, shown: Column) -> Column:
    dashed = f.regexp_replace(shown, _SLASHES, "$1-$2-$3")
    days = f.when(dashed.rlike(_MIDNIGHT), f.lit(1)).otherwise(f.lit(0))
    moment = f.regexp_replace(dashed, _MIDNIGHT, "$1").try_cast("timestamp_ntz")
    return moment + f.make_dt_interval(days)
