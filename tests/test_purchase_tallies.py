"""Tallies of closed days and what came after them give, to the last bit, what all day totals give."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from order_reference import START, Order, tables, transactions_of

from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.snapshot.features import purchase_features
from clv_ml.snapshot.purchase_tallies import (
    features_of_tallies,
    fold,
    moved,
    no_recent,
    no_tallies,
    purchase_days,
    recent_days,
)
from clv_ml.snapshot.window import Window, as_date, day_totals

Frames = Mapping[str, DataFrame]


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def at(engine: Engine, frames: Frames, until: dt.date) -> tuple[DataFrame, DataFrame]:
    """Tallies and recent purchase days at a day."""

    def build(given: Frames, end: dt.date) -> Frames:
        days = engine.materialise(purchase_days(given["tallies"], given["totals"], end))
        folded = engine.materialise(fold(given["tallies"], given["totals"], days, end))
        tallies = moved(given["tallies"], given["totals"], folded, end)
        return {"tallies": tallies, "recent": recent_days(given["recent"], days, end)}

    found = engine.planned_tables("tallies: at", frames, until, build)
    return found["tallies"], found["recent"]


def of_all(engine: Engine, totals: DataFrame, cutoff: dt.date) -> pa.Table:
    def build(frames: Frames, until: dt.date) -> DataFrame:
        return purchase_features(Window(until, 1).history(frames["totals"]), until)

    return engine.to_arrow(engine.planned("tallies: of all", {"totals": totals}, cutoff, build).orderBy("customer_id"))


def of_tallies(engine: Engine, frames: Frames, cutoff: dt.date) -> pa.Table:
    def build(given: Frames, until: dt.date) -> DataFrame:
        return features_of_tallies(given["tallies"], given["recent"], until)

    tallies, recent = at(engine, frames, cutoff)
    known = {"tallies": tallies, "recent": recent}
    return engine.to_arrow(engine.planned("tallies: features", known, cutoff, build).orderBy("customer_id"))


def start(engine: Engine, orders: Sequence[Order]) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Day totals of orders, and no tallies and no recent days yet; planned once, as it takes longer than to count."""

    def build(given: Frames, _: dt.date) -> Frames:
        totals = engine.materialise(day_totals(given["orders"]))
        return {"totals": totals, "tallies": no_tallies(totals), "recent": no_recent(totals)}

    frames = engine.planned_tables("tallies: start", {"orders": transactions_of(engine, orders)}, START, build)
    return frames["totals"], frames["tallies"], frames["recent"]


def after(engine: Engine, totals: DataFrame, until: dt.date) -> DataFrame:
    """Day totals of the days to come."""

    def build(given: Frames, end: dt.date) -> DataFrame:
        return given["totals"].filter(functions().col("day") > as_date(end))

    return engine.planned("tallies: later", {"totals": totals}, until, build)


def agree(engine: Engine, orders: Sequence[Order], closed: Sequence[int], ahead: Sequence[int]) -> None:
    """Close day after day, and compare at cutoffs so many days after each."""
    totals, tallies, recent = start(engine, orders)
    last = -1
    for number in sorted({last, *closed}):
        until = day(number)
        frames = {"tallies": tallies, "recent": recent, "totals": after(engine, totals, day(last))}
        tallies, recent = at(engine, frames, until)
        frames = {"tallies": tallies, "recent": recent, "totals": after(engine, totals, until)}
        for days in ahead:
            cutoff = until + dt.timedelta(days=days)
            assert of_tallies(engine, frames, cutoff).equals(of_all(engine, totals, cutoff))
        last = number


@settings(settings.get_profile("engine"), max_examples=6)
@given(
    orders=tables(60),
    closed=st.lists(st.integers(0, 400), max_size=3),
    ahead=st.lists(st.sampled_from([0, 1, 6, 29, 30, 100, 179, 400]), min_size=1, max_size=2),
)
def test_wherever_days_are_closed_the_features_stay_the_same(
    engine: Engine, orders: list[Order], closed: list[int], ahead: list[int]
) -> None:
    agree(engine, orders, closed, ahead)


def test_a_refund_after_the_closed_day_lowers_the_last_purchase_before_it(engine: Engine) -> None:
    orders = [
        Order("one", day(0), 5000, None),
        Order("one", day(20), -2000, None),
        Order("two", day(0), 1000, "a"),
        Order("two", day(5), 9000, "b"),
        Order("two", day(12), -8500, None),
        Order("two", day(12), 8500, "c"),
        Order("two", day(13), -8500, None),
        Order("same day", day(4), 700, "a"),
        Order("same day", day(4), -700, None),
        Order("same day", day(30), 800, "b"),
        Order("new", day(40), 0, None),
    ]
    agree(engine, orders, closed=[5, 11, 12], ahead=[0, 1, 8, 30, 190])
