"""What happened after the cutoff, and which windows may be judged."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_reference import START, Order, outcomes_of, purchase_days, tables, transactions_of

from clv_ml.engine import Engine
from clv_ml.errors import DataError
from clv_ml.snapshot.labels import outcomes, require_mature
from clv_ml.snapshot.window import Window, day_totals

HORIZONS = (10, 60, 120)


def judged(engine: Engine, orders: list[Order], cutoff: dt.date) -> pd.DataFrame:
    window = Window(cutoff, max(HORIZONS))
    totals = engine.materialise(day_totals(transactions_of(engine, orders)))
    customers = window.history(totals).select("customer_id").distinct()
    frame = outcomes(window.future(totals), customers, cutoff, HORIZONS)
    return engine.to_pandas(frame).set_index("customer_id").sort_index()


@settings(settings.get_profile("engine"), max_examples=6)
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


def test_a_window_is_mature_on_the_day_it_ends_and_not_before() -> None:
    window = Window(dt.date(2024, 1, 1), 90)
    require_mature(window, dt.date(2024, 3, 31))
    with pytest.raises(DataError, match="its 90 days end on 2024-03-31, but the data end on 2024-03-30; judge from"):
        require_mature(window, dt.date(2024, 3, 30))
