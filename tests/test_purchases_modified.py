"""The modified BG/NBD against lifetimes and simulated truth, and the choice between the two models."""

import numpy as np
import pandas as pd
import pytest
from value_data import cdnow_rfm, simulated_rfm

from clv_ml.errors import ConfigError, DataError
from clv_ml.models import _lifetimes
from clv_ml.models.choice import choose_purchase_model, holdout_log_likelihood, read_purchase_model
from clv_ml.models.modified import ModifiedPurchaseModel
from clv_ml.models.purchases import PurchaseModel


@pytest.fixture(scope="module")
def rfm() -> pd.DataFrame:
    return cdnow_rfm()


@pytest.fixture(scope="module")
def model(rfm: pd.DataFrame) -> ModifiedPurchaseModel:
    return ModifiedPurchaseModel().fit(rfm)


def test_lifetimes_stops_at_the_same_parameters(model: ModifiedPurchaseModel, rfm: pd.DataFrame) -> None:
    theirs = _lifetimes.lifetimes().ModifiedBetaGeoFitter().fit(rfm["frequency"], rfm["recency"], rfm["T"])
    np.testing.assert_allclose(list(model.params_.values()), theirs.params_, rtol=2e-4)


def test_predictions_agree_with_lifetimes(model: ModifiedPurchaseModel, rfm: pd.DataFrame) -> None:
    theirs = model.to_lifetimes()
    x, t_x, age = rfm["frequency"], rfm["recency"], rfm["T"]
    np.testing.assert_allclose(
        model.probability_alive(rfm), theirs.conditional_probability_alive(x, t_x, age), rtol=1e-9
    )
    np.testing.assert_allclose(
        model.expected_purchases(rfm, horizon_days=90),
        theirs.conditional_expected_number_of_purchases_up_to_time(90, x, t_x, age),
        rtol=1e-8,
    )
    assert model.unconditional_expectation(90) == pytest.approx(theirs.expected_number_of_purchases_up_to_time(90))


def test_the_chances_of_the_counts_sum_to_one_and_to_the_mean(model: ModifiedPurchaseModel) -> None:
    chances = np.array([model.probability_of_count(n, 365) for n in range(400)])
    assert chances.sum() == pytest.approx(1.0, abs=1e-9)
    assert chances @ np.arange(400) == pytest.approx(model.unconditional_expectation(365), rel=1e-6)


def test_a_one_time_buyer_may_be_gone_at_once(model: ModifiedPurchaseModel, rfm: pd.DataFrame) -> None:
    once = rfm[rfm["frequency"] == 0]
    assert (model.probability_alive(once) < 1).all()
    silent = model.probability_no_purchase(once, horizon_days=90)
    np.testing.assert_allclose(silent, 1 - model.probability_at_least(once, count=1, horizon_days=90), rtol=1e-12)


def test_the_truth_decides_the_choice() -> None:
    """Half of all customers leave right after the first purchase, or nobody does: each model wins its own world."""
    for at_first, winner in ((True, "mbgnbd"), (False, "bgnbd")):
        population = simulated_rfm(6000, seed=11, params=(1.5, 20.0, 1.0, 1.0), may_leave_at_first=at_first)
        models = [PurchaseModel().fit(population), ModifiedPurchaseModel().fit(population)]
        best, scores = choose_purchase_model(models, population, population["future"], horizon_days=90)
        assert winner == best.KIND
        assert scores.idxmax() == winner
        assert list(scores.index) == ["bgnbd", "mbgnbd"]


def test_the_holdout_likelihood_is_that_of_each_customer(rfm: pd.DataFrame) -> None:
    model = PurchaseModel().fit(rfm)
    one = rfm[rfm["frequency"] == 0].head(1)
    x, age = 0, one["T"].iloc[0]
    r, alpha, a, b = model.params_.values()
    alone = PurchaseModel.from_params(r=r + x, alpha=alpha + age, a=a, b=b)
    for count in (0, 1, 4):
        found = holdout_log_likelihood(model, one, pd.Series(count, index=one.index), horizon_days=90)
        assert found == pytest.approx(np.log(alone.probability_of_count(count, 90)), rel=1e-9)


def test_what_cannot_be_judged_is_refused(rfm: pd.DataFrame) -> None:
    model = PurchaseModel().fit(rfm)
    with pytest.raises(DataError, match="not indexed like rfm"):
        holdout_log_likelihood(model, rfm, rfm["future"].head(3), horizon_days=90)
    with pytest.raises(DataError, match="not counts"):
        holdout_log_likelihood(model, rfm, rfm["future"] - 1, horizon_days=90)
    with pytest.raises(ConfigError, match="no candidate"):
        choose_purchase_model([], rfm, rfm["future"], horizon_days=90)


def test_a_model_is_read_back_as_what_it_was(model: ModifiedPurchaseModel) -> None:
    again = read_purchase_model(model.to_dict())
    assert type(again) is ModifiedPurchaseModel
    assert again.params_ == model.params_
    with pytest.raises(ConfigError, match="'other'; one of bgnbd, mbgnbd, pareto_nbd is wanted"):
        read_purchase_model({"model": "other"})
    with pytest.raises(ConfigError, match="'mbgnbd'; 'bgnbd' is wanted"):
        PurchaseModel.from_dict(model.to_dict())
