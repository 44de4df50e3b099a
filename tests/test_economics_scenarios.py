"""Scenarios: what each lever does to each model, and that nothing changed is the forecast."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from predicted_data import VALUE, World, world
from value_data import simulated_rfm

from clv_ml.config.cohorts import Scenario
from clv_ml.economics.equity import customer_equity, customer_values
from clv_ml.economics.predicted import predicted_cohorts
from clv_ml.economics.scenarios import changed_departures, scenario_economics, scenario_value
from clv_ml.models.modified import ModifiedPurchaseModel
from clv_ml.models.pareto import ParetoPurchaseModel
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.value import customer_lifetime_value

SPEND = SpendModel.from_params(p=6.25, q=3.74, v=15.44)
BGNBD = PurchaseModel.from_params(r=0.6, alpha=60.0, a=0.8, b=2.5)
MODELS = [
    BGNBD,
    ModifiedPurchaseModel.from_params(r=0.6, alpha=60.0, a=0.8, b=2.5),
    ParetoPurchaseModel.from_params(r=0.6, alpha=60.0, s=0.6, beta=90.0),
]
RFM = simulated_rfm(200, seed=8)


def valued(model: PurchaseModel, **changes: float) -> Any:
    scenario = Scenario.model_validate({"name": "what if", **changes})
    return scenario_value(model, SPEND, RFM, scenario, value=VALUE, active_days=90)


@pytest.fixture(scope="module")
def shop() -> World:
    return world(600, seed=5)


@pytest.fixture(scope="module")
def table(shop: World) -> pd.DataFrame:
    predicted = predicted_cohorts(shop.models, shop.customers, shop.known, made_on=shop.as_of, n_futures=50)
    return scenario_economics(shop.models, shop.customers, shop.known, active_days=90, predicted=predicted)


def test_the_three_scenarios_of_the_defaults_are_worth_more_and_add_up(shop: World, table: pd.DataFrame) -> None:
    names = ["forecast", "churn falls by 10 %", "orders worth 5 % more", "a campaign saves 20 %"]
    assert list(table["scenario"].unique()) == names
    equity = customer_equity(customer_values(shop.models, shop.customers, value=VALUE, active_days=90), shop.known)
    assert (table.loc[table["scenario"] == "forecast", "equity"].to_numpy() == equity["equity"].to_numpy()).all()
    for name, rows in table.groupby("scenario"):
        everybody: Any = rows.iloc[0]
        for dimension in ("month", "channel"):
            assert rows.loc[rows["dimension"] == dimension, "equity"].sum() == everybody["equity"]
        assert (rows["equity_low"] < rows["equity"].astype(float)).all()
        assert (rows["equity"].astype(float) < rows["equity_high"]).all()
        if name == "forecast":
            assert rows["change"].isna().all()
            assert rows["change_share"].isna().all()
        else:
            assert (rows["change"].astype(float) > 0).all()
            np.testing.assert_allclose(
                rows["change_share"], rows["change"].astype(float) / (rows["equity"] - rows["change"]).astype(float)
            )
    more: Any = table[(table["scenario"] == "orders worth 5 % more")].iloc[0]
    assert more["change_share"] == pytest.approx(0.05, abs=1e-3)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.KIND)
def test_nothing_changed_is_the_lifetime_value(model: PurchaseModel) -> None:
    exact = customer_lifetime_value(model, SPEND, RFM, horizon_days=180, margin=0.4)
    np.testing.assert_allclose(valued(model), exact["expected_clv"], rtol=1e-12)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.KIND)
@settings(max_examples=10)
@given(change=st.floats(-1.0, 0.0), save=st.floats(0.0, 1.0))
def test_fewer_who_leave_and_more_who_are_saved_are_never_worth_less(
    model: PurchaseModel, change: float, save: float
) -> None:
    plain, fewer, saved = valued(model), valued(model, churn_change=change), valued(model, save_rate=save)
    assert (fewer >= plain - 1e-9).all()
    assert (saved >= plain - 1e-9).all()
    retained = customer_lifetime_value(model, SPEND, RFM, horizon_days=180, margin=0.4)["value_if_retained"]
    assert (valued(model, save_rate=1.0) <= 2.0 * retained + 1e-9).all()
    assert (valued(model, churn_change=3.0) <= plain + 1e-9).all()


def test_a_change_of_churn_multiplies_the_mean_chance_to_leave_of_every_customer() -> None:
    changed = changed_departures(BGNBD, -0.10).params_
    for x in (0, 1, 7):
        before, after = 0.8 / (0.8 + 2.5 + x), changed["a"] / (changed["a"] + changed["b"] + x)
        assert after == pytest.approx(0.9 * before)
    pareto = changed_departures(MODELS[2], 0.5).params_
    assert (pareto["s"], pareto["beta"]) == pytest.approx((0.9, 90.0))
    assert changed_departures(BGNBD, 10.0).params_["b"] > 0
    assert changed_departures(BGNBD, -1.0).params_["a"] > 0


def test_without_departures_customers_buy_at_their_rate_for_good() -> None:
    """With no one leaving E[Y(t) | alive] = (r + x) t / (alpha + T): the Poisson-Gamma mean."""
    rate = (0.6 + RFM["frequency"]) / (60.0 + RFM["T"])
    forever = rate * SPEND.expected_spend(RFM) * 0.4 * BGNBD.probability_alive(RFM)
    discounted = (1.0 - 1.10 ** (-180 / 365)) / (np.log(1.10) / 365)
    np.testing.assert_allclose(valued(BGNBD, churn_change=-1.0), forever * discounted, rtol=1e-4)


def test_a_saved_customer_is_worth_what_a_living_one_is_and_not_both() -> None:
    """P V + z n (V - S): by simulation of the law of total expectation, P V = n S + the part of who buys."""
    scenario = Scenario(name="all saved", save_rate=1.0)
    gain = scenario_value(BGNBD, SPEND, RFM, scenario, value=VALUE, active_days=90) - valued(BGNBD)
    none = BGNBD.probability_no_purchase(RFM, horizon_days=90)
    retained = customer_lifetime_value(BGNBD, SPEND, RFM, horizon_days=180, margin=0.4)["value_if_retained"]
    later = RFM.assign(T=RFM["T"] + 90)
    after = customer_lifetime_value(BGNBD, SPEND, later, horizon_days=90, margin=0.4)["expected_clv"]
    np.testing.assert_allclose(gain, none * (retained - after * 1.10 ** (-90 / 365)), rtol=1e-9)
    short = VALUE.model_copy(update={"horizon_days": 60})
    all_of_it = scenario_value(BGNBD, SPEND, RFM, scenario, value=short, active_days=90)
    assert (all_of_it >= scenario_value(BGNBD, SPEND, RFM, Scenario(name="x"), value=short, active_days=90)).all()


def test_worthless_orders_leave_their_cost_and_a_change_that_makes_them_cheaper_lowers_value() -> None:
    assert (valued(BGNBD, order_value_change=-0.5) < valued(BGNBD)).all()
    np.testing.assert_allclose(valued(BGNBD, order_value_change=-1.0), 0.0, atol=1e-6)


def test_scenarios_of_your_own_take_the_place_of_the_defaults(shop: World) -> None:
    table = scenario_economics(
        shop.models, shop.customers, shop.known, active_days=90, scenarios=[Scenario(name="both", churn_change=-0.2)]
    )
    assert list(table["scenario"].unique()) == ["forecast", "both"]
    assert table["equity_low"].isna().all()
