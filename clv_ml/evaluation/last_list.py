"""How right an earlier list was: who was expected to leave, and who did."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

_TOP = 100
_WITHIN_95 = 1.959963984540054  # normal quantile


@dataclass(frozen=True)
class LastList:
    """An earlier list beside what its customers then did.

    Attributes
    ----------
    as_of, horizon_days, judged_on
        Day of the list, how far its probabilities looked, and the last day of data it is judged by.
    customers
        Who was listed to contact or held back, or, where the list names neither, everybody on it.
    expected_leavers, low, high, inside
        Sum of the probabilities, and the 95 % band that chance alone gives around it (Poisson binomial, normal
        approximation); whether what happened is inside.
    top_customers, top_hits
        The first of the list, and how many of them left.
    """

    as_of: str
    horizon_days: int
    judged_on: str
    customers: int
    expected_leavers: float
    actual_leavers: int
    low: float
    high: float
    inside: bool
    top_customers: int
    top_hits: int

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, with the rates that the counts come to."""
        rates = {
            "expected_rate": self.expected_leavers / self.customers,
            "actual_rate": self.actual_leavers / self.customers,
        }
        return asdict(self) | rates


def judge_list(
    listed: pd.DataFrame, churned: pd.Series[float], *, as_of: dt.date, horizon_days: int, judged_on: dt.date
) -> LastList | None:
    """Judge a list whose time is over.

    Contacts may have kept some who would have left: the comparison with the control group tells by how much
    (``clv-ml measure``); this one tells whether the probabilities were right all in all.

    Parameters
    ----------
    listed
        The list: customer_id, action_status, rank and p_churn_Hd of the horizon.
    churned
        1 for each customer who bought nothing in the horizon after `as_of`, else 0, indexed by customer_id. Customers
        who are missing here (no longer in the data) are not judged.

    Returns
    -------
    LastList, or None where nobody can be judged.
    """
    worked = listed[listed["action_status"].isin(("contact", "control"))]
    rows = (worked if len(worked) else listed).sort_values("rank", kind="stable")
    rows = rows[rows["customer_id"].isin(churned.index)]
    if rows.empty:
        return None
    p = rows[f"p_churn_{horizon_days}d"].to_numpy(dtype=np.float64)
    left = churned.loc[rows["customer_id"]].to_numpy(dtype=np.float64)
    expected, spread = float(p.sum()), _WITHIN_95 * float(np.sqrt((p * (1 - p)).sum()))
    actual = int(left.sum())
    low, high = max(0.0, expected - spread), min(float(len(p)), expected + spread)
    return LastList(
        as_of=as_of.isoformat(),
        horizon_days=horizon_days,
        judged_on=judged_on.isoformat(),
        customers=len(rows),
        expected_leavers=round(expected, 1),
        actual_leavers=actual,
        low=round(low, 1),
        high=round(high, 1),
        inside=bool(low <= actual <= high),
        top_customers=min(_TOP, len(rows)),
        top_hits=int(left[:_TOP].sum()),
    )
