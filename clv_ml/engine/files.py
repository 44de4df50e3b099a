"""Files into the engine: every row of every file, with where it came from and whether its record is broken."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clv_ml.config import Layout
from clv_ml.engine.csv_files import Header, csv_reader, plain_copy, quoted_path, read_header
from clv_ml.engine.csv_records import split_records
from clv_ml.engine.reading import identifier, read_expression, text
from clv_ml.errors import ClvError, DataError, missing_columns

if TYPE_CHECKING:
    import pandas as pd

Run = Callable[[str], Any]
_LINE = "row_number() OVER ()"
_RECORD_ERRORS = ("InvalidInputException", "ConversionException")  # unlike memory and disk that run out


@dataclass(frozen=True)
class _File:
    """A file that is ready to be read."""

    path: Path
    name: str
    reader: str
    columns: Mapping[str, tuple[str, str]]  # name in the file: its SQL and its type
    fault: str | None = None
    header: Header | None = None
    plain: Path | None = None
    broken: str | None = None  # table of the records that cannot be read: line, fault, words

    def parts(self, layout: Layout) -> list[str]:
        """Write the SQL of its rows: those that were read, and those that were not."""
        selected = [
            f"{self._read(source, name, layout)} AS {identifier(name)}" for name, source in self._mapped(layout)
        ]
        rows = (
            f"SELECT {', '.join(selected)}, {text(self.name)} AS source_file, {_LINE} AS source_line, "
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
        rows = f"SELECT {_LINE} AS clv_line, {self._hash} AS clv_hash, source.* FROM {self.reader} AS source"
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

    def _read(self, source: str, name: str, layout: Layout) -> str:
        sql, kind = self.columns[source]
        return read_expression(sql, kind, name, layout)

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


class Files:
    """Reads files, and remembers how, to show a row as it came in.

    Parameters
    ----------
    run
        Runs a statement; raises ClvError.
    keep
        Makes a table of a pandas frame and returns its name.
    folder
        Where copies of files are kept that cannot be read as they are; the system's own where None.
    """

    def __init__(self, run: Run, keep: Callable[[pd.DataFrame], str], folder: Path | None) -> None:
        self._run = run
        self._keep = keep
        self._folder = folder
        self._copies: tempfile.TemporaryDirectory[str] | None = None
        self._numbers = itertools.count()
        self._known: dict[str, list[_File]] = {}  # by name

    def close(self) -> None:
        """Remove the copies."""
        if self._copies is not None:
            self._copies.cleanup()

    def materialised(
        self,
        paths: Sequence[Path],
        file_format: str,
        layout: Layout,
        names: Sequence[str],
        faults: Sequence[str | None],
    ) -> str:
        """Read files into one table and return its SQL name; see :meth:`clv_ml.engine.Engine.read_files`."""
        files = [
            self._opened(path, file_format, layout, name, fault)
            for path, name, fault in zip(paths, names, faults, strict=True)
            if path.stat().st_size or _refuse_empty(path, paths, file_format)
        ]
        if not files:
            raise DataError(f"{paths[0]}: the file is empty")
        try:
            table = self._table(files, layout)
        except ClvError as error:
            listed = ", ".join(str(file.path) for file in files)
            failure = DataError(f"{listed}: cannot be read: {error}")
            if file_format != "csv" or type(error.__cause__).__name__ not in _RECORD_ERRORS:
                raise failure from error.__cause__
            files = [self._mended(file) for file in files]
            try:
                table = self._table(files, layout)
            except ClvError:
                raise failure from error.__cause__
        for file in files:
            known = self._known.setdefault(file.name, [])
            if all(file.reader != other.reader for other in known):
                known.append(file)
        return table

    def originals(self, names: Iterable[str], wanted: str) -> list[str]:
        """Return the SQL of rows of files, by name, as they came in; see :meth:`_File.originals`."""
        return [file.originals(wanted) for name in names for file in self._known.get(name, ())]

    def _table(self, files: Sequence[_File], layout: Layout) -> str:
        table = f"clv_files_{next(self._numbers)}"
        parts = [part for file in files for part in file.parts(layout)]
        self._run(f"CREATE TABLE {table} AS {' UNION ALL BY NAME '.join(parts)}")
        return table

    def _opened(self, path: Path, file_format: str, layout: Layout, name: str, fault: str | None) -> _File:
        if file_format == "csv":
            plain = plain_copy(path, layout, lambda: self._copy_of(path))
            header = read_header(plain, path, layout)
            columns = {column: (f"source.f{place}", "VARCHAR") for place, column in enumerate(header.unique_names)}
            reader = csv_reader(plain, header, with_header=True)
            return _File(path, name, reader, columns, fault, header, plain)
        reader = f"read_parquet([{quoted_path(path)}], union_by_name=false)"
        try:
            described = self._run(f"DESCRIBE SELECT * FROM {reader}").fetchall()
        except ClvError as error:
            raise DataError(f"{path}: cannot be read as {file_format}: {error}") from error.__cause__
        columns = {row[0]: (f"source.{identifier(row[0])}", row[1]) for row in described}
        return _File(path, name, reader, columns, fault)

    def _mended(self, file: _File) -> _File:
        """Part the records of a CSV file that can be read from those that cannot."""
        import pandas as pd

        assert file.header is not None
        assert file.plain is not None
        clean = self._copy_of(file.path)
        try:
            broken = split_records(file.plain, clean, fields=len(file.header.names), delimiter=file.header.delimiter)
        except OSError as error:
            raise ClvError(f"{file.path}: cannot be copied to {clean}: {error.strerror or error}") from error
        reader = csv_reader(clean, file.header, with_header=False)
        rows = pd.DataFrame(
            {
                "line": pd.Series([record.row for record in broken], dtype="int64"),
                "fault": pd.Series([record.fault for record in broken], dtype="string"),
                "words": pd.Series([record.text for record in broken], dtype="string"),
            }
        )
        return replace(file, reader=reader, broken=self._keep(rows))

    def _copy_of(self, path: Path) -> Path:
        if self._copies is None:
            try:
                if self._folder is not None:
                    self._folder.mkdir(parents=True, exist_ok=True)
                self._copies = tempfile.TemporaryDirectory(
                    prefix="clv_ml_", dir=self._folder, ignore_cleanup_errors=True
                )
            except OSError as error:
                where = self._folder or "the system's temporary folder"
                raise ClvError(f"{path}: cannot be copied to {where}: {error.strerror or error}") from error
        return Path(self._copies.name) / f"{next(self._numbers)}_{path.name}"


def _refuse_empty(path: Path, paths: Sequence[Path], file_format: str) -> bool:
    """Refuse an empty file, but for the CSV file of an empty day among others."""
    if len(paths) > 1 and file_format == "csv":
        return False
    raise DataError(f"{path}: the file is empty")
