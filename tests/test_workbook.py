"""The workbook: who is on it, that no text is a formula, and what each cell is to a spreadsheet."""

import datetime as dt
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from list_data import CONVENTIONS, HOSTILE, RISKY, STATUS, a_list, the_details

from clv_ml.language import languages, words
from clv_ml.reports.workbook import write_workbook


def written(path: Path, listed: pd.DataFrame, code: str = "en", **options: Any) -> Any:
    write_workbook(path, listed, words=words(code), conventions=CONVENTIONS, **options)
    return openpyxl.load_workbook(path)


def column(sheet: Any, heading: str) -> list[Any]:
    """The cells below a heading."""
    [place] = [cell.column for cell in sheet[1] if cell.value == heading]
    return [row[0] for row in sheet.iter_rows(min_row=2, min_col=place, max_col=place)]


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Any:
    listed = a_list()
    return written(tmp_path_factory.mktemp("book") / "list.xlsx", listed, details=the_details(listed))


def test_those_to_contact_are_there_in_order_and_nobody_else(tmp_path: Path) -> None:
    ids = tuple(f"c{number:02d}" for number in range(28))
    listed = a_list(ids, status=STATUS)
    book = written(tmp_path / "list.xlsx", listed)
    to_contact = listed[listed["action_status"] == "contact"]
    sheet = book.worksheets[0]
    assert [cell.value for cell in column(sheet, "Customer")] == to_contact["customer_id"].tolist()
    assert [cell.value for cell in column(sheet, "Rank")] == to_contact["rank"].tolist()
    everything = {str(cell.value) for shown in book for row in shown.iter_rows() for cell in row}
    others = set(ids) - set(to_contact["customer_id"])
    assert not others & everything
    about = {row[0].value: row[1].value for row in book.worksheets[1].iter_rows()}
    assert about["To contact"] == "12 customers"
    assert about["Control group"].startswith("4 customers would have been contacted")
    assert (about["As of"], about["Valid until"]) == ("31 Mar 2025", "7 Apr 2025")


def test_no_text_is_a_formula_and_ids_stay_texts(english: Any) -> None:
    sheet = english.worksheets[0]
    assert not any(cell.data_type == "f" for shown in english for row in shown.iter_rows() for cell in row)
    ids = column(sheet, "Customer")
    assert {cell.data_type for cell in ids} <= {"s", "inlineStr"}
    shown = dict(zip(HOSTILE, ids, strict=True))
    assert shown["00123"].value == "00123"
    assert shown["12345678901234567"].value == "12345678901234567"
    assert shown["00123"].number_format == "@"
    assert shown["\u202egnp.exe"].value == "gnp.exe"  # not shown as exe.png
    # Excel asks for a formula again when somebody edits the cell, unless it is marked
    assert all(shown[text].quotePrefix for text in RISKY)
    assert not shown["00123"].quotePrefix


def test_names_that_turn_the_text_round_are_shown_without_that(english: Any) -> None:
    names = [cell.value for cell in column(english.worksheets[0], "Name")]
    assert "\ufffdgnp.exe" in names
    assert not any("\u202e" in name for name in names)
    assert "😀👨‍👩‍👧" in names
    assert "<script>alert(1)</script>" in names


def test_numbers_and_days_are_numbers_and_days(english: Any) -> None:
    sheet, listed = english.worksheets[0], a_list()
    risk = column(sheet, "Risk of leaving")
    assert [cell.value for cell in risk] == pytest.approx(listed["p_churn_90d"].tolist())
    assert risk[0].number_format.endswith("0%")
    money = column(sheet, "Money at risk")[0]
    assert money.value == pytest.approx(listed["value_at_risk"].iloc[0])
    assert "EUR" in money.number_format
    assert column(sheet, "Last order")[0].value == dt.datetime(2025, 3, 31) - dt.timedelta(
        days=int(listed["days_since_last"].iloc[0])
    )
    due = [cell.value for cell in column(sheet, "Next order expected")]
    assert {value for value in due if value} == {dt.datetime(2025, 4, 20)}
    gaps = [cell.value for cell in column(sheet, "Usual gap in days")]
    assert [gap is None for gap in gaps] == np.isnan(listed["usual_gap_days"]).tolist()
    bands = {cell.value: cell.fill.fgColor.rgb for cell in column(sheet, "Risk band")}
    assert len(set(bands.values())) == len(bands) > 2


def test_the_sheet_filters_scrolls_and_prints(english: Any) -> None:
    sheet = english.worksheets[0]
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref.startswith("A1:")
    assert sheet.auto_filter.ref.endswith(str(len(HOSTILE) + 1))
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert [shown.sheet_state for shown in english] == ["visible", "visible", "veryHidden"]
    hidden = [letter for letter, size in sheet.column_dimensions.items() if size.hidden]
    assert [sheet[f"{letter}1"].value for letter in hidden] == ["List number"]
    assert {cell.value for cell in column(sheet, "List number")} == {"abc123def456"}


def test_the_columns_to_fill_in_offer_what_can_be_chosen(english: Any) -> None:
    sheet = english.worksheets[0]
    rules = {rule.type: rule for rule in sheet.data_validations.dataValidation}
    assert set(rules) == {"date", "list", "decimal"}
    outcome = next(rule for rule in sheet.data_validations.dataValidation if "Choose an outcome" in (rule.error or ""))
    first, last = (int(part) for part in re.findall(r"\$C\$(\d+)", outcome.formula1.replace(":$C", ":$C")))
    codes = english["codes"]
    offered = [(codes.cell(row, 2).value, codes.cell(row, 3).value) for row in range(first, last + 1)]
    assert offered[0] == ("reached_kept", "Reached: stays")
    assert [code for code, _ in offered][-1] == "not_contacted"
    assert all(cell.value is None for name in ("Contacted on", "Outcome", "Notes") for cell in column(sheet, name))


def test_the_same_list_gives_the_same_bytes_and_names_nobody(tmp_path: Path) -> None:
    for name in ("one", "two"):
        written(tmp_path / f"{name}.xlsx", a_list())
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.xlsx") as book:
        core = book.read("docProps/core.xml").decode()
    assert "2025-03-31T00:00:00Z" in core
    assert "<dc:creator></dc:creator><cp:lastModifiedBy></cp:lastModifiedBy>" in core


@pytest.mark.parametrize("code", languages())
def test_every_language_has_headings_choices_and_direction_of_its_own(tmp_path: Path, code: str) -> None:
    book = written(tmp_path / "list.xlsx", a_list(), code)
    sheet = book.worksheets[0]
    assert bool(sheet.sheet_view.rightToLeft) == (words(code).direction == "rtl")
    headings = [cell.value for cell in sheet[1]]
    assert len(set(headings)) == len(headings)
    assert words(code).say("Outcome") in headings
    first = column(sheet, words(code).say("Risk of leaving"))[0]
    assert ("[$-2000401]" in first.number_format) == (code == "ar")


def test_a_long_list_is_cut_and_says_where_the_rest_is(tmp_path: Path) -> None:
    ids = tuple(f"c{number}" for number in range(12))
    book = written(tmp_path / "list.xlsx", a_list(ids), max_rows=5, full_list="everybody.csv")
    assert len(column(book.worksheets[0], "Customer")) == 5
    about = {row[0].value: row[1].value for row in book.worksheets[1].iter_rows()}
    assert about["To contact"] == ("12 customers. This workbook holds the first 5; the full list is in everybody.csv.")


def test_a_list_with_nobody_to_contact_is_a_workbook_too(tmp_path: Path) -> None:
    for listed in (a_list(status=("control",)), a_list().head(0)):
        book = written(tmp_path / "list.xlsx", listed)
        assert book.worksheets[0].max_row == 1
