"""Numbers as a language writes them, with the symbols and patterns of CLDR.

Babel's own formatting takes 20 microseconds a number; a long list has a million of them. Here a number is written by
Python and its characters are exchanged, which gives what Babel gives.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

LATIN = "0123456789"
_NO_BREAK = "\u00a0"
_MINUS = "−"  # a hyphen breaks from its number at the end of a line


class Numerals:
    """How one language writes numbers, percentages and amounts of money.

    Parameters
    ----------
    locale
        The language as Babel knows it.
    digits
        The ten digits from zero; other than Latin ones come with the other symbols of their own.
    """

    def __init__(self, locale: Locale, digits: str = LATIN) -> None:
        # some numbering systems name only the signs in which they differ
        symbols = {**locale.number_symbols["latn"], **locale.number_symbols.get(_system(locale, digits), {})}
        self._minus: str = symbols["minusSign"].replace("-", _MINUS)
        self._characters = str.maketrans(
            {**dict(zip(LATIN, digits, strict=True)), ",": symbols["group"], ".": symbols["decimal"]}
        )
        self._grouping: tuple[int, int] = locale.decimal_formats[None].grouping
        # what English writes, Python has written already
        self._as_python = self._grouping == (3, 3) and (LATIN + ",.").translate(self._characters) == LATIN + ",."
        percent = locale.percent_formats[None]
        self._percent = [part.replace("%", symbols["percentSign"]) for part in (percent.prefix[0], percent.suffix[0])]
        money = locale.currency_formats["standard"]
        self._money: tuple[str, str] = (money.prefix[0], money.suffix[0])
        self._currency_places: dict[str, tuple[str, str]] = {}
        self._own_currencies: dict[str, str] = {
            code: sign for code, sign in locale.currency_symbols.items() if _runs_left(sign)
        }

    def number(self, amount: float, decimals: int) -> str:
        """Return the number with that many decimals."""
        return f"{self._sign(amount, decimals)}{self._digits(amount, decimals)}"

    def ungrouped(self, amount: float) -> str:
        """Return a number without groups, with up to four decimals."""
        written = f"{abs(amount):.4f}".rstrip("0").rstrip(".")
        return f"{self._sign(amount, 4)}{written.translate(self._characters)}"

    def percent(self, share: float, decimals: int = 0) -> str:
        """Return a share as a percentage, a whole one unless told."""
        before, after = self._percent
        return f"{before}{self.number(100 * share, decimals)}{after}"

    def currency(self, currency: str) -> str:
        """Return a currency as it stands in this language: a code that has a sign in the own letters as that sign."""
        return self._own_currencies.get(currency, currency)

    def money(self, amount: float, currency: str, decimals: int) -> str:
        """Return an amount with its currency where the language puts it."""
        before, after = self._places(currency) if currency else ("", "")
        return f"{self._sign(amount, decimals)}{before}{self._digits(amount, decimals)}{after}"

    def _places(self, currency: str) -> tuple[str, str]:
        """Return what stands before and after the digits of an amount."""
        if currency not in self._currency_places:
            before, after = (part.replace("-", "").replace("¤", currency) for part in self._money)
            if before[-1:].isalnum():  # CLDR keeps letters apart from the digits
                before += _NO_BREAK
            if after[:1].isalnum():
                after = _NO_BREAK + after
            self._currency_places[currency] = before, after
        return self._currency_places[currency]

    def local(self, text: str) -> str:
        """Return a text whose digits are Latin with the digits of the language."""
        return "".join(self._characters[ord(c)] if c in LATIN else c for c in text)

    def _sign(self, amount: float, decimals: int) -> str:
        if amount >= 0:
            return ""
        return self._minus if round(-amount, decimals) > 0 else ""

    def _digits(self, amount: float, decimals: int) -> str:
        written = f"{abs(amount):,.{decimals}f}"
        if self._as_python:
            return written
        if self._grouping != (3, 3):
            written = _regrouped(written, *self._grouping)
        return written.translate(self._characters)


def _system(locale: Locale, digits: str) -> str:
    """Name the numbering system whose signs for the decimal point and the like go with the digits."""
    if digits == LATIN:
        return "latn"
    usual: str = locale.default_numbering_system
    native: str = locale.other_numbering_systems.get("native", usual)
    return native if usual == "latn" else usual


def _regrouped(written: str, first: int, others: int) -> str:
    """Return a number with groups of other lengths, such as 12,34,567 in India."""
    whole, point, rest = written.replace(",", "").partition(".")
    groups = [whole[-first:]]
    whole = whole[:-first]
    while whole:
        groups.insert(0, whole[-others:])
        whole = whole[:-others]
    return ",".join(groups) + point + rest


def _runs_left(sign: str) -> bool:
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in sign)
