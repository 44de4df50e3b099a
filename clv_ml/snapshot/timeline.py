"""What single customers did over time, for a person to look at."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.snapshot.tables import Tables, known_events
from clv_ml.snapshot.window import as_date

ORDERS = 60
WEEKS = 52


def timelines(engine: Engine, tables: Tables, cutoff: dt.date, customer_ids: pd.Index[str]) -> pd.DataFrame:
    """Return the orders and the weekly activity of some customers up to a cutoff.

    Returns
    -------
    pandas.DataFrame
        Indexed by customer_id in the order given: orders (list of [days before the cutoff, amount of the day], newest
        first, at most :data:`ORDERS`) and activity (events in each of the :data:`WEEKS` weeks before the cutoff, oldest
        first; an empty list where the job has no events).
    """
    wanted = engine.materialise(engine.from_pandas(pd.DataFrame({"customer_id": customer_ids.astype("str")})))
    story = pd.DataFrame({"orders": _orders(engine, tables, cutoff, wanted)}).reindex(customer_ids)
    story["orders"] = [found if isinstance(found, list) else [] for found in story["orders"]]
    counts = {} if tables.events is None else _activity(engine, tables, cutoff, wanted)
    silent = [] if tables.events is None else [0] * WEEKS
    story["activity"] = [counts.get(customer, silent) for customer in customer_ids]
    return story.rename_axis("customer_id")


def _orders(engine: Engine, tables: Tables, cutoff: dt.date, wanted: DataFrame) -> dict[str, list[list[float]]]:
    f = functions()
    known = tables.totals.filter((f.col("day") <= as_date(cutoff)) & f.col("is_purchase"))
    rows = engine.to_pandas(
        known.join(wanted, on="customer_id").select(
            "customer_id", f.datediff(as_date(cutoff), f.col("day")).cast("bigint").alias("ago"), f.col("net")
        )
    ).sort_values(["customer_id", "ago"], kind="stable")
    newest = rows[rows.groupby("customer_id", sort=False).cumcount() < ORDERS]
    orders: dict[str, list[list[float]]] = {}
    for customer, ago, net in zip(newest["customer_id"], newest["ago"], newest["net"], strict=True):
        orders.setdefault(customer, []).append([int(ago), round(float(net), 2)])
    return orders


def _activity(engine: Engine, tables: Tables, cutoff: dt.date, wanted: DataFrame) -> dict[str, list[int]]:
    assert tables.events is not None
    f = functions()
    first = as_date(cutoff - dt.timedelta(days=7 * WEEKS - 1))
    done = known_events(tables.events, cutoff).filter(f.col("day") >= first)
    if tables.signals.contacts:
        done = done.filter(~f.col("event_type").isin(*tables.signals.contacts))
    days = done.groupBy("customer_id", "day").agg(f.count(f.lit(1)).cast("bigint").alias("events"))
    rows = engine.to_pandas(
        days.join(wanted, on="customer_id").select(
            "customer_id", f.datediff(as_date(cutoff), f.col("day")).cast("bigint").alias("ago"), "events"
        )
    )
    weeks = WEEKS - 1 - rows["ago"] // 7
    counts: dict[str, list[int]] = {}
    for customer, week, number in zip(rows["customer_id"], weeks, rows["events"], strict=True):
        counts.setdefault(customer, [0] * WEEKS)[int(week)] += int(number)
    return counts
