"""Everybody known at a cutoff: as a plain-Python union of purchases, engagement and attributes has them."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pandas as pd
import pytest
from customer_reference import Customer, World, population_of, tables_of, worlds
from event_reference import Event
from hypothesis import given, settings
from hypothesis import strategies as st
from order_reference import START, Order, transactions_of

from clv_ml.config import ChurnConfig
from clv_ml.engine import Engine
from clv_ml.models.training_rows import customers_at, population_at
from clv_ml.snapshot.features import PURCHASE_FEATURES
from clv_ml.snapshot.population import population
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.window import day_totals


def described(engine: Engine, world: World, cutoff: dt.date) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = engine.to_arrow(
        population(engine, tables_of(engine, world), cutoff).orderBy("customer_id")
    ).to_pylist()
    return rows


def same(found: Any, expected: Any) -> bool:
    if found is None or expected is None or (isinstance(expected, float) and math.isnan(expected)):
        return found is None and (expected is None or math.isnan(expected))
    if isinstance(expected, float | int):
        return bool(found == pytest.approx(expected, rel=1e-12, abs=1e-9))
    return bool(found == expected)


@settings(settings.get_profile("engine"), max_examples=8)
@given(world=worlds(), cut=st.integers(0, 260))
def test_the_population_equals_a_plain_python_union(engine: Engine, world: World, cut: int) -> None:
    cutoff = START + dt.timedelta(days=cut)
    expected = population_of(world, cutoff)
    found = described(engine, world, cutoff)
    assert [row["customer_id"] for row in found] == list(expected)
    for row in found:
        wanted = expected[row.pop("customer_id")]
        assert set(row) == set(wanted)
        wrong = {name: (row[name], value) for name, value in wanted.items() if not same(row[name], value)}
        assert not wrong


def at(day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime.combine(START, dt.time(hour)) + dt.timedelta(days=day)


EVERYBODY = World(
    orders=[
        Order("buyer", START + dt.timedelta(days=5), 1000, None),
        Order("later", START + dt.timedelta(days=50), 1000, None),
        Order("early bird", START + dt.timedelta(days=2), 1000, None),
        Order("gave it back", START + dt.timedelta(days=3), 1000, None),
        Order("gave it back", START + dt.timedelta(days=3), -1000, None),
    ],
    events=[
        Event("active", at(7, 9), "view", None, None, None),
        Event("active", at(6, 9), "mail", None, None, None),
        Event("written to", at(1), "mail", None, None, None),
        Event("written to", at(2), "campaign", None, None, None),
        Event("buyer", at(4), "lesson", 10_0000, None, None),
    ],
    customers=[
        Customer("signed up", at(9, 8), "free", 41.0, dt.date(2023, 1, 4)),
        Customer("without a day", None, "free", 41.0, None),
        Customer("early bird", at(30), "paid", 20.5, dt.date(2023, 1, 1)),
        Customer("buyer", at(20), "paid", None, None),
        Customer("active", None, "NA", None, None),
    ],
)


def test_buyers_those_who_signed_up_and_the_active_are_known_and_who_was_only_written_to_is_not(
    engine: Engine,
) -> None:
    rows = {row["customer_id"]: row for row in described(engine, EVERYBODY, at(20).date())}
    assert {name: (row["start_day"] - START).days for name, row in rows.items()} == {
        "active": 7,
        "buyer": 4,
        "early bird": 2,
        "signed up": 9,
    }
    assert {name: row["frequency"] for name, row in rows.items()} == {
        "active": None,
        "buyer": 0,
        "early bird": 0,
        "signed up": None,
    }
    assert {name for name, row in rows.items() if row["first_day"]} == {"buyer", "early bird"}
    assert rows["active"]["contacts_total"] == 1
    assert [rows["active"][name] for name in PURCHASE_FEATURES] == [None] * len(PURCHASE_FEATURES)
    assert (rows["signed up"]["active_days_last_30d"], rows["signed up"]["days_since_activity"]) == (0, None)


def test_attributes_are_known_from_the_signup_on_and_always_where_there_is_none(engine: Engine) -> None:
    before, on_the_day = (
        {row["customer_id"]: row for row in described(engine, EVERYBODY, at(day).date())} for day in (29, 30)
    )
    names = ("plan", "age", "renewal", "days_since_renewal")
    assert [before["early bird"][name] for name in names] == [None] * 4
    assert [on_the_day["early bird"][name] for name in names] == ["paid", 20.5, dt.date(2023, 1, 1), 30]
    assert [before["signed up"][name] for name in names] == ["free", 41.0, dt.date(2023, 1, 4), 26]
    assert before["active"]["plan"] == "NA"


def test_with_transactions_only_they_are_the_buyers(engine: Engine) -> None:
    totals = engine.materialise(day_totals(transactions_of(engine, EVERYBODY.orders)))
    cutoff = at(20).date()
    frame = engine.to_pandas(population(engine, Tables(totals), cutoff).orderBy("customer_id"))
    assert frame.columns.tolist() == ["customer_id", "first_day", *PURCHASE_FEATURES]
    assert frame["customer_id"].tolist() == ["buyer", "early bird"]
    buyers = customers_at(engine, totals, cutoff)
    pd.testing.assert_frame_equal(frame.set_index("customer_id"), buyers)
    pd.testing.assert_frame_equal(population_at(engine, Tables(totals), cutoff, ChurnConfig()), buyers)


def test_without_events_the_table_of_customers_tells_how_long_they_have_been_there(engine: Engine) -> None:
    every = tables_of(engine, EVERYBODY)
    tables = Tables(every.totals, customers=every.customers, categories=("plan",))
    frame = engine.to_pandas(population(engine, tables, at(20).date()).orderBy("customer_id"))
    assert frame.columns.tolist() == [
        "customer_id",
        "first_day",
        "start_day",
        *PURCHASE_FEATURES,
        "tenure_days",
        "plan",
    ]
    assert frame["customer_id"].tolist() == ["buyer", "early bird", "signed up"]
    assert frame["tenure_days"].tolist() == [15, 18, 11]
    assert frame["plan"].fillna("none").tolist() == ["paid", "none", "free"]


def test_nobody_known_gives_a_table_without_rows(engine: Engine) -> None:
    tables = tables_of(engine, EVERYBODY)
    table = engine.to_arrow(population(engine, tables, START - dt.timedelta(days=9)))
    assert table.num_rows == 0
    assert table.column_names == ["customer_id", "first_day", "start_day", *tables.features, "renewal"]
