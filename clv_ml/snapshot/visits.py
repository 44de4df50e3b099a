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


def located(events: DataFrame, described: DataFrame, cutoff: dt.date, signals: SignalsConfig) -> DataFrame:
    """Find each event's place in its customer's time and what it tells; those of customers not described are dropped.

    Parameters
    ----------
    events
        Canonical events up to the cutoff.
    described
        Result of :func:`people`.

    Returns
    -------
    DataFrame
        One row an event: person, session_id, surface; ago (int): days before the cutoff; age (int): days after the
        start, below 0 before it; begin (bigint): microseconds after the start, null where the customer did nothing;
        minutes, key_moment (bigint, as begin), contacts, responses and ``of_<type>`` (int, 0 or 1) as far as the
        signals name them.
    """
    f = functions()
    ago = f.datediff(as_date(cutoff), f.col("day")).cast("int")
    moment = microseconds(f.col("timestamp")) - f.col("start_moment")
    same = ("person", "session_id", "surface")
    known = (*same, "event_type", "value", "tenure", ago.alias("ago"), moment.alias("moment"))
    told = {"age": (f.col("tenure") - f.col("ago")).cast("int"), "begin": f.when(is_activity(signals), f.col("moment"))}
    if signals.minutes:
        told["minutes"] = minutes(signals)
    if signals.key_actions:
        told["key_moment"] = f.when(is_one_of(signals.key_actions), f.col("moment"))
    for name, kinds in counted_types(signals).items():
        told[name] = f.when(is_one_of(kinds), f.lit(1)).otherwise(f.lit(0)).cast("int")
    joined = events.join(described, on="customer_id").select(*known)  # SQLFrame cannot use a column of a join twice
    return joined.select(*same, "ago", *[column.alias(name) for name, column in told.items()])


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


def visits(placed: DataFrame, signals: SignalsConfig) -> DataFrame:
    """Gather events by customer, day and session: a fifth to three quarters of the rows, and all that days tell.

    An event is a visit too: everything that is made of visits is a smallest or largest moment, a sum, or bits of days,
    and so comes out the same whether events were gathered or not.

    Parameters
    ----------
    placed
        Result of :func:`located`.

    Returns
    -------
    DataFrame
        As `placed` without surface, and end (bigint): the last moment of activity.
    """
    f = functions()
    collected = {"age": f.min("age"), "begin": f.min("begin"), "end": f.max("begin")}
    if signals.minutes:
        collected["minutes"] = f.sum("minutes").cast(MINUTES)
    if signals.key_actions:
        collected["key_moment"] = f.min("key_moment")
    collected |= {name: f.sum(name).cast("int") for name in counted_types(signals)}
    named = [column.alias(name) for name, column in collected.items()]
    return placed.groupBy("person", "ago", "session_id").agg(*named)


def sessions(met: DataFrame, signals: SignalsConfig) -> DataFrame:
    """Gather visits by session: a session_id of a customer, else a day of the customer; contacts make none.

    Parameters
    ----------
    met
        Result of :func:`visits` or of :func:`located`.

    Returns
    -------
    DataFrame
        person; age and ago (int): of the day the session began; begin (bigint): its first moment; lasted: its
        minutes (decimal(18,4)); the microseconds (bigint) from its first to its last event where no event type is a
        number of minutes.
    """
    f = functions()
    own_day = f.when(f.col("session_id").isNull(), f.col("ago"))
    span = f.max("end" if "end" in met.columns else "begin") - f.min("begin")
    lasted = f.sum("minutes").cast(MINUTES) if signals.minutes else span.cast("bigint")
    return (
        met.filter(f.col("begin").isNotNull())
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


def older_days(met: DataFrame, *, after: int) -> DataFrame:
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
    done = met.filter(f.col("begin").isNotNull() & ((ago >= after) | (age < 0)))
    days = done.select("person", "age", "ago", (ago % WORD).alias("place"), (ago - ago % WORD).alias("begun"))
    words = days.groupBy("person", "begun").agg(
        f.bit_or(f.when(ago >= after, power_of_two("place"))).alias("word"),
        f.bit_or(f.when(age < 0, power_of_two("place"))).alias("word_before"),
    )
    return words.groupBy("person").agg(
        f.sum(f.bit_count("word")).cast("bigint").alias("older_days"),
        f.sum(f.bit_count("word_before")).cast("bigint").alias("days_before"),
    )


def breadth(placed: DataFrame, *, first: int, last: int) -> DataFrame:
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
        placed.filter(f.col("begin").isNotNull() & f.col("surface").isNotNull() & inside)
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
