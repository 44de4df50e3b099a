"""Tables of the connection as frames, without asking the catalogue for what one statement tells."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # a name that needs no quotes
_DECIMAL = re.compile(r"DECIMAL\(\d+,\d+\)")
_KINDS = {
    "VARCHAR": "STRING",
    "BIGINT": "BIGINT",
    "INTEGER": "INT",
    "DOUBLE": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP_NTZ",
}  # DuckDB's types to those of SQLFrame; a table with any other is left to SQLFrame


class NamedTables:
    """Gives frames of tables and views by their names.

    SQLFrame asks three statements for the columns of a table and parses each name and type several times; that takes
    longer than most queries of a night.

    Parameters
    ----------
    session
        SQLFrame's session on DuckDB.
    run
        Runs a statement.
    """

    def __init__(self, session: Any, run: Callable[[str], Any]) -> None:
        self._session, self._run = session, run

    def frame(self, name: str) -> Any:
        """Return the frame of a table or view of the connection."""
        columns = {row[0]: row[1] for row in self._run(f"DESCRIBE {name}").fetchall()}
        kinds = {column.lower(): _kind(kind) for column, kind in columns.items() if _PLAIN.fullmatch(column)}
        if len(kinds) == len(columns) and all(kinds.values()):
            self._session.catalog.add_table(name, kinds)
        return self._session.table(name)


def _kind(kind: str) -> str | None:
    return kind if _DECIMAL.fullmatch(kind) else _KINDS.get(kind)
