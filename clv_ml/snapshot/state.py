"""What is kept of closed days, customer by customer, so that the history need not be read again.

The proof that it gives what everything gives stands with the two kinds of tallies:
:mod:`clv_ml.snapshot.purchase_tallies` and :mod:`clv_ml.snapshot.event_tallies`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from clv_ml.config import SignalsConfig
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.errors import ClvError
from clv_ml.snapshot.event_figures import early_figures, early_kinds, features_of_days, leaving_rows, window_sums
from clv_ml.snapshot.event_tallies import (
    FIRST_SESSIONS,
    LONGEST,
    SEEN,
    SESSIONS,
    Counted,
    days_of,
    first_sessions,
    fold_events,
    new_sessions,
    nothing_of,
    recent,
    surfaces_of,
    visits_of,
)
from clv_ml.snapshot.purchase_tallies import (
    features_of_tallies,
    fold,
    moved,
    no_recent,
    no_tallies,
    purchase_days,
    recent_days,
)
from clv_ml.snapshot.visits import people
from clv_ml.snapshot.window import as_date

PURCHASE_TABLES = ("tallies", "recent")
EVENT_TABLES = ("event_tallies", "days", "seen", "sessions", "firsts", "early")
_BEGINNING = dt.date(1600, 1, 1)  # no day of the data is as early
Frames = Mapping[str, DataFrame]


@dataclass(frozen=True)
class State:
    """What is kept of the days up to and including `closed_day`.

    Attributes
    ----------
    tables
        :data:`PURCHASE_TABLES`, and :data:`EVENT_TABLES` where there are events, by name.
    signals
        What the events mean; None where there are none. The tables of other signals are of no use.
    only
        customer_id of the customers to look at; all where None. Whatever is computed of a customer, it is from rows of
        that customer alone.
    """

    closed_day: dt.date
    tables: Frames
    signals: SignalsConfig | None = None
    only: DataFrame | None = None


def empty_state(engine: Engine, totals: DataFrame, events: DataFrame | None, signals: SignalsConfig) -> State:
    """Return the state before the first day; totals and events give the columns only."""
    tables = {"tallies": no_tallies(totals), "recent": no_recent(totals)}
    if events is not None:
        counted = Counted(signals)
        kinds = {
            "event_tallies": counted.tally_kinds,
            "days": counted.day_kinds,
            "seen": SEEN,
            "sessions": SESSIONS,
            "firsts": FIRST_SESSIONS,
            "early": early_kinds(signals),
        }
        tables |= {name: nothing_of(events, kind) for name, kind in kinds.items()}
    ready = {name: engine.materialise(frame) for name, frame in tables.items()}
    return State(_BEGINNING, ready, None if events is None else signals)


def close(
    engine: Engine, state: State, totals: DataFrame, events: DataFrame | None, customers: DataFrame | None, day: dt.date
) -> State:
    """Close the days up to a later one: nothing of them will be looked at again.

    Parameters
    ----------
    totals, events
        Day totals and events after the closed day of the state; those after `day` do not count.
    customers
        The table of customers; only signup_at is looked at.
    """
    _require_after(state, day)
    inputs = _inputs(engine, state, totals, events, customers)

    closed = engine.planned_tables(
        _key(state, "closed", inputs),
        inputs,
        day,
        lambda frames, until: _Step(engine, frames, until, state.signals).closed(),
    )
    return State(day, closed, state.signals)


def figures_at(
    engine: Engine,
    state: State,
    totals: DataFrame,
    events: DataFrame | None,
    customers: DataFrame | None,
    cutoff: dt.date,
) -> dict[str, DataFrame]:
    """Compute what is known at a cutoff, the closed day or later, from the state and the rows after it.

    Parameters
    ----------
    totals, events, customers
        As for :func:`close`; rows after the cutoff do not count.

    Returns
    -------
    dict
        purchases: as :func:`clv_ml.snapshot.features.purchase_features` gives it; where there are events or customers,
        known: as :func:`clv_ml.snapshot.tables.starts`; where there are events, engagement: as
        :func:`clv_ml.snapshot.engagement.engagement_features`.
    """
    _require_after(state, cutoff)
    inputs = _inputs(engine, state, totals, events, customers)
    return engine.planned_tables(
        _key(state, "figures", inputs),
        inputs,
        cutoff,
        lambda frames, until: _Step(engine, _only(engine, frames), until, state.signals).figures(),
    )


class _Step:
    """Moves the tables of a state on to a day; each part is computed once."""

    def __init__(self, engine: Engine, frames: Frames, day: dt.date, signals: SignalsConfig | None) -> None:
        self._engine, self._frames, self._day = engine, frames, day
        self._totals = frames["totals"]
        tallies = frames["tallies"]
        self._bought = engine.materialise(purchase_days(tallies, self._totals, day))
        folded = engine.materialise(fold(tallies, self._totals, self._bought, day))
        self._tallies = moved(tallies, self._totals, folded, day)
        self._signals = signals
        if signals is not None:
            self._move_events(signals)

    def _move_events(self, signals: SignalsConfig) -> None:
        f, engine, frames = functions(), self._engine, self._frames
        events = frames["events"].filter(f.col("day") <= as_date(self._day))
        visits = engine.materialise(visits_of(events, signals))
        begun = engine.materialise(new_sessions(visits, frames["sessions"]))
        sessions = begun.filter(f.col("session_id").isNotNull()).select(*SESSIONS)
        self._event_tallies = engine.materialise(fold_events(frames["event_tallies"], visits, signals))
        self._days = frames["days"].unionByName(engine.materialise(days_of(visits, begun, signals)))
        self._seen = frames["seen"].unionByName(engine.materialise(surfaces_of(events, signals)))
        self._sessions = frames["sessions"].unionByName(sessions)
        self._firsts = engine.materialise(first_sessions(frames["firsts"], begun, visits))

    def figures(self) -> dict[str, DataFrame]:
        recently = recent_days(self._frames["recent"], self._bought, self._day)
        found = {"purchases": features_of_tallies(self._tallies, recently, self._day)}
        if self._signals is None and "customers" not in self._frames:
            return found
        found["known"] = started = self._engine.materialise(self._starts())
        if self._signals is not None:
            found["engagement"] = self._engagement(started, self._signals)
        return found

    def _starts(self) -> DataFrame:
        f = functions()
        first = f.col("first_at")
        parts = [self._tallies.filter(first.isNotNull()).select("customer_id", first.alias("started_at"))]
        if "customers" in self._frames:
            signup = f.col("signup_at")
            signed_up = self._frames["customers"].filter(signup.cast("date") <= as_date(self._day))
            parts.append(signed_up.select("customer_id", signup.alias("started_at")))
        if self._signals is not None:
            first = f.col("first_active_at")
            active = self._event_tallies.filter(first.isNotNull())
            parts.append(active.select("customer_id", first.alias("started_at")))
        every = parts[0]
        for part in parts[1:]:
            every = every.unionByName(part)
        return every.groupBy("customer_id").agg(f.min("started_at").alias("started_at"))

    def _engagement(self, started: DataFrame, signals: SignalsConfig) -> DataFrame:
        described = self._engine.materialise(people(started, self._day).drop("person"))
        parts = {
            "tallies": self._event_tallies,
            "windows": self._windows(started, signals),
            "firsts": self._firsts,
            "early": self._frames["early"],
        }
        return features_of_days(described, parts, self._frames["bounds"], self._day, signals)

    def closed(self) -> dict[str, DataFrame]:
        recently = recent_days(self._frames["recent"], self._bought, self._day)
        tables = {"tallies": self._tallies, "recent": recently}
        if self._signals is None:
            return tables
        bounds = self._frames["bounds"]
        started = self._engine.materialise(leaving_rows(self._starts(), bounds, self._day))
        windows = self._windows(started, self._signals)
        new = early_figures(started, self._event_tallies, windows, self._signals)
        return {
            **tables,
            "event_tallies": self._event_tallies,
            "days": recent(self._days, self._day),
            "seen": recent(self._seen, self._day),
            "sessions": self._sessions,
            "firsts": self._firsts,
            "early": self._frames["early"].unionByName(new),
        }

    def _windows(self, started: DataFrame, signals: SignalsConfig) -> DataFrame:
        return self._engine.materialise(window_sums(self._days, self._seen, started, self._day, signals))


def _inputs(
    engine: Engine, state: State, totals: DataFrame, events: DataFrame | None, customers: DataFrame | None
) -> dict[str, DataFrame]:
    inputs = {**state.tables, "totals": totals}
    if state.signals is not None and events is not None:
        kept_after = state.closed_day - dt.timedelta(days=LONGEST)
        bounds = engine.from_pandas(pd.DataFrame({"kept_after": [kept_after.isoformat()]}))
        f = functions()
        inputs["bounds"] = engine.materialise(bounds.select(f.col("kept_after").cast("date").alias("kept_after")))
        inputs["events"] = events
    if customers is not None:
        inputs["customers"] = customers.select("customer_id", "signup_at")
    if state.only is not None:
        inputs["only"] = state.only
    return inputs


def _only(engine: Engine, frames: Frames) -> Frames:
    """Return the rows of the customers that are looked at."""
    if "only" not in frames:
        return frames
    found = dict(frames)
    only = found.pop("only")
    for name in [name for name in found if name != "bounds"]:
        those = frames[name].join(only.select("customer_id"), on="customer_id", how="left_semi")
        found[name] = engine.materialise(those)
    return found


def _key(state: State, what: str, inputs: Mapping[str, DataFrame]) -> str:
    signals = "" if state.signals is None else state.signals.model_dump_json()
    return f"state: {what} of {', '.join(inputs)}; {signals}"


def _require_after(state: State, day: dt.date) -> None:
    if day < state.closed_day:
        raise ClvError(f"the days up to {state.closed_day} are closed, and {day} is before: compute it from all rows")
