"""What single customers did over time: orders newest first, activity by week, nothing after the cutoff."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from clv_ml.config import SignalsConfig
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.timeline import ORDERS, WEEKS, timelines
from clv_ml.snapshot.window import day_totals

CUTOFF = dt.date(2024, 6, 30)


def table_of(engine: Engine, rows: list[tuple[Any, ...]], columns: list[str]) -> DataFrame:
    frame = pd.DataFrame(rows, columns=columns).assign(
        timestamp=lambda told: pd.to_datetime(told["timestamp"], format="ISO8601")
    )
    f = functions()
    return engine.materialise(
        engine.from_pandas(frame).withColumn("day", f.col("timestamp").cast("date")).orderBy("timestamp")
    )


def orders_of(engine: Engine, rows: list[tuple[str, str, float]]) -> DataFrame:
    table = table_of(engine, rows, ["customer_id", "timestamp", "amount"])
    f = functions()
    return engine.materialise(day_totals(table.withColumn("amount", f.col("amount").cast("decimal(18,2)"))))


def test_orders_are_told_newest_first_as_days_before_the_cutoff(engine: Engine) -> None:
    totals = orders_of(
        engine,
        [
            ("a", "2024-06-30 10:00", 5.0),
            ("a", "2024-01-01 10:00", 12.5),
            ("a", "2024-06-30 12:00", 2.25),
            ("a", "2024-07-01 00:00", 99.0),  # after the cutoff
            ("b", "2024-06-20 10:00", 1.0),
            ("c", "2024-06-20 10:00", 1.0),
        ],
    )
    told = timelines(engine, Tables(totals), CUTOFF, pd.Index(["b", "a", "nobody"], dtype="str"))
    assert told.index.tolist() == ["b", "a", "nobody"]
    assert told["orders"].tolist() == [[[10, 1.0]], [[0, 7.25], [181, 12.5]], []]
    assert told["activity"].tolist() == [[], [], []]


def test_only_the_newest_orders_of_a_busy_customer_are_told(engine: Engine) -> None:
    days = pd.date_range(end="2024-06-30", periods=ORDERS + 40, freq="D")
    totals = orders_of(engine, [("a", str(day), 1.0) for day in days])
    told = timelines(engine, Tables(totals), CUTOFF, pd.Index(["a"], dtype="str"))
    (orders,) = told["orders"]
    assert [ago for ago, _ in orders] == list(range(ORDERS))


def test_activity_is_counted_by_week_without_what_the_business_sent(engine: Engine) -> None:
    totals = orders_of(engine, [("a", "2024-06-01 10:00", 5.0)])
    events = table_of(
        engine,
        [
            ("a", "2024-06-30 23:59", "visit"),
            ("a", "2024-06-24 00:00", "visit"),
            ("a", "2024-06-23 23:59", "visit"),
            ("a", "2024-06-29 08:00", "email"),
            ("a", "2024-07-01 00:00", "visit"),
            ("a", str(CUTOFF - dt.timedelta(days=7 * WEEKS - 1)), "visit"),
            ("a", str(CUTOFF - dt.timedelta(days=7 * WEEKS)), "visit"),
        ],
        ["customer_id", "timestamp", "event_type"],
    )
    tables = Tables(totals, events=events, signals=SignalsConfig(contacts=("email",)))
    told = timelines(engine, tables, CUTOFF, pd.Index(["a", "b"], dtype="str"))
    weeks, none = told["activity"]
    assert len(weeks) == WEEKS
    assert (weeks[-1], weeks[-2], weeks[0], sum(weeks)) == (2, 1, 1, 4)
    assert none == [0] * WEEKS
