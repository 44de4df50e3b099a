"""Records of a broken CSV file: none is lost, whatever the bytes, and what can be read is read as csv reads it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clv_ml.engine import csv_records
from clv_ml.engine.csv_records import Broken, split_records

HEAD = b"id,ts,paid\n"


def split(
    folder: Path, content: bytes, *, fields: int = 3, delimiter: str = ","
) -> tuple[list[list[str]], list[Broken]]:
    (folder / "in.csv").write_bytes(content)
    broken = split_records(folder / "in.csv", folder / "out.csv", fields=fields, delimiter=delimiter)
    clean = (folder / "out.csv").read_text(encoding="utf-8")
    return list(csv.reader(io.StringIO(clean, newline=""), delimiter=delimiter, strict=True)), broken


def test_broken_records_keep_their_place_and_their_text(tmp_path: Path) -> None:
    rows, broken = split(
        tmp_path, HEAD + b'a,1,2\nb,1\n\n"c,1,2\nd,"1",2\ne,1,2,3\nf,1,"x\ny"\n"g"h,1,2\nJos\xe9,1,2\n'
    )
    assert rows == [["a", "1", "2"], ["d", "1", "2"], ["f", "1", "x\ny"]]
    assert broken == [
        Broken(2, "too_few_fields", "b,1"),
        Broken(3, "unclosed_quote", '"c,1,2'),
        Broken(5, "too_many_fields", "e,1,2,3"),
        Broken(7, "malformed_quote", '"g"h,1,2'),
        Broken(8, "undecodable", "Jos\\xe9,1,2"),
    ]


def test_a_broken_header_is_no_row_and_a_file_of_nothing_has_none(tmp_path: Path) -> None:
    assert split(tmp_path, b'"id,ts\na,1,2\n') == ([["a", "1", "2"]], [])
    assert split(tmp_path, b"") == ([], [])
    assert split(tmp_path, b"\n\n\r\n") == ([], [])


def test_spaces_around_quotes_and_quotes_inside_fields_are_kept_apart(tmp_path: Path) -> None:
    rows, broken = split(tmp_path, HEAD + b' "a" ,b"c,"d ""e"" f"\n')
    assert (rows, broken) == ([["a", 'b"c', 'd "e" f']], [])


def test_one_column_has_no_delimiter_and_empty_lines_are_still_no_rows(tmp_path: Path) -> None:
    rows, broken = split(tmp_path, b'id\na\n\n"b"\nc,d\n', fields=1)
    assert (rows, broken) == ([["a"], ["b"]], [Broken(3, "too_many_fields", "c,d")])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 40])
def test_where_blocks_of_the_file_end_makes_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    content = HEAD.replace(b"\n", b"\r\n") + b'a,1,"x\r\ny"\r\nb,1\r\n"c,1,2\r\nd,"1",2\r\n\r\n\xc3\xa9,1,2'
    whole = split(tmp_path, content)
    monkeypatch.setattr(csv_records, "BLOCK", size)
    assert split(tmp_path, content) == whole
    assert [record.row for record in whole[1]] == [2, 3]


pieces = st.lists(
    st.sampled_from([b"a", b",", b'"', b"\n", b"\r\n", b" ", b"\xc3\xa9", b"\xff", b"\x00", b"\r", b"xy"]), max_size=40
)


@given(content=pieces.map(b"".join))
@example(content=b'"\n"')
@example(content=b'a,"\n,",\n')
def test_every_line_that_is_not_empty_is_in_exactly_one_record(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("records")
    rows, broken = split(folder, HEAD + content)
    lines = [line for line in content.replace(b"\r\n", b"\n").split(b"\n") if line]
    inside = sum(value.count("\n") for row in rows for value in row)  # lines that end inside a quoted field
    empty = sum(line == "" for row in rows for value in row for line in value.split("\n")[1:-1])
    assert len(rows) + len(broken) + inside - empty <= len(lines)
    assert len(rows) + len(broken) + inside >= len(lines) - empty
    assert all(len(row) == 3 for row in rows)
    assert sorted(record.row for record in broken) == [record.row for record in broken]
    assert all(1 <= record.row <= len(rows) + len(broken) for record in broken)


@given(
    table=st.lists(st.tuples(*[st.text(st.sampled_from(list('ab",\n é')), max_size=6)] * 3).filter(any), max_size=8),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_is_well_formed_is_read_like_any_reader_does(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str, str]], quoting: int
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=quoting, lineterminator="\n").writerows(table)  # type: ignore[arg-type]
    rows, broken = split(tmp_path_factory.mktemp("records"), HEAD + out.getvalue().encode() + b"cut")
    assert [tuple(row) for row in rows] == table
    assert [record.row for record in broken] == [len(table) + 1]
