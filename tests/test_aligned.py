"""Aligned tables: everybody starts on one day, and a cutoff there tells what a cutoff of one's own tells."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from customer_reference import Customer, World, starts_of, tables_of, worlds
from event_reference import SIGNALS, Event
from hypothesis import given, settings
from hypothesis import strategies as st
from order_reference import START, Order, transactions_of

from clv_ml.engine import DataFrame, Engine
from clv_ml.snapshot.aligned import ORIGIN, align, cutoff_at_age
from clv_ml.snapshot.population import population
from clv_ml.snapshot.tables import Tables, starts
from clv_ml.snapshot.window import day_totals

LAST = START + dt.timedelta(days=400)


def aligned(engine: Engine, tables: Tables, last: dt.date = LAST) -> Tables:
    return align(engine, tables, engine.materialise(starts(tables, last)))


def table_of(engine: Engine, frame: DataFrame) -> pd.DataFrame:
    return engine.to_pandas(frame.orderBy(*frame.columns))


def test_the_first_day_is_a_cutoff_like_any_other() -> None:
    assert cutoff_at_age(1) == ORIGIN
    assert cutoff_at_age(30) == ORIGIN + dt.timedelta(days=29)


@settings(settings.get_profile("engine"), max_examples=3)
@given(world=worlds(), age=st.integers(1, 60))
def test_features_of_the_first_days_are_those_at_a_cutoff_of_ones_own(engine: Engine, world: World, age: int) -> None:
    tables = tables_of(engine, world)
    together = aligned(engine, tables)
    found = snapshot(engine, together, cutoff_at_age(age))
    begun = starts_of(world, LAST)
    assert found.index.tolist() == list(begun)
    assert set(found["start_day"].dropna()) <= {pd.Timestamp(ORIGIN)}
    by_day: dict[dt.date, list[str]] = {}
    for customer, moment in begun.items():
        by_day.setdefault(moment.date(), []).append(customer)
    for day, customers in sorted(by_day.items())[:2]:  # of some: each day is a query
        own = snapshot(engine, tables, day + dt.timedelta(days=age - 1))
        ours, theirs = (frame.loc[customers, list(tables.features)] for frame in (found, own))
        pd.testing.assert_frame_equal(ours, theirs, check_dtype=False)


def snapshot(engine: Engine, tables: Tables, cutoff: dt.date) -> pd.DataFrame:
    frame = engine.to_pandas(population(engine, tables, cutoff).orderBy("customer_id")).set_index("customer_id")
    return frame.assign(plan=frame["plan"].astype("string"))  # pandas has no type for a column of nulls alone


def test_every_record_moves_by_whole_days_and_keeps_its_time_of_day(engine: Engine) -> None:
    start = dt.datetime(2024, 2, 28, 23, 59, 59, 999999)
    world = World(
        orders=[Order("b", dt.date(2023, 1, 1), 500, None), Order("b", dt.date(2023, 1, 9), -100, None)],
        events=[
            Event("a", start, "view", None, "s1", "home"),
            Event("a", dt.datetime(2024, 3, 1, 0, 0, 0, 1), "lesson", 12_3456, None, None),  # over a 29th of February
            Event("a", dt.datetime(2023, 12, 31, 12), "mail", None, None, None),  # sent before the start
            Event("unknown", start, "mail", None, None, None),
        ],
        customers=[
            Customer("a", start + dt.timedelta(days=1), "free", 41.0, dt.date(1999, 12, 31)),
            Customer("b", None, None, None, None),
            Customer("c", dt.datetime(2023, 12, 31), "paid", 20.5, dt.date(2024, 12, 31)),
            Customer("unknown", None, "paid", None, None),
        ],
    )
    tables = tables_of(engine, world)
    together = aligned(engine, tables, dt.date(2024, 12, 31))
    assert together.events is not None
    assert together.customers is not None
    assert (together.signals, together.settings) == (SIGNALS, tables.settings)

    events = table_of(engine, together.events)
    assert [str(moment) for moment in events["timestamp"]] == [
        "2000-11-03 12:00:00",
        "2001-01-01 23:59:59.999999",
        "2001-01-03 00:00:00.000001",
    ]
    assert (events["timestamp"].dt.normalize() == events["day"]).all()
    assert events["value"].tolist()[2] == 12.3456
    assert events["session_id"].tolist()[1] == "s1"

    rows = {row["customer_id"]: row for row in engine.to_arrow(together.customers).to_pylist()}
    assert {name: row["signup_at"] for name, row in rows.items()} == {
        "a": dt.datetime(2001, 1, 2, 23, 59, 59, 999999),
        "b": None,
        "c": dt.datetime(2001, 1, 1),
    }
    assert ORIGIN - rows["a"]["renewal"] == start.date() - dt.date(1999, 12, 31)
    assert rows["b"]["renewal"] is None
    assert (rows["c"]["plan"], rows["c"]["age"], rows["c"]["renewal"]) == ("paid", 20.5, dt.date(2002, 1, 2))

    totals = table_of(engine, together.totals)
    assert totals["day"].dt.date.tolist() == [ORIGIN, ORIGIN + dt.timedelta(days=8)]
    assert totals["net"].tolist() == [5.0, -1.0]
    assert totals["first_at"].isna().tolist() == [False, True]


@pytest.mark.parametrize("first", [dt.date(1700, 1, 1), dt.date(2190, 6, 1)])
def test_days_far_from_the_origin_move_as_well(engine: Engine, first: dt.date) -> None:
    orders = [Order("a", first + dt.timedelta(days=n), 100, None) for n in (0, 3000)]
    tables = Tables(engine.materialise(day_totals(transactions_of(engine, orders))))
    totals = table_of(engine, aligned(engine, tables, dt.date(2199, 12, 31)).totals)
    assert totals["day"].dt.date.tolist() == [ORIGIN, ORIGIN + dt.timedelta(days=3000)]


def test_tables_that_are_not_there_stay_away(engine: Engine) -> None:
    tables = Tables(engine.materialise(day_totals(transactions_of(engine, [Order("a", START, 100, None)]))))
    together = aligned(engine, tables)
    assert (together.events, together.customers) == (None, None)
    assert together.purchases_only
