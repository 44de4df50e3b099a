"""Lifetime value against its definition, worked out with mpmath, and against its own parts."""

from typing import Any

import mpmath
import numpy as np
import pandas as pd
import pytest
from value_data import cdnow_rfm

from clv_ml.errors import ConfigError
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.value import customer_lifetime_value, residual_lifetime_value, value_windows

PURCHASES = PurchaseModel.from_params(r=0.243, alpha=30.9, a=0.793, b=2.426)
SPEND = SpendModel.from_params(p=6.25, q=3.74, v=15.44)


def discounted_by_definition(x: int, t_x: float, age: float, days: float, annual: float, start: float = 0) -> float:
    """P(alive) times the integral of (1+d)^(-t/365) dE[Y(t) | alive], with its density as a 2F1."""
    with mpmath.workdps(30):
        r, alpha, a, b = (mpmath.mpf(value) for value in (0.243, 30.9, 0.793, 2.426))
        shape, scale, stay = r + x, alpha + age, b + x

        def density(t: mpmath.mpf) -> mpmath.mpf:
            rate = shape / scale * mpmath.hyp2f1(shape + 1, a, a + stay, -t / scale)
            return rate * (1 + mpmath.mpf(annual)) ** (-t / 365)

        gone = a / (stay - 1) * ((alpha + age) / (alpha + t_x)) ** shape if x > 0 else mpmath.mpf(0)
        total = mpmath.quad(density, mpmath.linspace(start, days, 9))
        return float(total / (1 + gone))


@pytest.mark.parametrize("days", [30, 365, 3650])
@pytest.mark.parametrize(("x", "t_x", "age"), [(0, 0, 0), (0, 0, 270), (2, 213, 272), (40, 100, 400), (900, 720, 730)])
def test_discounted_purchases_equal_their_definition(x: int, t_x: float, age: float, days: float) -> None:
    one = pd.DataFrame({"frequency": [x], "recency": [t_x], "T": [age], "monetary_value": [20.0 if x else 0.0]})
    table = customer_lifetime_value(PURCHASES, SPEND, one, horizon_days=days, annual_discount_rate=0.15, margin=0.4)
    by_hand = discounted_by_definition(x, t_x, age, days, 0.15) * SPEND.expected_spend(one).iloc[0] * 0.4
    assert table["expected_clv"].iloc[0] == pytest.approx(by_hand, rel=1e-9)


def test_value_if_retained_times_the_chance_to_be_alive_is_the_value() -> None:
    rfm = cdnow_rfm()
    table = customer_lifetime_value(PURCHASES, SPEND, rfm)
    product = table["value_if_retained"] * PURCHASES.probability_alive(rfm)
    np.testing.assert_allclose(table["expected_clv"], product, rtol=1e-12)
    assert list(table.columns) == [
        "expected_purchases",
        "expected_spend",
        "expected_clv",
        "value_if_retained",
    ]
    assert table.index.equals(rfm.index)


def test_value_if_retained_stays_exact_for_a_customer_certainly_gone() -> None:
    """P(alive) is about 1e-290 here: the quotient of value and chance would have no digit left."""
    gone = pd.DataFrame({"frequency": [300], "recency": [40.0], "T": [720.0], "monetary_value": [20.0]})
    table = customer_lifetime_value(PURCHASES, SPEND, gone).iloc[0]
    assert table["expected_clv"] < 1e-200
    assert table["value_if_retained"] == pytest.approx(
        discounted_by_definition(300, 720.0, 720.0, 365, 0.10)
        / PURCHASES.probability_alive(gone.assign(recency=720.0)).iloc[0]
        * table["expected_spend"],
        rel=1e-9,
    )


def test_without_discount_the_value_is_purchases_times_spend_times_margin() -> None:
    rfm = cdnow_rfm()
    table = customer_lifetime_value(PURCHASES, SPEND, rfm, horizon_days=90, annual_discount_rate=0.0, margin=0.4)
    expected = PURCHASES.expected_purchases(rfm, horizon_days=90) * SPEND.expected_spend(rfm) * 0.4
    np.testing.assert_allclose(table["expected_clv"], expected, rtol=1e-12)


def test_the_conventions_travel_with_the_table() -> None:
    table = customer_lifetime_value(PURCHASES, SPEND, cdnow_rfm().head(3), horizon_days=180, margin=0.4)
    conventions = table.attrs["conventions"]
    assert (conventions["horizon_days"], conventions["annual_discount_rate"], conventions["margin"]) == (
        180,
        0.1,
        0.4,
    )
    assert "(1 + annual_discount_rate)^(-t/365)" in conventions["discounting"]


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("horizon_days", -1, "0 or more"),
        ("horizon_days", float("inf"), "finite"),
        ("annual_discount_rate", -0.1, "0 or more"),
        ("margin", 0, "positive share"),
    ],
)
def test_arguments_out_of_range_are_refused(argument: str, value: float, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        customer_lifetime_value(PURCHASES, SPEND, cdnow_rfm().head(3), **{argument: value})


def test_windows_equal_the_values_of_each_horizon() -> None:
    rfm = cdnow_rfm()
    options: Any = {"annual_discount_rate": 0.15, "margin": 0.4, "cost_per_order": 2.0}
    windows = value_windows(PURCHASES, SPEND, rfm, **options)
    for days in (30, 90, 180, 365):
        alone = customer_lifetime_value(PURCHASES, SPEND, rfm, horizon_days=days, **options)
        for column in ("expected_purchases", "expected_clv", "value_if_retained"):
            np.testing.assert_allclose(windows[f"{column}_{days}d"], alone[column], rtol=1e-9)
        revenue = alone["expected_purchases"] * alone["expected_spend"]
        np.testing.assert_allclose(windows[f"expected_revenue_{days}d"], revenue, rtol=1e-9)
    assert windows.attrs["conventions"]["horizon_days"] == (30, 90, 180, 365)


def test_a_cost_per_order_is_paid_at_every_expected_purchase() -> None:
    rfm = cdnow_rfm().head(50)
    dear = customer_lifetime_value(PURCHASES, SPEND, rfm, annual_discount_rate=0, margin=0.4, cost_per_order=3.0)
    free = customer_lifetime_value(PURCHASES, SPEND, rfm, annual_discount_rate=0, margin=0.4)
    paid = free["expected_clv"] - dear["expected_clv"]
    np.testing.assert_allclose(paid, 3.0 * free["expected_purchases"], rtol=1e-10)


@pytest.mark.parametrize(("x", "t_x", "age"), [(0, 0, 0), (2, 213, 272)])
def test_the_residual_value_equals_its_definition(x: int, t_x: float, age: float) -> None:
    """The integral of e^(-rate t) over the expected purchases for ever, with their density as a 2F1."""
    one = pd.DataFrame({"frequency": [x], "recency": [t_x], "T": [age], "monetary_value": [20.0 if x else 0.0]})
    found = residual_lifetime_value(PURCHASES, SPEND, one, annual_discount_rate=0.15).iloc[0]
    # Beyond 300 years a discount of 15 % leaves 1e-18.
    by_hand = sum(
        discounted_by_definition(x, t_x, age, end, 0.15, start=start)
        for start, end in ((0, 1_000), (1_000, 10_000), (10_000, 110_000))
    )
    assert found["expected_clv"] == pytest.approx(by_hand * SPEND.expected_spend(one).iloc[0], rel=1e-8)


def test_the_residual_value_needs_a_discount_where_customers_may_stay_for_ever() -> None:
    rfm = cdnow_rfm().head(3)
    with pytest.raises(ConfigError, match="infinite"):
        residual_lifetime_value(PURCHASES, SPEND, rfm, annual_discount_rate=0)
    leaving = PurchaseModel.from_params(r=0.5, alpha=30, a=1.5, b=2.0)
    found = residual_lifetime_value(leaving, SPEND, rfm, annual_discount_rate=0)["value_if_retained"]
    nearly = customer_lifetime_value(leaving, SPEND, rfm, horizon_days=1e13, annual_discount_rate=0)
    np.testing.assert_allclose(nearly["value_if_retained"], found, rtol=1e-3)
