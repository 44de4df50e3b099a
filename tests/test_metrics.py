"""Metrics: against scikit-learn, by hand, and the properties that hold for any data."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as reference

from clv_ml.errors import DataError
from clv_ml.evaluation import metrics

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]

# Few distinct scores, so that ties are everywhere.
SCORES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 0.9, 1.0])


@st.composite
def scored_customers(draw: st.DrawFn) -> tuple[Floats, Floats, Floats]:
    n = draw(st.integers(2, 60))
    y = draw(arrays(np.float64, n, elements=st.sampled_from([0.0, 1.0])))
    p = draw(arrays(np.float64, n, elements=SCORES))
    value = draw(arrays(np.float64, n, elements=st.floats(0, 1e4, allow_subnormal=False)))
    return y, p, value


def simulated(seed: int, *, ties: bool) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    p = rng.beta(2, 1, 2000)
    y = (rng.random(2000) < p).astype(np.float64)
    return y, np.round(p, 1) if ties else p


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ranking_and_probability_metrics_equal_scikit_learn(seed: int, ties: bool) -> None:
    y, p = simulated(seed, ties=ties)
    assert metrics.auc(y, p) == pytest.approx(reference.roc_auc_score(y, p), abs=1e-12)
    assert metrics.pr_auc(y, p) == pytest.approx(reference.average_precision_score(y, p), abs=1e-12)
    assert metrics.brier(y, p) == pytest.approx(reference.brier_score_loss(y, p), abs=1e-12)
    assert metrics.log_loss(y, p) == pytest.approx(reference.log_loss(y, p), rel=1e-9)


def test_auc_of_a_constant_score_is_one_half() -> None:
    assert metrics.auc([0, 1, 1], [0.3, 0.3, 0.3]) == 0.5


def test_one_class_and_no_rows_give_nan() -> None:
    assert math.isnan(metrics.auc([1, 1], [0.2, 0.3]))
    assert math.isnan(metrics.auc([0, 0], [0.2, 0.3]))
    assert math.isnan(metrics.pr_auc([0, 0], [0.2, 0.3]))
    assert math.isnan(metrics.lift_at([0, 0], [0.2, 0.3]))
    row = metrics.classification_metrics([], [], [])
    assert row.pop("n") == 0
    assert all(math.isnan(value) for value in row.values())


def test_one_row_is_measured() -> None:
    row = metrics.classification_metrics([1], [0.75], [5.0])
    assert (row["n"], row["prevalence"], row["brier"], row["ece"]) == (1, 1, 0.0625, 0.25)
    assert row["lift_at_10"] == pytest.approx(1.0)
    assert row["value_at_10"] == pytest.approx(0.1)


def test_lift_and_value_by_hand() -> None:
    y = [1, 1, 0, 0, 1, 0, 0, 0, 0, 0]
    p = [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
    value = [10.0, 30.0, 99.0, 99.0, 60.0, 99.0, 99.0, 99.0, 99.0, 99.0]
    assert metrics.lift_at(y, p) == pytest.approx(1 / 0.3)
    assert metrics.value_at(y, p, value) == pytest.approx(0.1)
    assert metrics.value_at(y, p, value, k=0.2) == pytest.approx(0.4)
    assert metrics.value_at(y, p, value, k=1.0) == 1.0


def test_a_tied_group_at_the_border_is_shared_in_expectation() -> None:
    # The top 20 % is one place; two tied customers, one of them leaving, have half a leaver in it.
    assert metrics.value_at([1, 0, 1, 0, 0], [0.9, 0.9, 0.1, 0.1, 0.1], [8.0, 1.0, 8.0, 1.0, 1.0], k=0.2) == 0.25


def test_calibration_error_by_hand() -> None:
    y = [0, 1] * 5 + [1] * 10
    p = [0.4] * 10 + [0.9] * 10
    assert metrics.expected_calibration_error(y, p) == pytest.approx((0.1 + 0.1) / 2)


def test_calibration_error_of_a_constant_score_is_the_gap_to_the_base_rate() -> None:
    y, _ = simulated(0, ties=False)
    assert metrics.expected_calibration_error(y, np.full(2000, 0.4)) == pytest.approx(y.mean() - 0.4)


@given(scored_customers(), st.randoms(use_true_random=False))
def test_row_order_changes_no_bit(data: tuple[Floats, Floats, Floats], shuffler: random.Random) -> None:
    y, p, value = data
    order = list(range(y.size))
    shuffler.shuffle(order)
    straight = metrics.classification_metrics(y, p, value)
    shuffled = metrics.classification_metrics(y[order], p[order], value[order])
    assert np.array_equal(list(straight.values()), list(shuffled.values()), equal_nan=True)


@given(scored_customers())
def test_metrics_stay_in_their_ranges(data: tuple[Floats, Floats, Floats]) -> None:
    row = metrics.classification_metrics(*data)
    for name in ("prevalence", "auc", "pr_auc", "brier", "ece", "value_at_10"):
        assert math.isnan(row[name]) or -1e-12 <= row[name] <= 1 + 1e-12
    assert math.isnan(row["lift_at_10"]) or -1e-12 <= row["lift_at_10"] <= 10 + 1e-9


@given(scored_customers())
def test_reversing_the_score_mirrors_the_auc(data: tuple[Floats, Floats, Floats]) -> None:
    y, p, _ = data
    here, there = metrics.auc(y, p), metrics.auc(y, -p)
    assert math.isnan(here) or here + there == pytest.approx(1)


@given(scored_customers())
def test_repeating_every_row_changes_nothing(data: tuple[Floats, Floats, Floats]) -> None:
    # Equal-count bins and the top k are shares of the rows, so they cannot see how often each row comes.
    once = metrics.classification_metrics(*data)
    twice = metrics.classification_metrics(*(np.repeat(column, 2) for column in data))
    for name in set(once) - {"n"}:
        assert twice[name] == pytest.approx(once[name], rel=1e-9, abs=1e-12, nan_ok=True)


def test_a_score_that_only_ranks_has_no_calibration() -> None:
    row = metrics.classification_metrics([0, 1], [3.0, 80.0], probability=False)
    assert row["auc"] == 1
    assert math.isnan(row["brier"])
    assert math.isnan(row["ece"])
    assert math.isnan(row["value_at_10"])


def test_metric_names_follow_the_share() -> None:
    assert list(metrics.classification_metrics([0, 1], [0.1, 0.2], k=0.05))[-2:] == ["lift_at_5", "value_at_5"]


def test_every_kind_of_column_is_taken() -> None:
    expected = metrics.auc([0, 1, 1], [0.1, 0.2, 0.05])
    assert metrics.auc(pd.Series([False, True, True]), pd.Series([0.1, 0.2, 0.05])) == expected
    assert metrics.auc(np.array([0, 1, 1], dtype=np.int8), np.array([0.1, 0.2, 0.05])) == expected


def test_forecast_errors_by_hand() -> None:
    actual, predicted = [0.0, 2.0, 6.0], [1.0, 2.0, 3.0]
    assert metrics.bias(actual, predicted) == pytest.approx(-2 / 3)
    assert metrics.mae(actual, predicted) == pytest.approx(4 / 3)
    assert metrics.wape(actual, predicted) == pytest.approx(0.5)
    assert math.isnan(metrics.wape([0.0], [1.0]))
    assert math.isnan(metrics.bias([], []))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.auc([0, 1], [0.5]), "score has 1 rows where 2 are expected"),
        (lambda: metrics.auc([0, 2], [0.1, 0.2]), "only 0 and 1, got 2"),
        (lambda: metrics.auc([0, 1], [0.1, math.nan]), "score has 1 missing or infinite numbers of 2"),
        (lambda: metrics.auc([0, 1], [0.1, math.inf]), "missing or infinite"),
        (lambda: metrics.auc([[0, 1]], [[0.1, 0.2]]), "one-dimensional"),
        (lambda: metrics.auc(["yes", "no"], [0.1, 0.2]), "y must be numbers"),
        (lambda: metrics.brier([0, 1], [0.1, 1.2]), r"must lie in \[0, 1\], got 0.1 to 1.2"),
        (lambda: metrics.lift_at([0, 1], [0.1, 0.2], k=0), "k must be a share above 0"),
        (lambda: metrics.lift_at([0, 1], [0.1, 0.2], k=math.nan), "k must be a share above 0"),
        (lambda: metrics.value_at([0, 1], [0.1, 0.2], [1.0]), "value has 1 rows"),
        (lambda: metrics.value_at([0, 1], [0.1, 0.2], [1.0, math.nan]), "value has 1 missing"),
        (lambda: metrics.reliability([0, 1], [0.1, 0.2], bins=0), "bins must be at least 1"),
        (lambda: metrics.mae([1.0], [1.0, 2.0]), "predicted has 2 rows"),
    ],
)
def test_unfit_input_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        call()
