"""What a customer may cost: ratios, intervals, and costs that are zero, unknown, or spent on who never bought."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from predicted_data import World, rfm_of, world

from clv_ml.config import CohortsConfig, ValueConfig
from clv_ml.economics.acquisition import acquisition_economics
from clv_ml.economics.acquisition_costs import cost_of_buyers
from clv_ml.economics.customers import CohortFrames, frames_of
from clv_ml.economics.payback_projection import Projection, project
from clv_ml.errors import ConfigError


@pytest.fixture(scope="module")
def shop() -> World:
    """A shop with three channels of known costs, one of unknown; one of them has one customer."""
    made = world(700, seed=4)
    people = made.known.members[["channel"]].copy()
    people.loc[people.index[7], "channel"] = "lonely"
    people["acquisition_cost"] = people["channel"].map({"ads": 9.0, "friends": 0.0, "partner": 20.0, "lonely": 5.0})
    people.loc[people.index[people["channel"] == "partner"][:3], "acquisition_cost"] = np.nan
    frames = frames_of(
        made.known.purchase_days.drop(columns="person"),
        people,
        as_of=made.as_of,
        value=made.known.value,
        cohorts=CohortsConfig(retention_cost=2.0),
        dimensions=("month", "channel"),
    )
    return World(made.parameters, made.as_of, frames, frames, made.customers, made.models)


@pytest.fixture(scope="module")
def projection(shop: World) -> Projection:
    return project(shop.models, shop.customers, shop.known)


@pytest.fixture(scope="module")
def table(projection: Projection) -> pd.DataFrame:
    return acquisition_economics(projection, target=3.0, retention_cost=2.0)


def by_channel(table: pd.DataFrame) -> dict[str, Any]:
    rows: Any = table[table["dimension"] == "channel"].set_index("cohort").to_dict("index")
    found: dict[str, Any] = rows
    return found


def test_the_ratio_is_value_over_cost_and_the_allowable_cost_value_over_target(table: pd.DataFrame) -> None:
    ads = by_channel(table)["ads"]
    assert (ads["cac"], ads["cost_status"], ads["target"], ads["horizon_days"]) == (9.0, "known", 3.0, 180)
    for end in ("", "_low", "_high"):
        assert ads[f"ratio{end}"] == pytest.approx(ads[f"ltv{end}"] / 9.0)
        assert ads[f"allowable_cac{end}"] == pytest.approx(ads[f"ltv{end}"] / 3.0)
    assert ads["ltv_low"] < ads["ltv"] < ads["ltv_high"]
    assert ads["retention_cost"] == pytest.approx(2.0 * 180 / 365)
    assert ads["verdict"] == ("above" if ads["ratio_low"] >= 3 else "below" if ads["ratio_high"] < 3 else "open")


def test_value_of_a_cohort_that_is_over_is_what_it_brought(shop: World, table: pd.DataFrame) -> None:
    days, members = shop.known.purchase_days, shop.known.members
    age = (days["day"] - days["customer_id"].map(members["first_day"])).dt.days
    ids = members.index[members["month"] == "2024-02"]
    brought = days.loc[days["customer_id"].isin(ids) & (age < 180), "profit"].sum() / len(ids) - 2.0 * 180 / 365
    row: Any = table[(table["dimension"] == "month") & (table["cohort"] == "2024-02")].iloc[0]
    assert row["ltv"] == pytest.approx(brought)
    # of these customers nothing is open; how others like them will do still is
    assert row["ltv_low"] < row["ltv"] < row["ltv_high"]


def test_zero_and_unknown_costs_have_no_ratio_but_an_allowable_cost(table: pd.DataFrame) -> None:
    rows = by_channel(table)
    for channel, status, payback in (
        ("friends", "free", "no_cost"),
        ("search", "unknown", "cost_unknown"),
        ("partner", "partly_known", "cost_unknown"),
    ):
        row = rows[channel]
        assert (row["cost_status"], row["payback_status"]) == (status, payback)
        assert np.isnan([row["ratio"], row["ratio_low"], row["ratio_high"]]).all()
        assert row["verdict"] == "unknown"
        assert row["allowable_cac_low"] < row["allowable_cac"] < row["allowable_cac_high"]
    assert rows["friends"]["payback_day"] == 0.0


def test_one_customer_has_a_value_and_no_interval(table: pd.DataFrame) -> None:
    row = by_channel(table)["lonely"]
    assert (row["customers"], row["small"], row["cac"], row["verdict"]) == (1, True, 5.0, "open")
    assert row["ratio"] == pytest.approx(row["ltv"] / 5.0)
    assert np.isnan([row["ratio_low"], row["ratio_high"], row["allowable_cac_low"]]).all()


def test_few_customers_have_a_wide_interval(table: pd.DataFrame) -> None:
    width = ((table["ltv_high"] - table["ltv_low"]) / table["ltv"]).to_numpy()
    assert width[0] == np.nanmin(width)


def prospects(people: pd.DataFrame) -> CohortFrames:
    days = pd.DataFrame(
        {"customer_id": ["a", "b", "c"], "day": ["2024-01-01", "2024-01-05", "2024-01-09"], "spend": 10.0, "orders": 1}
    )
    value, as_of = ValueConfig(horizon_days=30), dt.date(2024, 1, 12)
    return frames_of(days, people, as_of=as_of, value=value, dimensions=("channel",))


def test_buyers_bear_the_cost_of_those_who_came_and_never_bought() -> None:
    people = pd.DataFrame(
        {
            "channel": ["ads", "ads", "web", "ads", "ads", "post"],
            "acquisition_cost": [5.0, 5.0, 1.0, 5.0, 7.0, 3.0],
        },
        index=["a", "b", "c", "p1", "p2", "p3"],
    )
    # ads: 12 spent on two who never bought; post: 3, and nobody of it has bought
    cost = cost_of_buyers(prospects(people))
    assert cost.to_dict() == {"a": 12.0, "b": 12.0, "c": 2.0}
    assert cost.sum() == people["acquisition_cost"].sum()


@settings(max_examples=30)
@given(
    costs=st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=6, max_size=6),
    channels=st.lists(st.sampled_from(["ads", "web", None]), min_size=6, max_size=6),
)
def test_no_cost_of_a_prospect_is_lost(costs: list[float | None], channels: list[str | None]) -> None:
    people = pd.DataFrame(
        {"channel": pd.Series(channels, dtype=object), "acquisition_cost": pd.Series(costs, dtype=float)}
    ).set_axis(pd.Index(["a", "b", "c", "p1", "p2", "p3"]), axis=0)
    own = people["acquisition_cost"].head(3)
    cost = cost_of_buyers(prospects(people))
    assert (cost.isna() == own.isna()).all()
    if own.notna().any():
        assert cost.sum() == pytest.approx(people["acquisition_cost"].sum(), abs=1e-6)
        assert (cost.dropna() >= own.dropna() - 1e-9).all()


def test_targets_and_levels_out_of_range_are_refused(projection: Projection) -> None:
    with pytest.raises(ConfigError, match="ltv_cac_target is 0"):
        acquisition_economics(projection, target=0.0)
    with pytest.raises(ConfigError, match="level is 1"):
        acquisition_economics(projection, target=3.0, level=1.0)


def test_a_single_customer_in_all_can_be_projected(shop: World) -> None:
    days = pd.DataFrame({"customer_id": ["a"], "day": ["2024-01-01"], "spend": [10.0], "orders": [1]})
    frames = frames_of(days, as_of=dt.date(2024, 1, 20), value=ValueConfig(horizon_days=60), dimensions=())
    table = acquisition_economics(project(shop.models, rfm_of(frames), frames, n_futures=30), target=3.0)
    row: Any = table.iloc[0]
    assert row["ltv"] > 10.0
    assert row["cost_status"] == "unknown"
