"""The sheet of the worklist: its cells row by row, and how it scrolls, filters and prints."""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Sequence
from typing import Any

from clv_ml.data.excel_habits import is_formula_like
from clv_ml.language import Words
from clv_ml.language.values import plain
from clv_ml.reports.cell_formats import (
    BANDS,
    FILL_IN,
    LINE,
    Formats,
    day_format,
    money_format,
    number_prefix,
    percent_format,
)
from clv_ml.reports.worklist import Column

_LONGEST = 32_767  # characters that a cell can hold
_TURNING = dict.fromkeys(range(0x202A, 0x202F))
_LINE_HEIGHT, _MOST_LINES = 15.0, 8  # points; longer texts are cut by the cell, not by the file
_RULE = {"bottom": 4, "bottom_color": LINE}


def write_worklist(
    sheet: Any, columns: Sequence[Column], bands: Sequence[str], formats: Formats, words: Words, *, currency: str
) -> None:
    """Write headings and rows in order (a workbook in constant memory forgets a row once the next begins).

    Parameters
    ----------
    sheet
        An empty XlsxWriter worksheet.
    bands
        Code of the risk band of each row, for the colour.
    """
    _lay_out(sheet, columns, len(bands), words)
    for place, column in enumerate(columns):
        look = formats.heading_to_fill if column.kind == "fill" else formats.heading
        sheet.write_string(0, place, column.heading, look)
    order = {"reading_order": 2 if words.direction == "rtl" else 1}
    looks = _looks(columns, formats, words, currency, order)
    shades = {band: {"bg_color": BANDS[band]} if band in BANDS else {} for band in set(bands)}
    shaded = {
        band: (
            formats.get(**_RULE, **shade, num_format=percent_format(words)),
            formats.get(**_RULE, **shade, **order, indent=1),
        )
        for band, shade in shades.items()
    }
    blank = formats.get(**_RULE)
    clean = functools.lru_cache(maxsize=4096)(_clean)
    for row, band in enumerate(bands, start=1):
        sheet.set_row(row, _LINE_HEIGHT * _lines(columns, row - 1))
        percent, band_look = shaded[band]
        for place, column in enumerate(columns):
            value, kind = column.values[row - 1], column.kind
            usual, quoted = looks[place]
            if kind == "fill":
                sheet.write_blank(row, place, None, usual)
            elif value is None or value == "":
                sheet.write_blank(row, place, None, blank)
            elif kind == "percent":
                sheet.write_number(row, place, value, percent)
            elif kind in ("whole", "money"):
                sheet.write_number(row, place, value, usual)
            elif kind == "date":
                sheet.write_datetime(row, place, value, usual)
            else:
                exact = kind in ("id", "hidden")  # an id must be found again
                text, risky = (_exact(value), is_formula_like(value)) if exact else clean(value)
                look = band_look if kind == "band" else usual
                sheet.write_string(row, place, text, quoted if risky else look)


def _lay_out(sheet: Any, columns: Sequence[Column], rows: int, words: Words) -> None:
    if words.direction == "rtl":
        sheet.right_to_left()
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width, None, {"hidden": column.kind == "hidden"})
    sheet.set_row(0, 48)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(rows, 1), len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.25, right=0.25, top=0.4, bottom=0.5)
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C&P / &N")
    sheet.print_area(0, 0, max(rows, 1), len(columns) - 2)  # without the number of the list, which is hidden


def _looks(
    columns: Sequence[Column], formats: Formats, words: Words, currency: str, order: dict[str, Any]
) -> list[tuple[Any, Any]]:
    """Return for each column its format, and that of a text which a spreadsheet could take for a formula."""
    digits = number_prefix(words)
    filled = {"contacted_at": day_format(words), "offer_cost": f"{digits}#,##0.00"}
    amounts = [[abs(v) for v in column.values if v is not None] for column in columns if column.kind == "money"]
    whole = max((statistics.median(values) for values in amounts if values), default=0) >= 100
    kinds: dict[str, dict[str, Any]] = {
        "whole": {"num_format": f"{digits}#,##0"},
        "money": {"num_format": money_format(words, currency, decimals=0 if whole else 2)},
        "date": {"num_format": day_format(words), "align": "center"},
        "id": {"num_format": "@", "reading_order": 1, "indent": 1},
        "hidden": {"num_format": "@", "align": "fill"},  # else it shows in the empty cells beside it
        "lines": {"text_wrap": True, "indent": 1} | order,
        "fill": {"bg_color": FILL_IN, "text_wrap": True, "left": 4, "left_color": LINE},
    }
    looks = []
    for column in columns:
        look = _RULE | kinds.get(column.kind, {"text_wrap": True, "indent": 1})
        if column.name in filled:
            look = look | {"num_format": filled[column.name]}
        # the mark of a text that was typed with an apostrophe: it stays one when somebody edits the cell
        looks.append((formats.get(**look), formats.get(**look, quote_prefix=True)))
    return looks


def _lines(columns: Sequence[Column], row: int) -> int:
    """Return how many lines the longest wrapped text of a row takes; spreadsheets do not all find out themselves."""
    most = 1
    for column in columns:
        if column.kind in ("lines", "text") and column.values[row]:
            needed = sum(math.ceil((len(line) or 1) / (column.width - 2)) for line in column.values[row].split("\n"))
            most = max(most, needed)
    return min(most, _MOST_LINES)


def _exact(text: str) -> str:
    """Return an id as it is, but for marks that would show it turned round; the reader finds it again without them."""
    return text.translate(_TURNING).encode("utf-8", "replace").decode()[:_LONGEST]


def _clean(text: str) -> tuple[str, bool]:
    return _exact(plain(text)), is_formula_like(text)
