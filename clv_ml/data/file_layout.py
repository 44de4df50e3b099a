"""How files are laid out that nothing is known of: their encoding, delimiter and columns, and rows of them."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clv_ml.data.moment_guess import is_moment
from clv_ml.data.number_guess import is_number
from clv_ml.errors import ConfigError, DataError

SAMPLE_ROWS = 6000
_HEAD, _PIECE = 1 << 20, 1 << 18  # bytes of a CSV file that are looked at: of its start, and of its middle and end
_BLOCK = 1 << 22
_TOLD = (",", ";", "\t", "|")  # delimiters that the reader tells from the header
_DECLARED = ("~", "^", ":", "\x01")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods", ".numbers")
_TEXTS = (".tsv", ".tab", ".dat", ".tsv.gz")
_SHOWN = 120  # characters of a line in a message


@dataclass(frozen=True)
class LookedAt:
    """What one file looks like.

    Attributes
    ----------
    file_format
        csv or parquet.
    columns
        Names of the columns that can be mapped: those that stand in the header once.
    kinds
        Types of the columns of a Parquet file.
    rows
        Some rows, the texts of `columns`; None where nothing is.
    repeated
        Names that stand in the header more than once: nobody can tell which is meant.
    encoding, delimiter
        Where the reader must be told; None where not.
    why_encoding
        In words; empty where it is UTF-8.
    declare_format
        Whether the format cannot be told from the name.
    """

    path: Path
    file_format: str
    columns: tuple[str, ...]
    kinds: tuple[tuple[str, str], ...]
    rows: Sequence[Sequence[str | None]]
    repeated: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    why_encoding: str = ""
    declare_format: bool = False

    @property
    def layout(self) -> tuple[object, ...]:
        """What files of one source have in common."""
        return self.file_format, self.columns, self.encoding, self.delimiter, self.declare_format


def require_table(path: Path) -> None:
    """Refuse what is no table of text or Parquet.

    Raises
    ------
    ConfigError
        If it is a workbook; the message says what to do.
    """
    if path.name.lower().endswith(_WORKBOOKS):
        raise ConfigError(f"{path}: workbooks are not read; save the sheet of orders as CSV UTF-8, and name that file")


def is_odd_text(path: Path) -> bool:
    """Tell whether a file is a CSV file under a name that does not say so."""
    return path.name.lower().endswith(_TEXTS)


def look_at_csv(path: Path, *, declare_format: bool) -> LookedAt:
    """Find encoding, delimiter and columns of a CSV file, and take rows from its start, middle and end.

    Raises
    ------
    DataError
        If it is empty, has no header or no rows, or its fields cannot be parted; the message shows the first line.
    """
    packed = path.suffix.lower() == ".gz"
    try:
        encoding, why = _encoding(path, packed=packed)
        head, *pieces = _pieces(path, packed=packed)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    text = head.decode(encoding or "utf-8-sig", "replace")
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if not lines:
        raise DataError(f"{path}: the file is empty")
    whole = lines if len(head) < _HEAD else lines[:-1]
    delimiter, header, rows = _parted(path, whole)
    for piece in pieces if encoding in (None, "cp1252") else ():
        later = piece.decode(encoding or "utf-8", "replace").splitlines()[1:-1]
        rows += _rows(later, delimiter, len(header))[: SAMPLE_ROWS // 3]
    _require_header(path, header, rows, whole[0])
    told = delimiter in _TOLD and len(header) == max(len(next(csv.reader([whole[0]], delimiter=m))) for m in _TOLD)
    once = [place for place, name in enumerate(header) if header.count(name) == 1 and name.strip()]
    return LookedAt(
        path=path,
        file_format="csv",
        columns=tuple(header[place] for place in once),
        kinds=(),
        rows=[[row[place] or None for place in once] for row in rows],
        repeated=tuple(dict.fromkeys(name for name in header if header.count(name) > 1)),
        encoding=encoding,
        delimiter=None if told else delimiter,
        why_encoding=why,
        declare_format=declare_format,
    )


def _encoding(path: Path, *, packed: bool) -> tuple[str | None, str]:
    """Return the encoding of a file that is not UTF-8, and why; the whole file is read."""
    with gzip.open(path, "rb") if packed else path.open("rb") as file:
        start = file.read(2)
        if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16", "the file starts with the mark of UTF-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        done = 0
        while block := file.read(_BLOCK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                return "cp1252", f"no UTF-8 at byte {done + error.start:,}; read as Windows of western Europe writes it"
            done += len(block)
    return None, ""


def _pieces(path: Path, *, packed: bool) -> list[bytes]:
    """Return the start of a file, and parts of its middle and end where it is larger."""
    if packed:
        with gzip.open(path, "rb") as file:
            return [file.read(_HEAD)]
    size = path.stat().st_size
    with path.open("rb") as file:
        found = [file.read(_HEAD)]
        for place in (size // 2, size - _PIECE) if size > 2 * _HEAD else ():
            file.seek(place)
            found.append(file.read(_PIECE))
    return found


def _parted(path: Path, lines: Sequence[str]) -> tuple[str, list[str], list[list[str]]]:
    """Find the delimiter under which the most rows have as many fields as the header, and part by it."""
    best: tuple[float, int, str] = (0.0, 0, "")
    for mark in (*_TOLD, *_DECLARED):
        fields = len(next(csv.reader([lines[0]], delimiter=mark), []))
        if fields < 2:
            continue
        body = lines[1:200]
        fitting = len(_rows(body, mark, fields)) / len(body) if body else 1.0
        # a mark of its own goes before one that may stand in texts or moments
        if (round(fitting, 1), fields * (mark in _TOLD)) > best[:2]:
            best = (round(fitting, 1), fields * (mark in _TOLD), mark)
    if not best[2] or best[0] < 0.5:
        raise _not_parted(path, lines)
    header = next(csv.reader([lines[0]], delimiter=best[2]))
    return best[2], header, _rows(lines[1:], best[2], len(header))[:SAMPLE_ROWS]


def _rows(lines: Sequence[str], delimiter: str, fields: int) -> list[list[str]]:
    try:
        return [row for row in csv.reader(lines, delimiter=delimiter) if len(row) == fields]
    except csv.Error:
        return []


def _not_parted(path: Path, lines: Sequence[str]) -> DataError:
    body = lines[1:50]
    wider = [m for m in _TOLD if sum(len(row) > 1 for row in csv.reader(body, delimiter=m)) * 2 > len(body)]
    shown = lines[0].strip()[:_SHOWN]
    if wider and len(next(csv.reader([lines[0]], delimiter=wider[0]))) < 2:
        return DataError(
            f"{path}: the first line is {shown!r}, and the rows below have more fields: it is no header; remove the "
            "lines above the names of the columns"
        )
    if len(shown.split()) > 1 and len({len(line.split()) for line in lines[:50]}) == 1:
        return DataError(f"{path}: fields are parted by blanks ({shown!r}); save it with commas or tabs, and a header")
    return DataError(
        f"{path}: the first line {shown!r} cannot be parted into columns by comma, semicolon, tab or bar; save it as "
        "CSV with a header that names the columns"
    )


def _require_header(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], line: str) -> None:
    """Refuse a file whose first line is a row, or the only one."""
    values = [name.strip() for name in header if is_number(name.strip()) or is_moment(name.strip())]
    if len(values) * 2 >= len(header) or (len(values) > 1 and not all(header)):
        raise DataError(
            f"{path}: the first line holds values, no names of columns ({line.strip()[:_SHOWN]!r}); write a line of "
            "names above it, such as customer_id,timestamp,amount"
        )
    if not rows:
        raise DataError(f"{path}: a header ({', '.join(header)[:_SHOWN]}) and no row below it")
