"""What a page tells of each customer it shows: the past as a picture, the future with its uncertainty."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from clv_ml.config import ValueConfig
from clv_ml.models.fitting import FittedModels
from clv_ml.models.intervals import predictive_intervals
from clv_ml.pipeline.prepared import Prepared
from clv_ml.snapshot.timeline import timelines

LEVELS = (0.1, 0.9)
_FUTURES = 200


def stories(
    prepared: Prepared,
    models: FittedModels,
    shown: pd.DataFrame,
    *,
    as_of: dt.date,
    value: ValueConfig,
    seed: int,
) -> pd.DataFrame:
    """Gather orders, weekly activity and 80 % intervals of some customers, given by their features.

    Returns
    -------
    pandas.DataFrame
        Indexed by customer_id in the order of `shown`: orders, activity (:func:`clv_ml.snapshot.timeline.timelines`),
        purchases_low, purchases_high (number within value.horizon_days), clv_low, clv_high (discounted margin in
        currency). An interval carries what chance does to the customer, with the parameters taken as known; the
        Pareto/NBD has none (NaN).
    """
    lines = timelines(prepared.engine, prepared.tables, as_of, shown.index)
    return lines.join(_intervals(models, shown, value=value, seed=seed))


def _intervals(models: FittedModels, rows: pd.DataFrame, *, value: ValueConfig, seed: int) -> pd.DataFrame:
    names = ["purchases_low", "purchases_high", "clv_low", "clv_high"]
    if rows.empty or models.purchases.KIND == "pareto_nbd":  # its futures are not simulated
        return pd.DataFrame(np.nan, index=rows.index, columns=names)
    # drawn in one order, whatever the order of the list
    ordered = rows.sort_index()
    counts = models.purchases.purchase_quantiles(ordered, horizon_days=value.horizon_days, levels=LEVELS)
    drawn, _ = predictive_intervals(
        models.purchases,
        models.spend,
        ordered,
        horizon_days=value.horizon_days,
        levels=LEVELS,
        annual_discount_rate=value.annual_discount_rate,
        margin=value.margin,
        cost_per_order=value.cost_per_order,
        n_futures=_FUTURES,
        n_parameter_draws=0,
        seed=seed,
    )
    return pd.DataFrame(
        {
            "purchases_low": counts[LEVELS[0]],
            "purchases_high": counts[LEVELS[1]],
            "clv_low": drawn["clv_q10"],
            "clv_high": drawn["clv_q90"],
        }
    )
