"""Everybody known at a cutoff row by row in plain Python: buyers, those who signed up, and those who were active."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import event_reference
import order_reference
import pandas as pd
from event_reference import SIGNALS, Event, engagement_of, events_of
from hypothesis import strategies as st
from order_reference import Order, features_of, purchase_days, transactions_of

from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.snapshot.features import PURCHASE_FEATURES
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.window import day_totals


class Customer(NamedTuple):
    """One row of customers."""

    customer_id: str
    signup_at: dt.datetime | None
    plan: str | None
    age: float | None
    renewal: dt.date | None


class World(NamedTuple):
    """All tables of a job."""

    orders: list[Order]
    events: list[Event]
    customers: list[Customer]


def worlds() -> st.SearchStrategy[World]:
    """Small tables whose customers overlap, and some of whose customers are in one table only."""
    customer = st.builds(
        Customer,
        customer_id=st.sampled_from("abdfhi"),
        signup_at=st.one_of(st.none(), event_reference.moments()),
        plan=st.sampled_from([None, "free", "NA"]),
        age=st.sampled_from([None, 20.5, 41.0]),
        renewal=st.sampled_from([None, dt.date(2022, 12, 1), dt.date(2023, 9, 30)]),
    )
    customers = st.lists(customer, max_size=6, unique_by=lambda row: row.customer_id)
    return st.builds(World, order_reference.tables(30), event_reference.tables(40), customers)


def customers_of(engine: Engine, customers: Sequence[Customer]) -> DataFrame:
    """The table as canonical customers."""
    f = functions()
    texts = pd.DataFrame(
        {
            "customer_id": pd.Series([row.customer_id for row in customers], dtype="string"),
            "signup_at": pd.Series([row.signup_at and row.signup_at.isoformat() for row in customers], dtype="string"),
            "plan": pd.Series([row.plan for row in customers], dtype="string"),
            "age": pd.Series([row.age for row in customers], dtype="float64"),
            "renewal": pd.Series([row.renewal and row.renewal.isoformat() for row in customers], dtype="string"),
        }
    )
    return engine.from_pandas(texts).select(
        "customer_id",
        f.col("signup_at").cast("timestamp_ntz").alias("signup_at"),
        "plan",
        f.when(~f.isnan("age"), f.col("age")).alias("age"),
        f.col("renewal").cast("date").alias("renewal"),
    )


def tables_of(engine: Engine, world: World) -> Tables:
    return Tables(
        engine.materialise(day_totals(transactions_of(engine, world.orders))),
        events=engine.materialise(events_of(engine, world.events)),
        customers=engine.materialise(customers_of(engine, world.customers)),
        signals=SIGNALS,
        categories=("plan",),
        numbers=("age",),
        dates=("renewal",),
    )


def starts_of(world: World, cutoff: dt.date) -> dict[str, dt.datetime]:
    """The earliest of signup, first purchase and first activity; contacts are no activity."""
    bought = purchase_days([order for order in world.orders if order.day <= cutoff])
    moments: list[tuple[str, dt.datetime]] = [
        *((name, dt.datetime.combine(days[0].day, dt.time())) for name, days in bought.items()),
        *((row.customer_id, row.signup_at) for row in world.customers if row.signup_at is not None),
        *((event.customer_id, event.timestamp) for event in world.events if event.event_type not in SIGNALS.contacts),
    ]
    found: dict[str, dt.datetime] = {}
    for name, moment in sorted(moments):
        if moment.date() <= cutoff:
            found.setdefault(name, moment)
    return dict(sorted(found.items()))


def population_of(world: World, cutoff: dt.date) -> dict[str, dict[str, Any]]:
    """Purchase features, engagement features and attributes side by side; NaN or None where there is none."""
    starts = starts_of(world, cutoff)
    bought = purchase_days([order for order in world.orders if order.day <= cutoff])
    purchases, engagement = features_of(bought, cutoff), engagement_of(world.events, starts, cutoff, SIGNALS)
    known = {row.customer_id: row for row in world.customers if row.signup_at is None or row.signup_at.date() <= cutoff}
    table: dict[str, dict[str, Any]] = {}
    for name, start in starts.items():
        row = known.get(name, Customer(name, None, None, None, None))
        table[name] = {
            "first_day": bought[name][0].day if name in bought else None,
            "start_day": start.date(),
            **dict.fromkeys(PURCHASE_FEATURES, math.nan),
            **purchases.get(name, {}),
            **engagement[name],
            "plan": row.plan,
            "age": row.age,
            "renewal": row.renewal,
            "days_since_renewal": row.renewal and (cutoff - row.renewal).days,
        }
    return table
