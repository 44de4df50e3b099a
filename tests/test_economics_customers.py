"""Customers of the cohorts: who they are, what each cost and bought, and how far the data can speak."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from economics_data import START, bought, frames, histories, shop
from hypothesis import given, settings

from clv_ml.config import AcquisitionCost, CohortsConfig, ValueConfig
from clv_ml.economics.customers import CohortFrames, frames_of
from clv_ml.economics.customers_dimensions import value_quartile
from clv_ml.economics.customers_reading import cohort_frames, dimensions_of
from clv_ml.errors import ConfigError, DataError
from clv_ml.pipeline.prepared import prepare, silent

APRIL = dt.date(2023, 4, 1)
COSTS = [{"channel": "google", "month": "2023-01", "total": 9.0}, {"channel": "google", "per_customer": 2.0}]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CohortFrames]:
    config = shop(tmp_path_factory.mktemp("shop"), cohorts={"min_customers": 1, "acquisition_costs": COSTS})
    with prepare(config, progress=silent) as opened:
        lines = opened.checked.transactions.transactions
        yield cohort_frames(opened.engine, opened.tables, APRIL, config, transactions=lines)


def test_buyers_are_members_and_whoever_else_is_known_is_a_prospect(read: CohortFrames) -> None:
    assert list(read.members.index) == ["ann", "bob", "cat", "dan"]
    assert list(read.prospects.index) == ["fay"]  # gus and eve come later
    assert read.dimensions == ("month", "channel", "value_quartile", "first_product", "first_discount")


def test_purchase_days_are_net_of_refunds_and_carry_their_cost(read: CohortFrames) -> None:
    days = read.purchase_days
    assert list(zip(days["customer_id"], days["day"].dt.strftime("%m-%d"), days["cents"], strict=True)) == [
        ("ann", "01-05", 2500),
        ("ann", "02-10", 3000),  # less the refund of March
        ("bob", "01-20", 1000),
        ("bob", "03-15", 3000),
        ("cat", "02-02", 1400),
        ("dan", "03-31", 9999),
    ]
    # bob's lines tell no cost: the margin of 0.4 says what they earned; the refund gave back goods worth 5
    assert days["cost_cents"].tolist() == pytest.approx([1500, 1500, 600, 1800, 800, 6000])
    assert days["profit"].tolist() == pytest.approx([10.0, 15.0, 4.0, 12.0, 6.0, 39.99])
    assert read.observed_costs


def test_the_first_order_gives_cohorts(read: CohortFrames) -> None:
    # ann's dearest line; of cat's equal lines the name that is last in order
    assert read.members["first_product"].to_dict() == {"ann": "tea", "bob": "cup", "cat": "tea", "dan": "pot"}
    assert read.members["first_discount"].to_dict() == {
        "ann": "with",
        "bob": "without",
        "cat": "without",
        "dan": "without",
    }
    assert read.members["month"].tolist() == ["2023-01", "2023-01", "2023-02", "2023-03"]
    assert read.members["value_quartile"].tolist() == ["Q3", "Q1", "Q2", "Q4"]


def test_costs_of_winning_customers_come_from_the_table_or_are_declared(read: CohortFrames) -> None:
    # ann and fay came in January by google and share 9; cat in February; bob's is known; dan's channel has none
    assert read.members["acquisition_cost"].tolist()[:3] == [4.5, 4.5, 2.0]
    assert np.isnan(read.members["acquisition_cost"].loc["dan"])
    assert read.prospects["acquisition_cost"].tolist() == [4.5]
    assert read.channel == "channel"


def test_dimensions_that_nobody_knows_are_named(tmp_path: Path) -> None:
    config = shop(tmp_path, cohorts={"by": ["month", "plan"]})
    with pytest.raises(ConfigError, match="no dimension plan; known: month, value_quartile, channel, first_product"):
        dimensions_of(config, ["product"])
    asked = shop(tmp_path, cohorts={"by": ["channel", "first_product"]})
    assert dimensions_of(asked, ["product"]) == ("channel", "first_product")


def test_costs_by_channel_need_a_channel() -> None:
    costs = CohortsConfig(acquisition_costs=(AcquisitionCost(channel="google", per_customer=2.0),))
    with pytest.raises(ConfigError, match=r"cohorts\.channel"):
        frames_of(bought(("a", "2023-01-01", 5.0)), as_of=START, cohorts=costs)
    with pytest.raises(ConfigError, match="no category 'source'"):
        frames_of(bought(("a", "2023-01-01", 5.0)), as_of=START, cohorts=CohortsConfig(channel="source"))


def test_a_silence_at_the_end_that_is_longer_than_any_before_is_not_known() -> None:
    rows = [("a", "2023-01-01", 5.0), ("b", "2023-01-04", 5.0), ("a", "2023-01-20", 5.0)]
    assert frames(*rows, as_of="2023-01-31").known_to == dt.date(2023, 1, 31)  # 11 days, 16 were seen
    assert frames(*rows, as_of="2023-02-20").known_to == dt.date(2023, 1, 20)


def test_equal_first_orders_are_in_one_quarter() -> None:
    quarters = value_quartile(pd.Series([5, 5, 5, 5, 9], index=list("abcde")))
    assert quarters.tolist() == ["Q1", "Q1", "Q1", "Q1", "Q4"]


def test_small_groups_of_a_dimension_are_together() -> None:
    rows = [(name, "2023-01-01", 5.0) for name in "abcdef"]
    names = pd.DataFrame(
        {"country": ["X", "X", "Y", "Z", None, ""]}, index=pd.Index(list("abcdef"), name="customer_id")
    )
    names.loc["g", "country"] = "Z"
    found = frames_of(bought(*rows), names, as_of=START, cohorts=CohortsConfig(max_cohorts=2), dimensions=("country",))
    assert found.members["country"].tolist() == ["X", "X", "Y", "other", "unknown", "unknown"]
    assert found.prospects["country"].tolist() == ["other"]
    assert found.numbered("country")[1] == ["X", "Y", "other", "unknown"]


def test_rows_that_cannot_be_are_named() -> None:
    twice = bought(("a", "2023-01-01", 5.0), ("a", "2023-01-01", 6.0))
    with pytest.raises(DataError, match="'a' has two rows for 2023-01-01"):
        frames_of(twice, as_of=START)
    with pytest.raises(DataError, match="orders"):
        frames_of(twice.drop(columns="orders"), as_of=START)
    people = pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "a"], name="customer_id"))
    with pytest.raises(DataError, match="'a' has two rows"):
        frames_of(bought(("a", "2023-01-01", 5.0)), people, as_of=START)
    with pytest.raises(ConfigError, match="before the first purchase"):
        frames_of(bought(("a", "2023-01-02", 5.0)), as_of=START)


@settings(settings.get_profile("engine"), max_examples=10)
@given(rows=histories())
def test_frames_depend_neither_on_the_order_of_rows_nor_on_later_days(rows: pd.DataFrame) -> None:
    as_of = START + dt.timedelta(days=150)
    if rows["day"].min() > as_of:
        return
    before = rows.copy()
    found = frames_of(rows, as_of=as_of, value=ValueConfig(margin=0.3))
    turned = frames_of(rows[::-1], as_of=as_of, value=ValueConfig(margin=0.3))
    known = frames_of(rows[rows["day"] <= as_of], as_of=as_of, value=ValueConfig(margin=0.3))
    pd.testing.assert_frame_equal(rows, before)
    for other in (turned, known):
        pd.testing.assert_frame_equal(found.purchase_days, other.purchase_days)
        pd.testing.assert_frame_equal(found.members, other.members)
    assert (found.age >= 0).all()
    assert found.purchase_days["cents"].sum() == rows.loc[rows["day"] <= as_of, "cents"].sum()
