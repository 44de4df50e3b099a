"""The cohort report as a workbook: a sheet a table with real numbers, and what the figures mean."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.data.excel_habits import is_formula_like
from clv_ml.language import Words
from clv_ml.language.values import finite, is_missing, plain
from clv_ml.reports.cell_formats import Formats, day_format, money_format, number_prefix
from clv_ml.reports.cohorts_cells import cell_text, records, row_kind
from clv_ml.reports.cohorts_facts import CohortFacts
from clv_ml.reports.cohorts_headings import columns_of
from clv_ml.reports.cohorts_labels import sheet_names
from clv_ml.reports.cohorts_meanings import meanings
from clv_ml.reports.cohorts_scorecard import figure_kinds

_NUMBERS = {"money", "cents", "share", "points", "count", "number", "ratio", "days", "p"}
_WIDTHS = {"cohort": 24, "dimension": 24, "code": 34, "text": 34, "money": 16}
_SCORECARD = "scorecard"
# an order of magnitude above any real table; a sheet holds 1,048,576
_MOST_ROWS = 100_000


def write_cohorts_workbook(path: Path, facts: CohortFacts, *, words: Words) -> None:
    """Write the workbook; the same facts give the same bytes.

    Every table that has rows is a sheet, in the order of the page; a figure that is open is an empty cell, so that no
    sum or chart takes it for nothing. The last sheet says what the figures mean. Texts are texts to the spreadsheet,
    whatever they begin with.

    Parameters
    ----------
    words
        Language of headings, sheet names, digits and direction.
    """
    import xlsxwriter  # a served model has no use for it

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"} | options
    ) as book:
        title = words.say("Cohorts: what customers bring and cost")
        book.set_properties({"title": title, "created": dt.datetime.combine(facts.as_of, dt.time())})
        book.set_size(2400, 1400)
        formats = Formats(book, words)
        for name, heading in sheet_names(words).items():
            table = facts.table(name)
            if len(table):
                sheet = _sheet(book, heading, words)
                if name == _SCORECARD:
                    _write_scorecard(sheet, table, facts, formats, words)
                else:
                    _write_table(sheet, name, table.head(_MOST_ROWS), facts, formats, words)
        _write_meanings(_sheet(book, words.say("What the numbers mean"), words), facts, formats, words)


def _sheet(book: Any, heading: str, words: Words) -> Any:
    name = "".join(" " if character in "[]:*?/\\'" else character for character in heading)[:31]
    sheet = book.add_worksheet(name)
    if words.direction == "rtl":
        sheet.right_to_left()
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    return sheet


def _write_table(
    sheet: Any, name: str, table: pd.DataFrame, facts: CohortFacts, formats: Formats, words: Words
) -> None:
    known = columns_of(name, list(map(str, table.columns)), words)
    columns = list(known)
    for place, column in enumerate(columns):
        heading, kind = known[column]
        sheet.set_column(place, place, _WIDTHS.get(kind, max(12, min(len(heading), 20))))
        sheet.write_string(0, place, heading, formats.heading)
    sheet.set_row(0, 45)
    sheet.freeze_panes(1, 2 if columns[:1] == ["dimension"] else 1)
    sheet.autofilter(0, 0, max(len(table), 1), max(len(columns) - 1, 0))
    looks = _looks(formats, words, facts.currency)
    for row, record in enumerate(records(table), start=1):
        for place, column in enumerate(columns):
            _write_cell(sheet, row, place, column, known[column][1], record, looks, formats, words, facts.currency)


def _write_cell(
    sheet: Any,
    row: int,
    place: int,
    column: str,
    kind: str,
    record: Mapping[str, Any],
    looks: Mapping[str, Any],
    formats: Formats,
    words: Words,
    currency: str,
) -> None:
    value, kind = record[column], row_kind(kind, record)
    if kind in _NUMBERS:
        amount = finite(value)
        if amount is not None:
            sheet.write_number(row, place, amount, looks[kind])
    elif kind == "day":
        if not is_missing(value):
            sheet.write_datetime(row, place, pd.Timestamp(str(value)).to_pydatetime(), looks["day"])
    elif not is_missing(value):
        text = cell_text(column, kind, record, words, currency)
        look = formats.get(text_wrap=True, quote_prefix=True) if is_formula_like(plain(value)) else looks["text"]
        sheet.write_string(row, place, text, look)


def _write_scorecard(sheet: Any, table: pd.DataFrame, facts: CohortFacts, formats: Formats, words: Words) -> None:
    kinds = figure_kinds(words)
    looks = _looks(formats, words, facts.currency)
    before = facts.previous_as_of
    headings = [words.say("Figure"), words.date(facts.as_of), "" if before is None else words.date(before)]
    headings += [words.say("Change"), words.say("What the numbers mean")]
    for place, (heading, width) in enumerate(zip(headings, (34, 18, 18, 18, 50), strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, heading, formats.heading)
    sheet.freeze_panes(1, 1)
    known = [record for record in records(table) if record["figure"] in kinds]
    for row, record in enumerate(known, start=1):
        label, kind, note = kinds[record["figure"]]
        sheet.write_string(row, 0, label, formats.get(bold=True))
        for place, name in enumerate(("value", "previous", "change"), start=1):
            amount = finite(record.get(name))
            if amount is not None:
                sheet.write_number(row, place, amount, looks[kind])
        sheet.write_string(row, 4, note, looks["text"])


def _write_meanings(sheet: Any, facts: CohortFacts, formats: Formats, words: Words) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 100)
    sheet.hide_gridlines(2)
    for row, fact in enumerate(meanings(facts, words)):
        sheet.set_row(row, 15 * max(1, math.ceil(len(fact.value) / 100)))
        sheet.write_string(row, 0, fact.label, formats.get(bold=True, text_wrap=True))
        sheet.write_string(row, 1, fact.value, formats.get(text_wrap=True))


def _looks(formats: Formats, words: Words, currency: str) -> dict[str, Any]:
    digits = number_prefix(words)
    patterns = {
        "money": money_format(words, currency, decimals=2),
        "cents": money_format(words, currency, decimals=2),
        "share": f"{digits}0.0%",
        "points": f"{digits}0.0%",
        "count": f"{digits}#,##0",
        "number": f"{digits}#,##0.00",
        "ratio": f"{digits}0.0",
        "days": f"{digits}#,##0",
        "p": f"{digits}0.000",
        "day": day_format(words),
    }
    return {kind: formats.get(num_format=pattern) for kind, pattern in patterns.items()} | {
        "text": formats.get(text_wrap=True)
    }
