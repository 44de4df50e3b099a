"""Engagement features from the tallies of closed days, the rows of recent days, and what came after them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from clv_ml.config import SignalsConfig
from clv_ml.engine import Column, DataFrame, functions, microseconds
from clv_ml.snapshot.engagement import engagement_columns
from clv_ml.snapshot.engagement_sums import FIRST_DAYS, LAST_DAYS, RESPONSE_DAYS, surface_sums
from clv_ml.snapshot.event_tallies import LONGEST, Counted
from clv_ml.snapshot.visits import MINUTES, TREND_DAYS
from clv_ml.snapshot.window import as_date

_MEASURES = {"active_days": "active", "sessions": "sessions", "minutes": "minutes"}


def early_kinds(signals: SignalsConfig) -> dict[str, str]:
    """Name what is kept of a customer's first days, and its types."""
    counts = [f"{measure}_first_{n}d" for n in FIRST_DAYS for measure in ("active_days", "sessions", "surfaces")]
    counts += ["returns_first_7d", *(f"of_{kind}_first_7d" for kind in signals.counted)]
    return {
        "customer_id": "string",
        **dict.fromkeys(counts, "bigint"),
        **{f"minutes_first_{n}d": MINUTES for n in FIRST_DAYS},
    }


def window_sums(
    rows: DataFrame, seen: DataFrame, started: DataFrame, cutoff: dt.date, signals: SignalsConfig
) -> DataFrame:
    """Sum the rows of days in every window.

    Parameters
    ----------
    rows, seen
        Days (:attr:`Counted.day_kinds`) and surfaces by day up to the cutoff.
    started
        customer_id, started_at of everybody known.

    Returns
    -------
    DataFrame
        customer_id, :func:`early_kinds`, the windows before the cutoff, and ``of_<type>_late``: from the seventh day
        after the start on. First windows are right of customers whose first 30 days are among the rows.
    """
    f = functions()
    ago, age, active = f.col("ago"), f.col("age"), f.col("active")
    placed = _placed(rows, started, cutoff)
    sums: dict[str, Column] = {}
    for measure, name in _MEASURES.items():
        sums |= {f"{measure}_first_{n}d": _sum(name, age < n) for n in FIRST_DAYS}
        sums |= {f"{measure}_last_{n}d": _sum(name, ago < n) for n in LAST_DAYS}
    sums["returns_first_7d"] = f.sum(f.when((age >= 1) & (age < 7), active).otherwise(f.lit(0))).cast("bigint")
    for name in Counted(signals).types:
        if name.startswith("of_"):
            sums |= {f"{name}_late": _sum(name, age >= 7), f"{name}_last_30d": _sum(name, ago < 30)}
        else:
            sums[f"{name}_last_{RESPONSE_DAYS}d"] = _sum(name, ago < RESPONSE_DAYS)
    by_day = placed.groupBy("customer_id").agg(*[column.alias(name) for name, column in sums.items()])
    by_surface = (
        _placed(seen, started, cutoff)
        .groupBy("customer_id", "surface")
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
    breadth = surface_sums(by_surface.withColumn("person", f.col("customer_id")))
    return _left(by_day, breadth.withColumnRenamed("person", "customer_id"))


def leaving_rows(started: DataFrame, bounds: DataFrame, day: dt.date) -> DataFrame:
    """Return those whose start leaves the kept rows when a day is closed: customer_id, started_at.

    Parameters
    ----------
    bounds
        One row: kept_after, before the first of the rows of days.
    day
        The day up to which days are closed; of later nights the rows begin :data:`LONGEST` days before it.
    """
    f = functions()
    placed = _with_bounds(started, bounds)
    leaving = as_date(day - dt.timedelta(days=LONGEST))
    start_day = f.col("started_at").cast("date")
    there = placed.filter((start_day > f.col("kept_after")) & (f.col("started_at").cast("date") <= leaving))
    return there.select(*started.columns)


def early_figures(started: DataFrame, tallies: DataFrame, windows: DataFrame, signals: SignalsConfig) -> DataFrame:
    """Return what is kept of the first days of the customers whose start leaves the kept rows (:func:`leaving_rows`).

    Parameters
    ----------
    windows
        Their :func:`window_sums`.
    """
    totals = [f"of_{kind}_total" for kind in signals.counted]
    known = tallies.select("customer_id", *totals)
    known = known.join(started.select("customer_id"), on="customer_id", how="left_semi")
    whole = _left(known, windows)
    kinds = early_kinds(signals)
    return whole.select(
        "customer_id", *[_early(name).cast(kinds[name]).alias(name) for name in kinds if name != "customer_id"]
    )


def features_of_days(
    people: DataFrame, parts: Mapping[str, DataFrame], bounds: DataFrame, cutoff: dt.date, signals: SignalsConfig
) -> DataFrame:
    """Shape tallies and sums to what :func:`clv_ml.snapshot.engagement.engagement_features` gives.

    Parameters
    ----------
    people
        customer_id, start_moment, tenure (:func:`clv_ml.snapshot.visits.people`).
    parts
        tallies, windows, firsts and early, all at the cutoff.
    """
    f = functions()
    names = [name for name in early_kinds(signals) if name != "customer_id"]
    early = parts["early"].select("customer_id", *[f.col(name).alias(f"kept_{name}") for name in names])
    firsts = (
        parts["firsts"]
        .groupBy("customer_id")
        .agg(
            f.max("minutes").alias("longest_minutes"),
            f.max(microseconds(f.col("end_at")) - microseconds(f.col("begin_at"))).cast("bigint").alias("longest_span"),
        )
    )
    whole = _with_bounds(people, bounds)
    for part in (parts["tallies"], parts["windows"], firsts, early):
        whole = _left(whole, part)
    figures = _figures(cutoff, signals)
    passed = [name for name in _plain(signals) if name not in figures]
    shaped = whole.select(
        "customer_id",
        "tenure",
        "start_moment",
        *passed,
        *[column.alias(name) for name, column in figures.items()],
    )
    columns = engagement_columns(cutoff, signals)
    return shaped.select("customer_id", *[column.alias(name) for name, column in columns.items()])


def _plain(signals: SignalsConfig) -> list[str]:
    names = [f"{measure}_last_{n}d" for n in LAST_DAYS for measure in (*_MEASURES, "surfaces")]
    names += [f"surfaces_before_{n}d" for n in TREND_DAYS] + ["active_days"]
    for name in Counted(signals).types:
        names += [f"{name}_total", f"{name}_last_{30 if name.startswith('of_') else RESPONSE_DAYS}d"]
    return names


def _figures(cutoff: dt.date, signals: SignalsConfig) -> dict[str, Column]:
    f = functions()
    col = f.col
    start_day = f.date_sub(as_date(cutoff), col("tenure"))

    def ago(name: str) -> Column:
        return f.datediff(as_date(cutoff), col(name))

    first_day = f.when(col("first_active_day") > start_day, col("first_active_day"))
    figures = {
        "key_moment": microseconds(col("key_at")) - col("start_moment"),
        "last_ago": ago("last_active_day"),
        "first_ago": ago("first_active_day"),
        "response_ago": ago("last_response_day"),
        "days_to_return": f.datediff(f.coalesce(first_day, col("second_active_day")), start_day),
        "first_session": col("longest_minutes") if signals.minutes else col("longest_span"),
    }
    closed = start_day <= col("kept_after")
    for name, kind in early_kinds(signals).items():
        if name != "customer_id":
            kept = f.coalesce(col(f"kept_{name}"), f.lit(0)).cast(kind)
            figures[name] = f.when(closed, kept).otherwise(_early(name).cast(kind))
    return figures


def _early(name: str) -> Column:
    f = functions()
    if name.startswith("of_"):
        kind = name.removesuffix("_first_7d")
        return f.coalesce(f.col(f"{kind}_total"), f.lit(0)) - f.coalesce(f.col(f"{kind}_late"), f.lit(0))
    return f.coalesce(f.col(name), f.lit(0))


def _placed(rows: DataFrame, started: DataFrame, cutoff: dt.date) -> DataFrame:
    f = functions()
    starts = started.select("customer_id", f.col("started_at").cast("date").alias("start_day"))
    joined = rows.join(starts, on="customer_id").select(*rows.columns, "start_day")
    return joined.select(
        "*",
        f.datediff(as_date(cutoff), f.col("day")).cast("int").alias("ago"),
        f.datediff(f.col("day"), f.col("start_day")).cast("int").alias("age"),
    )


def _with_bounds(frame: DataFrame, bounds: DataFrame) -> DataFrame:
    return frame.crossJoin(bounds).select(*frame.columns, "kept_after")


def _left(left: DataFrame, right: DataFrame) -> DataFrame:
    joined = left.join(right, on="customer_id", how="left")
    return joined.select(*joined.columns)


def _sum(name: str, condition: Column) -> Column:
    f = functions()
    kind = MINUTES if name == "minutes" else "bigint"
    return f.sum(f.when(condition, f.col(name)).otherwise(f.lit(0)).cast(kind)).cast(kind)
