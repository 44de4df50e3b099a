"""Why a customer is on the list, in plain words: the customer's own fact against the customer's own norm.

A reason states what is seen and never claims a cause.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

REASONS_PER_ROW = 3
_Facts = Mapping[Hashable, Any]


@dataclass(frozen=True)
class _Reason:
    """A reason: how strongly it holds (0 = not at all) and how it reads, for one customer."""

    code: str
    strength: Callable[[_Facts], float]
    text: Callable[[_Facts], str]


def _days(count: float) -> str:
    return f"{count:.0f} day" if round(count) == 1 else f"{count:.0f} days"


def _orders(count: float) -> str:
    return "no order" if count == 0 else "1 order" if count == 1 else f"{count:.0f} orders"


_REASONS = (
    _Reason(
        "overdue",
        lambda c: c["silence_ratio"] - 1 if c["frequency"] >= 2 else 0.0,
        lambda c: f"No order for {_days(c['days_since_last'])}; usually every {_days(c['gap_mean'])}.",
    ),
    _Reason(
        "longest_silence",
        lambda c: c["days_since_last"] / c["gap_max"] - 1 if c["frequency"] >= 2 and c["gap_max"] > 0 else 0.0,
        lambda c: (
            f"{_days(c['days_since_last'])} of silence is longer than any before "
            f"(longest so far {_days(c['gap_max'])})."
        ),
    ),
    _Reason(
        "orders_slowing",
        lambda c: -c["purchases_trend"] / 2 if c["T"] >= 180 else 0.0,
        lambda c: (
            f"{_orders(c['purchases_last_90d']).capitalize()} in the last 90 days; "
            f"{c['purchases_last_180d'] - c['purchases_last_90d']:.0f} in the 90 days before."
        ),
    ),
    _Reason(
        "spend_falling",
        lambda c: _fall(c["spend_last_90d"], c["spend_last_180d"]) if c["T"] >= 180 else 0.0,
        lambda c: (
            f"Spent {c['spend_last_90d']:,.2f} in the last 90 days; "
            f"{c['spend_last_180d'] - c['spend_last_90d']:,.2f} in the 90 days before."
        ),
    ),
    _Reason(
        "second_order_late",
        lambda c: c["days_since_last"] / 90 if c["frequency"] == 1 else 0.0,
        lambda c: f"Bought twice, {_days(c['gap_mean'])} apart; nothing in the {_days(c['days_since_last'])} since.",
    ),
    _Reason(
        "never_returned",
        lambda c: c["days_since_last"] / 90 if c["frequency"] == 0 else 0.0,
        lambda c: f"Bought once, {_days(c['days_since_last'])} ago, and has not been back.",
    ),
    _Reason(
        "still_in_rhythm",
        lambda c: 0.01,  # the last resort: listed for what the customer is worth, not for a change
        lambda c: f"Last order {_days(c['days_since_last'])} ago; listed for the value at stake.",
    ),
)


def _fall(recent: float, both: float) -> float:
    before = both - recent
    return (before - recent) / before if before > max(recent, 0.0) else 0.0  # refunds can make either negative


def reasons(customers: pd.DataFrame) -> pd.DataFrame:
    """Give each customer up to three reasons, strongest first.

    Parameters
    ----------
    customers
        Features of :func:`clv_ml.snapshot.features.purchase_features`, indexed by customer_id.

    Returns
    -------
    pandas.DataFrame
        Indexed like `customers`: reason_1_code, reason_1, ... reason_3 (empty text where there are fewer).
    """
    rows = []
    for customer in customers.to_dict("records"):
        found = [(reason.strength(customer), reason) for reason in _REASONS]
        # sort is stable: reasons of equal strength keep the order of the list above
        told = sorted((item for item in found if item[0] > 0), key=lambda item: -item[0])
        if len(told) > 1:
            told = [item for item in told if item[1].code != "still_in_rhythm"]
        row: dict[str, str] = {}
        for number in range(1, REASONS_PER_ROW + 1):
            reason = told[number - 1][1] if number <= len(told) else None
            row[f"reason_{number}_code"] = reason.code if reason else ""
            row[f"reason_{number}"] = reason.text(customer) if reason else ""
        rows.append(row)
    columns = [f"reason_{n}{suffix}" for n in range(1, REASONS_PER_ROW + 1) for suffix in ("_code", "")]
    return pd.DataFrame(rows, index=customers.index, columns=columns)
