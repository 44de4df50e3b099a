"""Themes: every feature has one, and the sums lose nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from clv_ml.config import SignalsConfig
from clv_ml.decisions.themes import THEMES, attributes_among, theme_contributions, theme_of
from clv_ml.snapshot.engagement import engagement_feature_names
from clv_ml.snapshot.features import PURCHASE_FEATURES

EXPECTED = {
    "overdue": "days_since_last gap_mean gap_std gap_max gap_last silence_ratio model_p_alive model_p_no_purchase",
    "few_orders": "frequency recency T tenure_days orders_total days_to_second purchases_first_7d spend_first_30d",
    "orders_slowing": "purchases_last_30d purchases_last_180d purchases_trend",
    "spend_falling": "spend_last_30d spend_last_180d spend_trend",
    "order_value": "monetary_value spend_total spend_first_day spend_last_day spend_largest_day",
    "visits_falling": "sessions_last_7d active_days_last_90d sessions_trend_30d active_days_trend_7d "
    "lesson_events_last_30d lesson_events_total",
    "breadth_shrinking": "surfaces_last_30d surfaces_trend_7d",
    "minutes_falling": "minutes_last_14d minutes_trend_30d",
    "silent_lately": "days_since_activity activity_gap_mean activity_silence_ratio",
    "never_activated": "activated_within_24h activated_within_168h hours_to_activation",
    "slow_start": "first_session_minutes sessions_first_1d minutes_first_7d surfaces_first_14d active_days_first_30d "
    "returns_first_7d days_to_return lesson_events_first_7d",
    "contacts_unanswered": "contacts_total contacts_last_90d responses_total responses_last_90d response_rate "
    "response_rate_decline days_since_response",
    "customer_group": "acquisition_channel age country",
}


NAMED = [(name, theme) for theme, names in EXPECTED.items() for name in names.split()]


@pytest.mark.parametrize(("feature", "theme"), NAMED)
def test_a_feature_falls_into_its_theme_by_name(feature: str, theme: str) -> None:
    assert theme_of(feature) == theme


def test_every_theme_has_words_and_no_purchase_feature_passes_for_an_attribute() -> None:
    assert set(EXPECTED) == set(THEMES)
    assert attributes_among(PURCHASE_FEATURES) == []


def test_no_engagement_feature_passes_for_an_attribute() -> None:
    signals = SignalsConfig(minutes=("watch",), counted=("lesson",), contacts=("mail",), responses=("open",))
    assert attributes_among(engagement_feature_names(signals)) == []


def test_contributions_are_summed_by_theme_and_nothing_is_lost() -> None:
    names = [name for name, _ in NAMED]
    shares = np.random.default_rng(0).normal(size=(5, len(names)))
    frame = pd.DataFrame(shares, columns=names, index=list("abcde")).assign(base_value=100.0)
    sums = theme_contributions(frame)
    assert list(sums.columns) == list(THEMES)
    assert sums.index.tolist() == list("abcde")
    assert sums.sum(axis=1).to_numpy() == pytest.approx(shares.sum(axis=1))
    assert sums["spend_falling"].to_numpy() == pytest.approx(
        frame[EXPECTED["spend_falling"].split()].sum(axis=1).to_numpy()
    )
    turned = theme_contributions(frame[frame.columns[::-1]])
    pd.testing.assert_frame_equal(turned, sums, check_exact=True)
