"""A table named by one statement is the frame that SQLFrame would make of it."""

from __future__ import annotations

import pytest

from clv_ml.engine import Engine
from clv_ml.engine.tables import NamedTables

KINDS = ("VARCHAR", "BIGINT", "INTEGER", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "DECIMAL(18,2)", "DECIMAL(38,4)")
OTHERS = ("FLOAT", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "BIGINT[]", "SMALLINT", "BLOB")
NAMES = ("customer_id", "T", "begin", "end", "group", "timestamp", "with space", "Größe")


@pytest.mark.parametrize("kind", [*KINDS, *OTHERS])
def test_types_are_those_of_sqlframe(engine: Engine, kind: str) -> None:
    _require_same(engine, f"SELECT NULL::{kind} AS x, 1 AS n")


@pytest.mark.parametrize("name", NAMES)
def test_names_are_those_of_sqlframe(engine: Engine, name: str) -> None:
    _require_same(engine, f'SELECT 1 AS "{name}", 2 AS n')


def _require_same(engine: Engine, query: str) -> None:
    ours, theirs = next(engine._names), next(engine._names)
    for table in (ours, theirs):
        engine._run(f"CREATE TABLE {table} AS {query}")
    mine, other = NamedTables(engine._session, engine._run).frame(ours), engine._session.table(theirs)
    assert mine.columns == other.columns
    told = [[(field.name, field.dataType) for field in frame.schema.fields] for frame in (mine, other)]
    assert told[0] == told[1]
    assert engine._sql(mine).replace(ours, "it") == engine._sql(other).replace(theirs, "it")
