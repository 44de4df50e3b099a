"""What winning a buyer cost, with the cost of those who were won and have not bought."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.economics.customers import CohortFrames
from clv_ml.economics.predicted_groups import CohortGroups

Floats = NDArray[np.float64]

KNOWN, PARTLY, UNKNOWN_COST, FREE = "known", "partly_known", "unknown", "free"


def cost_of_buyers(frames: CohortFrames) -> pd.Series[float]:
    """Return the cost of winning each buyer: his own, and his share of those who came and have not bought.

    What was spent on prospects of a channel is shared equally by the buyers of that channel; where there is none, or
    no channel is known, by all buyers. Without it a channel that wins many who never buy would seem cheap.

    Returns
    -------
    pandas.Series
        Currency, indexed like `frames.members`; NaN where the buyer's own cost is not known.
    """
    own = frames.members["acquisition_cost"].astype(float)
    if frames.prospects.empty or own.isna().all():
        return own
    spent = frames.prospects["acquisition_cost"].astype(float).fillna(0.0).sort_index()
    cost = own.copy()
    rest = float(spent.sum())
    if frames.channel is not None and frames.channel in frames.prospects:
        payers = own.notna().groupby(frames.members[frames.channel]).sum()
        by_channel = (
            spent.groupby(frames.prospects[frames.channel].sort_index()).sum().reindex(payers.index).fillna(0.0)
        )
        share = (by_channel / payers.where(payers > 0)).fillna(0.0)
        cost = cost + frames.members[frames.channel].map(share).astype(float)
        rest -= float((share * payers).sum())
    # what is left after equal shares of all is rounding
    return cost + (rest / int(own.notna().sum()) if rest > 1e-9 else 0.0)


def cohort_costs(cost: Floats, groups: CohortGroups) -> tuple[Floats, NDArray[np.object_]]:
    """Return the mean cost of winning a buyer of each cohort (CAC), and how far it is known.

    Parameters
    ----------
    cost
        Of each customer of the groups, NaN where not known, shape (n,).

    Returns
    -------
    tuple
        CAC in currency, NaN unless every customer's cost is known: the mean of some says nothing of the others;
        and ``known``, ``partly_known``, ``unknown`` or ``free`` (it is 0), each of shape (n_cohorts,).
    """
    known = groups.summed(np.isfinite(cost).astype(np.float64))
    cac = np.where(known == groups.size, groups.summed(np.nan_to_num(cost)) / groups.size, np.nan)
    status = np.where(known == 0, UNKNOWN_COST, np.where(known < groups.size, PARTLY, np.where(cac > 0, KNOWN, FREE)))
    return cac, status.astype(object)
