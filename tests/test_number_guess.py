"""How numbers are written, told from counts."""

import doctest

import pytest

from clv_ml.data import number_guess
from clv_ml.data.number_guess import choose_style, is_number, is_whole


def test_the_examples_hold() -> None:
    assert doctest.testmod(number_guess).failed == 0


@pytest.mark.parametrize(
    ("rows", "cents", "style"),
    [
        ({}, {}, (".", None)),
        ({".": 80}, {".": 80}, (".", None)),
        ({",": 80}, {",": 80}, (",", None)),
        ({",": 9, ".": 80}, {".": 80}, (".", ",")),
        ({",": 80, ".": 9}, {",": 80}, (",", ".")),
        ({",": 80, " ": 9}, {",": 80}, (",", " ")),
        ({".": 80, "'": 9}, {".": 80}, (".", "'")),
        ({",": 30}, {}, (".", ",")),
        ({".": 30}, {}, (",", ".")),
    ],
)
def test_marks_tell_the_style(rows: dict[str, int], cents: dict[str, int], style: tuple[str, str | None]) -> None:
    found = choose_style(rows, cents, filled=100)
    assert (found.decimal, found.thousands) == style


def test_marks_before_three_digits_only_are_told_as_doubtful() -> None:
    assert "three digits" in choose_style({".": 30}, {}, filled=100).doubt
    assert not choose_style({",": 80, ".": 9}, {",": 80}, filled=100).doubt


def test_a_file_of_two_styles_gets_the_commoner_one_without_thousands() -> None:
    found = choose_style({",": 20, ".": 80}, {",": 20, ".": 80}, filled=100)
    assert (found.decimal, found.thousands) == (".", None)


@pytest.mark.parametrize("text", ["12", "-12.50", "1.234,50", "1 234,50", "1'234.50", "1.8e+19", ".5"])
def test_numbers_in_any_style_are_numbers(text: str) -> None:
    assert is_number(text)


@pytest.mark.parametrize("text", ["", "a", "12:30", "2020-01-01", "1.2.3", "31.12.2020", "€ 5"])
def test_other_texts_are_no_numbers(text: str) -> None:
    assert not is_number(text)


def test_the_point_of_a_float_column_is_no_fraction() -> None:
    assert is_whole("17850.0")
    assert not is_whole("17850.5")
