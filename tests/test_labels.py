"""What happened after the cutoff, and which windows may be judged."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_reference import START, Days, Order, outcomes_of, purchase_days, tables, transactions_of

from clv_ml.engine import DataFrame, Engine
from clv_ml.errors import ConfigError, DataError
from clv_ml.snapshot.labels import outcomes, own_gap_horizons, require_mature
from clv_ml.snapshot.window import Window, day_totals

HORIZONS = (10, 60, 120)


def judged(engine: Engine, orders: list[Order], cutoff: dt.date) -> pd.DataFrame:
    def build(frames: Mapping[str, DataFrame], day: dt.date) -> DataFrame:
        window = Window(day, max(HORIZONS))
        totals = engine.materialise(day_totals(frames["orders"]))
        customers = window.history(totals).select("customer_id").distinct()
        return outcomes(window.future(totals), customers, day, HORIZONS)

    # planned once, as it takes longer than to count
    frame = engine.planned("labels: outcomes", {"orders": transactions_of(engine, orders)}, cutoff, build)
    return engine.to_pandas(frame).set_index("customer_id").sort_index()


@settings(settings.get_profile("engine"), max_examples=15)
@given(orders=tables(), cut=st.integers(0, 300))
def test_outcomes_equal_a_plain_python_count(engine: Engine, orders: list[Order], cut: int) -> None:
    cutoff = START + dt.timedelta(days=cut)
    known = sorted(purchase_days([order for order in orders if order.day <= cutoff]))
    last = cutoff + dt.timedelta(days=max(HORIZONS))
    future = purchase_days([order for order in orders if cutoff < order.day <= last])
    expected = outcomes_of(future, known, cutoff, HORIZONS)
    table = judged(engine, orders, cutoff)
    assert table.index.tolist() == known
    for customer, row in expected.items():
        assert table.loc[customer].astype(float).to_dict() == pytest.approx(row)


def test_who_buys_only_after_the_horizon_has_churned_and_newcomers_are_not_judged(engine: Engine) -> None:
    days = {"back": 10, "late": 11, "gone": 200}
    orders = [Order(name, START, 100, None) for name in days]
    orders += [Order(name, START + dt.timedelta(days=n), 500, None) for name, n in days.items()]
    orders.append(Order("new", START + dt.timedelta(days=1), 100, None))
    table = judged(engine, orders, START)
    assert table["churned_10"].to_dict() == {"back": 0, "gone": 1, "late": 1}
    assert table["churned_60"].to_dict() == {"back": 0, "gone": 1, "late": 0}
    assert table["spend_120"].to_dict() == {"back": 5.0, "gone": 0.0, "late": 5.0}


def judged_by_own_gap(engine: Engine, orders: list[Order], cutoff: dt.date, quantile: float) -> pd.DataFrame:
    """own_horizon_days and churned_own of everybody in the table and of a customer who never bought."""
    named = pd.DataFrame({"customer_id": [*sorted(purchase_days(known_by(orders, cutoff))), "never"]})

    def build(frames: Mapping[str, DataFrame], day: dt.date) -> Mapping[str, DataFrame]:
        window = Window(day, max(HORIZONS))
        totals, customers = engine.materialise(day_totals(frames["orders"])), frames["customers"]
        own = own_gap_horizons(window.history(totals), customers, quantile=quantile, longest_days=window.horizon_days)
        own = engine.materialise(own)
        future = window.future(totals)
        return {"own": own, "labels": outcomes(future, customers, day, HORIZONS, own_horizons=own)}

    known = {"orders": transactions_of(engine, orders), "customers": engine.from_pandas(named)}
    frames = engine.planned_tables(f"labels: own gap {quantile}", known, cutoff, build)
    own, labels = (engine.to_pandas(frames[name]).set_index("customer_id") for name in ("own", "labels"))
    return own.join(labels[["churned_own"]]).sort_index()


def known_by(orders: list[Order], cutoff: dt.date) -> list[Order]:
    return [order for order in orders if order.day <= cutoff]


def own_horizon_of(bought: Days, customer: str, quantile: float) -> int:
    """The same row by row: sort the gaps, interpolate, round up, clip."""
    by_customer = {name: [(b.day - a.day).days for a, b in itertools.pairwise(days)] for name, days in bought.items()}
    own = by_customer.get(customer, [])
    gaps = sorted(own if len(own) >= 3 else itertools.chain.from_iterable(by_customer.values()))
    if not gaps:
        return max(HORIZONS)
    usual = float(np.quantile(gaps, quantile))
    return min(max(math.ceil(round(usual, 6)), 1), max(HORIZONS))


@settings(settings.get_profile("engine"), max_examples=15)
@given(orders=tables(), cut=st.integers(0, 300), quantile=st.sampled_from([0.1, 0.5, 0.9]))
def test_own_horizons_and_their_label_equal_a_plain_python_count(
    engine: Engine, orders: list[Order], cut: int, quantile: float
) -> None:
    cutoff = START + dt.timedelta(days=cut)
    bought = purchase_days(known_by(orders, cutoff))
    later = purchase_days([order for order in orders if order.day > cutoff])
    table = judged_by_own_gap(engine, orders, cutoff, quantile)
    assert table.index.tolist() == sorted([*bought, "never"])
    for customer, row in table.iterrows():
        horizon = own_horizon_of(bought, str(customer), quantile)
        back = any((day.day - cutoff).days <= horizon for day in later.get(str(customer), []))
        assert row.to_dict() == {"own_horizon_days": horizon, "churned_own": 0 if back else 1}


def orders_of(days: dict[str, list[int]]) -> list[Order]:
    return [Order(name, START + dt.timedelta(days=n), 100, None) for name, at in days.items() for n in at]


def test_own_gaps_need_three_and_those_who_have_fewer_get_everybodys(engine: Engine) -> None:
    # gaps: weekly 7, 7, 7; rare 30, 10; once none: of all of them 7, 7, 7, 10, 30 the middle one is 7
    days = {"weekly": [0, 7, 14, 21], "rare": [0, 30, 40], "once": [5], "slow": [0]}
    back = {"weekly": [40 + 8], "rare": [40 + 7], "slow": [40 + 8]}
    table = judged_by_own_gap(engine, orders_of(days) + orders_of(back), START + dt.timedelta(days=40), 0.5)
    assert set(table["own_horizon_days"]) == {7}
    assert table["churned_own"].to_dict() == {"never": 1, "once": 1, "rare": 0, "slow": 1, "weekly": 1}
    # 0.75 of the way from 7 to 30 and more: 10 for everybody, still 7 for the weekly customer
    wider = judged_by_own_gap(engine, orders_of(days), START + dt.timedelta(days=40), 0.75)
    assert wider["own_horizon_days"].to_dict() == {"never": 10, "once": 10, "rare": 10, "slow": 10, "weekly": 7}


def test_own_horizons_end_at_the_main_one_and_at_what_can_be_known(engine: Engine) -> None:
    long = judged_by_own_gap(engine, orders_of({"a": [0, 200, 399]}), START + dt.timedelta(days=399), 0.9)
    assert set(long["own_horizon_days"]) == {120}
    nobody_came_back = judged_by_own_gap(engine, orders_of({"a": [0], "b": [9]}), START + dt.timedelta(days=9), 0.9)
    assert set(nobody_came_back["own_horizon_days"]) == {120}
    known = engine.from_pandas(pd.DataFrame({"customer_id": ["a"], "day": [START]}))
    with pytest.raises(ConfigError, match=r"own_gap_quantile must lie between 0 and 1, got 1\.5"):
        own_gap_horizons(known, known, quantile=1.5, longest_days=90)


def test_a_window_is_mature_on_the_day_it_ends_and_not_before() -> None:
    window = Window(dt.date(2024, 1, 1), 90)
    require_mature(window, dt.date(2024, 3, 31))
    with pytest.raises(DataError, match="its 90 days end on 2024-03-31, but the data end on 2024-03-30; judge from"):
        require_mature(window, dt.date(2024, 3, 30))
