"""The tables of a job: names of features, who is known since when, and names that would hide one another."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from customer_reference import World, starts_of, tables_of, worlds
from event_reference import SIGNALS, events_of
from hypothesis import given, settings
from hypothesis import strategies as st
from order_reference import START, transactions_of

from clv_ml.config import SignalsConfig
from clv_ml.engine import Engine
from clv_ml.errors import ConfigError
from clv_ml.snapshot.engagement import engagement_feature_names
from clv_ml.snapshot.features import PURCHASE_FEATURES
from clv_ml.snapshot.tables import Tables, known_events, starts
from clv_ml.snapshot.window import day_totals

FRAME: Any = object()  # names do not depend on rows


def test_features_are_those_of_the_tables_there_are() -> None:
    attributes: dict[str, Any] = {"categories": ("plan",), "numbers": ("age",), "dates": ("renewal",)}
    engagement = engagement_feature_names(SIGNALS)
    told = ("plan", "age", "days_since_renewal")
    assert Tables(FRAME, signals=SIGNALS).features == PURCHASE_FEATURES
    assert Tables(FRAME, events=FRAME, signals=SIGNALS).features == (*PURCHASE_FEATURES, *engagement)
    assert Tables(FRAME, customers=FRAME, **attributes).features == (*PURCHASE_FEATURES, "tenure_days", *told)
    every = Tables(FRAME, events=FRAME, customers=FRAME, signals=SIGNALS, **attributes)
    assert every.features == (*PURCHASE_FEATURES, *engagement, *told)
    assert (every.purchases_only, Tables(FRAME).purchases_only) == (False, True)


def test_settings_tell_apart_what_is_planned_apart() -> None:
    every = [
        Tables(FRAME),
        Tables(FRAME, events=FRAME),
        Tables(FRAME, customers=FRAME),
        Tables(FRAME, events=FRAME, signals=SIGNALS),
        Tables(FRAME, customers=FRAME, categories=("plan",)),
        Tables(FRAME, customers=FRAME, numbers=("plan",)),
        Tables(FRAME, customers=FRAME, dates=("plan",)),
    ]
    assert len({tables.settings for tables in every}) == len(every)
    other = every[1].with_frames({"totals": None, "events": None})
    assert (other.frames, other.signals) == ({}, every[1].signals)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"numbers": ("frequency",)}, "frequency"),
        ({"categories": ("plan", "plan")}, "plan"),
        ({"categories": ("plan",), "numbers": ("plan",)}, "plan"),
        ({"dates": ("activity",)}, "days_since_activity"),
        ({"dates": ("last",)}, "days_since_last"),
        ({"numbers": ("days_since_renewal",), "dates": ("renewal",)}, "days_since_renewal"),
        ({"categories": ("cutoff",)}, "cutoff"),
        ({"dates": ("first_day",)}, "first_day"),
        ({"numbers": ("model_p_alive",)}, "model_p_alive"),
        ({"numbers": ("churned_90",)}, "churned_90"),
        ({"signals": SignalsConfig(counted=("view", "view"))}, "view_events_first_7d"),
    ],
)
def test_a_name_that_would_hide_another_column_is_refused(settings: dict[str, Any], name: str) -> None:
    with pytest.raises(ConfigError, match=rf"columns .*\b{name}\b.*: clv_ml has a column of this name; call the"):
        Tables(FRAME, events=FRAME, customers=FRAME, **settings)


@settings(settings.get_profile("engine"), max_examples=5)
@given(world=worlds(), cut=st.integers(0, 260))
def test_everybody_starts_with_the_earliest_signup_purchase_or_activity(engine: Engine, world: World, cut: int) -> None:
    cutoff = START + dt.timedelta(days=cut)
    table = engine.to_pandas(starts(tables_of(engine, world), cutoff).orderBy("customer_id"))
    expected = starts_of(world, cutoff)
    assert table["customer_id"].tolist() == list(expected)
    assert table["started_at"].tolist() == [pd.Timestamp(moment) for moment in expected.values()]


@settings(settings.get_profile("engine"), max_examples=2)
@given(world=worlds(), cut=st.integers(0, 260))
def test_without_a_table_of_customers_and_without_contacts_the_rest_starts_all_the_same(
    engine: Engine, world: World, cut: int
) -> None:
    cutoff = START + dt.timedelta(days=cut)
    totals = day_totals(transactions_of(engine, world.orders))
    table = engine.to_pandas(starts(Tables(totals, events=events_of(engine, world.events)), cutoff))
    views = [event._replace(event_type="view") for event in world.events]  # nothing was sent by the business
    assert set(table["customer_id"]) == set(starts_of(World(world.orders, views, []), cutoff))


def test_events_of_the_cutoff_are_known_and_later_ones_are_not(engine: Engine) -> None:
    last = pd.Timestamp("2024-01-31 23:59:59.999999")
    days = [dt.date(2024, 1, 31), dt.date(2024, 2, 1)]
    frame = engine.from_pandas(pd.DataFrame({"timestamp": [last, last + pd.Timedelta(1, "us")], "day": days}))
    known = engine.to_pandas(known_events(frame, days[0]))
    assert known["timestamp"].tolist() == [last]
