"""What a customer's purchases up to the cutoff say about the next ones: one row a customer, numbers only.

Early behaviour is counted in days after the customer's first purchase, recent behaviour in days before the cutoff.
"""

from __future__ import annotations

import datetime as dt

from clv_ml.engine import MONEY, Column, DataFrame, functions, window_spec
from clv_ml.snapshot.rfm import rfm_aggregates, rfm_columns
from clv_ml.snapshot.window import as_date

EARLY_DAYS = (7, 14, 30)
RECENT_DAYS = (30, 60, 90, 180)

RFM = ("frequency", "recency", "T", "monetary_value")

PURCHASE_FEATURES = (
    *RFM,
    "days_since_last",
    "orders_total",
    "spend_total",
    "spend_first_day",
    "spend_last_day",
    "spend_largest_day",
    *(f"{what}_first_{days}d" for days in EARLY_DAYS for what in ("purchases", "spend")),
    "days_to_second",
    "gap_mean",
    "gap_std",
    "gap_max",
    "gap_last",
    "silence_ratio",
    *(f"{what}_last_{days}d" for days in RECENT_DAYS for what in ("purchases", "spend")),
    "purchases_trend",
    "spend_trend",
)


def purchase_features(history: DataFrame, cutoff: dt.date) -> DataFrame:
    """Compute the features of every customer with a purchase in the history.

    Parameters
    ----------
    history
        Purchase days up to the cutoff (:meth:`clv_ml.snapshot.window.Window.history`).
    cutoff
        Last day of the history.

    Returns
    -------
    DataFrame
        customer_id, first_day and :data:`PURCHASE_FEATURES`. Counts are bigint, days bigint, money double;
        null where a figure does not exist (the gap of a one-time buyer). ``purchases_first_7d`` counts the purchase
        days 1 to 7 days after the first, ``spend_first_7d`` the spend from the first day to 7 days after;
        ``*_last_30d`` the 30 days up to the cutoff; ``*_trend`` is the last 90 days less the 90 days before;
        ``silence_ratio`` is days_since_last over the customer's mean gap.
    """
    f = functions()
    in_order = window_spec().partitionBy("customer_id").orderBy("day")  # one window for both: rows are sorted once
    dated = history.select(
        "customer_id",
        "day",
        "orders",
        f.col("spend").cast(MONEY).alias("spend"),
        f.datediff(f.col("day"), f.first_value("day").over(in_order)).alias("age"),
        f.datediff(as_date(cutoff), f.col("day")).alias("ago"),
        # squared below: beyond an int after 127 years
        f.datediff(f.col("day"), f.lag("day").over(in_order)).cast("bigint").alias("gap"),
    )
    age, ago, gap = f.col("age"), f.col("ago"), f.col("gap")
    collected = dated.groupBy("customer_id").agg(
        *rfm_aggregates(),
        f.sum("orders").cast("bigint").alias("orders_total"),
        f.max_by("spend", "day").cast("double").alias("spend_last_day"),
        f.max("spend").cast("double").alias("spend_largest_day"),
        *[_count((age > 0) & (age <= days)).alias(f"purchases_first_{days}d") for days in EARLY_DAYS],
        *[_money(age <= days).alias(f"spend_first_{days}d") for days in EARLY_DAYS],
        f.max(f.when(age == gap, gap)).cast("bigint").alias("days_to_second"),
        f.count("gap").cast("bigint").alias("gaps"),
        f.sum("gap").cast("bigint").alias("gap_sum"),
        f.sum(gap * gap).cast("bigint").alias("gap_squares"),
        f.max("gap").cast("bigint").alias("gap_max"),
        f.max_by("gap", "day").cast("bigint").alias("gap_last"),
        *[_count(ago < days).alias(f"purchases_last_{days}d") for days in RECENT_DAYS],
        *[_money(ago < days).alias(f"spend_last_{days}d") for days in RECENT_DAYS],
    )
    return collected.select("customer_id", *purchase_columns(cutoff))


def purchase_columns(cutoff: dt.date) -> list[Column]:
    """Return first_day and :data:`PURCHASE_FEATURES`, from what was collected of a customer."""
    shaped = [_derived(name, cutoff).alias(name) for name in PURCHASE_FEATURES if name not in RFM]
    return [*rfm_columns(cutoff), *shaped]


def _derived(name: str, cutoff: dt.date) -> Column:
    f = functions()
    gaps, total = f.col("gaps"), f.col("gap_sum").cast("double")
    gap_mean = f.when(gaps > 0, total / gaps)
    silence = f.datediff(as_date(cutoff), f.col("last_day")).cast("bigint")
    # from whole-number sums, which do not depend on the order of rows
    gap_std = f.when(gaps > 1, f.sqrt((f.col("gap_squares") - total * total / gaps) / (gaps - 1)))
    derived = {
        "days_since_last": silence,
        "spend_total": f.col("all_spend").cast("double"),
        "spend_first_day": f.col("first_spend").cast("double"),
        "gap_mean": gap_mean,
        "gap_std": gap_std,
        "silence_ratio": silence / gap_mean,
        "purchases_trend": 2 * f.col("purchases_last_90d") - f.col("purchases_last_180d"),
        "spend_trend": 2 * f.col("spend_last_90d") - f.col("spend_last_180d"),
    }
    return derived.get(name, f.col(name))


def _count(condition: Column) -> Column:
    f = functions()
    return f.count(f.when(condition, f.lit(1))).cast("bigint")


def _money(condition: Column) -> Column:
    """Sum spend where the condition holds: in decimals, so that the order of rows cannot show."""
    f = functions()
    return f.sum(f.when(condition, f.col("spend")).otherwise(f.lit(0)).cast(MONEY)).cast("double")
