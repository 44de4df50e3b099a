"""Who is left alone, and the first reason for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from clv_ml.config import ExclusionConfig, RiskConfig
from clv_ml.decisions.exclusions import EXCLUSIONS, exclusion_reasons

DAY = dt.date(2024, 3, 31)


def told(details: dict[str, Any] | None = None, value: list[float] | None = None, **config: Any) -> list[str]:
    worth = value or [100.0, 100.0]
    index = pd.Index([f"c{number}" for number in range(len(worth))], name="customer_id", dtype="str")
    customers = pd.DataFrame({"days_since_last": 10.0}, index=index)
    frame = None if details is None else pd.DataFrame(details, index=index)
    risk = RiskConfig(exclude=ExclusionConfig(**config))
    return exclusion_reasons(customers, pd.Series(worth, index=index), frame, config=risk, as_of=DAY).tolist()


def test_without_details_nobody_is_excluded_for_them() -> None:
    assert told() == ["", ""]


def test_only_a_yes_is_a_consent() -> None:
    assert told({"consent": [True, False]}) == ["", "no_consent"]
    assert told({"consent": [None, True]}) == ["no_consent", ""]
    assert told({"consent": [False, False]}, require_consent=False) == ["", ""]


def test_who_is_missing_from_the_details_gave_no_consent() -> None:
    index = pd.Index(["a", "b"], name="customer_id", dtype="str")
    customers = pd.DataFrame({"days_since_last": 1.0}, index=index)
    details = pd.DataFrame({"consent": [True], "refused": [False]}, index=["b"])
    value = pd.Series(50.0, index=index)
    reasons = exclusion_reasons(customers, value, details, config=RiskConfig(), as_of=DAY)
    assert reasons.tolist() == ["no_consent", ""]


def test_a_contact_counts_for_as_many_days_as_the_config_says() -> None:
    contacts = pd.to_datetime(["2024-03-02 18:00", "2024-03-01 09:00"])  # 29 and 30 days before
    assert told({"last_contacted_at": contacts}) == ["contacted_recently", ""]
    assert told({"last_contacted_at": contacts}, contacted_within_days=0) == ["", ""]
    assert told({"last_contacted_at": [pd.NaT, pd.NaT]}) == ["", ""]


def test_the_first_reason_in_order_is_told() -> None:
    everything = {
        "consent": [False, True],
        "refused": [True, True],
        "last_contacted_at": pd.to_datetime(["2024-03-30", "2024-03-30"]),
    }
    assert told(everything, value=[1.0, 1.0], minimum_value=5.0) == ["no_consent", "contacted_recently"]
    assert told({"refused": [True, False]}, value=[1.0, 1.0], minimum_value=5.0) == ["refused", "below_minimum_value"]
    assert EXCLUSIONS.index("no_consent") < EXCLUSIONS.index("contacted_recently") < EXCLUSIONS.index("refused")


def test_who_has_not_bought_has_no_value_to_keep() -> None:
    assert told(value=[np.nan, 3.0]) == ["not_bought_yet", ""]


def test_who_was_silent_too_long_has_left_already_unless_active() -> None:
    index = pd.Index(["bought", "gone", "active"], dtype="str")
    customers = pd.DataFrame(
        {"days_since_last": [179.0, 180.0, 400.0], "days_since_activity": [np.nan, np.nan, 3.0]}, index=index
    )
    value = pd.Series(9.0, index=index)
    config = RiskConfig(eligible_days=180)
    assert exclusion_reasons(customers, value, config=config, as_of=DAY).tolist() == ["", "silent_too_long", ""]
    keep = RiskConfig(exclude=ExclusionConfig(silent_too_long=False))
    assert exclusion_reasons(customers, value, config=keep, as_of=DAY).tolist() == ["", "", ""]
