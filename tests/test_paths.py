"""Purchases to come in rounds: they have the means of the formulas, and the spread of the closed forms."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from value_data import simulated_rfm

from clv_ml.errors import ConfigError, DataError
from clv_ml.models.modified import ModifiedPurchaseModel
from clv_ml.models.moments import purchase_moments
from clv_ml.models.pareto import ParetoPurchaseModel
from clv_ml.models.paths import expected_purchases_within, simulated_purchases
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel

SPEND = SpendModel.from_params(p=6.25, q=3.74, v=15.44)
MODELS = [
    PurchaseModel.from_params(r=0.6, alpha=60.0, a=0.8, b=2.5),
    ModifiedPurchaseModel.from_params(r=0.6, alpha=60.0, a=0.8, b=2.5),
    ParetoPurchaseModel.from_params(r=0.6, alpha=60.0, s=0.6, beta=90.0),
]


def totals(
    model: PurchaseModel, rfm: pd.DataFrame, days: NDArray[np.float64], n_futures: int, seed: int = 3
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count and amount of each customer and future."""
    counts, amounts = np.zeros((len(rfm), n_futures)), np.zeros((len(rfm), n_futures))
    for part in simulated_purchases(model, SPEND, rfm, days=days, n_futures=n_futures, seed=seed):
        for some in part.rounds:
            counts[part.customers].reshape(-1)[some.cell] += 1.0
            amounts[part.customers].reshape(-1)[some.cell] += some.amount
    return counts, amounts


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.KIND)
def test_rounds_have_the_mean_and_the_spread_of_the_closed_forms(model: PurchaseModel) -> None:
    """400 customers, 500 futures: the standard error of the mean is about half a percent, of the variance 3 %."""
    rfm = simulated_rfm(400, seed=1)
    counts, amounts = totals(model, rfm, np.full(400, 180.0), 500)
    exact = purchase_moments(model, rfm, horizons_days=(180,))
    assert counts.mean(axis=1).sum() == pytest.approx(exact.mean.sum(), rel=0.02)
    assert counts.sum(axis=0).var() == pytest.approx(exact.variance.sum(), rel=0.3)
    assert (counts == 0).mean() == pytest.approx(exact.none.mean(), abs=0.005)
    expected = exact.mean[:, 0] * SPEND.expected_spend(rfm)
    assert amounts.mean(axis=1).sum() == pytest.approx(expected.sum(), rel=0.03)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.KIND)
def test_horizons_of_each_customer_give_what_one_horizon_for_all_gives(model: PurchaseModel) -> None:
    rfm = simulated_rfm(50, seed=2)
    days = np.column_stack([np.where(np.arange(50) % 2, 30.0, 90.0), np.full(50, -5.0)])
    found = expected_purchases_within(model, rfm, days=days)
    for horizon in (30.0, 90.0):
        rows = days[:, 0] == horizon
        one = model.expected_purchases(rfm[rows], horizon_days=horizon)
        np.testing.assert_allclose(found[rows, 0], one, rtol=1e-12)
    assert (found[:, 1] == 0).all()


def test_nobody_is_followed_beyond_his_own_horizon_and_days_ascend() -> None:
    rfm = simulated_rfm(200, seed=4)
    days = np.where(np.arange(200) % 4 == 0, 0.0, np.arange(200.0))
    for part in simulated_purchases(MODELS[0], SPEND, rfm, days=days, n_futures=20, seed=0):
        last = np.zeros(200 * 20)
        for some in part.rounds:
            assert (some.day <= days[some.cell // 20]).all()
            assert (some.day > last[some.cell]).all()
            last[some.cell] = some.day


def test_uncertain_parameters_widen_the_totals_and_the_seed_decides() -> None:
    rfm = simulated_rfm(300, seed=5)
    fit = PurchaseModel().fit(rfm)
    known = PurchaseModel.from_params(**fit.params_)
    days = np.full(300, 365.0)
    open_sd, known_sd = (totals(model, rfm, days, 400)[0].sum(axis=0).std() for model in (fit, known))
    assert open_sd > 1.2 * known_sd
    for first, second in zip(totals(fit, rfm, days, 10), totals(fit, rfm, days, 10), strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_model_read_back_from_its_facts_draws_the_same_futures() -> None:
    rfm = simulated_rfm(100, seed=6)
    fit = PurchaseModel().fit(rfm)
    read = PurchaseModel.from_dict(fit.to_dict())
    first, second = (totals(model, rfm, np.full(100, 90.0), 20)[1] for model in (fit, read))
    np.testing.assert_array_equal(first, second)


def test_what_cannot_be_simulated_is_refused() -> None:
    rfm = simulated_rfm(5, seed=7)
    with pytest.raises(ConfigError, match="2 or more"):
        next(simulated_purchases(MODELS[0], SPEND, rfm, days=np.zeros(5), n_futures=1, seed=0))
    with pytest.raises(DataError, match="one number for each of 5"):
        next(simulated_purchases(MODELS[0], SPEND, rfm, days=np.zeros(4), n_futures=2, seed=0))
