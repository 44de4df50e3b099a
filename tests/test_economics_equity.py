"""Customer equity to the cent."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from predicted_data import VALUE, World, world

from clv_ml.config import CohortsConfig
from clv_ml.economics.customers import frames_of
from clv_ml.economics.equity import customer_equity, customer_values, in_cents, money
from clv_ml.economics.predicted import predicted_cohorts
from clv_ml.errors import DataError


@pytest.fixture(scope="module")
def shop() -> World:
    return world(600, seed=2, cohorts=CohortsConfig(retention_cost=3.65))


@pytest.fixture(scope="module")
def values(shop: World) -> pd.DataFrame:
    return customer_values(shop.models, shop.customers, value=VALUE, active_days=90)


def test_equity_is_mean_value_times_customers_and_cohorts_add_up_to_the_cent(shop: World, values: pd.DataFrame) -> None:
    predicted = predicted_cohorts(shop.models, shop.customers, shop.known, made_on=shop.as_of, n_futures=50)
    table = customer_equity(values, shop.known, predicted=predicted)
    everybody: Any = table.iloc[0]
    assert float(everybody["equity"]) == pytest.approx(values["expected_clv"].mean() * len(values), abs=0.005 * 600)
    for dimension in ("month", "channel"):
        rows = table[table["dimension"] == dimension]
        for name in ("equity", "acquisition_cost"):
            assert sum(rows[name], Decimal(0)) == everybody[name], (dimension, name)
        assert rows["expected_active"].sum() == pytest.approx(everybody["expected_active"])
    assert (table["equity_low"] < table["equity"].astype(float)).all()
    assert (table["equity"].astype(float) < table["equity_high"]).all()


def test_costs_stand_beside_and_retention_is_charged_for_everybody(shop: World, values: pd.DataFrame) -> None:
    row: Any = customer_equity(values, shop.known).iloc[0]
    n = len(values)
    assert row["acquisition_cost"] == 12 * n
    assert row["cost_known"] == 1.0
    assert float(row["retention_cost"]) == pytest.approx(3.65 * n * 180 / 365, abs=0.005)
    assert row["equity_after_retention"] == row["equity"] - row["retention_cost"]
    assert np.isnan(row["equity_low"])


def test_an_unknown_cost_is_none_and_not_zero() -> None:
    days = pd.DataFrame(
        {
            "customer_id": ["a", "b"],
            "day": pd.to_datetime(["2024-01-01", "2024-01-02"]),
            "spend": [10.0, 20.0],
            "orders": [1, 1],
        }
    )
    people = pd.DataFrame({"acquisition_cost": [np.nan, 5.0], "channel": ["x", "y"]}, index=["a", "b"])
    frames = frames_of(days, people, as_of=dt.date(2024, 2, 1), dimensions=("channel",))
    values = pd.DataFrame({"expected_clv": [1.005, 2.0], "p_active": [0.5, 0.5]}, index=["a", "b"])
    table = customer_equity(values, frames).set_index("cohort")
    assert table["acquisition_cost"].tolist() == [Decimal("5.00"), None, Decimal("5.00")]
    assert table["cost_known"].tolist() == [0.5, 0.0, 1.0]
    assert table["small"].all()


def test_missing_values_and_other_days_are_refused(shop: World, values: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="1 customers have no value"):
        in_cents(values.head(2).assign(expected_clv=[1.0, np.nan]))
    with pytest.raises(DataError, match="p_active"):
        in_cents(values[["expected_clv"]])
    earlier = predicted_cohorts(
        shop.models, shop.customers, shop.known, made_on=shop.as_of - dt.timedelta(days=1), n_futures=10
    )
    with pytest.raises(DataError, match="not made on"):
        customer_equity(values, shop.known, predicted=earlier)
    assert list(money(np.array([105.0, np.nan]))) == [Decimal("1.05"), None]
