"""The workbook of the list comes back as it was filled in, whatever people and programs did to it."""

import shutil
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from list_data import CONVENTIONS, DAY, HOSTILE, a_list, read

from clv_ml.data.contact_words import CONTACT_COLUMNS, channel_words, column_words, outcome_words
from clv_ml.data.contacts import Contacts
from clv_ml.language import languages, words
from clv_ml.reports.workbook import write_workbook

Change = Callable[[Any], None]


def filled(path: Path, code: str = "en", *, change: Change | None = None) -> Path:
    """A workbook as a team hands it back: every second row filled in, written by another program."""
    write_workbook(path, a_list(), words=words(code), conventions=CONVENTIONS)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    said = words(code)
    places = {cell.value: cell.column for cell in sheet[1]}
    outcomes, channels = list(outcome_words(said).values()), list(channel_words(said).values())
    for row in range(2, sheet.max_row + 1, 2):
        values = {
            "contacted_at": DAY,
            "channel": channels[row % len(channels)],
            "outcome": outcomes[row % len(outcomes)],
            "offer_cost": 5.5,
            "notes": f"=note {row}",
        }
        for name, value in values.items():
            cell = sheet.cell(row, places[column_words(said)[name]])
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
    if change is not None:
        change(book)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(path)
    return path


def accounted(found: Contacts) -> None:
    assert found.contacts["customer_id"].tolist() == list(HOSTILE[::2])
    assert found.left_empty == len(HOSTILE) // 2
    assert found.rows_in == len(HOSTILE)
    assert found.rejected.empty


@pytest.mark.parametrize("code", languages())
def test_the_filled_workbook_comes_back_in_every_language(tmp_path: Path, code: str) -> None:
    found = read(filled(tmp_path / "list.xlsx", code))
    accounted(found)
    table = found.contacts
    assert list(table.columns) == list(CONTACT_COLUMNS)
    assert set(table["refresh_id"]) == {"abc123def456"}
    assert (table["contacted_at"] == DAY).all()
    assert str(table["contacted_at"].dtype) == "datetime64[us]"
    codes = list(outcome_words(words("en")))
    assert table["outcome"].tolist() == [codes[row % len(codes)] for row in range(2, len(HOSTILE) + 2, 2)]
    assert set(table["channel"]) <= set(channel_words(words("en")))
    assert set(table["offer_cost"]) == {5.5}
    assert table["notes"].tolist()[0] == "=note 2"
    assert found.repaired <= 2  # the id that looks like an escaped character, and the one that turns its letters round


def drop(sheet: Any, heading: str) -> None:
    sheet.delete_cols(next(cell.column for cell in sheet[1] if cell.value == heading))


def sort_backwards(book: Any) -> None:
    sheet = book.worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    for place, row in enumerate(reversed(rows), start=2):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(place, column)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"


def rearrange(book: Any) -> None:
    sheet = book.worksheets[0]
    sheet.title = "Week 14"
    sheet.insert_rows(1, 2)
    sheet["A1"] = "Call list of the northern team"
    sheet.insert_cols(2)
    sheet["B3"] = "Agent"
    for row in range(4, sheet.max_row, 3):
        sheet.row_dimensions[row].hidden = True


def without_codes(book: Any) -> None:
    del book["codes"]
    drop(book.worksheets[0], column_words(words("en"))["refresh_id"])


@pytest.mark.parametrize("change", [rearrange, without_codes, sort_backwards])
def test_moved_renamed_hidden_and_deleted_parts_do_no_harm(tmp_path: Path, change: Change) -> None:
    found = read(filled(tmp_path / "list.xlsx", change=change), refresh_id="abc123def456")
    table = found.contacts.sort_values("customer_id")
    assert table["customer_id"].tolist() == sorted(HOSTILE[::2])
    assert found.left_empty == len(HOSTILE) // 2
    assert set(table["refresh_id"]) == {"abc123def456"}
    assert set(table["outcome"]) <= set(outcome_words(words("en")))


def test_a_deleted_list_number_is_known_from_the_hidden_sheet(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        drop(book.worksheets[0], "List number")
        drop(book.worksheets[0], "Offer cost")

    found = read(filled(tmp_path / "list.xlsx", change=change), refresh_id="another")
    assert set(found.contacts["refresh_id"]) == {"abc123def456"}
    assert found.contacts["offer_cost"].isna().all()


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice, to save as people do")
@pytest.mark.parametrize("code", languages())
def test_libreoffice_opens_and_saves_the_workbook_unharmed(tmp_path: Path, code: str) -> None:
    filled(tmp_path / "list.xlsx", code)
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    subprocess.run(
        [*command, "--outdir", str(tmp_path / "saved"), str(tmp_path / "list.xlsx")],
        check=True,
        capture_output=True,
        timeout=300,
    )
    accounted(read(tmp_path / "saved" / "list.xlsx"))
