"""Tables of the connection as frames, without asking the catalogue for what one statement tells."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # a name that needs no quotes


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
        self._kinds: dict[str, str] = {}  # DuckDB's type to that of SQLFrame

    def frame(self, name: str) -> Any:
        """Return the frame of a table or view of the connection."""
        columns = {row[0]: row[1] for row in self._run(f"DESCRIBE {name}").fetchall()}
        if all(_PLAIN.fullmatch(column) for column in columns):
            self._session.catalog.add_table(
                name, {column.lower(): self._kind(kind) for column, kind in columns.items()}
            )
        return self._session.table(name)

    def _kind(self, kind: str) -> str:
        from sqlframe.base.util import normalize_string

        if kind not in self._kinds:
            self._kinds[kind] = normalize_string(kind, from_dialect="output", to_dialect="input", is_datatype=True)
        return self._kinds[kind]
