"""Fitting: agreement with lifetimes, units, recovery of a known truth, and likelihoods without a maximum."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import autograd  # type: ignore[import-untyped]
import numpy as np
import pandas as pd
import pytest
from value_data import cdnow_rfm, rfm_of_days, simulated_rfm

from clv_ml.models import _lifetimes
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel

DATA = Path(os.environ.get("CLV_ML_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
needs_data = pytest.mark.skipif(not (DATA / "grocery").is_dir(), reason=f"no data sets in {DATA} (CLV_ML_DATA)")


def grocery() -> pd.DataFrame:
    visits = pd.read_csv(DATA / "grocery" / "grocery_elog.csv")
    visits.columns = pd.Index(["customer_id", "day"])
    return rfm_of_days(visits.assign(day=pd.to_datetime(visits["day"]), amount=1.0), "2006-12-31")


def complete_journey() -> pd.DataFrame:
    baskets = pd.read_parquet(DATA / "complete_journey" / "baskets.parquet")
    day = baskets["transaction_timestamp"].dt.normalize()
    days = pd.DataFrame({"customer_id": baskets["household_id"], "day": day, "amount": baskets["sales_value"]})
    return rfm_of_days(days, "2017-09-30")


def online_retail() -> pd.DataFrame:
    lines = pd.read_parquet(DATA / "online_retail" / "online_retail_2010_2011.parquet")
    lines = lines[lines["CustomerID"].notna() & (lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)]
    day = lines["InvoiceDate"].dt.normalize()
    amount = lines["Quantity"] * lines["UnitPrice"]
    return rfm_of_days(pd.DataFrame({"customer_id": lines["CustomerID"], "day": day, "amount": amount}), "2011-12-09")


def simulated() -> pd.DataFrame:
    return simulated_rfm(3000, seed=1)


def newton_step_of_lifetimes(fitter: Any, log_params: np.ndarray, rows: tuple[Any, ...]) -> np.ndarray:
    """How far lifetimes' own likelihood, differentiated by autograd, would still move the log parameters."""
    loss = type(fitter)._negative_log_likelihood
    slope = autograd.grad(loss)(log_params, *rows)
    return np.linalg.solve(autograd.hessian(loss)(log_params, *rows), slope)


def with_data(*loads: Callable[[], pd.DataFrame]) -> list[Any]:
    on_disk = [pytest.param(load, marks=[pytest.mark.data, needs_data]) for load in loads]
    return [cdnow_rfm, simulated, *on_disk]


SETS = with_data(grocery, complete_journey, online_retail)


@pytest.mark.parametrize("load", SETS)
def test_the_fit_is_the_maximum_of_the_likelihood_of_lifetimes(load: Callable[[], pd.DataFrame]) -> None:
    """The parameters are at lifetimes' optimum to 1e-8, nearer than its own stopping rule comes (1e-7 to 1e-5)."""
    rfm = load()
    model = PurchaseModel().fit(rfm)
    unit = rfm["T"].max()
    r, alpha, a, b = model.params_.values()
    rows = (
        rfm["frequency"].to_numpy(),
        rfm["recency"].to_numpy() / unit,
        rfm["T"].to_numpy() / unit,
        np.ones(len(rfm)),
        0.0,
    )
    step = newton_step_of_lifetimes(model.to_lifetimes(), np.log([r, alpha / unit, a, b]), rows)
    np.testing.assert_allclose(step, 0.0, atol=1e-8)


@pytest.mark.parametrize("load", with_data(complete_journey, online_retail))
def test_the_spend_fit_is_the_maximum_of_the_likelihood_of_lifetimes(load: Callable[[], pd.DataFrame]) -> None:
    rfm = load()
    model = SpendModel().fit(rfm)
    used = rfm[(rfm["frequency"] > 0) & (rfm["monetary_value"] > 0)]
    rows = (used["frequency"].to_numpy(), used["monetary_value"].to_numpy(), np.ones(len(used)), 0.0)
    step = newton_step_of_lifetimes(model.to_lifetimes(), np.log(list(model.params_.values())), rows)
    np.testing.assert_allclose(step, 0.0, atol=1e-8)


@pytest.mark.parametrize("load", SETS)
def test_predictions_agree_with_lifetimes(load: Callable[[], pd.DataFrame]) -> None:
    rfm = load()
    model = PurchaseModel().fit(rfm)
    theirs = model.to_lifetimes()
    x, t_x, age = rfm["frequency"], rfm["recency"], rfm["T"]
    # exp(-log odds) underflows to the right 0 on the way.
    with np.errstate(all="ignore"):
        expected = theirs.conditional_expected_number_of_purchases_up_to_time(90, x, t_x, age)
        alive = theirs.conditional_probability_alive(x, t_x, age)
    np.testing.assert_allclose(model.expected_purchases(rfm, horizon_days=90), expected, rtol=1e-8)
    np.testing.assert_allclose(model.probability_alive(rfm), alive, rtol=1e-8)


def test_lifetimes_itself_stops_at_the_same_parameters() -> None:
    """From lifetimes' own start; its stopping rule leaves up to 1e-6."""
    rfm = simulated()
    theirs = _lifetimes.lifetimes().BetaGeoFitter().fit(rfm["frequency"], rfm["recency"], rfm["T"])
    np.testing.assert_allclose(list(PurchaseModel().fit(rfm).params_.values()), theirs.params_, rtol=1e-6)


def test_weighted_rows_equal_the_customers_they_stand_for() -> None:
    rfm = cdnow_rfm().drop(columns="future")
    counted = rfm.groupby(list(rfm.columns)).size().rename("weight").reset_index()
    assert len(counted) < len(rfm)
    for model in (PurchaseModel, SpendModel):
        one, many = model().fit(counted), model().fit(rfm)
        np.testing.assert_allclose(list(one.params_.values()), list(many.params_.values()), rtol=1e-10)
        assert one.fit_ is not None
        assert many.fit_ is not None
        assert one.fit_.log_likelihood == pytest.approx(many.fit_.log_likelihood, rel=1e-12)


@pytest.mark.parametrize("days", [7.0, 1 / 24])
def test_the_unit_of_time_does_not_matter(days: float) -> None:
    rfm = cdnow_rfm()
    other = rfm.assign(recency=rfm["recency"] / days, T=rfm["T"] / days)
    one, two = PurchaseModel().fit(rfm), PurchaseModel().fit(other)
    assert two.params_["alpha"] * days == pytest.approx(one.params_["alpha"], rel=1e-9)
    np.testing.assert_allclose(
        two.expected_purchases(other, horizon_days=90 / days), one.expected_purchases(rfm, horizon_days=90), rtol=1e-9
    )


@pytest.mark.parametrize("factor", [100.0, 1e-3])
def test_the_unit_of_money_does_not_matter(factor: float) -> None:
    rfm = cdnow_rfm()
    other = rfm.assign(monetary_value=rfm["monetary_value"] * factor)
    one, two = SpendModel().fit(rfm), SpendModel().fit(other)
    np.testing.assert_allclose(two.expected_spend(other), one.expected_spend(rfm) * factor, rtol=1e-9)


def test_units_do_not_matter_where_the_prior_decides_either() -> None:
    rfm = pd.DataFrame({"frequency": [0, 2, 1], "recency": [0.0, 60.0, 9.0], "T": [80.0, 90.0, 100.0]})
    weekly = rfm.assign(recency=rfm["recency"] / 7, T=rfm["T"] / 7)
    one, two = PurchaseModel().fit(rfm), PurchaseModel().fit(weekly)
    assert one.fit_ is not None
    assert one.fit_.weak_prior
    assert two.params_["alpha"] * 7 == pytest.approx(one.params_["alpha"], rel=1e-9)


def test_the_truth_is_recovered_within_the_standard_errors() -> None:
    """Standardised errors over 24 populations: standard normal, so mean within 4/sqrt(24) and none beyond 4.5."""
    truth, spend_truth = np.array([0.6, 60.0, 0.8, 2.5]), np.array([6.25, 3.74, 15.44])
    purchases, spends = [], []
    for seed in range(24):
        rfm = simulated_rfm(4000, seed=seed)
        model, spend = PurchaseModel().fit(rfm), SpendModel().fit(rfm)
        purchases.append((np.array(list(model.params_.values())) - truth) / np.sqrt(np.diag(model.covariance_)))
        spends.append((np.array(list(spend.params_.values())) - spend_truth) / np.sqrt(np.diag(spend.covariance_)))
    for errors in (np.array(purchases), np.array(spends)):
        assert np.abs(errors).max() < 4.5
        assert np.abs(errors.mean(axis=0)).max() < 4 / np.sqrt(len(errors))
        assert (errors.std(axis=0) > 0.5).all()
        assert (errors.std(axis=0) < 1.6).all()


def test_the_order_and_the_index_of_the_rows_do_not_matter() -> None:
    rfm = cdnow_rfm()
    before = rfm.copy()
    mixed = rfm.sample(frac=1.0, random_state=3)
    model, other = PurchaseModel().fit(rfm), PurchaseModel().fit(mixed)
    pd.testing.assert_series_equal(
        model.expected_purchases(mixed, horizon_days=90),
        other.expected_purchases(rfm, horizon_days=90).loc[mixed.index],
        rtol=1e-9,
    )
    pd.testing.assert_frame_equal(rfm, before)
