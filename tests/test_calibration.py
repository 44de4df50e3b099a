"""One straight line on the log odds: recovers its own truth, keeps the order, gives the identity where it must."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from clv_ml.models.calibration import PlattScaling, log_loss


def test_known_intercept_and_slope_are_recovered() -> None:
    rng = np.random.default_rng(3)
    score = expit(rng.normal(0, 1.5, 40_000))
    truth = PlattScaling(0.4, 0.7)
    outcome = (rng.random(40_000) < truth.apply(score)).astype(float)
    fitted = PlattScaling.fit(score, outcome)
    assert fitted.intercept == pytest.approx(0.4, abs=0.05)
    assert fitted.slope == pytest.approx(0.7, abs=0.05)
    # at the maximum of the likelihood the mean probability is the observed rate
    assert fitted.apply(score).mean() == pytest.approx(outcome.mean(), abs=1e-8)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30), st.floats(-5, 5), st.floats(0.01, 5))
def test_the_order_of_customers_never_changes(scores: list[float], intercept: float, slope: float) -> None:
    ordered = np.sort(np.array(scores))
    calibrated = PlattScaling(intercept, slope).apply(ordered)
    assert (np.diff(calibrated) >= 0).all()
    assert ((calibrated >= 0) & (calibrated <= 1)).all()


def test_scores_that_do_not_rise_with_the_outcome_are_left_as_they_are() -> None:
    score = np.array([0.1, 0.2, 0.8, 0.9])
    fitted = PlattScaling.fit(score, np.array([1.0, 1.0, 0.0, 0.0]))
    assert fitted == PlattScaling(0.0, 1.0)
    np.testing.assert_allclose(fitted.apply(score), score)


@pytest.mark.parametrize("outcome", [[0.0, 0.0, 1.0, 1.0], [0.0] * 4, [1.0] * 4])
def test_separable_or_one_sided_outcomes_give_finite_numbers(outcome: list[float]) -> None:
    score = np.array([0.0, 0.2, 0.8, 1.0])
    fitted = PlattScaling.fit(score, np.array(outcome))
    assert np.isfinite([fitted.intercept, fitted.slope]).all()
    assert np.isfinite(fitted.apply(score)).all()


def test_the_fit_never_does_worse_than_the_constant_rate() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        score, outcome = rng.random(200), (rng.random(200) < 0.3).astype(float)
        fitted = PlattScaling.fit(score, outcome)
        if fitted != PlattScaling(0.0, 1.0):
            constant = log_loss(outcome, np.full(200, outcome.mean()))
            assert log_loss(outcome, fitted.apply(score)) <= constant + 1e-12


def test_log_loss_by_hand_and_at_certainty() -> None:
    assert log_loss(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(np.log(2))
    assert np.isfinite(log_loss(np.array([1.0]), np.array([0.0])))


def test_the_formula_is_the_documented_one() -> None:
    assert PlattScaling(0.5, 2.0).apply(np.array([0.3]))[0] == pytest.approx(expit(0.5 + 2 * logit(0.3)))
    assert PlattScaling(0.5, 2.0).to_dict() == {"intercept": 0.5, "slope": 2.0}
