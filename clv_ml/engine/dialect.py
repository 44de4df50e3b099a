"""Whose column functions are meant: those of the engine in use, DuckDB's where no other has been entered.

Definitions are written once, in the PySpark DataFrame API. The few primitives that the engines spell differently stand
here and in :mod:`clv_ml.engine.spark_dialect`, side by side.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from types import ModuleType
from typing import Any, Protocol, TypeAlias

DataFrame: TypeAlias = Any  # a frame with the PySpark DataFrame API
Column: TypeAlias = Any

MONEY = "decimal(18,2)"


class Dialect(Protocol):
    """What the engines spell differently."""

    def functions(self) -> ModuleType:
        """Return the module of column functions."""

    def window_spec(self) -> Any:
        """Return the ``Window`` class."""

    def microseconds(self, moment: Column) -> Column:
        """Count the microseconds from 1970 to a moment."""

    def short_key(self, name: str) -> Column:
        """Give each row of a table with one row a key something to group by that is not longer than the key."""

    def local_moment(self, name: str) -> Column:
        """Read a timestamp without an offset; null where it is none."""

    def utc_moment(self, name: str) -> Column:
        """Read the text of a timestamp with an offset, in UTC; null where it is none."""

    def parsed(self, name: str, kind: str) -> Column:
        """Read the text of a column as a number of some type; null where it is none."""


class _DuckDB:
    """SQLFrame on DuckDB."""

    def functions(self) -> ModuleType:
        from sqlframe.duckdb import functions as duckdb_functions

        return duckdb_functions

    def window_spec(self) -> Any:
        from sqlframe.duckdb import Window

        return Window

    def microseconds(self, moment: Column) -> Column:
        return self.functions().unix_micros(moment)

    def short_key(self, name: str) -> Column:
        # 20 million events are grouped by a number in half the time that a text takes
        return self.functions().row_number().over(self.window_spec().orderBy(name)).cast("bigint")

    def local_moment(self, name: str) -> Column:
        trimmed = f"trim(cast(`{name}` as text))"
        tried = f"coalesce(try_cast(`{name}` as timestamp_ntz), try_cast({trimmed} as timestamp_ntz))"
        return self.functions().expr(tried)

    def utc_moment(self, name: str) -> Column:
        tried = f"cast(try_cast(trim(cast(`{name}` as text)) as timestamptz) as timestamp_ntz)"
        return self.functions().expr(tried)

    def parsed(self, name: str, kind: str) -> Column:
        return self.functions().expr(f"try_cast(cast(`{name}` as text) as {kind})")


DUCKDB: Dialect = _DuckDB()
_ENTERED: ContextVar[tuple[Dialect, ...]] = ContextVar("clv_ml_dialects", default=())


def dialect() -> Dialect:
    """Return the dialect of the engine in use: the last one that was entered and not yet left."""
    entered = _ENTERED.get()
    return entered[-1] if entered else DUCKDB


def enter(meant: Dialect) -> None:
    """Make a dialect the one in use."""
    _ENTERED.set((*_ENTERED.get(), meant))


def leave(meant: Dialect) -> None:
    """Undo the last :func:`enter` of a dialect, in whatever order engines are left."""
    entered = list(_ENTERED.get())
    if meant in entered:
        del entered[len(entered) - 1 - entered[::-1].index(meant)]
    _ENTERED.set(tuple(entered))


@contextlib.contextmanager
def speaking(meant: Dialect) -> Iterator[None]:
    """Use a dialect for the length of a block."""
    enter(meant)
    try:
        yield
    finally:
        leave(meant)


def functions() -> ModuleType:
    """Return the module of column functions (``F``) that belongs to the engine in use."""
    return dialect().functions()


def window_spec() -> Any:
    """Return the ``Window`` class (``partitionBy``, ``orderBy``) of the engine in use."""
    return dialect().window_spec()


def microseconds(moment: Column) -> Column:
    """Count the microseconds from 1970 to a moment (timestamp without a zone), as bigint."""
    return dialect().microseconds(moment)


def short_key(name: str) -> Column:
    """Return what to group and join by instead of a text that is the key of a frame: no longer than it."""
    return dialect().short_key(name)


def local_moment(name: str) -> Column:
    """Read a text or timestamp column without offsets as a timestamp; null where it is none."""
    return dialect().local_moment(name)


def utc_moment(name: str) -> Column:
    """Read a text column of timestamps with offsets as a timestamp in UTC; null where it is none."""
    return dialect().utc_moment(name)


def parsed_number(name: str, kind: str) -> Column:
    """Read the text of a column as a number of some type; null where it is none."""
    return dialect().parsed(name, kind)


def power_of_two(name: str, *, less: int = 0) -> Column:
    """Return a bigint with one bit: 2 to the power of a whole-number column, less something, from 0 to 62."""
    return functions().expr(f"shiftleft(cast(1 as bigint), cast(`{name}` - {less} as int))")
