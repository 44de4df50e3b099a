"""Snapshots split by time: a full horizon lies between the parts, whatever the cutoffs."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clv_ml.models.folds import past_cutoffs, split_by_time

FIRST = dt.date(2023, 1, 1)
CUTOFFS = st.lists(st.integers(0, 500).map(lambda n: FIRST + dt.timedelta(days=n)), min_size=1, max_size=40)


@given(cutoffs=CUTOFFS, embargo=st.integers(1, 200))
def test_every_label_is_complete_when_the_next_part_begins(cutoffs: list[dt.date], embargo: int) -> None:
    folds = split_by_time(cutoffs, embargo_days=embargo)
    parts = [[cutoffs[row] for row in part] for part in (folds.fit, folds.stop, folds.judge)]
    used = [part for part in parts if part]
    assert used[0] == parts[0]  # there is always something to fit on
    for earlier, later in itertools.pairwise(used):
        assert max(earlier) + dt.timedelta(days=embargo) <= min(later)
    assert set(parts[0]) == set(folds.fit_cutoffs)
    assert set(parts[1]) == {folds.stop_cutoff} - {None}
    assert set(parts[2]) == {folds.judge_cutoff} - {None}
    assert (folds.judge_cutoff is None) or folds.stop_cutoff is not None


@given(cutoffs=CUTOFFS, embargo=st.integers(1, 200), seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(cutoffs: list[dt.date], embargo: int, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(cutoffs))
    straight = split_by_time(cutoffs, embargo_days=embargo)
    shuffled = split_by_time([cutoffs[row] for row in order], embargo_days=embargo)
    for part in ("fit", "stop", "judge"):
        assert sorted(order[getattr(shuffled, part)]) == getattr(straight, part).tolist()


def test_parts_fall_away_from_the_end_as_the_history_gets_short() -> None:
    monthly = [FIRST + dt.timedelta(days=30 * n) for n in range(7)]
    three = split_by_time(monthly, embargo_days=90)
    assert (three.fit_cutoffs, three.stop_cutoff, three.judge_cutoff) == ((monthly[0],), monthly[3], monthly[6])
    two = split_by_time(monthly[:6], embargo_days=90)
    assert (two.fit_cutoffs, two.stop_cutoff, two.judge_cutoff) == (tuple(monthly[:3]), monthly[5], None)
    one = split_by_time(monthly[:3], embargo_days=90)
    assert (one.fit_cutoffs, one.stop_cutoff, one.judge_cutoff) == (tuple(monthly[:3]), None, None)


@given(horizon=st.integers(1, 200), every=st.integers(1, 100), at_most=st.integers(1, 20), history=st.integers(0, 900))
def test_a_model_learns_only_from_cutoffs_whose_horizon_is_over(
    horizon: int, every: int, at_most: int, history: int
) -> None:
    cutoff = FIRST + dt.timedelta(days=history)
    days = past_cutoffs(cutoff, FIRST, horizon_days=horizon, every_days=every, at_most=at_most)
    assert list(days) == sorted(set(days))
    assert len(days) <= at_most
    for day in days:
        assert day + dt.timedelta(days=horizon) <= cutoff
        assert day - dt.timedelta(days=every) >= FIRST
    if days:
        assert days[-1] + dt.timedelta(days=horizon) == cutoff


def test_past_cutoffs_of_a_year() -> None:
    days = past_cutoffs(dt.date(1997, 12, 31), dt.date(1997, 1, 1), horizon_days=90, every_days=30, at_most=12)
    assert days[0] == dt.date(1997, 2, 4)
    assert days[-1] == dt.date(1997, 10, 2)
    assert len(days) == 9
