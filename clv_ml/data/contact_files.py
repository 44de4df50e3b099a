"""Worklists that came back: a filled workbook, CSV, Parquet or a database table -> headings and rows as they stand."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import warnings
import zipfile
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clv_ml.data.contact_words import CODES_SHEET, heading_key
from clv_ml.data.excel_habits import bare
from clv_ml.errors import ConfigError, DataError, missing_columns

_HEADER_ROWS = 20  # a team may have written a title above
_DELIMITERS = (",", ";", "\t", "|")
_REMEDY = "Name the column of customers under `columns`."
_WORKBOOKS = (".xlsx", ".xlsm")


@dataclass(frozen=True)
class RawContacts:
    """Rows as they stand in a source.

    Attributes
    ----------
    first_line
        Line of the first row in the source, from 1.
    words
        What local words mean, as (kind, word, code): of a workbook that has kept its hidden sheet.
    refresh_id
        Of the list that the workbook was made for; empty where it does not say.
    epoch_days
        Days to add to a day that is a number: 1,462 in a workbook that counts from 1904.
    """

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    first_line: int = 2
    words: Sequence[tuple[str, str, str]] = ()
    refresh_id: str = ""
    epoch_days: int = field(default=0)


def read_raw_contacts(source: str | Path, wanted: Collection[str]) -> RawContacts:
    """Read the rows of a source.

    Parameters
    ----------
    source
        A workbook, a CSV or Parquet file, or the address of a database table (see
        :func:`clv_ml.data.contacts.read_contacts`).
    wanted
        What the column of customers can be called, by ``heading_key``; tells header and delimiter.

    Raises
    ------
    ConfigError
        If there is no such file or database.
    DataError
        If it cannot be read, or has no column of customers.
    """
    if isinstance(source, str) and ("://" in source or source.startswith("env:")):
        raw = _database(source)
    else:
        path = Path(source)
        if not path.is_file():
            raise ConfigError(f"contacts {path}: no such file")
        raw = _reader(path)(path, wanted)
    if not any(heading_key(heading) in wanted for heading in raw.headings):
        lost = any("??" in heading for heading in raw.headings)  # what Excel writes for letters of other scripts
        remedy = "Save it as a workbook or as CSV UTF-8: its letters are lost." if lost else _REMEDY
        raise missing_columns(raw.name, ["customer_id"], raw.headings, remedy)
    return raw


def _reader(path: Path) -> Callable[[Path, Collection[str]], RawContacts]:
    suffix = path.suffix.lower()
    if suffix in _WORKBOOKS:
        return _workbook
    if suffix in (".parquet", ".pq"):
        return _parquet
    if suffix in (".csv", ".txt", ".tsv"):
        return _csv
    raise ConfigError(f"contacts {path}: cannot tell the format; known are .xlsx, .csv, .tsv, .txt and .parquet")


def _workbook(path: Path, wanted: Collection[str]) -> RawContacts:
    import openpyxl
    from openpyxl.utils.datetime import CALENDAR_MAC_1904
    from openpyxl.utils.exceptions import InvalidFileException

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what openpyxl leaves out: choices, colours
        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            sheets = {sheet.title: _values(sheet) for sheet in book.worksheets}
            epoch = 1462 if book.epoch == CALENDAR_MAC_1904 else 0
            book.close()
        except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError) as error:
            raise DataError(
                f"{path}: cannot be read as a workbook: {error}; save it as .xlsx, without a password"
            ) from error
    codes = [row for row in sheets.pop(CODES_SHEET, []) if len(row) >= 3]
    spoken = [tuple("" if part is None else str(part) for part in row[:3]) for row in codes]
    known = [(kind, word, code) for kind, code, word in spoken]
    refresh = next((word_code for kind, _, word_code in known if kind == "refresh_id"), "")
    also = {heading_key(word) for kind, word, code in known if (kind, code) == ("column", "customer_id")}
    wanted = {*wanted, *also}
    for rows in sheets.values():
        for place, row in enumerate(rows[:_HEADER_ROWS]):
            if any(heading_key(cell) in wanted for cell in row if isinstance(cell, str)):
                headings = ["" if cell is None else str(cell) for cell in row]
                return RawContacts(str(path), headings, rows[place + 1 :], place + 2, known, refresh, epoch)
    first = next((row for rows in sheets.values() for row in rows if any(row)), [])
    raise missing_columns(str(path), ["customer_id"], [str(cell) for cell in first if cell], _REMEDY)


def _values(sheet: Any) -> list[Sequence[Any]]:
    sheet.reset_dimensions()  # some programs write them wrong
    return list(sheet.iter_rows(values_only=True))


def _csv(path: Path, wanted: Collection[str]) -> RawContacts:
    text = _decoded(path.read_bytes())
    if not text.strip():
        raise DataError(f"{path}: the file is empty")
    first_line = 2
    delimiters: Iterable[str] = _DELIMITERS
    if text[:4].lower() == "sep=":  # Excel writes and reads this line
        line, _, text = text.partition("\n")
        delimiters, first_line = (line.rstrip("\r")[4:5] or ",",), 3
    header = text.partition("\n")[0]
    found = [
        delimiter
        for delimiter in delimiters
        if any(heading_key(name) in wanted for name in next(csv.reader([header], delimiter=delimiter), []))
    ]
    try:
        headings, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=(found or [","])[0])
    except (csv.Error, ValueError) as error:
        raise DataError(f"{path}: cannot be read as CSV: {error}") from error
    return RawContacts(str(path), headings, rows, first_line)


def _decoded(content: bytes) -> str:
    """Return text as UTF-8 or, where it is none, as Excel writes it on a computer of western Europe."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _parquet(path: Path, wanted: Collection[str]) -> RawContacts:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: cannot be read as Parquet: {error}") from error
    rows = list(zip(*(column.to_pylist() for column in table.itercolumns()), strict=True))
    return RawContacts(str(path), table.column_names, rows, 1)


def _database(source: str) -> RawContacts:
    from clv_ml.data.database import read_rows

    address, _, table = source.partition("#")
    if address.startswith("env:"):
        name = address.removeprefix("env:")
        address = os.environ.get(name, "")
        if not address:
            raise ConfigError(f"contacts: the environment variable {name} holds no database address")
    table = table or "contacts"
    headings, rows = read_rows(address, table)
    return RawContacts(f"table {table}", headings, rows, 1)


def is_empty(cell: object) -> bool:
    """Tell whether a cell holds nothing: None, NaN, NaT or text without a visible character."""
    if cell is None:
        return True
    if isinstance(cell, str):
        return not bare(cell)
    return bool(cell != cell) or (isinstance(cell, dt.datetime) and str(cell) == "NaT")
