"""The list as a workbook to work through, fill in and hand back: those to contact, in the order of their rank."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.data.contact_words import CODES_SHEET, channel_words, column_words, outcome_words
from clv_ml.language import Words
from clv_ml.reports.cell_formats import Formats
from clv_ml.reports.workbook_about import about_rows
from clv_ml.reports.worklist import Column, worklist_columns
from clv_ml.reports.worklist_sheet import write_worklist

MAX_ROWS = 20_000


def write_workbook(
    path: Path,
    listed: pd.DataFrame,
    *,
    whole: pd.DataFrame | None = None,
    words: Words,
    conventions: Mapping[str, Any],
    details: pd.DataFrame | None = None,
    max_rows: int = MAX_ROWS,
    full_list: str = "risk_list.csv",
) -> None:
    """Write the workbook; the same list gives the same bytes.

    The first sheet holds the customers to contact and nobody else (those in control, excluded or beyond capacity are
    counted on the second sheet), with columns to fill in and a hidden column that names the list. A hidden sheet says
    which local word stands for which code, so that :func:`clv_ml.data.contacts.read_contacts` can read the outcome in
    any language. Every text is a text to the spreadsheet, whatever it begins with; ids keep zeros and length.

    Parameters
    ----------
    listed
        The list, sorted by rank.
    whole
        Where `listed` holds the first `max_rows` rows of a longer list: all rows, with the columns that are counted
        (action_status and what is assumed of each row).
    words
        Language of headings, choices, digits and direction; reasons and actions are in the language of the list.
    conventions
        ``currency``, ``horizon_days``, ``clv_horizon_days``, and what else the second sheet tells.
    details
        Any of name, phone, email, indexed by customer_id, to stand behind the id.
    max_rows
        Customers on the sheet at most; the second sheet says where the others are.
    full_list
        Name of the file with everybody.
    """
    contacts = listed[listed["action_status"] == "contact"]
    shown = contacts.head(max_rows)
    columns = worklist_columns(shown, details, words)
    as_of = dt.date.fromisoformat(str(listed["as_of"].iloc[0])) if len(listed) else dt.date(2000, 1, 1)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    import xlsxwriter  # a served model has no use for it

    with xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"} | options
    ) as book:
        book.set_properties(
            {"title": words.say("Customers to contact"), "created": dt.datetime.combine(as_of, dt.time())}
        )
        book.set_size(2400, 1400)
        formats = Formats(book, words)
        sheet = book.add_worksheet(_sheet_name(words.say("Customers to contact")))
        about = book.add_worksheet(_sheet_name(words.say("About this list")))
        codes = book.add_worksheet(CODES_SHEET)
        choices = _write_codes(codes, columns, str(shown["refresh_id"].iloc[0]) if len(shown) else "", words)
        bands = shown["risk_band"].astype("str").tolist()
        write_worklist(sheet, columns, bands, formats, words, currency=str(conventions.get("currency", "")))
        _validate(sheet, columns, len(shown), choices, as_of, words)
        every = listed if whole is None else whole
        lines = about_rows(every, len(shown), words, conventions, full_list=full_list)
        _write_about(about, lines, formats, words)


def _write_codes(sheet: Any, columns: list[Column], refresh_id: str, words: Words) -> dict[str, str]:
    """Write what the local words mean, and return the cells that hold the choices of a column."""
    sheet.very_hidden()
    choices = {"outcome": outcome_words(words), "channel": channel_words(words)}
    lines = [("kind", "code", "word"), ("refresh_id", refresh_id, ""), ("language", words.code, "")]
    lines += [("column", name, word) for name, word in column_words(words).items()]
    ranges = {}
    for kind, known in choices.items():
        first = len(lines) + 1
        lines += [(kind, code, word) for code, word in known.items()]
        ranges[kind] = f"={CODES_SHEET}!$C${first}:$C${len(lines)}"
    for row, line in enumerate(lines):
        for place, text in enumerate(line):
            sheet.write_string(row, place, text)
    return ranges


def _validate(
    sheet: Any, columns: list[Column], rows: int, choices: Mapping[str, str], as_of: dt.date, words: Words
) -> None:
    """Offer days, outcomes and channels; what is not offered can be written all the same, after a question."""
    places = {column.name: place for place, column in enumerate(columns)}
    rules: dict[str, dict[str, Any]] = {
        "contacted_at": {
            "validate": "date",
            "criteria": ">=",
            "value": as_of,
            "error_title": words.say("Not a day of this list"),
            "error_message": words.say("Write the day of the contact as a date, not before the day of the list."),
        },
        "outcome": {
            "validate": "list",
            "source": choices["outcome"],
            "error_title": words.say("Not one of the choices"),
            "error_message": words.say("Choose an outcome, so that it can be counted; write the rest under notes."),
        },
        "channel": {"validate": "list", "source": choices["channel"], "show_error": False},
        "offer_cost": {
            "validate": "decimal",
            "criteria": ">=",
            "value": 0,
            "error_title": words.say("Not an amount"),
            "error_message": words.say("Write what the offer cost as a number, without a currency."),
        },
    }
    if rows:
        for name, rule in rules.items():
            texts = {
                "error_title": rule.get("error_title", "")[:32],
                "error_message": rule.get("error_message", "")[:255],
            }
            sheet.data_validation(1, places[name], rows, places[name], {"error_type": "warning"} | rule | texts)


def _write_about(sheet: Any, rows: list[tuple[str, str]], formats: Formats, words: Words) -> None:
    if words.direction == "rtl":
        sheet.right_to_left()
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 90)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.hide_gridlines(2)
    order = {"reading_order": 2 if words.direction == "rtl" else 1}
    for row, (label, text) in enumerate(rows):
        if text:
            sheet.set_row(row, 15 * max(math.ceil(len(label) / 36), math.ceil(len(text) / 95)))
            sheet.write_string(row, 0, label, formats.get(bold=True, text_wrap=True, **order))
            sheet.write_string(row, 1, text, formats.get(text_wrap=True, **order))
        else:
            sheet.set_row(row, 30)
            sheet.write_string(row, 0, label, formats.get(bold=True, font_size=14, valign="bottom", **order))


def _sheet_name(text: str) -> str:
    """Return a name that spreadsheets accept: of at most 31 characters, without brackets, quotes and the like."""
    return "".join(" " if character in "[]:*?/\\'" else character for character in text)[:31]
