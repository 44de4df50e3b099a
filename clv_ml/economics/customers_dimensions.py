"""The cohorts a customer is in: names of a dimension brought to text, the small ones together."""

from __future__ import annotations

import numpy as np
import pandas as pd

OTHER, UNKNOWN = "other", "unknown"


def value_quartile(first_cents: pd.Series) -> pd.Series:
    """Name the quarter of the customers, by what their first purchase day was worth: Q1 (lowest) to Q4.

    Equal values are in one quarter, so that quarters can differ in size. Who comes later moves the bounds.
    """
    values = first_cents.to_numpy(np.float64)
    bounds = np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf")
    quarter = 1 + (values[:, None] > bounds).sum(axis=1)
    return pd.Series([f"Q{number}" for number in quarter], index=first_cents.index, dtype=object)


def texts_of(column: pd.Series) -> pd.Series:
    """Return the names of a dimension as text, ``unknown`` where there is none."""
    texts: pd.Series = column.astype("string").astype(object)
    return texts.where(texts.notna() & (texts != ""), UNKNOWN)


def largest(cohort: pd.Series, at_most: int) -> list[str]:
    """Return the names of the largest cohorts, and ``unknown``; of equal ones the first in order."""
    counts = cohort[cohort != UNKNOWN].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return [*counts.index[:at_most], UNKNOWN]


def merged(cohort: pd.Series, kept: list[str]) -> pd.Series:
    """Gather under ``other`` whatever is not kept."""
    return cohort.where(cohort.isin(kept), OTHER)
