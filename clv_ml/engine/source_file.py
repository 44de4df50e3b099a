"""One file that is ready to be read: the SQL of its rows under canonical names, and of its rows as they came in."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path

from clv_ml.config import Layout
from clv_ml.engine.csv_files import Header
from clv_ml.engine.reading import identifier, read_expression, text
from clv_ml.errors import missing_columns


@dataclass(frozen=True)
class SourceFile:
    """A file that is ready to be read."""

    path: Path
    name: str
    reader: str
    columns: Mapping[str, tuple[str, str]]  # name in the file: its SQL and its type
    fault: str | None = None
    header: Header | None = None
    plain: Path | None = None
    broken: str | None = None  # table of the records that cannot be read: line, fault, words

    def parts(self, layout: Layout, typed: Container[str]) -> list[str]:
        """Write the SQL of its rows: those that were read, and those that were not.

        `typed`: canonical columns that keep the type of the file.
        """
        selected = [
            f"{self._read(source, name, layout, typed)} AS {identifier(name)}" for name, source in self._mapped(layout)
        ]
        rows = (
            f"SELECT {', '.join(selected)}, {text(self.name)} AS source_file, {self._line} AS source_line, "
            f"{self._hash} AS source_hash, {self._fault(layout)} AS source_fault, CAST(NULL AS VARCHAR) AS source_text "
            f"FROM {self.reader} AS source"
        )
        if self.broken is None:
            return [rows]
        fault = "fault" if self.fault is None else text(self.fault)
        unread = (
            f"SELECT {text(self.name)} AS source_file, line AS source_line, CAST(hash(words) // 2 AS BIGINT) AS "
            f"source_hash, {fault} AS source_fault, words AS source_text FROM {self.broken}"
        )
        return [self._renumbered(rows, "source_line"), unread]

    def originals(self, wanted: str) -> str:
        """Write the SQL of rows as they came in, each a JSON object of all its columns as text.

        `wanted`: a table with source_file, source_line and source_hash of those to show; a row that is another one
        by now has another hash, and is not shown.
        """
        pairs = ", ".join(f"{text(name)}, CAST({sql} AS VARCHAR)" for name, (sql, _) in self.columns.items())
        rows = f"SELECT {self._line} AS clv_line, {self._hash} AS clv_hash, source.* FROM {self.reader} AS source"
        if self.broken is not None:
            rows = self._renumbered(rows, "clv_line")
        return (
            f"SELECT {text(self.name)} AS source_file, clv_line AS source_line, clv_hash AS source_hash, "
            f"CAST(json_object({pairs}) AS VARCHAR) AS original FROM ({rows}) AS source SEMI JOIN {wanted} AS w "
            f"ON clv_line = w.source_line AND clv_hash = w.source_hash AND w.source_file = {text(self.name)}"
        )

    def _mapped(self, layout: Layout) -> list[tuple[str, str]]:
        absent = [source for source in layout.columns.values() if source not in self.columns]
        if absent:
            raise missing_columns(str(self.path), absent, self.columns, "Map it under `columns` in the config.")
        return list(layout.columns.items())

    def kinds(self, layout: Layout) -> dict[str, str]:
        """Return the types of the canonical columns."""
        return {name: self.columns[source][1] for name, source in self._mapped(layout)}

    def _read(self, source: str, name: str, layout: Layout, typed: Container[str]) -> str:
        sql, kind = self.columns[source]
        return sql if name in typed else read_expression(sql, kind, name, layout)

    @property
    def _line(self) -> str:
        counted = self.header is None and "file_row_number" not in map(str.lower, self.columns)
        return "source.file_row_number + 1" if counted else "row_number() OVER ()"  # the latter on one thread only

    @property
    def _hash(self) -> str:
        every = ", ".join(sql for sql, _ in self.columns.values())
        return f"CAST(hash({every}) // 2 AS BIGINT)"  # SQLFrame knows no unsigned integers

    def _fault(self, layout: Layout) -> str:
        if self.fault is not None:
            return text(self.fault)
        texts = [self.columns[source] for _, source in self._mapped(layout)]
        damaged = [f"contains({sql}, chr(0))" for sql, kind in texts if kind == "VARCHAR"]
        none = "CAST(NULL AS VARCHAR)"
        return f"CASE WHEN {' OR '.join(damaged)} THEN 'control_character' END" if damaged else none

    def _renumbered(self, rows: str, line: str) -> str:
        """Count the rows that are not in the clean copy as well: some are broken before each that was read."""
        shifts = f"SELECT line - row_number() OVER (ORDER BY line) AS place FROM {self.broken}"
        shifts = f"SELECT place, sum(count(*)) OVER (ORDER BY place) AS shift FROM ({shifts}) GROUP BY place"
        return (
            f"SELECT r.* REPLACE (CAST(r.{line} + coalesce(s.shift, 0) AS BIGINT) AS {line}) FROM ({rows}) AS r "
            f"ASOF LEFT JOIN ({shifts}) AS s ON r.{line} > s.place"
        )
