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
    days = engine.materialise(purchase_days(frames["tallies"], frames["totals"], until))
    folded = engine.materialise(fold(frames["tallies"], frames["totals"], days, until))
    return moved(frames["tallies"], frames["totals"], folded, until), recent_days(frames["recent"], days, until)


def of_all(engine: Engine, totals: DataFrame, cutoff: dt.date) -> pa.Table:
    def build(frames: Frames, until: dt.date) -> DataFrame:
        return purchase_features(Window(until, 1).history(frames["totals"]), until)

    return engine.to_arrow(engine.planned("of all", {"totals": totals}, cutoff, build).orderBy("customer_id"))


def of_tallies(engine: Engine, frames: Frames, cutoff: dt.date) -> pa.Table:
    def build(given: Frames, until: dt.date) -> DataFrame:
        return features_of_tallies(*at(engine, given, until), until)

    return engine.to_arrow(engine.planned("of tallies", frames, cutoff, build).orderBy("customer_id"))


def agree(engine: Engine, orders: Sequence[Order], closed: Sequence[int], ahead: Sequence[int]) -> None:
    """Close day after day, and compare at cutoffs so many days after each."""
    f = functions()
    totals = engine.materialise(day_totals(transactions_of(engine, orders)))
    tallies, recent = engine.materialise(no_tallies(totals)), engine.materialise(no_recent(totals))
    last = -1
    for number in sorted({last, *closed}):
        until = day(number)
        later = engine.materialise(totals.filter(f.col("day") > as_date(day(last))))
        frames = {"tallies": tallies, "recent": recent, "totals": later}
        tallies = engine.planned("tallies", frames, until, lambda given, end: at(engine, given, end)[0])
        recent = engine.planned("recent", frames, until, lambda given, end: at(engine, given, end)[1])
        later = engine.materialise(totals.filter(f.col("day") > as_date(until)))
        frames = {"tallies": tallies, "recent": recent, "totals": later}
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
