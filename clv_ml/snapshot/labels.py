"""What happened after the cutoff: for training and judging only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from clv_ml.engine import DataFrame, functions, window_spec
from clv_ml.errors import ConfigError, DataError
from clv_ml.snapshot.window import Window, as_date

ENOUGH_GAPS = 3  # a quantile of fewer says little of a customer


def own_gap_horizons(history: DataFrame, customers: DataFrame, *, quantile: float, longest_days: int) -> DataFrame:
    """Say for every customer how long a gap between purchases is still usual.

    Parameters
    ----------
    history
        Purchase days up to the cutoff (:meth:`Window.history`).
    customers
        Who is judged: a frame with customer_id, whether in the history or not.
    quantile
        Of the customer's own gaps in days between purchase days, interpolated between two gaps (Hyndman & Fan's
        type 7, as numpy); of everybody's gaps where the customer has fewer than :data:`ENOUGH_GAPS`.
    longest_days
        The main horizon: no own horizon is longer, and none is shorter than a day. Where nobody has bought twice,
        everybody has this one.

    Returns
    -------
    DataFrame
        customer_id, own_horizon_days (bigint; rounded up to a whole day, so that engines agree on who bought in time).

    Raises
    ------
    ConfigError
        If the quantile is not inside (0, 1).
    """
    if not 0 < quantile < 1:
        raise ConfigError(f"own_gap_quantile must lie between 0 and 1, got {quantile}")
    f = functions()
    in_time = window_spec().partitionBy("customer_id").orderBy("day")
    gaps = history.select("customer_id", f.datediff(f.col("day"), f.lag("day").over(in_time)).alias("gap"))
    of_one = gaps.groupBy("customer_id").agg(
        f.percentile("gap", quantile).alias("own_gap"), f.count("gap").cast("bigint").alias("gaps")
    )
    of_all = gaps.agg(f.percentile("gap", quantile).alias("usual_gap"))
    known = customers.select("customer_id").join(of_one, on="customer_id", how="left").crossJoin(of_all)
    usual = f.coalesce(
        f.when(f.col("gaps") >= ENOUGH_GAPS, f.col("own_gap")), f.col("usual_gap"), f.lit(float(longest_days))
    )
    # interpolation is right to about 1e-12 days only, which must not add a day
    whole = f.ceil(f.round(usual, 6)).cast("bigint")
    clipped = f.least(f.greatest(whole, f.lit(1)), f.lit(longest_days)).cast("bigint")
    return known.select("customer_id", clipped.alias("own_horizon_days"))


def outcomes(
    future: DataFrame,
    customers: DataFrame,
    cutoff: dt.date,
    horizons_days: Sequence[int],
    *,
    own_horizons: DataFrame | None = None,
) -> DataFrame:
    """Count what every customer did within each horizon after the cutoff.

    Parameters
    ----------
    future
        Purchase days after the cutoff (:meth:`Window.future`), at least up to the longest horizon.
    customers
        Who is judged: a frame with customer_id; those without a purchase count as churned.
    own_horizons
        What :func:`own_gap_horizons` says of all of them at the same cutoff; it must not look further than `future`.

    Returns
    -------
    DataFrame
        customer_id; for each horizon H: purchases_H (bigint), spend_H (double), churned_H (bigint 0 or 1;
        churned = no purchase within the horizon). With `own_horizons` also churned_own: no purchase within the
        customer's own horizon.
    """
    f = functions()
    sums = [f.min(f.datediff(f.col("day"), as_date(cutoff))).cast("bigint").alias("wait")]
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
    if own_horizons is None:
        return counted.select("customer_id", *columns)
    back_in_time = f.col("wait") <= f.col("own_horizon_days")
    columns.append(f.when(back_in_time, f.lit(0)).otherwise(f.lit(1)).cast("bigint").alias("churned_own"))
    return counted.join(own_horizons, on="customer_id", how="left").select("customer_id", *columns)


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
