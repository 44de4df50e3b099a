"""Intervals between arms: hand-computed values, and properties that hold for any campaign."""

import math

import numpy as np
import pytest
from scipy import stats

from clv_ml.errors import DataError
from clv_ml.evaluation.arm_intervals import Moments, mean_difference, rate_difference, treated_weights


def arms(*strata: tuple[float, float]) -> np.ndarray:
    """Control and treated of each stratum."""
    return np.array(strata, dtype=float)


def moments_of(rng: np.random.Generator, sizes: list[tuple[int, int]], shift: float = 0.0) -> Moments:
    amounts, cells = [], []
    for stratum, pair in enumerate(sizes):
        for arm, n in enumerate(pair):
            amounts.append(rng.exponential(10.0 * (stratum + 1), n) + shift * arm)
            cells.append(np.full(n, 2 * stratum + arm))
    return Moments.of(np.concatenate(amounts), np.concatenate(cells).astype(np.intp), len(sizes))


def test_one_stratum_of_shares_is_agresti_and_caffo() -> None:
    found = rate_difference(arms((7, 30)), arms((20, 60)))
    control, treated = 8 / 22, 31 / 62
    parts = control * (1 - control) / 22, treated * (1 - treated) / 62
    degrees = sum(parts) ** 2 / (parts[0] ** 2 / 19 + parts[1] ** 2 / 59)
    reach = stats.t.ppf(0.975, degrees) * math.sqrt(sum(parts))
    assert found.effect == pytest.approx(30 / 60 - 7 / 20)
    assert (found.low, found.high) == pytest.approx((treated - control - reach, treated - control + reach))


def test_strata_count_by_their_treated_customers() -> None:
    n = arms((10, 90), (20, 10))
    assert treated_weights(n).tolist() == [0.9, 0.1]
    found = rate_difference(arms((2, 27), (10, 7)), n)
    assert found.effect == pytest.approx(0.9 * (0.3 - 0.2) + 0.1 * (0.7 - 0.5))


def test_the_effect_always_lies_inside_its_interval() -> None:
    rng = np.random.default_rng(1)
    n = rng.integers(1, 40, (500, 3, 2)).astype(float)
    found = rate_difference(rng.binomial(n.astype(int), 0.1).astype(float), n)
    assert (found.low <= found.effect).all()
    assert (found.effect <= found.high).all()
    assert found.low.min() >= -1
    assert found.high.max() <= 1


def test_even_arms_of_even_amounts_have_students_interval_with_pooled_spread() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.normal(10, 2, 50), rng.normal(12, 2, 50)
    amount, cell = np.concatenate([first, second]), np.repeat([0, 1], 50).astype(np.intp)
    found = mean_difference(Moments.of(amount, cell, 1))
    expected = stats.ttest_ind(second, first).confidence_interval()
    # beside Student's, the spread of the control follows its mean a little
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.05)


def test_a_control_without_the_usual_tail_does_not_make_the_interval_narrow() -> None:
    treated = np.random.default_rng(3).lognormal(3, 1.5, 900)
    modest = np.linspace(20, 70, 100)  # by luck, no big spender among them
    cell = np.repeat([1, 0], [900, 100]).astype(np.intp)
    found = mean_difference(Moments.of(np.concatenate([treated, modest]), cell, 1))
    welch = stats.ttest_ind(treated, modest, equal_var=False).confidence_interval()
    assert welch.low > 0  # would call it a success
    assert found.low < 0


def test_money_bounds_stretch_with_the_money() -> None:
    moments = moments_of(np.random.default_rng(4), [(20, 200), (40, 100)])
    cents = Moments(moments.n, 100 * moments.mean, 100**2 * moments.squares, 100**3 * moments.cubes)
    for before, after in zip(mean_difference(moments), mean_difference(cents), strict=True):
        assert after == pytest.approx(100 * before)


def test_the_bounds_are_the_effects_at_the_edge_of_chance() -> None:
    moments = moments_of(np.random.default_rng(6), [(200, 900)])
    found = mean_difference(moments)
    (n_control, n_treated), (squares_control, squares_treated) = moments.n[0], moments.squares[0]
    for bound, side in ((found.low, 1), (found.high, -1)):
        scale = ((moments.mean[0, 1] - bound) / moments.mean[0, 1]) ** 1.5
        variance = (squares_treated + squares_control / scale) / (n_control + n_treated - 2)
        error = math.sqrt(variance * (1 / n_treated + scale / n_control))
        # the skewness of exponential amounts moves the quantile by less than 0.2
        assert (found.effect - bound) / error == pytest.approx(side * 1.96, abs=0.2)


def test_the_order_of_the_customers_changes_no_digit() -> None:
    rng = np.random.default_rng(5)
    amount, cell = rng.lognormal(3, 1.5, 400), rng.integers(0, 4, 400).astype(np.intp)
    order = rng.permutation(400)
    first, second = Moments.of(amount, cell, 2), Moments.of(amount[order], cell[order], 2)
    assert first.cubes.tolist() == second.cubes.tolist()
    assert [part.tolist() for part in mean_difference(first)] == [part.tolist() for part in mean_difference(second)]


def test_where_nobody_spends_the_interval_is_nothing() -> None:
    found = mean_difference(Moments.of(np.zeros(40), np.repeat([0, 1], 20).astype(np.intp), 1))
    assert [float(part) for part in found] == [0.0, 0.0, 0.0]


def test_an_arm_without_customers_is_refused() -> None:
    with pytest.raises(DataError, match="an arm of 0 customers"):
        rate_difference(arms((0, 3)), arms((0, 10)))
    with pytest.raises(DataError, match="an arm of 1 customers where at least 2"):
        mean_difference(Moments.of(np.arange(4.0), np.array([0, 1, 1, 1]), 1))
    with pytest.raises(DataError, match="arms must be the last axis"):
        rate_difference(np.ones(2), np.ones(2))
