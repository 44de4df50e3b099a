"""What must be kept of a customer's closed days of events to know all engagement features at any later cutoff.

The tallies of the days up to B and the events after B give at every cutoff D >= B what all events give:

1. First and second active day, last active day, first moments, counts and sums over days are those of two parts of the
   days put together, exactly and in any order.
2. ``*_last_<n>d`` and the trends look at the last 90 days before D, which begin after B - 90 days: of these the figures
   of each day, and which surfaces it saw, are kept as rows.
3. A session belongs to the day it began. One that goes on after B must not be counted again: which sessions there were
   is kept (customer and session_id, as they are), however long ago. Of the first session of a customer, which may
   grow, its figures are kept.
4. ``*_first_<n>d`` looks at the first 30 days from the start on. Of a customer who started within the kept rows they
   are counted from these; when a start leaves them, all its 30 days are closed, and the figures are kept as they are.
   What came before the start can only be what the business sent: ``<type>_events_first_7d`` is all that came less what
   came on the seventh day or later, which the rows hold.
5. The start of a customer does not change after B: rows after it are later than those that made it. Where it does, as
   a table of customers can be mended, the caller must begin anew (:func:`clv_ml.snapshot.state.State`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from clv_ml.config import SignalsConfig
from clv_ml.engine import Column, DataFrame, functions
from clv_ml.snapshot.engagement_sums import LAST_DAYS
from clv_ml.snapshot.visits import MINUTES, counted_types, is_activity, is_one_of, minutes
from clv_ml.snapshot.window import as_date

LONGEST = max(LAST_DAYS)
_MOMENTS = ("first_active_at", "key_at")
_DAYS = ("first_active_day", "second_active_day", "last_active_day", "last_response_day")


@dataclass(frozen=True)
class Counted:
    """Names and types of what is counted, as the signals ask for it."""

    signals: SignalsConfig

    @property
    def types(self) -> dict[str, tuple[str, ...]]:
        """Event types of each count of events."""
        return counted_types(self.signals)

    @property
    def day_kinds(self) -> dict[str, str]:
        """Columns of the rows of a day."""
        counts = dict.fromkeys(("active", "sessions", *self.types), "bigint")
        return {"customer_id": "string", "day": "date", **counts, "minutes": MINUTES}

    @property
    def tally_kinds(self) -> dict[str, str]:
        """Columns of the tallies of a customer."""
        moments, days = dict.fromkeys(_MOMENTS, "timestamp_ntz"), dict.fromkeys(_DAYS, "date")
        counts = dict.fromkeys(("active_days", *(f"{name}_total" for name in self.types)), "bigint")
        return {"customer_id": "string", **moments, **days, **counts}


SESSIONS = {"customer_id": "string", "session_id": "string"}
FIRST_SESSIONS = {
    **SESSIONS,
    "begin_at": "timestamp_ntz",
    "end_at": "timestamp_ntz",
    "minutes": MINUTES,
}
SEEN = {"customer_id": "string", "surface": "string", "day": "date"}


def visits_of(events: DataFrame, signals: SignalsConfig) -> DataFrame:
    """Gather events by customer, day and session, with moments as they are.

    Returns
    -------
    DataFrame
        customer_id, day, session_id; begin_at, end_at (of activity; null where there was none), key_at, minutes (0
        where no event type is a number of minutes), and the counts of :attr:`Counted.types`.
    """
    f = functions()
    active, moment = is_activity(signals), f.col("timestamp")
    lasted = minutes(signals) if signals.minutes else f.lit(0).cast(MINUTES)
    key = is_one_of(signals.key_actions) if signals.key_actions else active
    return events.groupBy("customer_id", "day", "session_id").agg(
        f.min(f.when(active, moment)).alias("begin_at"),
        f.max(f.when(active, moment)).alias("end_at"),
        f.min(f.when(key, moment)).alias("key_at"),
        f.sum(lasted).cast(MINUTES).alias("minutes"),
        *[
            f.count(f.when(is_one_of(kinds), f.lit(1))).cast("bigint").alias(name)
            for name, kinds in Counted(signals).types.items()
        ],
    )


def surfaces_of(events: DataFrame, signals: SignalsConfig) -> DataFrame:
    """Return which surface a customer saw on which day: customer_id, surface, day."""
    f = functions()
    seen = events.filter(is_activity(signals) & f.col("surface").isNotNull())
    return seen.select(*SEEN).distinct()


def new_sessions(visits: DataFrame, known: DataFrame) -> DataFrame:
    """Gather visits to the sessions that are not known yet: a session_id of a customer, else a day.

    Returns
    -------
    DataFrame
        customer_id, session_id, day (it began), begin_at, end_at, minutes.
    """
    f = functions()
    active = visits.filter(f.col("begin_at").isNotNull())
    names = ("customer_id", "session_id", "day", "begin_at", "end_at", "minutes")
    alone = active.filter(f.col("session_id").isNull()).select(*names)
    named = active.filter(f.col("session_id").isNotNull())
    named = named.join(known, on=["customer_id", "session_id"], how="left_anti")
    gathered = named.groupBy("customer_id", "session_id").agg(
        f.min("day").alias("day"),
        f.min("begin_at").alias("begin_at"),
        f.max("end_at").alias("end_at"),
        f.sum("minutes").cast(MINUTES).alias("minutes"),
    )
    return alone.unionByName(gathered.select(*names))


def days_of(visits: DataFrame, begun: DataFrame, signals: SignalsConfig) -> DataFrame:
    """Sum visits, and the sessions that began, up to days: :attr:`Counted.day_kinds`."""
    f = functions()
    counted = Counted(signals)
    nothing = f.lit(0).cast("bigint")
    by_visit = visits.groupBy("customer_id", "day").agg(
        f.max(f.when(f.col("begin_at").isNotNull(), f.lit(1)).otherwise(f.lit(0))).cast("bigint").alias("active"),
        *[f.sum(name).cast("bigint").alias(name) for name in counted.types],
        f.sum("minutes").cast(MINUTES).alias("minutes"),
    )
    sessions = begun.groupBy("customer_id", "day").agg(f.count(f.lit(1)).cast("bigint").alias("begun"))
    joined = by_visit.join(sessions, on=["customer_id", "day"], how="left")
    whole = joined.select(*joined.columns, f.coalesce(f.col("begun"), nothing).alias("sessions"))
    return whole.select(*counted.day_kinds)


def fold_events(tallies: DataFrame, visits: DataFrame, signals: SignalsConfig) -> DataFrame:
    """Move the tallies of everybody on by the visits after them: :attr:`Counted.tally_kinds`."""
    f = functions()
    col = f.col
    counted = Counted(signals)
    active = col("begin_at").isNotNull()
    first = f.min(f.when(active, col("day")))
    firsts = visits.groupBy("customer_id").agg(first.alias("first_day"))
    later = visits.join(firsts, on="customer_id").select(*visits.columns, "first_day")
    new = later.groupBy("customer_id").agg(
        f.min("begin_at").alias("new_first_active_at"),
        f.min("key_at").alias("new_key_at"),
        f.min("first_day").alias("new_first_active_day"),
        f.min(f.when(active & (col("day") > col("first_day")), col("day"))).alias("new_second_active_day"),
        f.max(f.when(active, col("day"))).alias("new_last_active_day"),
        f.countDistinct(f.when(active, col("day"))).cast("bigint").alias("new_active_days"),
        *[f.sum(name).cast("bigint").alias(f"new_{name}_total") for name in counted.types],
        (
            f.max(f.when(col("responses") > 0, col("day")))
            if "responses" in counted.types
            else f.max(f.lit(None).cast("date"))
        ).alias("new_last_response_day"),
    )
    kinds = counted.tally_kinds
    named = [name for name in kinds if name != "customer_id"]
    before = tallies.select("customer_id", *[col(name).alias(f"old_{name}") for name in named])
    joined = new.join(before, on="customer_id", how="left")
    folded = joined.select(*joined.columns).select(
        "customer_id", *[_merged(name).cast(kinds[name]).alias(name) for name in named]
    )
    same = tallies.join(firsts.select("customer_id"), on="customer_id", how="left_anti")
    return same.select(*kinds).unionByName(folded)


def _merged(name: str) -> Column:
    f = functions()
    old, new = f.col(f"old_{name}"), f.col(f"new_{name}")
    if name in {*_MOMENTS, "first_active_day"}:
        return f.coalesce(old, new)
    if name in {"last_active_day", "last_response_day"}:
        return f.coalesce(new, old)
    if name == "second_active_day":
        # a first active day after one that is known is the second
        first_again = f.when(f.col("old_first_active_day").isNotNull(), f.col("new_first_active_day")).otherwise(new)
        return f.coalesce(old, first_again)
    return f.coalesce(old, f.lit(0)) + f.coalesce(new, f.lit(0))


def first_sessions(kept: DataFrame, begun: DataFrame, visits: DataFrame) -> DataFrame:
    """Return the first session of each customer so far: those that began at one moment are kept together.

    A customer with a kept one has no earlier session after it; it grows by the visits of its session_id.
    """
    f = functions()
    keys = ["customer_id", "session_id"]
    more = visits.filter(f.col("begin_at").isNotNull() & f.col("session_id").isNotNull())
    more = more.groupBy(*keys).agg(
        f.max("end_at").alias("later_end"), f.sum("minutes").cast(MINUTES).alias("more_minutes")
    )
    joined = kept.join(more, on=keys, how="left")
    grown = joined.select(*joined.columns).select(
        *keys,
        "begin_at",
        f.greatest(f.col("end_at"), f.col("later_end")).alias("end_at"),
        (f.col("minutes") + f.coalesce(f.col("more_minutes"), f.lit(0).cast(MINUTES))).cast(MINUTES).alias("minutes"),
    )
    new = begun.join(kept.select("customer_id").distinct(), on="customer_id", how="left_anti")
    earliest = new.groupBy("customer_id").agg(f.min("begin_at").alias("earliest"))
    found = new.join(earliest, on="customer_id")
    found = found.select(*new.columns, "earliest").filter(f.col("begin_at") == f.col("earliest"))
    return grown.select(*FIRST_SESSIONS).unionByName(found.select(*FIRST_SESSIONS))


def recent(rows: DataFrame, day: dt.date) -> DataFrame:
    """Return the rows that a feature at a day or later can look back to."""
    return rows.filter(functions().col("day") > as_date(day - dt.timedelta(days=LONGEST)))


def nothing_of(frame: DataFrame, kinds: dict[str, str]) -> DataFrame:
    """Return a table of some columns without a row."""
    f = functions()
    return frame.filter(f.lit(False)).select(*[f.lit(None).cast(kind).alias(name) for name, kind in kinds.items()])
