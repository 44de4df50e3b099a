"""Who is not contacted, whatever it would earn."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from clv_ml.config import RiskConfig

EXCLUSIONS = (
    "not_bought_yet",
    "no_consent",
    "contacted_recently",
    "refused",
    "silent_too_long",
    "below_minimum_value",
)
"""Reasons in the order they are checked; the first that holds is told."""

_NONE = len(EXCLUSIONS)
SILENCE = ("days_since_last", "days_since_activity", "tenure_days")
"""Features that say how long ago a customer was heard of."""


def silence_days(customers: pd.DataFrame) -> pd.Series[float]:
    """Days since a customer was last heard of: the last purchase or activity, else the start."""
    known = [name for name in SILENCE if name in customers]
    return customers[known].astype("float64").min(axis=1)


def exclusion_reasons(
    customers: pd.DataFrame,
    value: pd.Series[float],
    details: pd.DataFrame | None = None,
    *,
    config: RiskConfig,
    as_of: dt.date,
) -> pd.Series[Any]:
    """Name for each customer why not to contact, or nothing.

    Parameters
    ----------
    customers
        Features at `as_of`, indexed by customer_id.
    value
        Value if retained, in currency; NaN for who has not bought yet.
    details
        Any of consent, refused (bool) and last_contacted_at (timestamp, up to `as_of`), indexed by customer_id. Who
        is missing there has no consent, did not refuse and was not contacted.

    Returns
    -------
    pandas.Series
        Indexed like `customers`: one of :data:`EXCLUSIONS`, or empty text; as a category.
    """
    rules = config.exclude
    known = pd.DataFrame(index=customers.index) if details is None else details.reindex(customers.index)
    nobody = pd.Series(False, index=customers.index)
    consent = known["consent"].eq(True) if "consent" in known else ~nobody
    refused = known["refused"].eq(True) if "refused" in known else nobody
    if "last_contacted_at" in known:
        contacted = pd.to_datetime(known["last_contacted_at"]).dt.normalize()
        recently = (pd.Timestamp(as_of) - contacted).dt.days < rules.contacted_within_days
    else:
        recently = nobody
    holds = {
        "not_bought_yet": value.isna(),
        "no_consent": ~consent if rules.require_consent else nobody,
        "contacted_recently": recently,
        "refused": refused,
        "silent_too_long": silence_days(customers) >= config.eligible_days if rules.silent_too_long else nobody,
        "below_minimum_value": value < rules.minimum_value,
    }
    told = np.full(len(customers), _NONE, dtype=np.int8)
    for code, name in reversed(list(enumerate(EXCLUSIONS))):
        told[holds[name].to_numpy(dtype=bool)] = code
    words = pd.Categorical.from_codes(told, [*EXCLUSIONS, ""])  # type: ignore[call-overload]
    return pd.Series(words, index=customers.index, name="exclusion_reason")
