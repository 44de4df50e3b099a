"""Lives that come night by night, a state that is moved on with them, and everything to compare it with."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
from customer_reference import Customer, customers_of
from event_reference import SIGNALS, Event, events_of
from order_reference import START, Order, transactions_of

from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.snapshot.carried import Described, carried_to_parquet, stamped, theirs, touched
from clv_ml.snapshot.population import population, population_of_state
from clv_ml.snapshot.state import State, close, empty_state
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.window import as_date, day_totals

Row = TypeVar("Row", Order, Event)
Frames = Mapping[str, DataFrame]
BEFORE = dt.date(2000, 1, 1)
KEEP_OPEN, CLOSE_EVERY, FIRST_NIGHT, NIGHTS = 4, 5, 130, 30
NAMES = [f"c{number:02d}" for number in range(40)]


class Delivered(NamedTuple):
    """Rows and the night they came."""

    orders: list[tuple[int, Order]]
    events: list[tuple[int, Event]]


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def lived(seed: int) -> Delivered:
    """Customers who come one after the other; rows that come late, but never later than days are kept open."""
    rng = np.random.default_rng(seed)
    orders: list[tuple[int, Order]] = []
    events: list[tuple[int, Event]] = []
    for place, name in enumerate(NAMES):
        begin = int(rng.integers(0, 60)) if place < 25 else FIRST_NIGHT + int(rng.integers(-60, NIGHTS))
        for number in range(max(begin - 40, 0), begin, 11):  # written to before they come
            events.append((number, event(rng, name, number, "mail")))
        for number in range(begin, FIRST_NIGHT + NIGHTS):
            late = number + int(rng.choice([0, 0, 0, 1, KEEP_OPEN - 1]))
            if rng.random() < 0.08 and place % 8:  # every eighth never buys
                cents = int(rng.choice([0, 1500, 2999, int(rng.integers(1, 9999))]))
                orders += [(late, Order(name, day(number), cents, f"o{rng.integers(3)}"))] * int(rng.integers(1, 3))
                if rng.random() < 0.3:  # some of it comes back: the same day, soon, or much later
                    back = number + int(rng.choice([0, 0, 2, 9, 40]))
                    orders.append((max(late, back), Order(name, day(back), -cents, None)))
            if rng.random() < 0.12:
                kinds = ["view", "lesson", "quiz", "mail", "campaign", "open"]
                for kind in rng.choice(kinds, int(rng.integers(1, 4))):
                    events.append((late, event(rng, name, number, str(kind))))
    return Delivered(orders, events)


def with_night(night: int, row: Row) -> Row:
    return row._replace(customer_id=f"{row.customer_id}{day(max(night, FIRST_NIGHT))}")


def with_coming(engine: Engine, rows: DataFrame) -> DataFrame:
    """Part a customer_id such as c012024-01-31 in the customer and the day the row came."""
    f = functions()
    others = [name for name in rows.columns if name != "customer_id"]
    whose = f.expr("substring(customer_id, 1, length(customer_id) - 10)")
    when = f.expr("substring(customer_id, length(customer_id) - 9, 10)")
    return engine.materialise(rows.select(whose.alias("customer_id"), *others, when.cast("date").alias("came")))


def _come(rows: Frames, night: dt.date) -> Frames:
    f = functions()
    known = {name: frame.filter(f.col("came") <= as_date(night)).drop("came") for name, frame in rows.items()}
    return {"totals": day_totals(known["orders"]), "events": known["events"]}


def _later(rows: Frames, after: dt.date) -> Frames:
    f = functions()
    return {name: frame.filter(f.col("day") > as_date(after)) for name, frame in rows.items()}


def event(rng: np.random.Generator, name: str, number: int, kind: str) -> Event:
    """Sessions go on over midnight, come back after months, or have no id."""
    moment = dt.datetime.combine(day(number), dt.time()) + dt.timedelta(
        microseconds=int(rng.choice([0, 1, 43_200_000_000, 86_399_999_999]))
    )
    session = rng.choice(["", f"s{number // 2}", f"s{number}", f"again{number % 4}"])
    surface = rng.choice(["", "home", f"p{number % 9}", f"p{number % 31}"])
    value = None if rng.random() < 0.3 else int(rng.integers(0, 10**6))
    return Event(name, moment, kind, value, str(session) or None, str(surface) or None)


class Nights:
    """A state that is moved on night by night, beside everything that has come so far."""

    def __init__(self, engine: Engine, lives: Delivered, customers: list[Customer], folder: Path) -> None:
        self.engine, self._folder = engine, folder
        self._rows = {
            "orders": with_coming(engine, transactions_of(engine, [with_night(*row) for row in lives.orders])),
            "events": with_coming(engine, events_of(engine, [with_night(*row) for row in lives.events])),
        }
        self.customers = engine.materialise(customers_of(engine, customers))
        self.customers_before: DataFrame | None = None
        self.state: State | None = None
        self.described: Described | None = None
        self.night = 0

    def tables(self, night: int, after: dt.date = BEFORE) -> Tables:
        """The tables as they are known at a night, of the days after one."""
        rows = self.engine.planned_tables("came", self._rows, day(night), _come)
        rows = self.engine.planned_tables("later", rows, after, _later)
        return Tables(
            rows["totals"],
            events=rows["events"],
            customers=self.customers,
            signals=SIGNALS,
            categories=("plan",),
            numbers=("age",),
            dates=("renewal",),
        )

    def close(self, night: int, until: dt.date) -> None:
        """Close days; those before the first are built from all that there is."""
        tables = self.tables(night, BEFORE if self.state is None else self.state.closed_day)
        state = self.state or empty_state(self.engine, tables.totals, tables.events, SIGNALS)
        self.state = close(self.engine, state, tables.totals, tables.events, tables.customers, until)

    def require_same(self, night: int, cutoff: dt.date) -> int:
        """Compare both ways to the table of everybody; return its rows."""
        assert self.state is not None
        later = self.tables(night, self.state.closed_day)
        found = population_of_state(self.engine, self.state, later, cutoff)
        expected = population(self.engine, self.tables(night), cutoff)
        return self._require_equal(found, expected, f"night {night} at {cutoff}")

    def require_carried(self, night: int, *, anew: bool = False) -> set[str]:
        """Carry on the table of the night before this one, and compare; return whom it described again."""
        assert self.state is not None
        expected = population(self.engine, self.tables(night), day(night))
        described_again: set[str] = set()
        before, self.described = self.described, None
        if before is not None:
            tables = self.tables(night, self.state.closed_day)
            again, found = self._again(night, before, tables)
            path = self._folder / f"night_{night}.parquet"
            carried_to_parquet(self.engine, before, tables, again, found, day(night), path)
            everybody = self.engine.scan(path)
            self._require_equal(everybody, expected, f"night {night}, carried on from {before.day}")
            changes = stamped(self.engine, found, day(night), night)
            if before.changes is not None:
                changes = self.engine.materialise(before.changes.unionByName(changes))
            self.described = Described(day(night), before.base, changes)
            described_again = set(self.engine.to_pandas(again)["customer_id"])
        if anew or before is None:
            self.described = Described(day(night), stamped(self.engine, expected, day(night), night))
        self.night, self.customers_before = night, None
        return described_again

    def change_customers(self, customers: list[Customer]) -> None:
        """Deliver another table of customers."""
        self.customers_before = self.customers
        self.customers = self.engine.materialise(customers_of(self.engine, customers))

    def _again(self, night: int, before: Described, tables: Tables) -> tuple[DataFrame, DataFrame]:
        assert self.state is not None
        state, f = self.state, functions()
        new = [
            frame.filter((f.col("came") > as_date(day(self.night))) & (f.col("came") <= as_date(day(night))))
            for frame in self._rows.values()
        ]
        frames = {name: state.tables[name] for name in ("tallies", "recent", "days")}
        frames |= {"open_rows": tables.totals, "open_events": tables.events}
        frames["new"] = new[0].select("customer_id").unionByName(new[1].select("customer_id"))
        if self.customers_before is not None:
            frames["customers_before"] = self.customers_before
        again = touched(self.engine, before, tables, frames, day(night))
        those = theirs(self.engine, {"customers": self.customers}, again)
        own_state = dataclasses.replace(state, only=again)
        return again, population_of_state(self.engine, own_state, tables.with_frames(those), day(night))

    def _require_equal(self, found: DataFrame, expected: DataFrame, what: str) -> int:
        mine, full = (sorted_table(self.engine, frame) for frame in (found, expected))
        wrong = [name for name in full.column_names if not mine.column(name).equals(full.column(name))]
        assert mine.schema == full.schema
        assert not wrong, f"{what}: {wrong}"
        return int(full.num_rows)


def sorted_table(engine: Engine, frame: DataFrame) -> pa.Table:
    return engine.to_arrow(frame).sort_by("customer_id").combine_chunks()


def signups() -> list[Customer]:
    """Some of the buyers, before and after their first purchase, and some who never do anything."""
    rng = np.random.default_rng(5)
    rows = []
    for name in [*NAMES[::2], "silent", "later"]:
        at = dt.datetime.combine(day(int(rng.integers(0, FIRST_NIGHT + NIGHTS))), dt.time(6))
        rows.append(Customer(name, None if rng.random() < 0.2 else at, "free", 31.5, dt.date(2023, 2, 1)))
    return rows
