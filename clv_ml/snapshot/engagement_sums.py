"""Visits, sessions and surfaces summed up to one row a customer, in every window at once."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable

from clv_ml.config import SignalsConfig
from clv_ml.engine import Column, DataFrame, functions, power_of_two
from clv_ml.snapshot.visits import (
    MINUTES,
    TREND_DAYS,
    WORD,
    counted_types,
    older_days,
)

FIRST_DAYS = (1, 3, 7, 14, 30)
LAST_DAYS = (7, 14, 30, 60, 90)  # twice a trend's days among them: what came before is a difference
RESPONSE_DAYS = 90
_LATE = tuple(range(0, max(360, *LAST_DAYS), WORD))  # days before the cutoff at which a word of bits begins


def visit_sums(met: DataFrame, signals: SignalsConfig) -> DataFrame:
    """Sum visits to one row a customer in one pass; which days were active is kept as bits, since a day counts once.

    Parameters
    ----------
    met
        Visits: gathered (:func:`clv_ml.snapshot.visits.visits`) or single events
        (:func:`clv_ml.snapshot.visits.located`).

    Returns
    -------
    DataFrame
        person; key_moment: of the first key action, of the first activity where none is named; active_days; last_ago,
        first_ago: days before the cutoff of the last and the first of them; returns_first_7d, days_to_return;
        active_days and minutes in :data:`FIRST_DAYS` and :data:`LAST_DAYS`; contacts, responses and counted types;
        response_ago.
    """
    f = functions()
    age, ago, active = f.col("age"), f.col("ago"), f.col("begin").isNotNull()
    collected = [
        f.min("key_moment" if signals.key_actions else "begin").alias("key_moment"),
        f.min(f.when(active, ago)).alias("last_ago"),
        f.max(f.when(active, ago)).alias("first_ago"),
        f.min(f.when(active & (age >= 1), age)).alias("days_to_return"),
        _days_of("age", 0).alias("early_days"),
        *[_days_of("ago", after).alias(f"late_days_{after}") for after in _LATE],
    ]
    if signals.minutes:
        collected += _windows("minutes", _minutes)
    for name in counted_types(signals):
        collected += _counts_of(name)
    if signals.responses:
        collected.append(f.min(f.when(f.col("responses") > 0, ago)).alias("response_ago"))
    summed = met.groupBy("person").agg(*collected)
    bits = {"early_days", *(f"late_days_{after}" for after in _LATE)}
    others = [name for name in summed.columns if name not in bits]
    joined = summed.join(older_days(met, after=WORD * len(_LATE)), on="person", how="left")
    return joined.select(*joined.columns).select(*others, *_active_days())


def _counts_of(name: str) -> list[Column]:
    f = functions()

    def count(inside: Column) -> Column:
        return f.sum(f.when(inside, f.col(name)).otherwise(f.lit(0))).cast("bigint")

    total = count(f.lit(True)).alias(f"{name}_total")
    if not name.startswith("of_"):
        return [total, count(f.col("ago") < RESPONSE_DAYS).alias(f"{name}_last_{RESPONSE_DAYS}d")]
    first, last = count(f.col("age") < 7), count(f.col("ago") < 30)
    return [total, first.alias(f"{name}_first_7d"), last.alias(f"{name}_last_30d")]


def _days_of(name: str, after: int) -> Column:
    """Collect which of :data:`WORD` days were active, the first of them at bit 0."""
    f = functions()
    day = f.col(name)
    inside = f.col("begin").isNotNull() & (day >= after) & (day < after + WORD)
    return f.bit_or(f.when(inside, power_of_two(name, less=after)))


def _active_days() -> list[Column]:
    f = functions()

    def known_of(name: str) -> Column:
        return f.coalesce(f.col(name), f.lit(0).cast("bigint"))

    def first_bits(word: str, number: int) -> Column:
        known = known_of(word)
        return f.bit_count(known if number >= WORD else known % f.lit(2**number)).cast("bigint")

    def within(days: int) -> Column:
        counts = [first_bits(f"late_days_{after}", days - after) for after in _LATE if after < days]
        return functools.reduce(operator.add, counts)

    every = known_of("older_days") + within(WORD * len(_LATE))
    first = [
        (known_of("days_before") + first_bits("early_days", days)).alias(f"active_days_first_{days}d")
        for days in FIRST_DAYS
    ]
    last = [within(days).alias(f"active_days_last_{days}d") for days in LAST_DAYS]
    returns = first_bits("early_days", 7) - first_bits("early_days", 1)
    return [*first, *last, returns.alias("returns_first_7d"), every.alias("active_days")]


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


def _minutes(inside: Column) -> Column:
    f = functions()
    return f.sum(f.when(inside, f.col("minutes")).otherwise(f.lit(0).cast(MINUTES))).cast(MINUTES)


def _count(condition: Column) -> Column:
    f = functions()
    return f.count(f.when(condition, f.lit(1))).cast("bigint")
