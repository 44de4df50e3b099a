"""Customers to give reasons for, and words that no reason may use."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from clv_ml.decisions.reasons import reasons

CAUSES = re.compile(
    r"\b(because|due to|caused?|since (he|she|they)|reason|led to|result|churn|will|likely|probabl)", re.I
)


def customer(**figures: Any) -> pd.DataFrame:
    """A regular customer: every 30 days, five times, last seen 10 days ago."""
    regular = {"frequency": 4, "T": 130, "days_since_last": 10, "gap_mean": 30.0, "gap_max": 40.0}
    regular |= {"silence_ratio": 1 / 3, "purchases_trend": 0, "purchases_last_90d": 3, "purchases_last_180d": 5}
    regular |= {"spend_last_90d": 30.0, "spend_last_180d": 60.0}
    return pd.DataFrame([regular | figures], index=pd.Index(["a"], name="customer_id"))


MEASURES = ("sessions", "minutes", "surfaces")
GAPS = ("gap_mean", "gap_max", "gap_last", "silence_ratio")
FEATURES = (
    *("frequency", "T", "days_since_last", "monetary_value", "model_p_alive"),
    *GAPS,
    *("purchases_last_90d", "purchases_last_180d", "purchases_trend", "spend_last_90d", "spend_last_180d"),
    *("spend_total", "spend_last_day", "tenure_days", "days_since_activity", "activity_gap_mean"),
    *("activated_within_24h", "activated_within_168h", "hours_to_activation", "returns_first_7d", "days_to_return"),
    *(f"{measure}_{span}" for measure in MEASURES for span in ("last_7d", "last_14d", "last_30d", "last_60d")),
    *("surfaces_trend_7d", "surfaces_trend_30d", "contacts_total", "contacts_last_90d"),
    *("responses_total", "responses_last_90d", "country", "lessons_events_last_30d"),
)


@st.composite
def people(draw: st.DrawFn) -> dict[str, Any]:
    """A customer as the features describe one: some never bought, some were never active, some are young."""

    def number(low: int = 0, high: int = 12) -> float:
        return float(draw(st.integers(low, high)))

    tenure = number(0, 400)
    figures: dict[str, Any] = dict.fromkeys(FEATURES, np.nan)
    if draw(st.booleans()):
        age = draw(st.integers(0, int(tenure)))
        silence = float(draw(st.integers(0, age)))
        frequency = number(0, 4) if age > silence else 0.0
        figures |= {"frequency": frequency, "T": float(age), "days_since_last": silence, "monetary_value": number()}
        last, before = number(), number()
        figures |= {"purchases_last_90d": last, "purchases_last_180d": last + before, "purchases_trend": last - before}
        spent, spent_before = number(-3), number(-3)
        figures |= {"spend_last_90d": spent, "spend_last_180d": spent + spent_before}
        figures |= {"spend_last_day": number(-3), "spend_total": number(-3, 60)}
        if frequency:
            gap = (age - silence) / frequency
            figures |= {"gap_mean": gap, "gap_max": np.ceil(gap) + number(0, 5), "silence_ratio": silence / gap}
            figures["gap_last"] = float(draw(st.integers(1, max(1, age - int(silence)))))
    if draw(st.booleans()):
        figures |= {"tenure_days": tenure, "returns_first_7d": number(0, 6), "country": "de"}
        figures["hours_to_activation"] = draw(st.sampled_from([np.nan, 5.0, 100.0, 300.0]))
        figures |= {"days_to_return": draw(st.sampled_from([np.nan, 1.0, 9.0]))}
        for hours in (24, 168):
            figures[f"activated_within_{hours}h"] = float(figures["hours_to_activation"] < hours)
        for name in ("contacts", "responses"):
            recent = number()
            figures |= {f"{name}_last_90d": recent, f"{name}_total": recent + number()}
        if draw(st.booleans()):
            figures |= {"days_since_activity": number(0, 60), "activity_gap_mean": number(1, 40) / 4}
        for measure in MEASURES:
            week, before, fortnight, month = number(), number(), number(), number()
            figures |= {f"{measure}_last_7d": week, f"{measure}_last_14d": week + before}
            figures |= {f"{measure}_last_30d": week + fortnight, f"{measure}_last_60d": week + fortnight + month}
            if measure == "surfaces" and tenure >= 59:
                figures |= {"surfaces_trend_30d": (week + fortnight + 1) / (month + 1)}
            if measure == "surfaces" and tenure >= 13:
                figures |= {"surfaces_trend_7d": (week + 1) / (before + 1)}
    return figures


def told(**figures: Any) -> dict[str, str]:
    """The reasons of one customer by code."""
    row = reasons(customer(**figures)).iloc[0]
    return {row[f"reason_{n}_code"]: row[f"reason_{n}"] for n in (1, 2, 3) if row[f"reason_{n}_code"]}


def one_by_one(table: pd.DataFrame) -> list[dict[str, str]]:
    """The reasons of each row by code, in their order."""
    return [
        {row[f"reason_{n}_code"]: row[f"reason_{n}"] for n in (1, 2, 3) if row[f"reason_{n}_code"]}
        for row in table.to_dict("records")
    ]


def lapsed(**figures: Any) -> pd.DataFrame:
    """A customer of whom many facts hold at once."""
    known = {"days_since_last": 90, "silence_ratio": 3.0, "gap_max": 80.0, "T": 400, "tenure_days": 400}
    known |= {"purchases_last_90d": 0, "purchases_last_180d": 5, "purchases_trend": -5, "spend_last_90d": 0.0}
    known |= {"sessions_last_30d": 2, "sessions_last_60d": 11, "minutes_last_30d": 10.0, "minutes_last_60d": 25.0}
    return customer(**(known | figures))


def contributed(**shares: float) -> pd.DataFrame:
    """Contributions of a model for one customer."""
    return pd.DataFrame([shares | {"base_value": 9.0}], index=pd.Index(["a"], name="customer_id"))
