"""The simplest score of all, to be beaten: how long a customer has been silent."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv_ml.engine import DataFrame, Engine
from clv_ml.models.calibration import PlattScaling
from clv_ml.models.fitting import customers_at, outcomes_at


def days_since_last_probability(
    engine: Engine, totals: DataFrame, cutoff: dt.date, customers: pd.DataFrame, *, horizon_days: int
) -> pd.Series[float] | None:
    """Turn days since the last purchase into P(churn), with one logistic curve learnt one horizon earlier.

    The curve never changes the order of customers, so that its AUC is that of days since the last purchase.

    Returns
    -------
    pandas.Series or None
        Indexed like `customers`; None where the history is too short to learn the curve, or silence did not
        mean churn then.
    """
    earlier = cutoff - dt.timedelta(days=horizon_days)
    if customers["first_day"].min().date() >= earlier:
        return None
    before = customers_at(engine, totals, earlier)
    churned = outcomes_at(engine, totals, earlier, (horizon_days,))[f"churned_{horizon_days}"]
    if churned.nunique() < 2:
        return None
    curve = PlattScaling.fit(_squashed(before), churned.to_numpy(dtype=np.float64))
    return pd.Series(curve.apply(_squashed(customers)), index=customers.index)


def _squashed(customers: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Days d to (1 + d) / (2 + d), whose log odds are log(1 + d)."""
    days = customers["days_since_last"].to_numpy(dtype=np.float64)
    return np.asarray((1 + days) / (2 + days))
