"""Everybody as of an earlier day, carried on to a later one: most customers need not be described again.

Let D' be the day of the earlier table and D the day wanted, D' <= D. A customer is *touched* if anything of the
following holds; all others are described at D by their row of D', the days in it moved on by D - D':

1. A row of the customer came since, or has a day in (D', D]. Who is not touched has the same rows at D as at D'.
2. A row leaves a window: its day lies in (D' - n, D - n] for an n of ``*_last_<n>d``, of the trends or of the counts of
   contacts and responses. Of who is not touched every window holds the same rows. Active days, surfaces, responses and
   the beginnings of sessions are found among the kept days or the open rows; a purchase day is among the recent ones,
   is the last one of the tallies, or has an open row. A day too many does no harm.
3. ``activated_within_<h>h`` is null at D', and the h hours after the start end between D' and D. Where it is 0 or 1 it
   stays.
4. A trend is null for who has not been there for 2n days: the start lies in (D' - 2n + 1, D - 2n + 1].
5. The row in the table of customers is another one, or the signup lies in (D', D]. Who is not touched has the same
   start and the same attributes.

What then still depends on the cutoff counts days up to it (``T``, ``tenure_days``, ``days_since_*``: more by D - D'),
or is such a count over a mean that is in the row: the same division of the same two numbers. So the table is that of
describing everybody, in every bit. So is a table that is carried on from it: a row of any earlier day has not been
touched since, and 2 to 5 speak of single days, which the steps from that day to D cover one after the other.

The touched are described as ever (:func:`clv_ml.snapshot.population.population_of_state`), from what is kept of them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from clv_ml.engine import Column, DataFrame, Engine, functions
from clv_ml.snapshot.engagement_sums import LAST_DAYS, RESPONSE_DAYS
from clv_ml.snapshot.features import RECENT_DAYS
from clv_ml.snapshot.tables import TENURE, Tables, days_since
from clv_ml.snapshot.visits import TREND_DAYS
from clv_ml.snapshot.window import as_date

EVENT_WINDOWS = tuple(sorted({30, RESPONSE_DAYS, *LAST_DAYS, *TREND_DAYS, *(2 * n for n in TREND_DAYS)}))
_ANY_DAY = dt.date(2000, 1, 1)
Frames = Mapping[str, DataFrame]


@dataclass(frozen=True)
class Described:
    """Everybody as of a day, as it was kept.

    Attributes
    ----------
    base
        One row a customer (:func:`stamped`): everybody as of a night.
    changes
        The touched customers of the nights since, one row a customer and night; None where there were none. The row of
        the last night of a customer counts.
    """

    day: dt.date
    base: DataFrame
    changes: DataFrame | None = None


def stamped(engine: Engine, population: DataFrame, day: dt.date, night: int) -> DataFrame:
    """Add to a table of customers as_of, the day it is of, and night, which grows from night to night."""
    f = functions()
    told = engine.from_pandas(pd.DataFrame({"as_of": [day.isoformat()], "night": [night]}))
    stamp = engine.materialise(told.select(f.col("as_of").cast("date").alias("as_of"), f.col("night").cast("int")))
    return engine.planned_view(
        f"carried: stamped {', '.join(population.columns)}",
        {"population": population, "stamp": stamp},
        lambda frames: frames["population"].crossJoin(frames["stamp"]).select(*population.columns, "as_of", "night"),
    )


def touched(engine: Engine, described: Described, tables: Tables, frames: Frames, day: dt.date) -> DataFrame:
    """Return the customers who must be described again, and perhaps some more.

    Parameters
    ----------
    tables
        Names and signals count, and the table of customers; totals and events are not looked at.
    frames
        new: the customers of the rows that came since (customer_id); open_rows and, where there are events,
        open_events: the rows after the closed day (customer_id, day); the tables of the state (tallies, recent and,
        where there are events, days); customers_before, where there are customers and the table is another one.
    day
        The day to come to, not before that of `described`.

    Returns
    -------
    DataFrame
        customer_id, each once.
    """
    inputs = {**frames, "base": described.base}
    if described.changes is not None:
        inputs["changes"] = described.changes
    if tables.customers is not None:
        inputs["customers"] = tables.customers
    passed = (day - described.day).days
    return engine.planned(
        f"carried: touched after {passed} days; {', '.join(inputs)}; {tables.settings}",
        inputs,
        day,
        lambda given, until: _touched(given, tables, until - dt.timedelta(days=passed), until),
    )


def theirs(engine: Engine, frames: Frames, customers: DataFrame) -> dict[str, DataFrame]:
    """Return the rows of some customers, of each frame."""
    inputs = {**frames, "those": customers}

    def build(given: Frames, _: dt.date) -> dict[str, DataFrame]:
        return {name: given[name].join(given["those"], on="customer_id", how="left_semi") for name in frames}

    columns = {name: frame.columns for name, frame in frames.items()}
    return engine.planned_tables(f"carried: theirs of {columns}", inputs, _ANY_DAY, build)


def carried_to_parquet(
    engine: Engine, described: Described, tables: Tables, again: DataFrame, found: DataFrame, day: dt.date, path: Path
) -> None:
    """Write everybody as of a day, by customer_id: the touched as they were found, all others carried on.

    Parameters
    ----------
    again, found
        The touched customers (:func:`touched`), and what they are at `day`, in the columns of `tables`.
    """
    inputs = {"base": described.base, "touched": again, "found": found}
    if described.changes is not None:
        inputs["changes"] = described.changes

    def build(given: Frames, until: dt.date) -> DataFrame:
        kept = _kept(engine, given, tables.columns)
        moved = kept.select(*[_moved(name, tables, until).alias(name) for name in tables.columns])
        return moved.unionByName(given["found"].select(*tables.columns))

    key = f"carried: {', '.join(inputs)}; {tables.settings}"
    engine.planned_to_parquet(key, inputs, day, build, path=path, order="customer_id")


def _touched(frames: Frames, tables: Tables, before: dt.date, day: dt.date) -> DataFrame:
    f = functions()
    parts = [frames["new"]]
    for name, windows in (("open_rows", RECENT_DAYS), ("open_events", EVENT_WINDOWS)):
        if name in frames:
            parts.append(frames[name].filter(_crossed("day", (0, *windows), before, day)))
    parts.append(frames["recent"].filter(_crossed("day", RECENT_DAYS, before, day)))
    parts.append(frames["tallies"].filter(_crossed("last_day", RECENT_DAYS, before, day)))
    if "days" in frames:
        parts.append(frames["days"].filter(_crossed("day", EVENT_WINDOWS, before, day)))
        for name in ("base", "changes"):
            if name in frames:
                parts.append(frames[name].filter(_unsettled(tables, before, day)))
    if "customers" in frames:
        signup = f.col("signup_at").cast("date").alias("day")
        signed_up = frames["customers"].select("customer_id", signup)
        parts.append(signed_up.filter(_crossed("day", (0,), before, day)))
    if "customers_before" in frames:
        names = frames["customers"].columns
        both = frames["customers_before"].select(*names).unionByName(frames["customers"])
        counted = both.groupBy(*names).agg(f.count(f.lit(1)).alias("tables"))
        parts.append(counted.filter(f.col("tables") == 1))
    every = parts[0].select("customer_id")
    for part in parts[1:]:
        every = every.unionByName(part.select("customer_id"))
    return every.distinct()


def _crossed(name: str, windows: Sequence[int], before: dt.date, day: dt.date) -> Column:
    """Whether a day left a window between two days; it enters the one of 0 days."""
    f = functions()
    found = f.lit(False)
    for n in windows:
        ago = dt.timedelta(days=n)
        found = found | ((f.col(name) > as_date(before - ago)) & (f.col(name) <= as_date(day - ago)))
    return found


def _unsettled(tables: Tables, before: dt.date, day: dt.date) -> Column:
    """Whether what depends on the time since the start may become known."""
    f = functions()
    found = _crossed("start_day", [2 * n - 1 for n in TREND_DAYS], before, day)
    for hours in tables.signals.milestone_hours:
        days = math.ceil(hours / 24)
        over = (f.col("start_day") > as_date(before - dt.timedelta(days=days))) & (
            f.col("start_day") <= as_date(day - dt.timedelta(days=days - 1))
        )
        found = found | (over & f.col(f"activated_within_{hours}h").isNull())
    return found


def _kept(engine: Engine, frames: Frames, columns: Sequence[str]) -> DataFrame:
    """Return the row that counts of each customer who was not touched."""
    f = functions()
    base, others = frames["base"], frames["touched"]
    if "changes" not in frames:
        return base.select(*columns, "as_of").join(others, on="customer_id", how="left_anti")
    last = engine.materialise(frames["changes"].groupBy("customer_id").agg(f.max("night").alias("night")))
    again = engine.materialise(last.join(others, on="customer_id", how="left_anti"))
    known = engine.materialise(others.select("customer_id").unionByName(again.select("customer_id")))
    same = base.select(*columns, "as_of").join(known, on="customer_id", how="left_anti")
    changed = frames["changes"].join(again, on=["customer_id", "night"], how="left_semi").select(*columns, "as_of")
    return same.unionByName(changed)


def _moved(name: str, tables: Tables, day: dt.date) -> Column:
    f = functions()
    col = f.col

    def later(counted: str) -> Column:
        return (col(counted) + f.datediff(as_date(day), col("as_of"))).cast("bigint")

    counts = {"T", "days_since_last", *map(days_since, tables.dates)}
    if not tables.purchases_only:
        counts.add(TENURE)
    if tables.events is not None:
        counts |= {"days_since_activity", "days_since_response"}
    if name in counts:
        return later(name)
    if name == "silence_ratio":
        return later("days_since_last") / col("gap_mean")
    if name == "activity_silence_ratio" and tables.events is not None:
        return later("days_since_activity").cast("double") / col("activity_gap_mean")
    return col(name)
