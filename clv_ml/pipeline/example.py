"""Made-up records that show what a served model takes; no real customer leaves the data."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

_ORDERS = (("example-1", 200, 25.0), ("example-1", 120, 40.0), ("example-1", 20, 30.0), ("example-2", 90, 15.0))
_VISITS = (("example-1", 199), ("example-1", 21), ("example-2", 90), ("example-2", 40), ("example-4", 10))


def example_records(
    cutoff: dt.date, signals: dict[str, Any] | None = None, attributes: dict[str, list[str]] | None = None
) -> pd.DataFrame:
    """Make up orders of three customers, and where the model knows them events and attributes.

    Parameters
    ----------
    cutoff
        Last day of the history.
    signals, attributes
        What a bundle's facts say of events and customers; None where the model has learnt from none.

    Returns
    -------
    pandas.DataFrame
        What :func:`clv_ml.pipeline.table_scoring.score_transactions` takes.
    """
    orders = pd.DataFrame(
        [(customer, _ago(cutoff, days), amount) for customer, days, amount in (*_ORDERS, ("example-3", 0, 60.0))],
        columns=["customer_id", "timestamp", "amount"],
    )
    if signals is not None:
        kinds = (*signals["key_actions"], *signals["minutes"], "visit")
        events = pd.DataFrame(
            [(customer, _ago(cutoff, days), kinds[0], 12.5) for customer, days in _VISITS],
            columns=["customer_id", "timestamp", "event_type", "value"],
        )
        orders = pd.concat([orders, events.assign(session_id="s1", surface="home")], ignore_index=True)
    if attributes is not None:
        orders["signup_at"] = _ago(cutoff, 210)
        made_up: dict[str, Any] = dict.fromkeys(attributes["categories"], "other")
        made_up |= dict.fromkeys(attributes["numbers"], 1.0) | dict.fromkeys(attributes["dates"], _ago(cutoff, 205))
        orders = orders.assign(**made_up)
    return orders


def _ago(cutoff: dt.date, days: int) -> pd.Timestamp:
    return pd.Timestamp(cutoff) - pd.Timedelta(days=days)
