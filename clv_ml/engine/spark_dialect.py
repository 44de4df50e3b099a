"""The primitives of :mod:`clv_ml.engine.dialect` as Spark spells them, without a look at the session's time zone."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from clv_ml.engine.dialect import Column

_DAY = 86_400_000_000  # microseconds
# what DuckDB reads as a number: Spark would also take 1d, 0x1p3 and space around it
_NUMBER = r"^[ ]*([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(?i:inf|infinity|nan))[ ]*\z"


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
        """Read with slashes and commas brought to the form that Spark knows."""
        f = self.functions()
        shown = f.trim(f.col(name).cast("string"))
        return _normal(f, shown).try_cast("timestamp_ntz")

    def utc_moment(self, name: str) -> Column:
        """Read the local part, and take the offset away by itself."""
        f = self.functions()
        shown = f.trim(f.col(name).cast("string"))
        offset = r" ?([zZ]|UTC|[+-]\d{2}(:?\d{2})?)\z"
        there = _normal(f, f.regexp_replace(shown, offset, "")).try_cast("timestamp_ntz")
        hours = f.coalesce(f.regexp_extract(shown, r"([+-]\d{2})(:?\d{2})?\z", 1).try_cast("int"), f.lit(0))
        minutes = f.coalesce(f.regexp_extract(shown, r"[+-]\d{2}:?(\d{2})\z", 1).try_cast("int"), f.lit(0))
        sign = f.when(f.regexp_extract(shown, r"([+-])\d{2}(:?\d{2})?\z", 1) == "-", f.lit(-1)).otherwise(f.lit(1))
        away = f.make_dt_interval(f.lit(0), -hours, -(minutes * sign), f.lit(0).cast("decimal(18,6)"))
        return there + away

    def parsed(self, name: str, kind: str) -> Column:
        """Read what DuckDB would read."""
        f = self.functions()
        given = f.col(name).cast("string")
        return f.when(given.rlike(_NUMBER), f.trim(given).try_cast(kind))


def _normal(f: ModuleType, shown: Column) -> Column:
    return f.regexp_replace(f.regexp_replace(shown, "/", "-"), ",", ".")
