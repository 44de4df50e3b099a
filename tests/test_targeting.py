"""What a contact earns, and whom to contact: never the excluded, never control, never more than there is room for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv_ml.config import Economics, RiskConfig
from clv_ml.decisions.targeting import (
    ECONOMICS,
    STATUSES,
    choose,
    economics_of,
    expected_cost,
    expected_profit,
    profit_order,
)
from clv_ml.errors import ConfigError

AMOUNT = st.floats(0, 1e5, allow_nan=False)
CUSTOMERS = st.lists(
    st.tuples(st.floats(0, 1), st.floats(-100, 1e5), st.booleans(), st.sampled_from(["", "", "no_consent"])),
    max_size=60,
)


def table_of(rows: list[tuple[float, float, bool, str]], config: RiskConfig | None = None) -> pd.DataFrame:
    index = pd.Index([f"c{number:03d}" for number in range(len(rows))], name="customer_id", dtype="str")
    p, value, control, excluded = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    frame = pd.DataFrame({"p": p, "value": value, "is_control": control, "exclusion_reason": excluded}, index=index)
    frame = frame.astype({"p": float, "value": float, "is_control": bool, "exclusion_reason": "str"})
    economics = economics_of(frame, config or RiskConfig())
    return frame.assign(
        expected_saves=frame["p"] * economics["save_rate"],
        expected_cost=expected_cost(frame["p"], economics),
        expected_net_profit=expected_profit(frame["p"], frame["value"], economics),
    )


def test_the_profit_of_a_contact_by_hand() -> None:
    economics = pd.DataFrame({"save_rate": [0.25], "take_up": [0.5], "offer_cost": [10.0], "contact_cost": [1.0]})
    p, value = pd.Series([0.6]), pd.Series([210.0])
    # 0.6 x 0.25 x (210 - 10) - 0.4 x 0.5 x 10 - 1
    assert expected_profit(p, value, economics).tolist() == pytest.approx([27.0])
    # the offer is taken by 0.6 x 0.25 + 0.4 x 0.5 = 0.35 of them
    assert expected_cost(p, economics).tolist() == pytest.approx([4.5])


@settings(max_examples=50)
@given(p=st.floats(0, 1), value=AMOUNT, g=st.floats(0, 1), psi=st.floats(0, 1), d=AMOUNT, f=AMOUNT)
def test_profit_is_what_is_saved_less_what_it_costs(
    p: float, value: float, g: float, psi: float, d: float, f: float
) -> None:
    economics = pd.DataFrame({"save_rate": [g], "take_up": [psi], "offer_cost": [d], "contact_cost": [f]})
    chance, worth = pd.Series([p]), pd.Series([value])
    saved = p * g * value
    expected = saved - expected_cost(chance, economics)[0]
    scale = max(1.0, value, d, f)
    assert expected_profit(chance, worth, economics)[0] == pytest.approx(expected, abs=1e-9 * scale)


@settings(max_examples=150, deadline=None)
@given(rows=CUSTOMERS, capacity=st.none() | st.integers(0, 70))
def test_nobody_excluded_or_in_control_is_contacted_and_there_is_room_for_all(
    rows: list[tuple[float, float, bool, str]], capacity: int | None
) -> None:
    table = table_of(rows)
    chosen = choose(table, capacity=capacity)
    status = chosen.status
    assert set(status) <= set(STATUSES)
    contacted = table[status == "contact"]
    assert not contacted["is_control"].any()
    assert (contacted["exclusion_reason"] == "").all()
    assert (contacted["expected_net_profit"] > 0).all()
    assert len(contacted) == chosen.chosen_n <= chosen.best_n
    assert capacity is None or len(contacted) <= capacity
    assert ((status == "excluded") == (table["exclusion_reason"] != "")).all()
    assert table.loc[status == "control", "is_control"].all()
    # who is in control and would have been contacted is control, not over capacity
    if len(contacted) and chosen.chosen_n == (capacity or chosen.best_n):
        border = contacted["expected_net_profit"].min()
        held = table["is_control"] & (table["exclusion_reason"] == "") & (table["expected_net_profit"] > border)
        assert (status[held] == "control").all()


@settings(max_examples=100, deadline=None)
@given(rows=CUSTOMERS, capacity=st.integers(0, 70), seed=st.integers(0, 10))
def test_no_other_ranking_of_the_same_room_promises_more(
    rows: list[tuple[float, float, bool, str]], capacity: int, seed: int
) -> None:
    table = table_of(rows)
    chosen = choose(table, capacity=capacity)
    ours = table.loc[chosen.status == "contact", "expected_net_profit"].sum()
    allowed = table[(table["exclusion_reason"] == "") & ~table["is_control"]]
    rankings = {
        "p": allowed["p"],
        "clv": (1 - allowed["p"]) * allowed["value"],
        "value_at_risk": allowed["p"] * allowed["value"],
        "random": pd.Series(np.random.default_rng(seed).random(len(allowed)), index=allowed.index),
    }
    for name, score in rankings.items():
        first = score.sort_values(ascending=False, kind="stable").index[: chosen.chosen_n]
        theirs = allowed.loc[first, "expected_net_profit"].sum()
        assert theirs <= ours + 1e-6 * max(1.0, abs(ours)), name


@settings(max_examples=50, deadline=None)
@given(rows=CUSTOMERS, capacity=st.none() | st.integers(0, 70))
def test_the_curve_rises_to_the_best_number_and_falls_after_it(
    rows: list[tuple[float, float, bool, str]], capacity: int | None
) -> None:
    table = table_of(rows)
    chosen = choose(table, capacity=capacity)
    curve = chosen.curve
    assert curve["n"].is_monotonic_increasing
    assert curve["n"].iloc[0] == 0
    assert curve.loc[curve["is_best"], "n"].tolist() == [chosen.best_n]
    assert curve.loc[curve["is_chosen"], "n"].tolist() == [chosen.chosen_n]
    later = curve["n"] > chosen.best_n
    assert (curve.loc[later, "marginal_profit"] <= 0).all()
    assert (curve.loc[~later & (curve["n"] > 0), "marginal_profit"] > 0).all()
    assert curve["expected_profit"].max() == pytest.approx(curve.loc[curve["is_best"], "expected_profit"].iloc[0])
    listed = table.loc[chosen.status == "contact", "expected_net_profit"].sum()
    assert curve.loc[curve["is_chosen"], "expected_profit"].iloc[0] == pytest.approx(listed)


def test_the_choice_does_not_depend_on_the_order_of_the_rows() -> None:
    rng = np.random.default_rng(3)
    rows = [(float(p), 100.0, False, "") for p in rng.choice([0.2, 0.4], size=40)]  # many ties
    table = table_of(rows)
    shuffled = table.sample(frac=1, random_state=1)
    pd.testing.assert_series_equal(
        choose(shuffled, capacity=9).status.sort_index(), choose(table, capacity=9).status.sort_index()
    )
    orders = [profit_order(found.index, found["expected_net_profit"].to_numpy()) for found in (shuffled, table)]
    assert shuffled.index[orders[0]].tolist() == table.index[orders[1]].tolist()


def test_a_curve_of_many_customers_stays_small_and_keeps_the_marked_points() -> None:
    rng = np.random.default_rng(1)
    rows = [
        (float(p), float(v), False, "") for p, v in zip(rng.random(20_000), rng.exponential(9, 20_000), strict=True)
    ]
    chosen = choose(table_of(rows), capacity=7_777)
    assert len(chosen.curve) <= 3_003
    assert chosen.curve["is_best"].sum() == chosen.curve["is_chosen"].sum() == 1
    assert chosen.curve["n"].iloc[-1] == 20_000


def test_segments_change_what_they_name_and_the_first_that_fits_counts() -> None:
    segments: Any = (
        {"when": {"value_tier": "high"}, "save_rate": 0.5},
        {"when": {"value_tier": ("high", "medium"), "country": "FR"}, "offer_cost": 5.0, "save_rate": 0.1},
    )
    config = RiskConfig(economics=Economics(save_rate=0.2, contact_cost=2.0), segments=segments)
    customers = pd.DataFrame({"value_tier": ["high", "medium", "medium"], "country": ["FR", "FR", "DE"]})
    told = economics_of(customers, config)
    assert list(told.columns) == list(ECONOMICS)
    assert told["save_rate"].tolist() == [0.5, 0.1, 0.2]
    assert told["offer_cost"].tolist() == [0.0, 5.0, 0.0]
    assert told["contact_cost"].tolist() == [2.0, 2.0, 2.0]


def test_a_segment_of_an_unknown_column_is_refused_with_what_there_is() -> None:
    config = RiskConfig(segments=({"when": {"colour": "red"}, "save_rate": 0.5},))
    with pytest.raises(ConfigError, match="no column 'colour'; a segment can be told by value_tier"):
        economics_of(pd.DataFrame({"value_tier": ["high"]}), config)
