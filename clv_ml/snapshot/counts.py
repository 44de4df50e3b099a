"""Customers counted by what the models of purchases and spend learn from: a few kinds of customers, however many."""

from __future__ import annotations

from clv_ml.engine import DataFrame, functions


def purchase_counts(customers: DataFrame) -> DataFrame:
    """Count customers by frequency, recency and T, all that the likelihood of the purchase models depends on.

    Parameters
    ----------
    customers
        One row a customer: frequency, recency, T (whole days); those with a null frequency have not bought.

    Returns
    -------
    DataFrame
        frequency, recency, T, weight (all bigint); at most one row for each day between the first and the last in T.
    """
    f = functions()
    bought = customers.filter(f.col("frequency").isNotNull())
    counted = bought.groupBy("frequency", "recency", "T").agg(f.count(f.lit(1)).cast("bigint").alias("weight"))
    return counted.select("frequency", "recency", "T", "weight")


def spend_counts(customers: DataFrame) -> DataFrame:
    """Count customers by frequency and what they spent after the first purchase day, to the cent.

    Parameters
    ----------
    customers
        One row a customer: frequency, monetary_value (mean spend of the purchase days after the first).

    Returns
    -------
    DataFrame
        frequency (bigint), cents (bigint: monetary_value times frequency, in hundredths), weight (bigint), of those who
        bought again and spent; ``cents / 100 / frequency`` is their monetary_value to the last bit.
    """
    f = functions()
    again = customers.filter((f.col("frequency") > 0) & (f.col("monetary_value") > 0))
    total = f.col("monetary_value") * f.col("frequency") * f.lit(100).cast("double")
    placed = again.select("frequency", f.round(total).cast("bigint").alias("cents"))
    return placed.groupBy("frequency", "cents").agg(f.count(f.lit(1)).cast("bigint").alias("weight"))
