"""Everybody's first week and what came after it, out of the engine."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from clv_ml.config import ChurnConfig
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.models.training_rows import population_at
from clv_ml.snapshot.tables import Tables, known_events, starts
from clv_ml.snapshot.visits import is_activity

FIRST_DAYS = 7


def milestone_name(hours: int) -> str:
    """Name the column of an activation milestone: activated_24h, activated_3d, activated_7d."""
    return f"activated_{hours}h" if hours < 48 or hours % 24 else f"activated_{hours // 24}d"


def engagement_people(
    engine: Engine, tables: Tables, as_of: dt.date, churn: ChurnConfig, *, later_days: int
) -> pd.DataFrame:
    """Describe the first week of everybody who came, and say who was active after it.

    Parameters
    ----------
    tables
        With events; nothing after `as_of` is looked at.
    later_days
        Days after the first week in which somebody is looked for.

    Returns
    -------
    pandas.DataFrame
        Indexed by customer_id in its order: start_day (datetime64), tenure_days, ``activated_24h`` and so on (by the
        milestones of the config; 1, 0, or NaN where the hours are not over), returns_first_7d (active days 1 to 6 days
        after the start), surfaces_first_7d, and active_later (whether there was any activity 7 to 6 + `later_days` days
        after the start).
    """
    people = population_at(engine, tables, as_of, churn)
    hours = tables.signals.milestone_hours
    renamed = {f"activated_within_{hour}h": milestone_name(hour) for hour in hours}
    kept = ["start_day", "tenure_days", *renamed, "returns_first_7d", "surfaces_first_7d"]
    later = engine.to_pandas(_later(engine, tables, as_of, later_days)).set_index("customer_id")
    found = people[kept].rename(columns=renamed)
    return found.assign(start_day=pd.to_datetime(found["start_day"]), active_later=found.index.isin(later.index))


def _later(engine: Engine, tables: Tables, as_of: dt.date, days: int) -> DataFrame:
    f = functions()
    events = known_events(tables.events, as_of).filter(is_activity(tables.signals)).select("customer_id", "day")
    begun = starts(tables, as_of).select("customer_id", f.col("started_at").cast("date").alias("start_day"))
    dated = engine.materialise(events.distinct()).join(engine.materialise(begun), on="customer_id")
    age = f.datediff(f.col("day"), f.col("start_day")).cast("bigint").alias("age")
    # SQLFrame cannot use a column of a join twice
    aged = engine.materialise(dated.select("customer_id", age))
    later = (f.col("age") >= FIRST_DAYS) & (f.col("age") < FIRST_DAYS + days)
    return aged.filter(later).select("customer_id").distinct()
