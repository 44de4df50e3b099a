"""How many records a CSV file has, told by a plain walk over its bytes: the second opinion of the reader."""

from __future__ import annotations

LONGEST = 1_000_000
MOST_LINES = 1000


def rows_of_csv(content: bytes, fields: int, delimiter: str = ",") -> int:
    """Count the records after the header.

    A record is a line, or several where a field in quotes holds line ends. Where quotes do not close, or close in the
    middle of a field, or the number of fields is wrong over several lines, the first line alone is a (broken) record.
    Empty lines are none.
    """
    content = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    lines = content.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    at, rows = 0, -1  # the header is no row
    while at < len(lines):
        if lines[at] == b"":
            at += 1
            continue
        rows += 1
        at += _lines_of_record(lines, at, fields, ord(delimiter))
    return max(rows, 0)


def _lines_of_record(lines: list[bytes], at: int, fields: int, delimiter: int) -> int:
    if b'"' not in lines[at]:
        return 1
    record = lines[at]
    for more in range(MOST_LINES):
        found = _fields(record, delimiter)
        if found is not None:
            return more + 1 if found == fields and len(record) <= LONGEST and _decodes(record) else 1
        if at + more + 1 == len(lines):
            return 1
        record += b"\n" + lines[at + more + 1]
    return 1


def _fields(record: bytes, delimiter: int) -> int | None:
    """Count the fields of a text; None while a quote is open, -1 where a quote stands wrong."""
    count, at, length = 0, 0, len(record)
    while True:
        count += 1
        start = at
        while at < length and record[at] == 32:
            at += 1
        if at < length and record[at] == 34:
            at += 1
            while True:
                if at >= length:
                    return None
                if record[at] == 34:
                    if at + 1 < length and record[at + 1] == 34:
                        at += 2
                        continue
                    at += 1
                    break
                at += 1
            while at < length and record[at] == 32:
                at += 1
            if at < length and record[at] != delimiter:
                return -1
        else:
            at = start
            while at < length and record[at] != delimiter:
                at += 1
        if at >= length:
            return count
        at += 1


def _decodes(record: bytes) -> bool:
    try:
        record.decode()
    except UnicodeDecodeError:
        return False
    return True
