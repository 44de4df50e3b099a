"""The simple formulas give the worked figures of the textbooks, and no figure where there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clv_ml.economics.formulas import (
    annual_contribution,
    average_order_value,
    churn_rate,
    customer_equity,
    gross_margin,
    lifespan,
    purchase_frequency,
    repeat_purchase_rate,
    simple_value,
    subscription_value,
    value_within,
    windowed_value,
)


@pytest.mark.parametrize(("repeaters", "customers", "rate"), [(120, 1000, 0.12), (165, 1100, 0.15), (170, 1000, 0.17)])
def test_repeat_purchase_rates_are_the_worked_ones(repeaters: int, customers: int, rate: float) -> None:
    assert repeat_purchase_rate(repeaters, customers) == rate


def test_the_worked_customer_is_worth_400() -> None:
    order_value, frequency = average_order_value(500_000, 20_000), purchase_frequency(20_000, 5_000)
    margin, churn = gross_margin(500_000, 300_000), churn_rate(5_000, 4_500)
    life = lifespan(churn)
    assert (order_value, frequency, margin, churn, life) == (25.0, 4.0, 0.4, 0.1, 10.0)
    value = simple_value(order_value=order_value, frequency=frequency, margin=margin, lifespan=life)
    assert value == 400.0
    assert customer_equity(value, 5_000) == 2_000_000.0


def test_the_worked_subscriber_is_worth_360_and_the_worked_shopper_180() -> None:
    assert subscription_value(price=10, periods_per_year=12, years=3) == 360.0
    assert simple_value(order_value=75, frequency=2, margin=0.40, lifespan=3) == pytest.approx(180.0, abs=1e-12)
    assert annual_contribution(order_value=75, frequency=2, margin=0.40) == 60.0
    assert windowed_value(order_value=25, purchases=2, margin=0.4) == 20.0


def test_there_is_no_figure_without_a_denominator() -> None:
    figures = [
        repeat_purchase_rate(0, 0),
        average_order_value(0, 0),
        purchase_frequency(0, 0),
        gross_margin(0, 5),
        churn_rate(0, 0),
        lifespan(0.0),
    ]
    assert all(math.isnan(figure) for figure in figures)


def test_value_within_some_years_is_the_integral_it_claims_to_be() -> None:
    churn, discount, years = 0.3, 0.1, 2.5
    moments = (np.arange(200_000) + 0.5) / 200_000 * years
    exact = 60.0 * years * np.mean((1 - churn) ** moments * (1 + discount) ** -moments)
    assert value_within(60.0, churn=churn, years=years, discount=discount) == pytest.approx(exact, rel=1e-9)
    assert value_within(60.0, churn=0.0, years=years) == 150.0
    assert value_within(60.0, churn=1.0, years=years) == 0.0
