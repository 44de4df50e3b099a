"""How moments are written, told from counts and from the order in a file."""

import doctest

import pytest

from clv_ml.data import moment_guess
from clv_ml.data.moment_guess import choose_patterns, fitting_patterns, is_moment


def test_the_examples_hold() -> None:
    assert doctest.testmod(moment_guess).failed == 0


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("31/12/2020", "%d/%m/%Y"),
        ("31.12.2020 23:59", "%d.%m.%Y %H:%M"),
        ("12/31/20 1:05 PM", "%m/%d/%y %I:%M %p"),
        ("19970101", "%Y%m%d"),
        ("5 Mar 2020", "%d %b %Y"),
        ("March 5, 2020", "%B %d, %Y"),
        ("2020年1月2日", "%Y年%m月%d日"),
    ],
)
def test_a_shape_tells_the_pattern(text: str, pattern: str) -> None:
    assert pattern in fitting_patterns([text])
    assert is_moment(text)


@pytest.mark.parametrize("text", ["2020-01-02", "2020/1/2 9:05", "2020-01-02T10:00:00+02:00", "2020-01-02 10:00:00.5"])
def test_iso_8601_needs_no_pattern(text: str) -> None:
    assert fitting_patterns([text]) == ()
    assert is_moment(text)


@pytest.mark.parametrize("text", ["12.50", "4711", "1.234.567", "abc", "", "99999999", "1-2"])
def test_other_texts_are_no_moments(text: str) -> None:
    assert not is_moment(text)


def test_rows_that_fit_one_order_only_decide_it() -> None:
    found = choose_patterns({"%d/%m/%Y": 40, "%m/%d/%Y": 100}, iso=0, filled=100, texts=["01/13/2020"], day_first=True)
    assert found.patterns == ("%m/%d/%Y",)
    assert "60 can be read only with the month first" in found.why
    assert not found.doubt


def test_without_such_rows_the_order_in_which_days_ascend_decides_and_doubt_is_told() -> None:
    texts = [f"{day:02}/{month:02}/2020" for month in range(1, 13) for day in (1, 5, 9)]
    counts = {"%d/%m/%Y": 36, "%m/%d/%Y": 36}
    found = choose_patterns(counts, iso=0, filled=36, texts=texts, day_first=False)
    assert found.patterns == ("%d/%m/%Y",)
    assert '"%m/%d/%Y"' in found.doubt


@pytest.mark.parametrize("day_first", [True, False])
def test_where_nothing_tells_the_habit_decides(day_first: bool) -> None:
    counts = {"%d/%m/%Y": 1, "%m/%d/%Y": 1}
    found = choose_patterns(counts, iso=0, filled=1, texts=["01/02/2020"], day_first=day_first)
    assert found.patterns == (("%d/%m/%Y",) if day_first else ("%m/%d/%Y",))
    assert found.doubt


def test_several_patterns_are_kept_with_one_order_of_day_and_month() -> None:
    counts = {"%d/%m/%Y": 5, "%m/%d/%Y": 2, "%d/%m/%Y %H:%M": 3, "%m/%d/%Y %H:%M": 3, "%Y%m%d": 4}
    found = choose_patterns(counts, iso=7, filled=19, texts=["13/01/2020"], day_first=False)
    assert found.patterns == ("%d/%m/%Y", "%d/%m/%Y %H:%M", "%Y%m%d")
    assert found.why.startswith("19 of 19 rows")
