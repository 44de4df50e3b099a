"""Files that nothing is known of: encoding, delimiter, header, and what cannot be read."""

from pathlib import Path

import pytest

from clv_ml.data.file_layout import look_at_csv, require_table
from clv_ml.errors import ConfigError, DataError


def _file(folder: Path, content: str | bytes, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(("mark", "declared"), [(",", None), (";", None), ("\t", None), ("|", None), ("~", "~")])
def test_the_delimiter_is_told_only_where_the_reader_cannot_tell_it(
    tmp_path: Path, mark: str, declared: str | None
) -> None:
    rows = "".join(f"c{n}{mark}2024-01-01{mark}{n}.5\n" for n in range(5))
    look = look_at_csv(_file(tmp_path, f"customer{mark}date{mark}amount\n{rows}"), declare_format=False)
    assert look.columns == ("customer", "date", "amount")
    assert look.delimiter == declared
    assert len(look.rows) == 5


def test_letters_of_windows_are_read_as_such_and_the_byte_is_told(tmp_path: Path) -> None:
    look = look_at_csv(_file(tmp_path, "Käufer;Betrag\na;1\n".encode("cp1252")), declare_format=False)
    assert look.encoding == "cp1252"
    assert look.columns == ("Käufer", "Betrag")
    assert "byte 1" in look.why_encoding


def test_utf_16_is_known_by_its_mark(tmp_path: Path) -> None:
    look = look_at_csv(_file(tmp_path, "customer\tamount\nä\t1\n".encode("utf-16")), declare_format=False)
    assert (look.encoding, look.columns) == ("utf-16", ("customer", "amount"))


def test_utf_8_with_or_without_a_mark_needs_no_encoding(tmp_path: Path) -> None:
    look = look_at_csv(_file(tmp_path, "\ufeffעמית,amount\nä,1\n"), declare_format=False)
    assert (look.encoding, look.columns) == (None, ("עמית", "amount"))


def test_a_large_file_is_sampled_at_its_start_middle_and_end(tmp_path: Path) -> None:
    rows = "".join(f"c{n:07},2024-01-01,{n}.50\n" for n in range(150_000))
    look = look_at_csv(_file(tmp_path, "customer,date,amount\n" + rows), declare_format=False)
    seen = [int(str(row[0])[1:]) for row in look.rows]
    assert min(seen) == 0
    assert max(seen) > 140_000
    assert any(60_000 < number < 90_000 for number in seen)


def test_names_that_stand_twice_cannot_be_mapped(tmp_path: Path) -> None:
    look = look_at_csv(_file(tmp_path, "customer,amount,amount\na,1,2\n"), declare_format=False)
    assert (look.columns, look.repeated) == (("customer",), ("amount",))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("\n \n", "the file is empty"),
        ("customer,date,amount\n", "no row below it"),
        ("0001,1997-01-01,29.33\n0002,1997-01-02,3\n", "the first line holds values, no names"),
        ("Export of shop 3\n\ncustomer,date,amount\n1,2024-01-01,3\n", "remove the lines above"),
        ("00001 19970101 1 11.77\n00002 19970112 1 12.00\n", "parted by blanks"),
        ("customer\na\nb\n", "cannot be parted into columns"),
    ],
)
def test_what_is_no_table_with_a_header_is_refused_with_what_to_do(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        look_at_csv(_file(tmp_path, content), declare_format=False)


def test_a_workbook_is_to_be_saved_as_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="save the sheet of orders as CSV"):
        require_table(tmp_path / "orders.xlsx")
