"""What spreadsheets write is read as it was meant: days, amounts, texts."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv_ml.data.excel_habits import (
    bare,
    day_comes_first,
    decimal,
    is_formula_like,
    moment,
    serial_day,
    unguarded,
    western_digits,
)

FOURTH_OF_MARCH = dt.datetime(2025, 3, 4)


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-04",
        "2025-03-04 00:00:00",
        "2025-03-04T00:00:00.000",
        "2025/03/04",
        "4.3.2025",
        "04.03.25",
        "4-Mar-2025",
        "4-Mar-25",
        "Mar 4, 2025",
        "4 March 2025",
        "45720",
        "٢٠٢٥/٠٣/٠٤",
        "\u200f2025-03-04\u200f",
        " 2025-03-04\u00a0",
    ],
)
def test_the_same_day_in_many_hands(text: str) -> None:
    assert moment(text, day_first=None) == FOURTH_OF_MARCH


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-04 14:30", dt.datetime(2025, 3, 4, 14, 30)),
        ("2025-03-04T14:30:05Z", dt.datetime(2025, 3, 4, 14, 30, 5)),
        ("2025-03-04 00:30:00+02:00", dt.datetime(2025, 3, 3, 22, 30)),
        ("4/13/2025 2:30 PM", dt.datetime(2025, 4, 13, 14, 30)),
        ("13/4/2025 12:05 am", dt.datetime(2025, 4, 13, 0, 5)),
        ("45720.5", dt.datetime(2025, 3, 4, 12)),
        ("45720,5", dt.datetime(2025, 3, 4, 12)),
        ("3/3/2025", dt.datetime(2025, 3, 3)),
    ],
)
def test_times_are_kept(text: str, expected: dt.datetime) -> None:
    assert moment(text, day_first=None) == expected


@pytest.mark.parametrize(
    "text", ["soon", "31.02.2025", "13/13/2025", "12:30", "20250304", "2025-03-04 late", "1/1/1900", "0", "99999999"]
)
def test_what_is_no_day_is_said_to_be_none(text: str) -> None:
    assert moment(text, day_first=None) == "unreadable_date"


def test_a_day_that_two_people_read_differently_is_left_to_those_who_know() -> None:
    assert moment("3/4/2025", day_first=None) == "ambiguous_date"
    assert moment("3/4/2025", day_first=True) == dt.datetime(2025, 4, 3)
    assert moment("3/4/2025", day_first=False) == FOURTH_OF_MARCH
    assert day_comes_first(["3/4/2025", "13/4/2025"]) is True
    assert day_comes_first(["3/4/2025", "4/13/2025"]) is False
    assert day_comes_first(["3/4/2025", "2025-04-13"]) is None
    assert day_comes_first(["13/4/2025", "4/13/2025"]) is None


@given(day=st.dates(dt.date(1991, 1, 1), dt.date(2190, 12, 31)))
def test_every_day_comes_back_in_every_form(day: dt.date) -> None:
    expected = dt.datetime.combine(day, dt.time())
    serial = (day - dt.date(1899, 12, 30)).days
    assert serial_day(serial) == expected
    assert moment(f"{day:%d/%m/%Y}", day_first=True) == expected
    assert moment(f"{day.month}/{day.day}/{day.year}", day_first=False) == expected
    for text in (day.isoformat(), f"{day} 00:00:00", f"{day:%d.%m.%Y}"):
        assert moment(text, day_first=None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12.0),
        ("12.5", 12.5),
        ("12,5", 12.5),
        ("1.234,50", 1234.5),
        ("1,234.50", 1234.5),
        ("1.234.567", 1234567.0),
        ("1,234", 1234.0),
        ("0,125", 0.125),
        ("1 234,50 €", 1234.5),
        ("€ 12.50", 12.5),
        ("EUR 12.50", 12.5),
        ("1'234.50", 1234.5),
        ("-3", -3.0),
        ("−3", -3.0),
        ("١٢٫٥", 12.5),
        ("١٬٢٣٤٫٥", 1234.5),
        (".5", None),
        ("12 or 13", None),
        ("free", None),
        ("1.2.3,4,5", None),
        ("", None),
    ],
)
def test_amounts_in_many_hands(text: str, expected: float | None) -> None:
    assert decimal(text) == expected


def test_texts_lose_what_the_eye_does_not_see_and_keep_the_rest() -> None:
    assert bare("\ufeff\u200f 00123\u00a0\x01") == "00123"
    assert bare("cafe\u0301 bar") == "café bar"
    assert western_digits("٠١٢۳x") == "0123x"
    assert unguarded("'=1+1") == "=1+1"
    assert unguarded("'s-Gravenhage") == "'s-Gravenhage"
    assert [is_formula_like(text) for text in ("=1", " =1", "\u200b@x", "a=1", "")] == [True, True, True, False, False]
