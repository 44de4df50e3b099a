"""What a customer's purchases up to the cutoff say about the next ones: one row a customer, numbers only.

Early behaviour is counted in days after the customer's first purchase, recent behaviour in days before the cutoff.
"""

from __future__ import annotations

import datetime as dt

from clv_ml.engine import Column, DataFrame, functions, window_spec
from clv_ml.snapshot.rfm import rfm
from clv_ml.snapshot.window import as_date

EARLY_DAYS = (7, 14, 30)
RECENT_DAYS = (30, 60, 90, 180)

PURCHASE_FEATURES = (
    "frequency",
    "recency",
    "T",
    "monetary_value",
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
    day = f.col("day")
    by_customer = window_spec().partitionBy("customer_id")
    in_order = by_customer.orderBy("day")
    dated = history.select(
        "customer_id",
        "day",
        "orders",
        f.col("spend").cast("decimal(18,2)").alias("spend"),
        f.datediff(day, f.min("day").over(by_customer)).alias("age"),
        f.datediff(as_date(cutoff), day).alias("ago"),
        f.datediff(day, f.lag("day").over(in_order)).alias("gap"),
        f.row_number().over(in_order).alias("nth"),
        f.row_number().over(by_customer.orderBy(day.desc())).alias("nth_last"),
    )
    first, last = f.col("nth") == 1, f.col("nth_last") == 1
    counted = dated.groupBy("customer_id").agg(
        f.min("ago").cast("bigint").alias("days_since_last"),
        f.sum("orders").cast("bigint").alias("orders_total"),
        _money(None).alias("spend_total"),
        _money(first).alias("spend_first_day"),
        _money(last).alias("spend_last_day"),
        f.max("spend").cast("double").alias("spend_largest_day"),
        *[_count((f.col("nth") > 1) & (f.col("age") <= n)).alias(f"purchases_first_{n}d") for n in EARLY_DAYS],
        *[_money(f.col("age") <= n).alias(f"spend_first_{n}d") for n in EARLY_DAYS],
        f.max(f.when(f.col("nth") == 2, f.col("gap"))).cast("bigint").alias("days_to_second"),
        f.count("gap").cast("bigint").alias("gaps"),
        f.sum("gap").cast("bigint").alias("gap_sum"),
        f.sum(f.col("gap") * f.col("gap")).cast("bigint").alias("gap_squares"),
        f.max("gap").cast("bigint").alias("gap_max"),
        f.max(f.when(last, f.col("gap"))).cast("bigint").alias("gap_last"),
        *[_count(f.col("ago") < n).alias(f"purchases_last_{n}d") for n in RECENT_DAYS],
        *[_money(f.col("ago") < n).alias(f"spend_last_{n}d") for n in RECENT_DAYS],
    )
    joined = rfm(history, cutoff).join(counted, on="customer_id")
    gap_mean = f.when(f.col("frequency") > 0, f.col("recency") / f.col("frequency"))
    return joined.withColumn("gap_mean", gap_mean).select(
        "customer_id",
        "first_day",
        *[_derived(name).alias(name) for name in PURCHASE_FEATURES],
    )


def _derived(name: str) -> Column:
    f = functions()
    if name == "silence_ratio":
        return f.col("days_since_last") / f.col("gap_mean")
    if name == "gap_std":  # from whole-number sums, which do not depend on the order of rows
        n, total = f.col("gaps"), f.col("gap_sum").cast("double")
        return f.when(n > 1, f.sqrt((f.col("gap_squares") - total * total / n) / (n - 1)))
    if name.endswith("_trend"):
        what = name.removesuffix("_trend")
        return 2 * f.col(f"{what}_last_90d") - f.col(f"{what}_last_180d")
    return f.col(name)


def _count(condition: Column) -> Column:
    f = functions()
    return f.count(f.when(condition, f.lit(1))).cast("bigint")


def _money(condition: Column | None) -> Column:
    """Sum spend where the condition holds: in decimals, so that the order of rows cannot show."""
    f = functions()
    amount = f.col("spend") if condition is None else f.when(condition, f.col("spend")).otherwise(f.lit(0))
    return f.sum(amount.cast("decimal(18,2)")).cast("double")
