"""Diagnostics: verdicts on populations whose truth is known, and tables against the published ones."""

import numpy as np
import pandas as pd
import pytest
from value_data import CALIBRATION_END, cdnow_days, cdnow_rfm, simulated_rfm

from clv_ml.errors import DataError
from clv_ml.models import diagnostics
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.surfaces import frequency_recency_surface, spend_density


@pytest.fixture(scope="module")
def rfm() -> pd.DataFrame:
    return cdnow_rfm()


@pytest.fixture(scope="module")
def purchases(rfm: pd.DataFrame) -> PurchaseModel:
    return PurchaseModel().fit(rfm)


@pytest.fixture(scope="module")
def spend(rfm: pd.DataFrame) -> SpendModel:
    return SpendModel().fit(rfm)


def test_cdnow_keeps_the_assumptions(purchases: PurchaseModel, spend: SpendModel, rfm: pd.DataFrame) -> None:
    checks = diagnostics.check_models(purchases, spend, rfm)
    assert checks.loc["one_time_buyers", "value"] == pytest.approx(1411 / 2357)
    assert checks.loc["finite_mean_spend", "value"] == pytest.approx(3.744, abs=1e-3)
    assert set(checks["verdict"]) <= {"ok", "watch"}
    assert (checks.drop("spend_independence")["verdict"] == "ok").all()


@pytest.mark.parametrize(("slope", "verdict"), [(0.0, "ok"), (0.5, "bad"), (-0.5, "bad")])
def test_spend_that_goes_with_frequency_is_found(slope: float, verdict: str) -> None:
    rfm = simulated_rfm(5000, seed=3)
    tilted = rfm.assign(monetary_value=rfm["monetary_value"] * np.maximum(rfm["frequency"], 1.0) ** slope)
    assert diagnostics.spend_independence(tilted).verdict == verdict


def test_an_infinite_mean_and_a_base_of_one_time_buyers_are_named() -> None:
    assert diagnostics.finite_mean_spend(SpendModel.from_params(p=2, q=0.9, v=10)).verdict == "bad"
    once = pd.DataFrame({"frequency": [0] * 9 + [1], "recency": [0] * 9 + [5], "T": [50] * 10})
    check = diagnostics.one_time_buyers(once)
    assert (check.value, check.verdict) == (0.9, "watch")


def test_the_holdout_by_frequency_is_the_published_table(purchases: PurchaseModel, rfm: pd.DataFrame) -> None:
    table = diagnostics.purchases_by_frequency(purchases, rfm, rfm["future"], horizon_days=273)
    assert table["expected"].round(3).tolist() == [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157]
    assert table["actual"].round(3).tolist() == [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]
    assert table["customers"].sum() == 2357
    by_recency = diagnostics.purchases_by_recency(purchases, rfm, rfm["future"], horizon_days=273)
    assert (by_recency["expected"] * by_recency["customers"]).sum() == pytest.approx(1653.4, abs=0.05)


def test_the_repeat_counts_of_the_calibration_fit(purchases: PurchaseModel, rfm: pd.DataFrame) -> None:
    """The chi-squared test of the paper's table 1 has 3 degrees of freedom, with 4.82 for the BG/NBD (p = .19)."""
    table = diagnostics.repeat_counts(purchases, rfm)
    assert table["actual"].tolist()[:3] == [1411, 439, 214]
    assert table["expected"].sum() == pytest.approx(2357)
    assert ((table["actual"] - table["expected"]) ** 2 / table["expected"]).sum() == pytest.approx(4.82, abs=0.15)


def test_tracking_adds_up_to_the_forecast_and_to_the_purchases(purchases: PurchaseModel) -> None:
    table = diagnostics.tracking(purchases, cdnow_days(), cutoff=CALIBRATION_END)
    assert table["actual"].sum() == 2457 + 1882
    np.testing.assert_allclose(table["expected"].cumsum(), table["expected_cumulative"])
    assert (table["expected"] >= 0).all()
    calibration = table[table["calibration"]].iloc[-1]
    # The paper's figure 2: the model follows the cumulated purchases to within a few per cent.
    assert calibration["expected_cumulative"] == pytest.approx(calibration["actual_cumulative"], rel=0.05)
    assert table["expected_cumulative"].iloc[-1] == pytest.approx(table["actual_cumulative"].iloc[-1], rel=0.06)


def test_tracking_needs_somebody_before_the_cutoff(purchases: PurchaseModel) -> None:
    with pytest.raises(DataError, match="nobody bought up to the cutoff"):
        diagnostics.tracking(purchases, cdnow_days(), cutoff="1990-01-01")
    with pytest.raises(DataError, match="column 'day' is missing"):
        diagnostics.tracking(purchases, pd.DataFrame({"customer_id": [1]}), cutoff="1990-01-01")


def test_the_spend_densities_are_densities_and_alike(spend: SpendModel, rfm: pd.DataFrame) -> None:
    table = spend_density(spend, rfm)
    assert (table["actual"] * table["width"]).sum() == pytest.approx(1.0)
    assert (table["expected"] * table["width"]).sum() == pytest.approx(1.0, abs=0.02)
    # Half the sum of absolute differences is the share of customers that would have to move.
    assert 0.5 * ((table["actual"] - table["expected"]).abs() * table["width"]).sum() < 0.15


def test_the_surface_covers_every_possible_customer(purchases: PurchaseModel) -> None:
    table = frequency_recency_surface(purchases, age_days=270, max_frequency=10, horizon_days=90, step_days=30)
    assert len(table) == 1 + 10 * 9
    assert table["p_alive"].between(0, 1).all()
    latest = table[table["recency"] == 270].set_index("frequency")["p_alive"]
    assert latest.is_monotonic_increasing
    assert table["expected_purchases"].gt(0).all()
