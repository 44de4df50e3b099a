"""One classifier: caution with few rows, signs and calibration only where they win later in time."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy.special import expit, logit

from clv_ml.models._boosting import Classifier, Floats, Recipe, fit_classifier
from clv_ml.models._horizon_facts import HorizonFacts
from clv_ml.models.calibration import log_loss
from clv_ml.models.folds import TimeFolds, split_by_time
from clv_ml.models.signs import known_signs

CUTOFFS = 3
FEATURES = ("days_since_last", "orders")


def data(
    rows: int, *, slope: float = 1.0, noise: float = 0.0, drift: float = 0.0, seed: int = 0
) -> tuple[Floats, Floats]:
    """Rows ordered by cutoff; `drift` is added to the log odds at every later cutoff."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(CUTOFFS * rows, 2))
    log_odds = slope * matrix[:, 0] + drift * np.repeat(np.arange(CUTOFFS), rows) + noise * rng.normal(size=len(matrix))
    return matrix, (rng.random(len(matrix)) < expit(log_odds)).astype(float)


def folds(rows: int, parts: int = CUTOFFS) -> TimeFolds:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=90 * (step % parts)) for step in range(CUTOFFS)]
    return split_by_time(sorted(np.repeat(np.array(days), rows).tolist()), embargo_days=90)


def fit(matrix: Floats, outcome: Floats, recipe: Recipe) -> tuple[Classifier, HorizonFacts]:
    split = folds(len(matrix) // CUTOFFS)
    return fit_classifier(matrix, outcome, split, recipe, horizon_days=90, learnt_from="all rows")


def rises(classifier: Classifier) -> bool:
    """Whether P never falls along the first feature, whatever the second."""
    grid = np.linspace(-3, 3, 200)
    return all(
        (np.diff(classifier.probability(np.column_stack([grid, np.full(200, other)]))) >= 0).all()
        for other in (-1.0, 0.0, 1.0)
    )


def test_signs_are_held_where_they_cost_nothing() -> None:
    signed = Recipe(FEATURES, signs=known_signs(FEATURES))
    assert signed.signs == (1, 0)
    matrix, outcome = data(1500, noise=1.0)
    held, fact = fit(matrix, outcome, signed)
    assert fact.monotone == ["days_since_last"]
    assert fact.log_loss_monotone is not None
    assert fact.log_loss_free is not None
    assert fact.log_loss_monotone <= fact.log_loss_free
    assert rises(held)
    assert not rises(fit(matrix, outcome, Recipe(FEATURES))[0])


def test_signs_that_the_data_contradict_are_dropped() -> None:
    matrix, outcome = data(1500, slope=-1.0)
    dropped, fact = fit(matrix, outcome, Recipe(FEATURES, signs=(1, 0)))
    assert fact.monotone == []
    assert fact.log_loss_monotone is not None
    assert fact.log_loss_free is not None
    assert fact.log_loss_monotone > fact.log_loss_free
    assert not rises(dropped)


def test_signs_without_a_later_snapshot_to_prove_them_are_not_held() -> None:
    matrix, outcome = data(200)
    split = folds(200, parts=1)
    fact = fit_classifier(
        matrix, outcome, split, Recipe(FEATURES, signs=(1, 0), cautious=True), horizon_days=90, learnt_from="all rows"
    )[1]
    assert (fact.monotone, fact.rounds, fact.rounds_from) == ([], 150, "default")


def test_caution_pays_with_few_rows() -> None:
    rng = np.random.default_rng(1)
    truth, outcome = data(4000, slope=0.7, seed=99)
    names = (*FEATURES, *(f"noise_{number}" for number in range(10)))
    truth = np.column_stack([truth, rng.normal(size=(len(truth), 10))])
    losses = {True: 0.0, False: 0.0}
    for seed in range(5):
        matrix, seen = data(200, slope=0.7, seed=seed)
        matrix = np.column_stack([matrix, rng.normal(size=(len(matrix), 10))])
        for cautious in losses:
            classifier, fact = fit(matrix, seen, Recipe(names, cautious=cautious))
            assert fact.cautious == cautious
            losses[cautious] += log_loss(outcome, classifier.probability(truth))
    assert losses[True] < losses[False]


def test_calibration_needs_enough_rows_and_a_win_later_in_time() -> None:
    matrix, outcome = data(1500)
    fact = fit(matrix, outcome, Recipe(FEATURES))[1]
    assert fact.log_loss_raw is not None
    assert fact.log_loss_calibrated is not None
    assert fact.calibrated == (fact.log_loss_calibrated < fact.log_loss_raw)
    few, few_outcome = data(300)
    assert fit(few, few_outcome, Recipe(FEATURES))[1].log_loss_raw is None


def test_shares_add_up_to_the_log_odds_of_a_calibrated_probability() -> None:
    for seed in range(20):
        matrix, outcome = data(1500, drift=0.8, seed=seed)
        classifier, fact = fit(matrix, outcome, Recipe(FEATURES))
        if fact.calibrated:
            shares = classifier.contributions(matrix[:50])
            assert shares.shape == (50, 3)
            np.testing.assert_allclose(shares.sum(axis=1), logit(classifier.probability(matrix[:50])))
            return
    pytest.fail("no seed calibrates; the drift is too weak")


def test_settings_that_are_given_take_the_place_of_the_usual_ones() -> None:
    matrix, outcome = data(200)
    stumps = fit(matrix, outcome, Recipe(FEATURES, settings={"num_leaves": 2, "min_data_in_leaf": 150}))[0]
    tree = stumps.booster.dump_model()["tree_info"][0]
    assert tree["num_leaves"] == 2
    assert "[min_data_in_leaf: 150]" in stumps.text()


def test_features_may_have_any_name() -> None:
    matrix, outcome = data(200)
    odd = fit(matrix, outcome, Recipe(('sold: "x", [y]', "sold: 'x', {y}")))[0]
    plain = fit(matrix, outcome, Recipe(FEATURES))[0]
    np.testing.assert_array_equal(odd.probability(matrix), plain.probability(matrix))
    assert odd.booster.feature_name()[0].endswith("_0")
    assert plain.booster.feature_name() == list(FEATURES)


def test_a_constant_is_the_same_for_everybody_and_for_nobody() -> None:
    constant = Classifier(None, constant=0.25)
    np.testing.assert_array_equal(constant.probability(np.zeros((3, 2))), [0.25] * 3)
    assert constant.probability(np.zeros((0, 2))).shape == (0,)
    assert Classifier.from_text(constant.to_dict(), None) == constant
