"""Cutoffs and horizons that suit a history."""

import datetime as dt

import pytest

from clv_ml.pipeline.proposed_periods import Day, choose_periods, find_ends

FIRST = dt.date(2023, 1, 1)


def _days(count: int, *, rows: int = 100, minute: int = 1200) -> list[Day]:
    return [(FIRST + dt.timedelta(days=n), rows, minute) for n in range(count)]


def test_a_last_day_like_the_others_is_complete() -> None:
    ends = find_ends(_days(100))
    assert ends.complete == ends.last == FIRST + dt.timedelta(days=99)
    assert (ends.before, ends.after) == (0, 0)


def test_a_day_with_far_fewer_rows_than_its_weekday_is_not_complete() -> None:
    days = _days(100)
    days[-1] = (days[-1][0], 30, 1200)
    ends = find_ends(days)
    assert ends.complete == days[-2][0]
    assert ends.last == days[-1][0]
    assert "has 30 rows where Mondays have 100" in ends.why


def test_a_day_that_ends_early_is_not_complete() -> None:
    days = _days(100)
    days[-1] = (days[-1][0], 90, 770)
    ends = find_ends(days)
    assert ends.complete == days[-2][0]
    assert "ends at 12:50, the days before it at 20:00 or later" in ends.why


def test_days_of_few_rows_come_and_go_by_chance() -> None:
    days = _days(100, rows=3)
    days[-1] = (days[-1][0], 1, 0)
    assert find_ends(days).complete == days[-1][0]


def test_few_rows_long_before_or_after_all_others_are_mistaken_dates() -> None:
    days = [(dt.date(1970, 1, 1), 1, 0), *_days(100), (dt.date(2099, 1, 1), 2, 0)]
    ends = find_ends(days)
    assert (ends.first, ends.last) == (FIRST, FIRST + dt.timedelta(days=99))
    assert (ends.before, ends.after) == (1, 2)


def test_one_day_is_a_history_too() -> None:
    assert find_ends([(FIRST, 1, 0)]).complete == FIRST


@pytest.mark.parametrize(
    ("span", "gap", "horizons"),
    [
        (730, 8, (30,)),
        (730, 45, (30, 60)),
        (730, 85, (30, 60, 90)),
        (730, 150, (60, 90, 180)),
        (540, 150, (30, 60, 90)),
        (3000, 300, (90, 180, 365)),
        (100, 45, (14,)),
        (10, 45, (7,)),
    ],
)
def test_the_horizon_is_longer_than_most_gaps_and_leaves_room_to_learn(
    span: int, gap: float, horizons: tuple[int, ...]
) -> None:
    periods = choose_periods(find_ends(_days(span)), [gap / 2, gap], again=500, customers=900)
    assert periods.horizons == horizons
    assert periods.eligible == 2 * horizons[-1]
    assert ("leaves no room" in periods.why_horizons) == (horizons[-1] < gap)


def test_a_history_too_short_to_judge_is_told() -> None:
    assert "10 days of history" in choose_periods(find_ends(_days(10)), [], again=0, customers=3).note
    assert not choose_periods(find_ends(_days(365)), [10.0, 30.0], again=5, customers=9).note


def test_the_judged_cutoff_has_a_complete_future_and_snapshots_before_it() -> None:
    ends = find_ends(_days(400))
    periods = choose_periods(ends, [30.0, 80.0], again=500, customers=900)
    assert periods.judged_from + dt.timedelta(days=periods.horizons[-1]) == ends.complete
    assert "learns from 12 past cutoffs" in periods.why_snapshots
