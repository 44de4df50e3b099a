"""A cutoff and a horizon: purchase days, refunds, and the border between history and future."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_reference import START, Order, purchase_days, tables, transactions_of

from clv_ml.engine import DataFrame, Engine
from clv_ml.errors import ConfigError
from clv_ml.snapshot.window import Window, day_totals

Days = dict[tuple[str, dt.date], tuple[float, int]]


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def found(engine: Engine, orders: list[Order], window: Window, part: str) -> Days:
    def build(frames: Mapping[str, DataFrame], cutoff: dt.date) -> DataFrame:
        same, totals = Window(cutoff, window.horizon_days), day_totals(frames["orders"])
        return same.history(totals) if part == "history" else same.future(totals)

    # planned once, as it takes longer than to count; history knows no horizon
    key = f"window: {part} {window.horizon_days if part == 'future' else ''}"
    frame = engine.to_pandas(engine.planned(key, {"orders": transactions_of(engine, orders)}, window.cutoff, build))
    keys = zip(frame["customer_id"], frame["day"].dt.date, strict=True)
    return dict(zip(keys, zip(frame["spend"], frame["orders"], strict=True), strict=True))


def expected(orders: list[Order]) -> Days:
    days = purchase_days(orders).items()
    return {(customer, d.day): (d.cents / 100, d.orders) for customer, bought in days for d in bought}


@settings(settings.get_profile("engine"), max_examples=20)
@given(orders=tables(), cut=st.integers(0, 400), horizon=st.sampled_from([1, 60, 200]))
def test_history_and_future_equal_a_plain_python_count(
    engine: Engine, orders: list[Order], cut: int, horizon: int
) -> None:
    window = Window(day(cut), horizon)
    past = [order for order in orders if order.day <= window.cutoff]
    later = [order for order in orders if window.cutoff < order.day <= window.end]
    assert found(engine, orders, window, "history") == expected(past)
    assert found(engine, orders, window, "future") == expected(later)


def test_the_cutoff_belongs_to_history_and_the_end_to_the_future(engine: Engine) -> None:
    orders = [Order("a", day(n), 100, None) for n in (9, 10, 11, 15, 16)]
    window = Window(day(10), 5)
    assert window.end == day(15)
    assert [key[1] for key in sorted(found(engine, orders, window, "history"))] == [day(9), day(10)]
    assert [key[1] for key in sorted(found(engine, orders, window, "future"))] == [day(11), day(15)]


def test_same_day_orders_are_one_occasion_and_lines_of_one_order_count_once(engine: Engine) -> None:
    orders = [Order("a", day(1), 100, "x"), Order("a", day(1), 200, "x"), Order("a", day(1), 300, None)]
    assert found(engine, orders, Window(day(1), 1), "history") == {("a", day(1)): (6.0, 2)}


def test_a_free_order_is_an_occasion_and_one_returned_the_same_day_is_not(engine: Engine) -> None:
    orders = [Order("a", day(1), 0, None), Order("b", day(1), 500, None), Order("b", day(1), -500, None)]
    assert found(engine, orders, Window(day(1), 1), "history") == {("a", day(1)): (0.0, 1)}


def test_a_refund_lowers_the_latest_purchase_day_and_never_how_often(engine: Engine) -> None:
    orders = [Order("a", day(1), 1000, None), Order("a", day(5), 2000, None), Order("a", day(9), -2500, None)]
    bought = found(engine, orders, Window(day(10), 1), "history")
    assert bought == {("a", day(1)): (10.0, 1), ("a", day(5)): (-5.0, 1)}


def test_a_refund_after_the_cutoff_changes_nothing_before_it(engine: Engine) -> None:
    orders = [Order("a", day(1), 1000, None)]
    late = [*orders, Order("a", day(11), -1000, None)]
    window = Window(day(10), 30)
    assert found(engine, late, window, "history") == found(engine, orders, window, "history")
    assert found(engine, late, window, "future") == {}


def test_every_day_is_told_apart_as_purchase_or_not(engine: Engine) -> None:
    orders = [Order("a", day(1), 100, None), Order("a", day(2), -100, None)]
    totals = engine.to_pandas(day_totals(transactions_of(engine, orders)).orderBy("day"))
    assert totals["is_purchase"].tolist() == [True, False]
    assert isinstance(totals, pd.DataFrame)


def test_orders_without_ids_are_counted_by_rows(engine: Engine) -> None:
    frame = transactions_of(engine, [Order("a", day(1), 100, None)] * 3).drop("order_id")
    assert engine.to_pandas(day_totals(frame))["orders"].tolist() == [3]


def test_a_window_without_days_is_refused() -> None:
    with pytest.raises(ConfigError, match="horizon_days must be at least 1, got 0"):
        Window(day(1), 0)
