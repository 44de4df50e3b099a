"""A cutoff and a horizon: the only two ways to look at the data, backwards and forwards.

What was known at the cutoff comes from :meth:`Window.history`, what happened afterwards from
:meth:`Window.future`; a feature built on the future is a visible act.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from clv_ml.engine import MONEY, Column, DataFrame, functions, window_spec
from clv_ml.errors import ConfigError


def day_totals(transactions: DataFrame) -> DataFrame:
    """Sum transactions to one row a customer and day.

    Same-day orders are one purchase occasion. A day is a purchase day if its own total is positive, or if all it
    holds are free orders; a day whose orders were returned the same day is not.

    Parameters
    ----------
    transactions
        Canonical transactions: customer_id, timestamp, day, amount, and order_id where known.

    Returns
    -------
    DataFrame
        customer_id, day, net (decimal(18,2)), orders (bigint), is_purchase (bool), first_at (timestamp of the first
        sale).
    """
    f = functions()
    bought = f.col("amount") >= 0
    lines = [
        f.sum("amount").cast(MONEY).alias("net"),
        f.sum(f.when(bought, f.col("amount")).otherwise(f.lit(0))).cast(MONEY).alias("gross"),
        f.count(f.when(bought, f.lit(1))).cast("bigint").alias("orders"),
        f.min(f.when(bought, f.col("timestamp"))).alias("first_at"),
    ]
    if "order_id" not in transactions.columns:
        totals = transactions.groupBy("customer_id", "day").agg(*lines)
    else:
        # orders first, then days: to count the distinct orders of each day at once takes half as long again
        by_order = transactions.groupBy("customer_id", "day", "order_id").agg(*lines)
        several = f.col("order_id").isNull() | (f.col("orders") == 0)
        totals = by_order.groupBy("customer_id", "day").agg(
            f.sum("net").cast(MONEY).alias("net"),
            f.sum("gross").cast(MONEY).alias("gross"),
            f.sum(f.when(several, f.col("orders")).otherwise(f.lit(1))).cast("bigint").alias("orders"),
            f.min("first_at").alias("first_at"),
        )
    free = (f.col("gross") == 0) & (f.col("net") == 0)  # refunds alone leave net < 0
    is_purchase = ((f.col("net") > 0) | free).alias("is_purchase")
    return totals.select("customer_id", "day", "net", "orders", is_purchase, "first_at")


@dataclass(frozen=True)
class Window:
    """History up to and including the cutoff, and the days (cutoff, cutoff + horizon] after it."""

    cutoff: dt.date
    horizon_days: int

    def __post_init__(self) -> None:
        if self.horizon_days < 1:
            raise ConfigError(f"horizon_days must be at least 1, got {self.horizon_days}")

    @property
    def end(self) -> dt.date:
        """Last day of the future."""
        return self.cutoff + dt.timedelta(days=self.horizon_days)

    def history(self, totals: DataFrame) -> DataFrame:
        """Return the purchase days known at the cutoff: customer_id, day, spend, orders."""
        f = functions()
        return _net_of_refunds(totals.filter(f.col("day") <= as_date(self.cutoff)))

    def future(self, totals: DataFrame) -> DataFrame:
        """Return the purchase days after the cutoff, within the horizon; labels and evaluation only."""
        f = functions()
        later = (f.col("day") > as_date(self.cutoff)) & (f.col("day") <= as_date(self.end))
        return _net_of_refunds(totals.filter(later))


def as_date(day: dt.date) -> Column:
    """Return a date literal."""
    return functions().lit(day.isoformat()).cast("date")


def _net_of_refunds(totals: DataFrame) -> DataFrame:
    """Charge every refund to the customer's latest purchase day up to then, among the days at hand.

    A refund thus lowers what was spent, never how often; one after the cutoff changes nothing before it. Where a
    customer has nothing but purchase days, each of them is charged with its own total: most need no second look.
    """
    f = functions()
    refunding = totals.filter(~f.col("is_purchase")).select("customer_id").distinct()
    plain = totals.join(refunding, on="customer_id", how="left_anti")
    plain = plain.select("customer_id", "day", f.col("net").cast(MONEY).alias("spend"), "orders")
    return plain.unionByName(_charged(totals.join(refunding, on="customer_id", how="left_semi")))


def _charged(totals: DataFrame) -> DataFrame:
    f = functions()
    so_far = (
        window_spec()
        .partitionBy("customer_id")
        .orderBy("day")
        .rowsBetween(window_spec().unboundedPreceding, window_spec().currentRow)
    )
    purchase_day = f.max(f.when(f.col("is_purchase"), f.col("day"))).over(so_far)
    charged = totals.withColumn("purchase_day", purchase_day).filter(f.col("purchase_day").isNotNull())
    return charged.groupBy("customer_id", f.col("purchase_day").alias("day")).agg(
        f.sum("net").cast(MONEY).alias("spend"),
        f.max(f.when(f.col("is_purchase"), f.col("orders")).otherwise(f.lit(0))).cast("bigint").alias("orders"),
    )
