"""The cohorts of everybody who came, buyers or not: by month of the start, and by what is known without a purchase."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clv_ml.config.cohorts import ALL, MONTH
from clv_ml.economics.customers import CohortFrames
from clv_ml.economics.customers_dimensions import UNKNOWN
from clv_ml.economics.retention_counts import START_MONTH, Grouped


def start_cohorts(frames: CohortFrames, start_day: pd.Series) -> list[Grouped]:
    """Group people by month of their start and by the dimensions that need no purchase.

    Parameters
    ----------
    start_day
        Day of the start (datetime64), by customer_id.
    """
    columns = {ALL: pd.Series(ALL, index=start_day.index), START_MONTH: start_day.dt.strftime("%Y-%m")}
    for name in frames.dimensions:
        if name in frames.prospects and name != MONTH:
            both = pd.concat([frames.members[name], frames.prospects[name]])
            columns[name] = both.reindex(start_day.index).fillna(UNKNOWN)
    found = []
    for dimension, cohort in columns.items():
        number, names = pd.factorize(cohort, sort=True)
        customers = np.bincount(number, minlength=len(names)).astype(np.int64)
        named = [str(name) for name in names]
        found.append(Grouped(dimension, named, number.astype(np.int64), customers, frames.cohorts.min_customers))
    return found
