"""How well the value models fit, gathered at one cutoff for print and pictures."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_ml.engine import DataFrame, Engine, functions, window_spec
from clv_ml.models.diagnostics import (
    check_models,
    purchases_by_frequency,
    purchases_by_recency,
    repeat_counts,
    tracking_of_counts,
)
from clv_ml.models.fitting import FittedModels
from clv_ml.models.surfaces import frequency_recency_surface, spend_density
from clv_ml.models.training_rows import customers_at, outcomes_at
from clv_ml.snapshot.window import Window, as_date

_CELLS = 60


@dataclass(frozen=True)
class Diagnosis:
    """What the diagnostics of `clv_ml.models` say at one cutoff.

    Attributes
    ----------
    models
        The models, with their cutoff.
    customers
        How many customers were known.
    checks, repeat_counts, spend_density
        As the functions of these names return them.
    surface, surface_age_days
        P(alive) and expected purchases in the horizon over frequency and recency, of customers of that age.
    tracking
        Purchases a week up to the cutoff, and after it as far as the data go.
    by_frequency, by_recency
        Purchases in the horizon, actual and expected; None where the horizon is not over yet.
    """

    models: FittedModels
    horizon_days: int
    customers: int
    checks: pd.DataFrame
    repeat_counts: pd.DataFrame
    spend_density: pd.DataFrame
    surface: pd.DataFrame
    surface_age_days: int
    tracking: pd.DataFrame
    by_frequency: pd.DataFrame | None
    by_recency: pd.DataFrame | None


def diagnose(
    engine: Engine, totals: DataFrame, models: FittedModels, *, horizon_days: int, last_day: dt.date
) -> Diagnosis:
    """Compare models with the customers they were fitted to, and with what these did after the cutoff.

    Parameters
    ----------
    totals
        Day totals of all customers, also after the cutoff; what comes after it serves the comparison only.
    horizon_days
        How far ahead the comparison by frequency and recency looks.
    last_day
        Last day of the data.
    """
    cutoff, purchases = models.cutoff, models.purchases
    customers = customers_at(engine, totals, cutoff)
    age = max(1, int(customers["T"].max()))
    most = int(np.clip(customers["frequency"].quantile(0.99), 5, 30))
    by_frequency = by_recency = None
    if Window(cutoff, horizon_days).end <= last_day:
        future = outcomes_at(engine, totals, cutoff, (horizon_days,))[f"purchases_{horizon_days}"]
        by_frequency = purchases_by_frequency(purchases, customers, future, horizon_days=horizon_days)
        by_recency = purchases_by_recency(purchases, customers, future, horizon_days=horizon_days)
    tracked = tracking_of_counts(purchases, purchase_counts(engine, totals, cutoff, last_day), cutoff=str(cutoff))
    return Diagnosis(
        models=models,
        horizon_days=horizon_days,
        customers=len(customers),
        checks=check_models(purchases, models.spend, customers),
        repeat_counts=repeat_counts(purchases, customers),
        spend_density=spend_density(models.spend, customers),
        surface=frequency_recency_surface(
            purchases, age_days=age, max_frequency=most, horizon_days=horizon_days, step_days=max(1, age // _CELLS)
        ),
        surface_age_days=age,
        # the last week may not be over
        tracking=tracked[tracked["end"] <= pd.Timestamp(last_day)].reset_index(drop=True),
        by_frequency=by_frequency,
        by_recency=by_recency,
    )


def purchase_counts(engine: Engine, totals: DataFrame, cutoff: dt.date, last_day: dt.date) -> pd.DataFrame:
    """Count first and repeat purchases a day, of the customers known at the cutoff, up to the last day of the data.

    Returns
    -------
    pandas.DataFrame
        Indexed by day, in order: first, repeat.
    """
    f = functions()
    days = Window(cutoff, 1).history(totals).select("customer_id", "day")
    ahead = (last_day - cutoff).days
    if ahead > 0:
        days = days.unionByName(Window(cutoff, ahead).future(totals).select("customer_id", "day"))
    first = f.min("day").over(window_spec().partitionBy("customer_id"))
    known = days.withColumn("first_day", first).filter(f.col("first_day") <= as_date(cutoff))
    begins = f.col("day") == f.col("first_day")
    counted = known.groupBy("day").agg(
        f.sum(f.when(begins, f.lit(1)).otherwise(f.lit(0))).cast("bigint").alias("first"),
        f.sum(f.when(begins, f.lit(0)).otherwise(f.lit(1))).cast("bigint").alias("repeat"),
    )
    return engine.to_pandas(counted.orderBy("day")).set_index("day")
