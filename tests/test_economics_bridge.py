"""The bridge between the equity of two days: it adds up to the cent, whatever the values."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from predicted_data import VALUE, World, rfm_of, world

from clv_ml.economics.bridge import STEPS, equity_bridge
from clv_ml.economics.customers import CohortFrames, frames_of
from clv_ml.economics.equity import customer_equity, customer_values

START, END = dt.date(2024, 3, 1), dt.date(2024, 3, 8)
NAMES = [f"c{number}" for number in range(8)]


def frames() -> CohortFrames:
    days = pd.DataFrame({"customer_id": NAMES, "day": pd.Timestamp("2024-01-15"), "spend": 10.0, "orders": 1})
    people = pd.DataFrame({"channel": ["web", "shop"] * 4}, index=NAMES)
    return frames_of(days, people, as_of=END, dimensions=("channel",))


FRAMES = frames()


def bridge(start: pd.DataFrame, end: pd.DataFrame) -> pd.DataFrame:
    return equity_bridge(start, end, FRAMES, from_day=START, to_day=END)


def values(rows: dict[str, tuple[float, float]]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=["expected_clv", "p_active"]).sort_index()


_AMOUNT = st.floats(-1e4, 1e7, allow_nan=False)
_CHANCE = st.one_of(st.just(0.0), st.just(1.0), st.floats(1e-12, 1.0))
_VALUES = st.dictionaries(st.sampled_from([*NAMES, "vanished"]), st.tuples(_AMOUNT, _CHANCE), min_size=1).map(values)


@settings(max_examples=40)
@given(start=_VALUES, end=_VALUES)
def test_the_parts_add_up_to_the_cent_in_every_cohort_and_over_cohorts(start: pd.DataFrame, end: pd.DataFrame) -> None:
    table = bridge(start, end)
    for row in table.to_dict("records"):
        assert row["start"] + sum((row[step] for step in STEPS), Decimal(0)) == row["end"]
        assert row["customers_start"] + row["customers_new"] - row["customers_gone"] == row["customers_end"]
        assert all(row[name] == row[name].quantize(Decimal("0.01")) for name in ("start", *STEPS, "end"))
    channels = table[table["dimension"] == "channel"]
    for name in ("start", *STEPS, "end"):
        assert sum(channels[name], Decimal(0)) == table.loc[0, name]


@settings(max_examples=40)
@given(start=_VALUES, end=_VALUES)
def test_the_way_back_has_the_opposite_steps_for_who_stays(start: pd.DataFrame, end: pd.DataFrame) -> None:
    both = start.index.intersection(end.index)
    if both.empty:
        return
    there: Any
    back: Any
    there, back = bridge(start.loc[both], end.loc[both]).iloc[0], bridge(end.loc[both], start.loc[both]).iloc[0]
    assert there["value_per_customer"] == -back["value_per_customer"]
    assert there["kept"] == -back["lost"]


def test_each_part_says_what_its_name_says() -> None:
    start = values({"c0": (100.0, 0.5), "c1": (100.0, 0.5), "c2": (50.0, 0.5), "vanished": (7.0, 0.5)})
    end = values({"c0": (200.0, 1.0), "c1": (20.0, 0.1), "c2": (60.0, 0.5), "c3": (33.33, 0.9)})
    row: Any = bridge(start, end).iloc[0]
    assert row["new"] == Decimal("33.33")
    assert row["kept"] == Decimal("100.00")
    assert row["lost"] == Decimal("-80.00") - Decimal("7.00")
    assert row["value_per_customer"] == Decimal("10.00")
    assert (row["customers_new"], row["customers_gone"]) == (1, 1)
    found: Any = bridge(start, end).set_index("cohort").to_dict("index")
    web, shop, gone = (found[name] for name in ("web", "shop", "unknown"))
    assert (web["kept"], shop["lost"], gone["lost"]) == (Decimal("100.00"), Decimal("-80.00"), Decimal("-7.00"))


@pytest.fixture(scope="module")
def shop() -> World:
    return world(600, seed=3)


def test_a_bridge_of_a_simulated_month_joins_the_equity_of_its_ends(shop: World) -> None:
    """New customers bring value, silence takes some from most, purchases bring some back."""
    earlier = shop.as_of - dt.timedelta(days=30)
    before = frames_of(
        shop.known.purchase_days.drop(columns="person"),
        shop.known.members,
        as_of=earlier,
        value=VALUE,
        dimensions=("month", "channel"),
    )
    ends = [customer_values(shop.models, rfm_of(some), value=VALUE, active_days=90) for some in (before, shop.known)]
    table = equity_bridge(ends[0], ends[1], shop.known, from_day=earlier, to_day=shop.as_of)
    first, last = customer_equity(ends[0], before), customer_equity(ends[1], shop.known)
    assert table["start"].iloc[0] == first["equity"].iloc[0]
    assert table["end"].iloc[0] == last["equity"].iloc[0]
    by_month = table[table["dimension"] == "month"].set_index("cohort")["end"]
    assert (by_month == last[last["dimension"] == "month"].set_index("cohort")["equity"]).all()
    row: Any = table.iloc[0]
    assert row["new"] > 0
    assert row["kept"] > 0
    assert row["lost"] < 0
    assert np.isin(table["customers_gone"], 0).all()
