"""What must be kept of a customer's closed purchase days to know all features at any later cutoff.

A day is closed when no row of it is expected any more. The tallies of the closed days up to a day B, and the day totals
after B, give at every cutoff D >= B exactly what all day totals give:

1. A refund is charged to the latest purchase day up to then (:meth:`clv_ml.snapshot.window.Window.history`). After B
   that is a day after B or the last purchase day up to B, never an earlier one. So the earlier ones are final, and of
   the last one the total so far is kept: put before the totals after B as one more day total, it is charged with what
   it would have been charged with.
2. Whether a day is a purchase day depends on its own rows only. So days, gaps, orders and counts up to B are final, the
   last day included. The gap before the first purchase day after B starts at that last day, which is at hand.
3. Counts and sums of whole numbers and decimals, largest, first and last values of two parts of the days make those of
   all days, exactly and in any order. Sums of spend leave out the last purchase day, whose spend may still change.
4. ``*_last_<n>d`` needs the spend of single days within the longest window before D, which begins after B - 180 days:
   these are kept as rows, the last one excepted, which is in the tallies.
5. What is derived from the collected figures is derived by the same columns (:func:`purchase_columns`).

The same step moves the tallies on from B to a later B, and builds them from nothing: with no tallies and all totals.
"""

from __future__ import annotations

import datetime as dt

from clv_ml.engine import MONEY, Column, DataFrame, functions, window_spec
from clv_ml.snapshot.features import EARLY_DAYS, RECENT_DAYS, purchase_columns
from clv_ml.snapshot.window import Window, as_date

LONGEST = max(RECENT_DAYS)
_EARLY = [f"purchases_first_{days}d" for days in EARLY_DAYS]
_EARLY_SPEND = [f"spend_first_{days}d" for days in EARLY_DAYS]
_COUNTS = ("orders_total", "gaps", "gap_sum", "gap_squares", *_EARLY)
_SPENDS = ("spend_before", *_EARLY_SPEND)
_DAYS = {"first_sale_day": "date", "first_at": "timestamp_ntz", "first_day": "date", "last_day": "date"}
_KINDS = {
    "customer_id": "string",
    **_DAYS,
    "last_spend": MONEY,
    "first_spend": MONEY,
    "largest_before": MONEY,
    **dict.fromkeys(_SPENDS, MONEY),
    **dict.fromkeys((*_COUNTS, "days_to_second", "gap_max", "gap_last"), "bigint"),
}
TALLIES = tuple(_KINDS)
"""Columns of the tallies, one row a customer with a sale: first_sale_day (of any sale, returned the same day or not),
first_at (moment of the first purchase), first_day, last_day (of purchases; null where all was returned the same day),
last_spend (of the last purchase day so far), first_spend (null until there is a second day), largest_before,
spend_before and spend_first_<n>d (without the last day), and the counts."""
RECENT = ("customer_id", "day", "spend")
"""Columns of the recent purchase days, the last one of each customer left out."""


def no_tallies(totals: DataFrame) -> DataFrame:
    """Return the tallies of nobody: those before the first day."""
    f = functions()
    nobody = totals.filter(f.lit(False))
    return nobody.select(*[_nothing(name, kind) for name, kind in _KINDS.items()])


def no_recent(totals: DataFrame) -> DataFrame:
    """Return the recent purchase days of nobody."""
    f = functions()
    return totals.filter(f.lit(False)).select("customer_id", "day", f.col("net").cast(MONEY).alias("spend"))


def purchase_days(tallies: DataFrame, totals: DataFrame, day: dt.date) -> DataFrame:
    """Return the purchase days after the tallies up to a day, and before them the last one that the tallies know.

    Parameters
    ----------
    tallies
        One row a customer: :data:`TALLIES`.
    totals
        Day totals after them (:func:`clv_ml.snapshot.window.day_totals`).
    day
        The last day to count.

    Returns
    -------
    DataFrame
        Of customers with totals: customer_id, day, spend, orders (0 of a day in the tallies), gap (days since the
        purchase day before; null for the first, and for one in the tallies), age (days after the first), is_last.
    """
    f = functions()
    names = ("customer_id", "day", "net", "orders", "is_purchase")
    later = totals.filter(f.col("day") <= as_date(day)).select(*names)
    known = tallies.join(later.select("customer_id").distinct(), on="customer_id", how="left_semi")
    known = known.filter(f.col("last_day").isNotNull())
    last_known = known.select(
        "customer_id",
        f.col("last_day").alias("day"),
        f.col("last_spend").alias("net"),
        f.lit(0).cast("bigint").alias("orders"),
        f.lit(True).alias("is_purchase"),
    )
    history = Window(day, 1).history(last_known.unionByName(later))
    known_first = known.select("customer_id", f.col("first_day").alias("known_first"))
    by_customer = window_spec().partitionBy("customer_id")
    joined = history.join(known_first, on="customer_id", how="left").select(
        "customer_id", "day", "spend", "orders", "known_first"
    )
    first = f.coalesce(f.col("known_first"), f.min("day").over(by_customer))
    return joined.select(
        "customer_id",
        "day",
        f.col("spend").cast(MONEY).alias("spend"),
        "orders",
        f.datediff(f.col("day"), f.lag("day").over(by_customer.orderBy("day"))).cast("bigint").alias("gap"),
        f.datediff(f.col("day"), first).cast("bigint").alias("age"),
        (f.col("day") == f.max("day").over(by_customer)).alias("is_last"),
    )


def fold(tallies: DataFrame, totals: DataFrame, days: DataFrame, day: dt.date) -> DataFrame:
    """Move the tallies of the customers with totals on to a day; `days` are their :func:`purchase_days`.

    Returns
    -------
    DataFrame
        :data:`TALLIES` of the customers with a total after the tallies, up to the day; the others keep theirs.
    """
    f = functions()
    col = f.col
    sold = (
        totals.filter(col("day") <= as_date(day))
        .groupBy("customer_id")
        .agg(
            f.min(f.when(col("first_at").isNotNull(), col("day"))).alias("new_first_sale_day"),
            f.min(f.when(col("is_purchase"), col("first_at"))).alias("new_first_at"),
        )
    )
    before = tallies.select("customer_id", *[col(name).alias(f"old_{name}") for name in TALLIES[1:]])
    joined = sold.join(_collected(days), on="customer_id", how="left").join(before, on="customer_id", how="left")
    return joined.select(*joined.columns).select(
        "customer_id", *[_merged(name).cast(_KINDS[name]).alias(name) for name in TALLIES[1:]]
    )


def moved(tallies: DataFrame, totals: DataFrame, folded: DataFrame, day: dt.date) -> DataFrame:
    """Return the tallies of everybody at a day: those that were folded, and those without a total after theirs."""
    f = functions()
    with_totals = totals.filter(f.col("day") <= as_date(day)).select("customer_id").distinct()
    same = tallies.join(with_totals, on="customer_id", how="left_anti")
    return same.select(*TALLIES).unionByName(folded.select(*TALLIES))


def recent_days(recent: DataFrame, days: DataFrame, day: dt.date) -> DataFrame:
    """Return the purchase days within the longest window before a day, the last of each customer left out."""
    f = functions()
    final = days.filter(~f.col("is_last")).select(*RECENT)
    return recent.select(*RECENT).unionByName(final).filter(f.col("day") > as_date(day - dt.timedelta(days=LONGEST)))


def features_of_tallies(tallies: DataFrame, recent: DataFrame, cutoff: dt.date) -> DataFrame:
    """Compute what :func:`clv_ml.snapshot.features.purchase_features` does, from tallies at a cutoff.

    Parameters
    ----------
    tallies, recent
        Of everybody at the cutoff (:func:`moved`, :func:`recent_days`).

    Returns
    -------
    DataFrame
        The same columns and rows.
    """
    f = functions()
    ago = f.datediff(as_date(cutoff), f.col("day"))
    windows = recent.groupBy("customer_id").agg(
        *[f.count(f.when(ago < n, f.lit(1))).cast("bigint").alias(f"days_{n}") for n in RECENT_DAYS],
        *[f.sum(_money_if(ago < n)).cast(MONEY).alias(f"spend_{n}") for n in RECENT_DAYS],
    )
    bought = tallies.filter(f.col("last_day").isNotNull())
    joined = bought.join(windows, on="customer_id", how="left")
    whole = joined.select(*joined.columns)
    collected = whole.select("customer_id", *[column.alias(name) for name, column in _figures(cutoff).items()])
    return collected.select("customer_id", *purchase_columns(cutoff))


def _collected(days: DataFrame) -> DataFrame:
    f = functions()
    age, gap, final = f.col("age"), f.col("gap"), ~f.col("is_last")
    return days.groupBy("customer_id").agg(
        f.min("day").alias("new_first_day"),
        f.max("day").alias("new_last_day"),
        f.max_by("spend", "day").alias("new_last_spend"),
        f.min_by(f.when(final, f.col("spend")), f.col("day")).alias("new_first_spend"),
        f.max(f.when(final, f.col("spend"))).alias("new_largest_before"),
        f.sum(_money_if(final)).alias("new_spend_before"),
        *[f.sum(_money_if(final & (age <= n))).alias(f"new_spend_first_{n}d") for n in EARLY_DAYS],
        f.sum("orders").alias("new_orders_total"),
        f.count("gap").alias("new_gaps"),
        f.sum("gap").alias("new_gap_sum"),
        f.sum(gap * gap).alias("new_gap_squares"),
        *[f.count(f.when(age <= n, gap)).alias(f"new_purchases_first_{n}d") for n in EARLY_DAYS],
        f.max(f.when(age == gap, gap)).alias("new_days_to_second"),
        f.max("gap").alias("new_gap_max"),
        f.max_by("gap", "day").alias("new_gap_last"),
    )


def _merged(name: str) -> Column:
    f = functions()
    old, new = f.col(f"old_{name}"), f.col(f"new_{name}")
    if name in _COUNTS or name in _SPENDS:
        kind = _KINDS[name]
        return f.coalesce(old, f.lit(0).cast(kind)) + f.coalesce(new, f.lit(0)).cast(kind)
    if name in {"gap_max", "largest_before"}:
        return f.greatest(old, new)
    if name in {"last_day", "last_spend", "gap_last"}:
        return f.coalesce(new, old)
    return f.coalesce(old, new)  # what came first stays


def _figures(cutoff: dt.date) -> dict[str, Column]:
    """Bring tallies and windows into the form that the features are derived from."""
    f = functions()
    col, last = f.col, f.col("last_spend")
    age = f.datediff(col("last_day"), col("first_day"))
    ago = f.datediff(as_date(cutoff), col("last_day"))
    figures = {name: col(name) for name in ("first_day", "last_day", *_COUNTS, "days_to_second", "gap_max", "gap_last")}
    figures["purchase_days"] = col("gaps") + 1
    figures["all_spend"] = (col("spend_before") + last).cast(MONEY)
    figures["first_spend"] = f.coalesce(col("first_spend"), last)
    figures["spend_last_day"] = last.cast("double")
    figures["spend_largest_day"] = f.greatest(col("largest_before"), last).cast("double")
    for days in EARLY_DAYS:
        figures[f"spend_first_{days}d"] = _sum_as_double(col(f"spend_first_{days}d"), _money_if(age <= days, last))
    for days in RECENT_DAYS:
        here = f.when(ago < days, f.lit(1)).otherwise(f.lit(0))
        figures[f"purchases_last_{days}d"] = (f.coalesce(col(f"days_{days}"), f.lit(0)) + here).cast("bigint")
        earlier = f.coalesce(col(f"spend_{days}"), f.lit(0).cast(MONEY))
        figures[f"spend_last_{days}d"] = _sum_as_double(earlier, _money_if(ago < days, last))
    return figures


def _money_if(condition: Column, spend: Column | None = None) -> Column:
    f = functions()
    return f.when(condition, f.col("spend") if spend is None else spend).otherwise(f.lit(0)).cast(MONEY)


def _sum_as_double(left: Column, right: Column) -> Column:
    return (left + right).cast("decimal(38,2)").cast("double")  # a sum of the engine is as wide


def _nothing(name: str, kind: str) -> Column:
    return functions().lit(None).cast(kind).alias(name)
