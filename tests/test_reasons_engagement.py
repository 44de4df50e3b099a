"""What is told of those who never bought, and of visits, minutes and contacts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reason_customers import FEATURES, GAPS, told


def test_a_customer_who_never_bought_is_told_so() -> None:
    nothing = dict.fromkeys((*FEATURES[:17], *GAPS), np.nan)
    assert told(**(nothing | {"tenure_days": 40})) == {
        "not_bought_yet": "Signed up 40 days ago and has not bought yet."
    }
    assert told(**(nothing | {"tenure_days": 0})) == {"not_bought_yet": "Signed up today and has not bought yet."}
    assert told(**nothing) == {"not_bought_yet": "Has not bought yet."}
    started = nothing | {"tenure_days": 12, "returns_first_7d": 0, "days_since_activity": 12}
    started |= {"activated_within_24h": 0, "activated_within_168h": 0}
    assert told(**started) == {
        "never_activated": "No key action in the first 7 days, nor since.",
        "slow_start": "No activity after the first day, 12 days ago.",
        "not_bought_yet": "Signed up 12 days ago and has not bought yet.",
    }


@pytest.mark.parametrize(
    ("code", "figures", "text"),
    [
        (
            "visits_falling",
            {"tenure_days": 20, "sessions_last_7d": 1, "sessions_last_14d": 6, "sessions_last_30d": 9},
            "1 visit in the last 7 days; 5 in the 7 days before.",
        ),
        (
            "minutes_falling",
            {"tenure_days": 59, "minutes_last_30d": 12.4, "minutes_last_60d": 100.0},
            "12 minutes in the last 30 days; 88 in the 30 days before.",
        ),
        (
            "breadth_shrinking",
            {"tenure_days": 90, "surfaces_last_30d": 1, "surfaces_last_60d": 5, "surfaces_trend_30d": 2 / 6},
            "1 area used in the last 30 days; 5 in the 30 days before.",
        ),
        (
            "silent_lately",
            {"tenure_days": 90, "days_since_activity": 12, "activity_gap_mean": 0.4},
            "No activity for 12 days; usually every day.",
        ),
        (
            "contacts_unanswered",
            {"contacts_last_90d": 5, "responses_last_90d": 0, "contacts_total": 13, "responses_total": 6},
            "No response to 5 contacts in the last 90 days; 6 to 8 before.",
        ),
        (
            "contacts_unanswered",
            {"contacts_last_90d": 3, "responses_last_90d": 0, "contacts_total": 3, "responses_total": 0},
            "No response to 3 contacts in the last 90 days.",
        ),
        (
            "never_activated",
            {"tenure_days": 9, "activated_within_24h": 0, "activated_within_72h": 1, "hours_to_activation": 50.0},
            "No key action in the first 24 hours; the first came after 2 days.",
        ),
        (
            "slow_start",
            {"tenure_days": 9, "returns_first_7d": 1, "days_to_return": 2},
            "Active on 1 of the 6 days after the first.",
        ),
        (
            "slow_start",
            {"tenure_days": 30, "returns_first_7d": 0, "days_to_return": 12},
            "Came back only 12 days after the first day.",
        ),
    ],
)
def test_engagement_is_told_against_the_own_norm(code: str, figures: dict[str, Any], text: str) -> None:
    assert told(**figures)[code] == text


@pytest.mark.parametrize(
    "figures",
    [
        {"tenure_days": 58, "sessions_last_30d": 0, "sessions_last_60d": 9},  # the 30 days before are not complete
        {"tenure_days": 90, "sessions_last_30d": 10, "sessions_last_60d": 21},  # 10 after 11 is no news
        {"tenure_days": 90, "minutes_last_30d": 0.2, "minutes_last_60d": 0.6},  # both are 0 as shown
        {"tenure_days": 5, "returns_first_7d": 0},  # the first week is not over
        {"days_since_activity": 3, "activity_gap_mean": 2.6},  # both are 3 days as shown
        {"days_since_last": 31, "gap_mean": 30.6, "silence_ratio": 31 / 30.6},
        {"contacts_last_90d": 1, "responses_last_90d": 0, "contacts_total": 1, "responses_total": 0},
        {"contacts_last_90d": 4, "responses_last_90d": 4, "contacts_total": 8, "responses_total": 6},
    ],
)
def test_what_does_not_hold_as_it_reads_is_not_told(figures: dict[str, Any]) -> None:
    assert list(told(**figures)) == ["still_in_rhythm"]
