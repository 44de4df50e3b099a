"""Numerals: what Babel writes, in local digits, without its cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from babel import Locale, localedata
from babel.numbers import format_currency, format_decimal, format_percent

from clv_ml.language.numerals import LATIN, Numerals

ARABIC_DIGITS, PERSIAN_DIGITS, DEVANAGARI_DIGITS = "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९"
AMOUNTS = (0, 1, 12, 999, 1000, 1234, 99999, 1234567, 12345678901, 0.5, 0.25, 1234.75, 99999.99, -1, -1234.5)
# every language that a retention team here may read, and those that group or sign in ways of their own
LANGUAGES = ("en", "de", "fr", "fr_CH", "es", "pt_BR", "pl", "ru", "tr", "sv", "he", "hi", "ar_AE", "ja", "id", "lt")


def latin(code: str) -> Numerals:
    return Numerals(Locale.parse(code))


def as_babel(text: str, code: str, digits: str = LATIN, system: str = "latn") -> str:
    """Babel's text with local digits, and with CLDR's sign for minus, which Babel leaves out, as a real minus."""
    minus: str = Locale.parse(code).number_symbols[system]["minusSign"].replace("-", "−")
    return text.replace("-", minus).translate(str.maketrans(LATIN, digits))


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("decimals", [0, 2])
def test_numbers_are_those_of_babel(code: str, decimals: int) -> None:
    pattern = Locale.parse(code).decimal_formats[None].pattern.partition(".")[0] + (".00" if decimals else "")
    for amount in AMOUNTS:
        amount = round(amount, decimals)
        assert latin(code).number(amount, decimals) == as_babel(format_decimal(amount, pattern, locale=code), code), (
            amount
        )


@pytest.mark.parametrize(
    ("code", "digits", "system"), [("ar", ARABIC_DIGITS, "arab"), ("fa", PERSIAN_DIGITS, "arabext")]
)
def test_local_digits_come_with_local_signs(code: str, digits: str, system: str) -> None:
    local = Numerals(Locale.parse(code), digits)
    for amount in AMOUNTS:
        expected = format_decimal(amount, "#,##0.00", locale=code, numbering_system=system)
        assert local.number(amount, 2) == as_babel(expected, code, digits, system)
    expected = format_percent(0.256, locale=code, numbering_system=system)
    # Babel's own percentages have the Latin sign
    sign: str = Locale.parse(code).number_symbols[system]["percentSign"]
    assert local.percent(0.256) == as_babel(expected, code, digits, system).replace("%", sign)


def test_indian_groups_and_digits() -> None:
    assert Numerals(Locale.parse("hi"), DEVANAGARI_DIGITS).number(1234567.5, 2) == "१२,३४,५६७.५०"
    assert latin("hi").number(999, 0) == "999"


@pytest.mark.parametrize("code", LANGUAGES)
def test_amounts_stand_where_babel_puts_them(code: str) -> None:
    for amount in (0, 12.5, 1234567.25):
        ours = latin(code).money(amount, "€", 2)
        babels = format_currency(amount, "€", locale=code)  # no code, so it is shown as it is
        assert ours == as_babel(babels, code)


def test_the_sign_stands_before_the_amount_and_its_currency() -> None:
    assert latin("en").money(-3, "$", 2) == "−$3.00"
    assert latin("de").money(-3, "€", 2) == "−3,00\u00a0€"
    assert latin("en").money(-0.001, "$", 2) == "$0.00"


def test_letters_are_kept_apart_from_the_digits() -> None:
    assert latin("en").money(3, "USD", 2) == "USD\u00a03.00"
    assert latin("en").money(3, "", 2) == "3.00"


def test_a_currency_in_the_language_s_own_letters_takes_the_place_of_its_code() -> None:
    assert latin("ar").currency("EGP") == "ج.م.\u200f"
    assert [latin("ar").currency(name) for name in ("USD", "GBP", "points", "")] == ["USD", "GBP", "points", ""]
    assert latin("en").currency("USD") == "USD"  # as the config names it


def test_a_number_without_groups_is_an_age_or_a_year() -> None:
    assert [latin("en").ungrouped(x) for x in (1994, 43.0, 0.5, -2, 1e6)] == ["1994", "43", "0.5", "−2", "1000000"]
    assert Numerals(Locale.parse("ar"), ARABIC_DIGITS).ungrouped(1994.5) == "١٩٩٤٫٥"


@pytest.mark.parametrize("code", sorted(localedata.locale_identifiers())[::7])
def test_no_language_that_cldr_knows_is_refused(code: str) -> None:
    written: list[Any] = [latin(code).number(1234.5, 2), latin(code).percent(0.5), latin(code).money(-1, "€", 2)]
    assert all(written)


def test_random_amounts_are_those_of_babel() -> None:
    amounts = np.random.default_rng(0).lognormal(5, 3, 300).round(2)
    for amount in amounts.tolist():
        assert latin("de").number(amount, 2) == format_decimal(amount, "#,##0.00", locale="de")
