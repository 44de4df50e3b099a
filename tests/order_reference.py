"""Purchase days, RFM, features and outcomes row by row in plain Python, to compare the engine with."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd
from hypothesis import strategies as st

from clv_ml.engine import MONEY, DataFrame, Engine, functions

START = dt.date(2023, 1, 1)
Days = Mapping[str, list["PurchaseDay"]]
Figures = dict[str, dict[str, float]]


class Order(NamedTuple):
    """One row of transactions; the amount is in cents."""

    customer_id: str
    day: dt.date
    cents: int
    order_id: str | None


class PurchaseDay(NamedTuple):
    day: dt.date
    cents: int
    orders: int


def tables(max_size: int = 60) -> st.SearchStrategy[list[Order]]:
    """Small tables with refunds, free orders, same-day orders and orders of several lines."""
    order = st.builds(
        Order,
        customer_id=st.sampled_from("abcdefg"),
        # few distinct days, so that days coincide, over long enough for every window of the features
        day=st.sampled_from([*range(0, 12), *range(12, 400, 9)]).map(lambda n: START + dt.timedelta(days=n)),
        cents=st.one_of(st.just(0), st.integers(1, 9999), st.sampled_from([1500, 3000, -1500, -3000, -1, -9000])),
        order_id=st.sampled_from([None, "o1", "o2", "o3"]),
    )
    return st.lists(order, min_size=1, max_size=max_size)


def transactions_of(engine: Engine, orders: Sequence[Order]) -> DataFrame:
    """The table as canonical transactions."""
    f = functions()
    frame = pd.DataFrame(
        {
            "customer_id": [order.customer_id for order in orders],
            "day": [order.day.isoformat() for order in orders],
            "amount": [f"{order.cents / 100:.2f}" for order in orders],
            "order_id": pd.Series([order.order_id for order in orders], dtype="string"),
        }
    )
    return engine.from_pandas(frame).select(
        "customer_id",
        f.col("day").cast("timestamp_ntz").alias("timestamp"),
        f.col("day").cast("date").alias("day"),
        f.col("amount").cast(MONEY).alias("amount"),
        "order_id",
    )


def purchase_days(orders: Sequence[Order]) -> Days:
    """Net refunds against the latest purchase day up to then, customer by customer."""
    by_day: dict[tuple[str, dt.date], list[Order]] = defaultdict(list)
    for order in orders:
        by_day[order.customer_id, order.day].append(order)
    found: dict[str, list[PurchaseDay]] = defaultdict(list)
    for (customer, day), rows in sorted(by_day.items()):
        net = sum(row.cents for row in rows)
        sales = [row for row in rows if row.cents >= 0]
        only_free = net == 0 and bool(sales) and all(row.cents == 0 for row in rows)
        if net > 0 or only_free:
            count = len({row.order_id for row in sales} - {None}) + sum(row.order_id is None for row in sales)
            found[customer].append(PurchaseDay(day, net, count))
        elif found[customer]:
            last = found[customer][-1]
            found[customer][-1] = last._replace(cents=last.cents + net)
    return {customer: days for customer, days in found.items() if days}


def rfm_of(days: Days, cutoff: dt.date) -> Figures:
    table = {}
    for customer, bought in days.items():
        repeats = bought[1:]
        mean = sum(day.cents for day in repeats) / 100 / len(repeats) if repeats else 0.0
        table[customer] = {
            "frequency": len(repeats),
            "recency": (bought[-1].day - bought[0].day).days,
            "T": (cutoff - bought[0].day).days,
            "monetary_value": max(mean, 0.0),
        }
    return table


def features_of(days: Days, cutoff: dt.date) -> Figures:
    table = rfm_of(days, cutoff)
    for customer, bought in days.items():
        gaps = [(b.day - a.day).days for a, b in itertools.pairwise(bought)]
        mean_gap = sum(gaps) / len(gaps) if gaps else math.nan
        silent = (cutoff - bought[-1].day).days
        row = table[customer] | {
            "days_since_last": silent,
            "orders_total": sum(day.orders for day in bought),
            "spend_total": spent(bought),
            "spend_first_day": bought[0].cents / 100,
            "spend_last_day": bought[-1].cents / 100,
            "spend_largest_day": max(day.cents for day in bought) / 100,
            "days_to_second": gaps[0] if gaps else math.nan,
            "gap_mean": mean_gap,
            "gap_std": statistics.stdev(gaps) if len(gaps) > 1 else math.nan,
            "gap_max": max(gaps, default=math.nan),
            "gap_last": gaps[-1] if gaps else math.nan,
            "silence_ratio": silent / mean_gap if gaps else math.nan,
        }
        for length in (7, 14, 30):
            early = [day for day in bought if (day.day - bought[0].day).days <= length]
            row |= {f"purchases_first_{length}d": len(early) - 1, f"spend_first_{length}d": spent(early)}
        for length in (30, 60, 90, 180):
            recent = [day for day in bought if (cutoff - day.day).days < length]
            row |= {f"purchases_last_{length}d": len(recent), f"spend_last_{length}d": spent(recent)}
        for what in ("purchases", "spend"):
            row[f"{what}_trend"] = 2 * row[f"{what}_last_90d"] - row[f"{what}_last_180d"]
        table[customer] = row
    return table


def outcomes_of(future: Days, customers: Sequence[str], cutoff: dt.date, horizons: Sequence[int]) -> Figures:
    table: Figures = {}
    for customer in customers:
        row: dict[str, float] = {}
        for horizon in horizons:
            inside = [day for day in future.get(customer, []) if (day.day - cutoff).days <= horizon]
            row |= {f"purchases_{horizon}": len(inside), f"spend_{horizon}": spent(inside)}
            row[f"churned_{horizon}"] = 0 if inside else 1
        table[customer] = row
    return table


def spent(days: Sequence[PurchaseDay]) -> float:
    return sum(day.cents for day in days) / 100
