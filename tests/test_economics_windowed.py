"""Windowed value is order value x purchases x margin of the last days; the window that told the next ones best wins."""

from __future__ import annotations

import datetime as dt

import pytest
from economics_data import frames

from clv_ml.economics.windowed import windowed_values


def every(step: int, days: int, spend: float = 10.0, name: str = "a") -> list[tuple[str, str, float]]:
    return [(name, str(dt.date(2022, 1, 1) + dt.timedelta(days=day)), spend) for day in range(0, days, step)]


def test_the_value_is_order_value_times_orders_times_margin() -> None:
    rows = [*every(10, 300), ("b", "2022-05-01", 99.0)]  # the last day is 290: October 18
    table = windowed_values(frames(*rows, as_of="2022-10-18", margin=0.4), horizon_days=90)
    everybody = table[table["dimension"] == "all"].set_index("window_days")
    assert [everybody[name].loc[30] for name in ("order_value", "orders", "margin")] == pytest.approx([10.0, 1.5, 0.4])
    assert everybody.loc[90, "value"] == pytest.approx(10.0 * 4.5 * 0.4)
    assert everybody.loc[180, "value"] == pytest.approx((18 * 10.0 + 99.0) / 2 * 0.4)


def test_a_steady_customer_is_told_by_every_window_and_the_shortest_is_named() -> None:
    table = windowed_values(frames(*every(10, 400), as_of="2023-01-26"), horizon_days=90)
    everybody = table[table["dimension"] == "all"]
    assert everybody["expected"].tolist() == pytest.approx([90.0, 90.0, 90.0])
    assert everybody["actual"].tolist() == pytest.approx([90.0, 90.0, 90.0])
    assert everybody["best"].tolist() == [True, False, False]


def test_the_window_that_missed_least_is_best() -> None:
    # a burst in the 30 days before the judged ones: the long window is misled less
    burst = [("a", str(dt.date(2022, 10, 20) + dt.timedelta(days=day)), 10.0) for day in range(1, 8, 2)]
    table = windowed_values(frames(*every(10, 400), *burst, as_of="2023-01-26"), horizon_days=90)
    everybody = table[table["dimension"] == "all"]
    assert everybody["best"].tolist() == [False, False, True]
    assert everybody["error"].tolist() == pytest.approx([12 / 9, 4 / 9, 2 / 9])


def test_a_window_that_reaches_back_before_the_data_is_not_judged() -> None:
    table = windowed_values(frames(*every(10, 200), as_of="2022-07-10"), horizon_days=90)
    everybody = table[table["dimension"] == "all"].set_index("window_days")
    assert everybody["error"].notna().to_dict() == {30: True, 90: True, 180: False}
    assert not everybody["best"].loc[180]


def test_a_month_whose_customers_had_not_all_come_is_not_judged() -> None:
    rows = [*every(10, 200), ("b", "2022-04-05", 5.0), ("c", "2022-04-28", 5.0)]
    table = windowed_values(frames(*rows, as_of="2022-07-19"), horizon_days=90)  # judged from April 20
    april = table[table["cohort"] == "2022-04"]
    assert april["actual"].isna().all()
    assert april["value"].notna().all()
