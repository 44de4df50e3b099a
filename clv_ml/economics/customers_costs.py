"""What it cost to win each customer, from the table of customers or as declared."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clv_ml.config import CohortsConfig
from clv_ml.errors import ConfigError


def acquisition_costs(
    people: pd.DataFrame, started_at: pd.Series, cohorts: CohortsConfig, channel: str | None
) -> pd.Series[float]:
    """Return the acquisition cost of everybody who came, buyers and others.

    A number acquisition_cost of the customer goes before; else the first declared cost that fits counts, and none
    fits: NaN. A total is shared equally by all it fits, so that their costs sum to it. Who has not bought has cost as
    much as who has: a channel is judged on both.

    Parameters
    ----------
    people
        Indexed by customer_id; the channel, and acquisition_cost where known.
    started_at
        When each came, indexed like `people`.
    channel
        Column of `people`; None where no channel is known.

    Returns
    -------
    pandas.Series
        Currency, indexed like `people`.

    Raises
    ------
    ConfigError
        If costs are declared by channel and no channel is known.
    """
    cost = pd.Series(np.nan, index=people.index, dtype=float)
    if "acquisition_cost" in people:
        cost = people["acquisition_cost"].astype(float)
    month = started_at.dt.strftime("%Y-%m")
    names = people[channel].astype("string") if channel is not None else None
    open_ = cost.isna()
    for declared in cohorts.acquisition_costs:
        fits = open_.copy()
        if declared.month is not None:
            fits &= month == declared.month
        if declared.channel is not None:
            if names is None:
                raise ConfigError(
                    f"cohorts.acquisition_costs: a cost of channel {declared.channel!r}, and no channel is known; "
                    "name the category that holds it in cohorts.channel"
                )
            fits &= (names == declared.channel).fillna(False).astype(bool)
        if fits.any():
            shared = declared.total / int(fits.sum()) if declared.total is not None else declared.per_customer
            cost = cost.mask(fits, shared)
            open_ &= ~fits
    return cost
