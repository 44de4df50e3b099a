"""CSV files: what their header says, and copies of those that the engine cannot read as they are."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from clv_ml.config import Layout
from clv_ml.errors import ClvError, DataError

_DELIMITERS = (",", ";", "\t", "|")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BLOCK = 1 << 22


@dataclass(frozen=True)
class Header:
    """The delimiter of a CSV file and the names of its columns, in order."""

    delimiter: str
    names: tuple[str, ...]

    @property
    def unique_names(self) -> tuple[str, ...]:
        """The names, the second and later of one told apart by their place."""
        first = self.names.index
        return tuple(name if first(name) == place else f"{name} ({place + 1})" for place, name in enumerate(self.names))


def plain_copy(path: Path, layout: Layout, new_copy: Callable[[], Path]) -> Path:
    """Return the file itself where it is plain UTF-8, else a copy that is.

    Bytes that are not in the declared encoding stay as they are, for the row to be set aside. `new_copy` gives the path
    of a copy; it is asked only where one is needed.

    Raises
    ------
    ClvError
        If a copy cannot be written.
    DataError
        If the file is packed and damaged, is UTF-16 without being declared so, or cannot be decoded at all.
    """
    packed = path.suffix.lower() == ".gz"
    with _opened(path, packed=packed) as file:
        try:
            start = file.read(2)
        except (OSError, EOFError, zlib.error) as error:
            raise _damaged(path, error) from error
    utf8 = layout.encoding == "utf-8"
    if start in _UTF16 and not layout.encoding.startswith("utf-16"):
        raise DataError(f"{path}: the file starts with the mark of UTF-16; set `encoding: utf-16` at its source")
    if utf8 and not packed:
        return path
    target = new_copy()
    try:
        with _opened(path, packed=packed) as file, target.open("wb") as out:
            if utf8:
                while block := file.read(_BLOCK):  # to its end, where the checksum is
                    out.write(block)
            else:
                _transcode(file, out, layout.encoding, path)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the system, not of gzip
            raise ClvError(f"{path}: cannot be copied to {target}: {error.strerror or error}") from error
        raise _damaged(path, error) from error
    return target


def read_header(path: Path, origin: Path, layout: Layout) -> Header:
    """Read the first line that holds anything, by the delimiter of the config or the one under which it names columns.

    Raises
    ------
    DataError
        If a mapped column stands there twice.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = (line for line in file if line.strip("\r\n"))
        first = next(lines, "")
        if first.count('"') % 2:  # a name with a line end
            first += next(lines, "")
    wanted = set(layout.columns.values())
    try:
        candidates = [Header(mark, _names(first, mark)) for mark in _marks(layout)]
    except csv.Error as error:
        raise DataError(f"{origin}: the header cannot be read: {error}") from error
    header = max(candidates, key=lambda header: (wanted <= set(header.names), len(header.names)))
    twice = sorted(name for name in wanted if header.names.count(name) > 1)
    if twice:
        raise DataError(f"{origin}: column {', '.join(map(repr, twice))} stands in the header more than once")
    return header


def csv_reader(path: Path, header: Header, *, with_header: bool) -> str:
    """Write the SQL that reads a CSV file as text, its columns named f0, f1, ...; nothing is guessed from the rows."""
    columns = ", ".join(f"'f{place}': 'VARCHAR'" for place in range(len(header.names)))
    return (
        f"read_csv([{quoted_path(path)}], header={str(with_header).lower()}, auto_detect=false, columns={{{columns}}}, "
        f"delim={_text(header.delimiter)}, quote='\"', escape='\"', compression='none')"
    )


def quoted_path(path: Path) -> str:
    """Quote a path for the engine, which would take [, * and ? in it for a pattern."""
    return _text("".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(path)))


def _marks(layout: Layout) -> Iterable[str]:
    return _DELIMITERS if layout.delimiter is None else (layout.delimiter,)


def _names(line: str, delimiter: str) -> tuple[str, ...]:
    return tuple(next(csv.reader([line], delimiter=delimiter), []))


def _opened(path: Path, *, packed: bool) -> BinaryIO:
    return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]


def _transcode(file: BinaryIO, out: BinaryIO, encoding: str, path: Path) -> None:
    wide = encoding.startswith(("utf-16", "utf-32"))
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict" if wide else "surrogateescape")
    done = 0
    more = True
    while more:
        block = file.read(_BLOCK)
        more = bool(block)
        try:
            out.write(decoder.decode(block, final=not more).encode("utf-8", "surrogateescape"))
        except UnicodeError as error:
            raise DataError(
                f"{path}: not {encoding} after byte {done} ({error}); set `encoding` at its source, or deliver it again"
            ) from error
        done += len(block)


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: cannot be read to its end: {error}; deliver the file again")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
