"""Visits, sessions and surfaces summed up to one row a customer, in every window at once."""

from __future__ import annotations

from collections.abc import Callable

from clv_ml.config import SignalsConfig
from clv_ml.engine import Column, DataFrame, functions
from clv_ml.snapshot.visits import MINUTES, TREND_DAYS

FIRST_DAYS = (1, 3, 7, 14, 30)
LAST_DAYS = (7, 14, 30, 60, 90)  # twice a trend's days among them: what came before is a difference
RESPONSE_DAYS = 90


def day_sums(gathered: DataFrame, signals: SignalsConfig) -> DataFrame:
    """Sum visits up to days, and days to one row a customer.

    Returns
    -------
    DataFrame
        person; key_moment: of the first key action; active_days; last_ago, first_ago: days before the cutoff of the
        last and the first active day; returns_first_7d, days_to_return; active_days and minutes in
        :data:`FIRST_DAYS` and :data:`LAST_DAYS`; contacts, responses and counted types; response_ago.
    """
    f = functions()
    added = [name for name in gathered.columns if name in {"contacts", "responses"} or name.startswith("of_")]
    sums = [f.sum(name).cast("bigint").alias(name) for name in added]
    if signals.minutes:
        sums.append(f.sum("minutes").cast(MINUTES).alias("minutes"))
    firsts = [f.min(name).alias(name) for name in ("age", "begin", *(("key_moment",) if signals.key_actions else ()))]
    days = gathered.groupBy("person", "ago").agg(*firsts, *sums)
    age, ago, active = f.col("age"), f.col("ago"), f.col("begin").isNotNull()
    collected = [
        f.min("key_moment" if signals.key_actions else "begin").alias("key_moment"),
        _count(active).alias("active_days"),
        f.min(f.when(active, ago)).alias("last_ago"),
        f.max(f.when(active, ago)).alias("first_ago"),
        _count(active & (age >= 1) & (age < 7)).alias("returns_first_7d"),
        f.min(f.when(active & (age >= 1), age)).alias("days_to_return"),
        *_windows("active_days", lambda inside: _count(active & inside)),
    ]
    if signals.minutes:
        collected += _windows("minutes", lambda inside: _sum("minutes", inside, MINUTES))
    for name in added:
        collected.append(f.sum(name).alias(f"{name}_total"))
        if name.startswith("of_"):
            collected += [_sum(name, age < 7).alias(f"{name}_first_7d"), _sum(name, ago < 30).alias(f"{name}_last_30d")]
        else:
            collected.append(_sum(name, ago < RESPONSE_DAYS).alias(f"{name}_last_{RESPONSE_DAYS}d"))
    if signals.responses:
        collected.append(f.min(f.when(f.col("responses") > 0, ago)).alias("response_ago"))
    return days.groupBy("person").agg(*collected)


def session_sums(begun: DataFrame) -> DataFrame:
    """Count sessions by the day they began.

    Returns
    -------
    DataFrame
        person; sessions in :data:`FIRST_DAYS` and :data:`LAST_DAYS`; first_session: how long the first one lasted, the
        longest of several that began at one moment.
    """
    f = functions()
    first = f.min(f.struct(f.col("begin"), (-f.col("lasted")).alias("shorter"))).alias("first")
    counted = begun.groupBy("person").agg(first, *_windows("sessions", _count))
    windows = [name for name in counted.columns if name.startswith("sessions")]
    return counted.select("person", (-f.col("first").getField("shorter")).alias("first_session"), *windows)


def surface_sums(seen: DataFrame) -> DataFrame:
    """Count distinct surfaces.

    Returns
    -------
    DataFrame
        person; surfaces in :data:`FIRST_DAYS` and :data:`LAST_DAYS`, and in the days before those of a trend.
    """
    f = functions()
    before = [f.sum(f"before_{n}d").cast("bigint").alias(f"surfaces_before_{n}d") for n in TREND_DAYS]
    return seen.groupBy("person").agg(*_windows("surfaces", _count), *before)


def _windows(measure: str, figure: Callable[[Column], Column]) -> list[Column]:
    f = functions()
    first = [figure(f.col("age") < days).alias(f"{measure}_first_{days}d") for days in FIRST_DAYS]
    last = [figure(f.col("ago") < days).alias(f"{measure}_last_{days}d") for days in LAST_DAYS]
    return first + last


def _count(condition: Column) -> Column:
    f = functions()
    return f.count(f.when(condition, f.lit(1))).cast("bigint")


def _sum(name: str, condition: Column, kind: str = "bigint") -> Column:
    f = functions()
    return f.sum(f.when(condition, f.col(name)).otherwise(f.lit(0)).cast(kind)).cast(kind)
