"""Records of a broken CSV file: those that can be read go into a clean copy, each other is kept with its fault.

A record is a line, or several where a quoted field holds line ends. A quote that never closes, or closes where no
field ends, would swallow the records after it: its line alone is broken, and reading goes on at the next line.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

BLOCK = 1 << 24  # bytes in memory at a time
LONGEST = 1_000_000  # bytes of a record
_MOST_LINES = 1000  # of a record
_SHOWN = 10_000  # characters of a broken record that are kept
_LINE_FEED, _RETURN, _QUOTE = 10, 13, 34


@dataclass(frozen=True)
class Broken:
    """A record that cannot be read: its place among the records after the header, from 1, its text and its fault."""

    row: int
    fault: str
    text: str


def split_records(source: Path, target: Path, *, fields: int, delimiter: str) -> list[Broken]:
    """Copy the records of `fields` fields to a file without header that every CSV reader agrees on.

    Parameters
    ----------
    source
        A CSV file, meant to be UTF-8, with a header; empty lines are no records.
    target
        Written anew: lines end with a line feed.

    Returns
    -------
    list of Broken
        All other records. Faults: too_few_fields, too_many_fields, unclosed_quote, malformed_quote (something
        between a closing quote and the next delimiter), control_character (a lone carriage return),
        undecodable (not UTF-8), record_too_long.
    """
    with source.open("rb") as file, target.open("wb") as out:
        splitter = _Splitter(out, fields, delimiter.encode())
        block = file.read(BLOCK).removeprefix(b"\xef\xbb\xbf")
        old_mac = b"\n" not in block and b"\r" in block
        rest = b""
        while block:
            following = file.read(BLOCK)
            data = rest + (block.replace(b"\r", b"\n") if old_mac else block)
            cut = len(data) if not following else data.rfind(b"\n") + 1
            rest = splitter.feed(data[:cut].replace(b"\r\n", b"\n"), last=not following) + data[cut:]
            block = following
    return splitter.broken


class _Splitter:
    def __init__(self, out: BinaryIO, fields: int, delimiter: bytes) -> None:
        self.broken: list[Broken] = []
        self._out = out
        self._fields = fields
        self._delimiter = delimiter
        self._row = -1  # the header is no row
        mark = re.escape(delimiter)
        simple = rb'(?:"[^"]*(?:""[^"]*)*"|[^"\r\n' + mark + rb"]*)"
        self._simple = re.compile(rb"(?:" + simple + mark + rb"){%d}" % (fields - 1) + simple)  # as nearly all are
        quoted = rb' *"([^"]*(?:""[^"]*)*)" *(?=(' + mark + rb"|\Z))"
        plain = rb"((?! *\")[^\r\n" + mark + rb"]*)(?=(" + mark + rb"|\Z))"
        self._field = re.compile(quoted + b"|" + plain)
        self._open = re.compile(rb' *"[^"]*(?:""[^"]*)*\Z')

    def feed(self, chunk: bytes, *, last: bool) -> bytes:
        """Take whole lines; return what may go on in the next chunk."""
        lines = _Lines(chunk, self._delimiter, self._fields)
        done = 0
        for index in lines.special:
            if index < done or (index not in lines.hard and lines.fits(index, self._simple)):
                continue
            self._copy(lines, done, index)
            used = self._take(lines, index, last=last)
            if used == 0:
                return lines.span(index, len(lines.starts) - 1) + b"\n"
            done = index + used
        self._copy(lines, done, len(lines.starts))
        return b""

    def _copy(self, lines: _Lines, start: int, end: int) -> None:
        if start == end:
            return
        self._row += end - start
        skipped = 1 if self._row - (end - start) == -1 else 0  # the header
        if start + skipped < end:
            self._out.write(lines.span(start + skipped, end - 1) + b"\n")

    def _take(self, lines: _Lines, index: int, *, last: bool) -> int:
        """Read the record that starts at a line; return how many lines it has, 0 where it may go on."""
        line = lines.span(index, index)
        if not line:
            return 1
        if b'"' not in line:
            return self._break(line, self._fault_of(line))
        for end in lines.ends_from(index):
            record = lines.span(index, end)
            found = self._parsed(record)
            if found is None:
                continue
            if isinstance(found, list) and len(found) == self._fields and not _fault(record):
                self._keep(found)
                return end - index + 1
            if end > index:
                return self._break(line, "unclosed_quote")
            if isinstance(found, list):
                return self._break(line, _fault(line) or self._count_fault(len(found)))
            return self._break(line, _fault(line) or "malformed_quote")
        if not last and lines.may_go_on(index):
            return 0
        return self._break(line, "unclosed_quote")

    def _parsed(self, record: bytes) -> list[bytes] | bool | None:
        """Return the fields of a record, None while a quote is open, False where a quote stands wrong."""
        found, position = [], 0
        while True:
            field = self._field.match(record, position)
            if field is None:
                return None if self._open.match(record, position) else False
            quoted = field[1]
            found.append(quoted if quoted is not None else field[3].replace(b'"', b'""'))
            position = field.end()
            if position == len(record):
                return found
            position += 1
            if position == len(record):
                return [*found, b""]

    def _keep(self, fields: list[bytes]) -> None:
        if self._row >= 0:
            self._out.write(self._delimiter.join(b'"%b"' % field if field else b"" for field in fields) + b"\n")
        self._row += 1

    def _break(self, line: bytes, fault: str) -> int:
        self._row += 1
        if self._row:  # what is wrong with the header is told where columns are looked up
            self.broken.append(Broken(self._row, fault, line.decode(errors="backslashreplace")[:_SHOWN]))
        return 1

    def _fault_of(self, line: bytes) -> str:
        return _fault(line) or self._count_fault(line.count(self._delimiter) + 1)

    def _count_fault(self, fields: int) -> str:
        return "too_few_fields" if fields < self._fields else "too_many_fields"


class _Lines:
    """Lines of a chunk, and which of them need a closer look."""

    def __init__(self, chunk: bytes, delimiter: bytes, fields: int) -> None:
        data = np.frombuffer(chunk, np.uint8)
        ends = np.flatnonzero(data == _LINE_FEED)
        if len(data) and (not len(ends) or ends[-1] != len(data) - 1):
            ends = np.append(ends, len(data))
        lengths = np.diff(ends, prepend=-1) - 1
        quoted = _counts(data, _QUOTE, ends) > 0
        hard = (lengths == 0) | (lengths > LONGEST) | (_counts(data, _RETURN, ends) > 0)
        self._chunk = chunk
        self.starts = (ends - lengths).tolist()
        self._ends = ends.tolist()
        self._quoted: list[int] = np.flatnonzero(quoted).tolist()
        try:
            chunk.decode()
        except UnicodeDecodeError:
            foreign = np.flatnonzero(_counts(np.where(data >= 128, np.uint8(1), np.uint8(0)), 1, ends) > 0)
            hard[[index for index in foreign.tolist() if _fault(self.span(index, index))]] = True
        ragged = _counts(data, delimiter[0], ends) != fields - 1
        self.hard = set(np.flatnonzero(hard).tolist())
        self.special: list[int] = np.flatnonzero(hard | quoted | ragged).tolist()

    def fits(self, index: int, pattern: re.Pattern[bytes]) -> bool:
        """Tell whether a line follows a pattern from end to end."""
        return pattern.fullmatch(self._chunk, self.starts[index], self._ends[index]) is not None

    def span(self, first: int, last: int) -> bytes:
        """Return lines without the line end of the last."""
        return self._chunk[self.starts[first] : self._ends[last]]

    def ends_from(self, index: int) -> Iterator[int]:
        """Give the lines at which a record that starts at a line with a quote can end."""
        limit = self.starts[index] + LONGEST
        for place in range(bisect.bisect_left(self._quoted, index), len(self._quoted)):
            end = self._quoted[place]
            if end >= index + _MOST_LINES or self._ends[end] > limit:
                return
            yield end

    def may_go_on(self, index: int) -> bool:
        """Tell whether the chunk ends before a record that starts at a line would be too long."""
        return len(self.starts) - index < _MOST_LINES and len(self._chunk) - self.starts[index] < LONGEST


def _counts(data: npt.NDArray[np.uint8], byte: int, ends: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Count a byte in each line."""
    return np.diff(np.searchsorted(np.flatnonzero(data == byte), ends), prepend=0)


def _fault(record: bytes) -> str | None:
    if len(record) > LONGEST:
        return "record_too_long"
    try:
        record.decode()
    except UnicodeDecodeError:
        return "undecodable"
    return "control_character" if b'"' not in record and b"\r" in record else None
