"""Events of described customers, placed in their time and gathered by session, day and surface: what is counted.

Everything is a whole number or a decimal, so that neither the order of rows nor the number of threads can show.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from clv_ml.config import SignalsConfig
from clv_ml.engine import Column, DataFrame, Engine, functions, microseconds, power_of_two, short_key
from clv_ml.snapshot.window import as_date

TREND_DAYS = (7, 30)
"""A trend compares the last so many days with as many days before them."""

MINUTES = "decimal(18,4)"
WORD = 60  # days whose bits stand in one bigint
LOOKED_AT = 7  # days of events that tell how many a visit has
CROWD = 2  # events a visit from which on gathering them saves more than it takes


def people(starts: DataFrame, cutoff: dt.date) -> DataFrame:
    """Give every customer a short key, so that 20 million events are grouped by that and not by a text.

    Returns
    -------
    DataFrame
        customer_id; person (what the engine groups by fastest); start_moment (bigint, microseconds since
        1970); tenure (int): days from the start to the cutoff.
    """
    f = functions()
    started = f.col("started_at")
    return starts.select(
        "customer_id",
        short_key("customer_id").alias("person"),
        microseconds(started).alias("start_moment"),
        f.datediff(as_date(cutoff), f.to_date(started)).cast("int").alias("tenure"),
    )


def located(events: DataFrame, described: DataFrame, cutoff: dt.date) -> DataFrame:
    """Find each event's place in its customer's time; events of customers not described are dropped.

    Parameters
    ----------
    events
        Canonical events up to the cutoff.
    described
        Result of :func:`people`.

    Returns
    -------
    DataFrame
        The events with person; ago (int): days before the cutoff; age (int): days after the start, below 0 before
        it; moment (bigint): microseconds after the start.
    """
    f = functions()
    ago = f.datediff(as_date(cutoff), f.col("day")).cast("int")
    return events.join(described, on="customer_id").select(
        "person",
        "event_type",
        "value",
        "session_id",
        "surface",
        ago.alias("ago"),
        (f.col("tenure") - ago).cast("int").alias("age"),
        (microseconds(f.col("timestamp")) - f.col("start_moment")).alias("moment"),
    )


def come_in_crowds(engine: Engine, events: DataFrame) -> bool:
    """Whether visits hold so many events that it pays to gather them; told by the last :data:`LOOKED_AT` days.

    Parameters
    ----------
    events
        Canonical events.
    """
    f = functions()
    last = engine.to_pandas(events.agg(f.max("day").alias("day")))["day"].iloc[0]
    if last is None or last != last:
        return True
    late = events.filter(f.col("day") > as_date(last.date() - dt.timedelta(days=LOOKED_AT)))
    counts = late.agg(
        f.count(f.lit(1)).cast("bigint").alias("events"),
        f.countDistinct("customer_id", "day", f.coalesce("session_id", f.lit(""))).cast("bigint").alias("visits"),
    )
    found = engine.to_pandas(counts).iloc[0]
    return bool(found["events"] >= CROWD * found["visits"])


def visits(placed: DataFrame, signals: SignalsConfig, *, gathered: bool) -> DataFrame:
    """Gather events by customer, day and session: a fifth to three quarters of the rows, and all that days tell.

    Parameters
    ----------
    placed
        Result of :func:`located`.
    gathered
        Whether they are. Where each event is left a visit of its own, everything that is made of visits comes out the
        same: smallest and largest moments, counts, sums, and bits of days do not depend on how events were gathered.

    Returns
    -------
    DataFrame
        person, ago, session_id; age; begin, end (bigint): first and last moment of activity, null where there was none;
        minutes, key_moment, contacts, responses and ``of_<type>`` as far as the signals name them.
    """
    f = functions()

    def done(kinds: Column) -> Column:
        return f.when(kinds, f.col("moment"))

    first, last, total = (f.min, f.max, f.sum) if gathered else (_itself, _itself, _itself)
    collected = {
        "age": first(f.col("age")),
        "begin": first(done(is_activity(signals))),
        "end": last(done(is_activity(signals))),
    }
    if signals.minutes:
        collected["minutes"] = total(minutes(signals)).cast(MINUTES)
    if signals.key_actions:
        collected["key_moment"] = first(done(is_one_of(signals.key_actions)))
    for name, kinds in counted_types(signals).items():
        one = f.when(is_one_of(kinds), f.lit(1))
        collected[name] = (f.count(one) if gathered else one.otherwise(f.lit(0))).cast("int")
    named = [column.alias(name) for name, column in collected.items()]
    by = ("person", "ago", "session_id")
    return placed.groupBy(*by).agg(*named) if gathered else placed.select(*by, *named)


def _itself(column: Column) -> Column:
    return column


def sessions(gathered: DataFrame, signals: SignalsConfig) -> DataFrame:
    """Gather visits by session: a session_id of a customer, else a day of the customer; contacts make none.

    Returns
    -------
    DataFrame
        person; age and ago (int): of the day the session began; begin (bigint): its first moment; lasted: its
        minutes (decimal(18,4)); the microseconds (bigint) from its first to its last event where no event type is a
        number of minutes.
    """
    f = functions()
    own_day = f.when(f.col("session_id").isNull(), f.col("ago"))
    span = f.max("end") - f.min("begin")
    lasted = f.sum("minutes").cast(MINUTES) if signals.minutes else span.cast("bigint")
    return (
        gathered.filter(f.col("begin").isNotNull())
        .groupBy("person", "session_id", own_day.alias("own_day"))
        .agg(
            f.min("age").alias("age"),
            f.max("ago").alias("ago"),
            f.min("begin").alias("begin"),
            lasted.alias("lasted"),
        )
    )


def minutes(signals: SignalsConfig) -> Column:
    """Return the minutes of an event: its value where it is of a type that is a number of minutes, else 0."""
    f = functions()
    known = is_one_of(signals.minutes) & f.col("value").isNotNull()
    return f.when(known, f.col("value")).otherwise(f.lit(0)).cast(MINUTES)


def older_days(gathered: DataFrame, *, after: int) -> DataFrame:
    """Count the distinct days of activity long before the cutoff, as bits of a word for each :data:`WORD` days.

    Parameters
    ----------
    after
        A multiple of :data:`WORD`: days from so many before the cutoff on are counted.

    Returns
    -------
    DataFrame
        person; older_days (bigint): days of activity `after` days before the cutoff or earlier; days_before (bigint):
        those before the start, at any time. Nobody who has neither.
    """
    f = functions()
    ago, age = f.col("ago"), f.col("age")
    done = gathered.filter(f.col("begin").isNotNull() & ((ago >= after) | (age < 0)))
    days = done.select("person", "age", "ago", (ago % WORD).alias("place"), (ago - ago % WORD).alias("begun"))
    words = days.groupBy("person", "begun").agg(
        f.bit_or(f.when(ago >= after, power_of_two("place"))).alias("word"),
        f.bit_or(f.when(age < 0, power_of_two("place"))).alias("word_before"),
    )
    return words.groupBy("person").agg(
        f.sum(f.bit_count("word")).cast("bigint").alias("older_days"),
        f.sum(f.bit_count("word_before")).cast("bigint").alias("days_before"),
    )


def breadth(placed: DataFrame, signals: SignalsConfig, *, first: int, last: int) -> DataFrame:
    """Gather activity by customer and surface: enough to count distinct surfaces in every window exactly.

    A surface is among those of the first n days if its first day is, of the last n days if its last day is; for the
    n days before those, whether it was seen there is noted. What is in no window is left out.

    Parameters
    ----------
    first, last
        Days of the longest windows after the start and before the cutoff.

    Returns
    -------
    DataFrame
        person; age (int): of its first day; ago (int): of its last day; ``before_<n>d`` (int 0 or 1) for
        :data:`TREND_DAYS`.
    """
    f = functions()
    ago = f.col("ago")
    inside = (ago < last) | (f.col("age") < first)
    return (
        placed.filter(is_activity(signals) & f.col("surface").isNotNull() & inside)
        .groupBy("person", "surface")
        .agg(
            f.min("age").alias("age"),
            f.min("ago").alias("ago"),
            *[
                f.max(f.when((ago >= n) & (ago < 2 * n), f.lit(1)).otherwise(f.lit(0)))
                .cast("int")
                .alias(f"before_{n}d")
                for n in TREND_DAYS
            ],
        )
    )


def counted_types(signals: SignalsConfig) -> dict[str, tuple[str, ...]]:
    """Return the event types of each count of events, as the signals name them."""
    named = {"contacts": signals.contacts, "responses": signals.responses}
    named |= {f"of_{kind}": (kind,) for kind in signals.counted}
    return {name: kinds for name, kinds in named.items() if kinds}


def is_activity(signals: SignalsConfig) -> Column:
    """Whether the customer did it, and not the business."""
    f = functions()
    return ~f.col("event_type").isin(*signals.contacts) if signals.contacts else f.lit(True)


def is_one_of(kinds: Sequence[str]) -> Column:
    """Whether an event is of one of some types."""
    return functions().col("event_type").isin(*kinds)
