"""The cohort workbook read back: numbers are numbers, open figures are empty, names from the data are only names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from cohort_report_data import facts, retention

from clv_ml.language import words
from clv_ml.reports.cohorts_workbook import write_cohorts_workbook


def sheets(path: Path) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(path)
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    hostile = retention()
    hostile["cohort"] = hostile["cohort"].replace("<b>ads</b>", "=1+1")
    told = replace(facts(), tables=dict(facts().tables) | {"retention": hostile})
    found = tmp_path_factory.mktemp("book") / "cohorts.xlsx"
    write_cohorts_workbook(found, told, words=words("en"))
    return found


def test_the_sheets_stand_in_the_order_of_the_page(path: Path) -> None:
    assert list(sheets(path)) == ["Scorecard", "Retention", "What the numbers mean"]


def test_headline_figures_stand_beside_those_before(path: Path) -> None:
    head, first, *_ = sheets(path)["Scorecard"]
    assert head[:4] == ["Figure", "30 Jun 1997", "23 Jun 1997", "Change"]
    assert first[:4] == ["Customers", 2357, 2350, 7]


def test_a_rate_that_is_open_is_an_empty_cell_and_no_nought(path: Path) -> None:
    head, *rows = sheets(path)["Retention"]
    rate = head.index("Share who bought")
    assert [row[rate] for row in rows] == [1.0, 0.4, 0.2, 1.0, 0.25, None, 1.0, 0.2]


def test_a_name_that_looks_like_a_formula_is_a_text(path: Path) -> None:
    cell = openpyxl.load_workbook(path)["Retention"]["B8"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert cell.quotePrefix


def test_the_same_facts_give_the_same_bytes(path: Path, tmp_path: Path) -> None:
    for name in ("one.xlsx", "two.xlsx"):
        write_cohorts_workbook(tmp_path / name, facts(), words=words("en"))
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_an_arabic_workbook_runs_from_right_to_left(tmp_path: Path) -> None:
    write_cohorts_workbook(tmp_path / "ar.xlsx", facts(), words=words("ar"))
    book = openpyxl.load_workbook(tmp_path / "ar.xlsx")
    assert all(sheet.sheet_view.rightToLeft for sheet in book)
    assert book.sheetnames[0] == words("ar").say("Scorecard")


def test_a_report_without_tables_still_says_what_its_numbers_mean(tmp_path: Path) -> None:
    write_cohorts_workbook(tmp_path / "bare.xlsx", replace(facts(), tables={}), words=words("en"))
    assert list(sheets(tmp_path / "bare.xlsx")) == ["What the numbers mean"]
