"""How the cells of a workbook look: numbers, money and days in the digits of a language, bands in colour."""

from __future__ import annotations

import re
import unicodedata
from locale import windows_locale
from typing import Any

from clv_ml.language import Words

BANDS = {"very high": "#F4B6A6", "high": "#FAD7C8", "medium": "#FFF0C2", "low": "#DDEEDD"}
"""Fill of each risk band, light enough for black text (contrast above 10:1)."""
INK, PAPER, FILL_IN, LINE = "#1F2933", "#FFFFFF", "#FFFBE6", "#C5CDD5"
# scripts as spreadsheets number them in the prefix of a format, by their zero
_SCRIPTS = {"٠": "2", "۰": "3", "०": "4", "০": "5", "੦": "6", "૦": "7", "୦": "8", "௦": "9", "๐": "D"}


def number_prefix(words: Words, *, day: bool = False) -> str:
    """Return what a number format begins with so that its digits are those of the language; often nothing.

    ``[$-NNCCLLLL]`` in hexadecimal: script, calendar and language (ECMA-376 part 1, 18.8.31).
    """
    script = _SCRIPTS.get(words.number(0, 0))
    if script is None:
        return ""
    calendar = "01" if day else "00"  # 01: Gregorian, whatever the computer's own is
    return f"[$-{script}{calendar}{_language_number(words.code):04X}]"


def day_format(words: Words) -> str:
    """Return the number format of a day: month by name where digits are 0-9, else year/month/day."""
    prefix = number_prefix(words, day=True)
    return f"{prefix}yyyy/mm/dd" if prefix else "d mmm yyyy"


def percent_format(words: Words) -> str:
    """Return the number format of a probability, which claims no certainty by rounding."""
    if number_prefix(words):
        return f"{number_prefix(words)}0.0%"  # the signs > and < are easily misread beside text from right to left
    return '[>0.99]">99%";[<0.01]"<1%";0%'


def money_format(words: Words, currency: str, *, decimals: int) -> str:
    """Return the number format of an amount, with its currency where the language puts it."""
    shown = "".join(c for c in words.money(1000, currency, 0) if unicodedata.category(c) != "Cf")
    before, after = re.split(r"\d.*\d", shown, maxsplit=1) if currency else ("", "")
    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    return f"{number_prefix(words)}{_literal(before)}{digits}{_literal(after)}"


class Formats:
    """The formats of one workbook, each made once.

    Parameters
    ----------
    book
        An :class:`xlsxwriter.Workbook`.
    words
        Language whose digits and direction the cells have.
    """

    def __init__(self, book: Any, words: Words) -> None:
        self._book = book
        self._words = words
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def get(self, **properties: Any) -> Any:
        """Return the format with these properties of XlsxWriter, on top of those that all cells share."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            shared = {"valign": "top", "font_name": "Calibri", "font_size": 11, "font_color": INK}
            self._made[key] = self._book.add_format(shared | properties)
        return self._made[key]

    @property
    def heading(self) -> Any:
        """Heading of a column of the list."""
        return self.get(bold=True, font_color=PAPER, bg_color="#334E68", text_wrap=True, valign="vcenter", border=1)

    @property
    def heading_to_fill(self) -> Any:
        """Heading of a column to fill in."""
        return self.get(bold=True, font_color=INK, bg_color="#F7D070", text_wrap=True, valign="vcenter", border=1)


def _language_number(code: str) -> int:
    """Return the number of a language in Windows, of any of its countries where the code names none."""
    exact = [number for number, name in windows_locale.items() if name == code]
    return min(exact or [number for number, name in windows_locale.items() if name.split("_")[0] == code], default=0)


def _literal(text: str) -> str:
    return '"' + text.replace('"', "") + '"' if text else ""
