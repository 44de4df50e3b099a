"""Files into the engine: every row of every file, with where it came from and whether its record is broken."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clv_ml.config import Layout
from clv_ml.engine.csv_files import csv_reader, plain_copy, quoted_path, read_header
from clv_ml.engine.csv_records import split_records
from clv_ml.engine.reading import identifier, keeps_type
from clv_ml.engine.source_file import SourceFile
from clv_ml.errors import ClvError, DataError

if TYPE_CHECKING:
    import pandas as pd

Run = Callable[[str], Any]
_RECORD_ERRORS = ("InvalidInputException", "ConversionException")  # unlike memory and disk that run out
_SCAN_ERRORS = (*_RECORD_ERRORS, "IOException", "SerializationException", "InternalException", "Error")
_MOST_SCANS = 50  # files of one table that are read anew in each pass: to plan one takes milliseconds


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
        self._known: dict[str, list[SourceFile]] = {}  # by name
        self._tables: list[str] = []

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
        """Return the SQL of rows of files, by name, as they came in; see :meth:`SourceFile.originals`."""
        return [file.originals(wanted) for name in names for file in self._known.get(name, ())]

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Name the Parquet file that a failure inside this is about; afterwards drop the tables of CSV files."""
        try:
            yield
        except ClvError as error:
            self._explain(error)
            raise
        while self._tables:
            self._run(f"DROP TABLE {self._tables.pop()}")

    def _explain(self, error: ClvError) -> None:
        """Raise the failure of a statement as that of the Parquet file that cannot be read, where there is one."""
        if type(error.__cause__).__name__ not in _SCAN_ERRORS:
            return
        for file in (file for known in self._known.values() for file in known if file.header is None):
            try:
                self._run(f"SELECT count(hash(source)) FROM {file.reader} AS source")
            except ClvError as failure:
                raise DataError(f"{file.path}: cannot be read: {failure}") from failure.__cause__

    def _table(self, files: Sequence[SourceFile], layout: Layout) -> str:
        kinds = [file.kinds(layout) for file in files]
        typed = {name for name in kinds[0] if keeps_type(name, {found[name] for found in kinds}, layout)}
        table = f"clv_files_{next(self._numbers)}"
        parts = " UNION ALL BY NAME ".join(part for file in files for part in file.parts(layout, typed))
        if all(file.header is None for file in files) and len(files) <= _MOST_SCANS:
            self._run(f"CREATE VIEW {table} AS {parts}")  # each pass reads no more columns than it needs
        else:
            self._run(f"CREATE TABLE {table} AS {parts}")
            self._tables.append(table)
        return table

    def _opened(self, path: Path, file_format: str, layout: Layout, name: str, fault: str | None) -> SourceFile:
        if file_format == "csv":
            plain = plain_copy(path, layout, lambda: self._copy_of(path))
            header = read_header(plain, path, layout)
            columns = {column: (f"source.f{place}", "VARCHAR") for place, column in enumerate(header.unique_names)}
            reader = csv_reader(plain, header, with_header=True)
            return SourceFile(path, name, reader, columns, fault, header, plain)
        reader = f"read_parquet([{quoted_path(path)}], union_by_name=false)"
        try:
            described = self._run(f"DESCRIBE SELECT * FROM {reader}").fetchall()
        except ClvError as error:
            raise DataError(f"{path}: cannot be read as {file_format}: {error}") from error.__cause__
        columns = {row[0]: (f"source.{identifier(row[0])}", row[1]) for row in described}
        return SourceFile(path, name, reader, columns, fault)

    def _mended(self, file: SourceFile) -> SourceFile:
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
