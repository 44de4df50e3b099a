"""Features grouped into themes a person can follow, by rules on their names.

A new feature falls into a theme by how it is named; a name that no rule knows is an attribute of the customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import numpy as np
import pandas as pd

THEMES = {
    "overdue": "silence against the customer's own rhythm of orders",
    "few_orders": "new, or few orders",
    "orders_slowing": "orders slowing",
    "spend_falling": "spend falling",
    "order_value": "size of orders",
    "visits_falling": "visits falling",
    "breadth_shrinking": "breadth of use shrinking",
    "minutes_falling": "minutes falling",
    "silent_lately": "silent lately",
    "never_activated": "activation",
    "slow_start": "slow start",
    "contacts_unanswered": "contacts not answered",
    "customer_group": "customer group",
}
"""Themes by code, with the words to show."""

_REST = "customer_group"

# the first pattern that fits the whole name decides
_RULES = tuple(
    (re.compile(pattern), theme)
    for pattern, theme in (
        (r"model_.*|days_since_last|silence_ratio|gap_\w+", "overdue"),
        (r"frequency|recency|T|tenure_days|orders_total|days_to_second|(purchases|spend)_first_\d+d", "few_orders"),
        (r"purchases_(last_\d+d|trend\w*)", "orders_slowing"),
        (r"spend_(last_\d+d|trend\w*)", "spend_falling"),
        (r"monetary_value|spend_\w+", "order_value"),
        (r"activated_\w+|hours_to_activation", "never_activated"),
        (r"days_since_activity|activity_\w+", "silent_lately"),
        (r"contacts_\w+|responses?_\w+|days_since_response", "contacts_unanswered"),
        (r"first_session_\w+|returns_\w+|days_to_return|.*_first_\d+d", "slow_start"),
        (r"surfaces_(last|trend)_\d+d", "breadth_shrinking"),
        (r"minutes_(last|trend)_\d+d", "minutes_falling"),
        (r".*_(last|trend)_\d+d|.*_events_total", "visits_falling"),
    )
)


@cache
def theme_of(feature: str) -> str:
    """Name the theme of a feature.

    Examples
    --------
    >>> theme_of("silence_ratio"), theme_of("minutes_last_30d"), theme_of("acquisition_channel")
    ('overdue', 'minutes_falling', 'customer_group')
    """
    return next((theme for pattern, theme in _RULES if pattern.fullmatch(feature)), _REST)


def attributes_among(features: Iterable[str]) -> list[str]:
    """List the features that are attributes of the customer, sorted by name."""
    return sorted(name for name in features if name != "base_value" and theme_of(name) == _REST)


def theme_contributions(contributions: pd.DataFrame) -> pd.DataFrame:
    """Sum contributions by theme.

    Parameters
    ----------
    contributions
        Contribution of each feature to the log odds, one row a customer, in columns of any order; a column
        ``base_value`` is left out (:meth:`clv_ml.models.churn.ChurnModel.contributions`).

    Returns
    -------
    pandas.DataFrame
        Indexed like `contributions`, one column for each of :data:`THEMES`, 0 where no feature belongs to it.
    """
    sums = {theme: np.zeros(len(contributions)) for theme in THEMES}
    # sums depend on the order of their terms in the last digits
    for name in sorted(map(str, contributions.columns)):
        if name != "base_value":
            sums[theme_of(name)] = sums[theme_of(name)] + contributions[name].to_numpy(dtype=np.float64)
    return pd.DataFrame(sums, index=contributions.index)
