"""What happened after the cutoff: for training and judging only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from clv_ml.engine import DataFrame, functions
from clv_ml.errors import DataError
from clv_ml.snapshot.window import Window, as_date


def outcomes(future: DataFrame, customers: DataFrame, cutoff: dt.date, horizons_days: Sequence[int]) -> DataFrame:
    """Count what every customer did within each horizon after the cutoff.

    Parameters
    ----------
    future
        Purchase days after the cutoff (:meth:`Window.future`), at least up to the longest horizon.
    customers
        Who is judged: a frame with customer_id; those without a purchase count as churned.

    Returns
    -------
    DataFrame
        customer_id; for each horizon H: purchases_H (bigint), spend_H (double), churned_H (bigint 0 or 1;
        churned = no purchase within the horizon).
    """
    f = functions()
    sums = []
    for horizon in horizons_days:
        end = as_date(Window(cutoff, horizon).end)
        inside = f.col("day") <= end
        sums.append(f.count(f.when(inside, f.lit(1))).cast("bigint").alias(f"purchases_{horizon}"))
        spent = f.when(inside, f.col("spend")).otherwise(f.lit(0)).cast("decimal(18,2)")
        sums.append(f.sum(spent).cast("double").alias(f"spend_{horizon}"))
    counted = customers.select("customer_id").join(
        future.groupBy("customer_id").agg(*sums), on="customer_id", how="left"
    )
    columns = []
    for horizon in horizons_days:
        bought = f.coalesce(f.col(f"purchases_{horizon}"), f.lit(0)).cast("bigint")
        columns += [
            bought.alias(f"purchases_{horizon}"),
            f.coalesce(f.col(f"spend_{horizon}"), f.lit(0.0)).alias(f"spend_{horizon}"),
            f.when(bought == 0, f.lit(1)).otherwise(f.lit(0)).cast("bigint").alias(f"churned_{horizon}"),
        ]
    return counted.select("customer_id", *columns)


def require_mature(window: Window, data_end: dt.date) -> None:
    """Refuse a window whose future is not complete: its labels would call the unobserved "churned".

    Raises
    ------
    DataError
        If the window ends after the last day of the data.
    """
    if window.end > data_end:
        raise DataError(
            f"cutoff {window.cutoff}: its {window.horizon_days} days end on {window.end}, but the data end on "
            f"{data_end}; judge from {data_end - dt.timedelta(days=window.horizon_days)} or earlier"
        )
