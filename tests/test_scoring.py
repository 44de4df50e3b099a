"""Scores: from either source, aligned with the customers, and consistent with one another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from clv_ml.config import ValueConfig
from clv_ml.models.fitting import FittedModels
from clv_ml.models.scoring import churn_probabilities, score_customers

HORIZONS = (30, 60, 90)


@pytest.mark.parametrize("source", ["lightgbm", "bgnbd"])
def test_either_source_fills_the_same_columns_in_the_order_of_the_customers(
    sample_models: FittedModels, sample_customers: pd.DataFrame, source: str
) -> None:
    models = sample_models if source == "lightgbm" else replace(sample_models, churn=None)
    shuffled = sample_customers.sample(frac=1, random_state=2)
    scores = score_customers(models, shuffled, horizons_days=HORIZONS, value=ValueConfig())
    assert scores.index.equals(shuffled.index)
    assert scores["score_source"].unique().tolist() == [source]
    assert (scores["p_churn_90d"] <= scores["p_churn_60d"]).all()
    assert (scores["p_churn_60d"] <= scores["p_churn_30d"]).all()
    straight = score_customers(models, sample_customers, horizons_days=HORIZONS, value=ValueConfig())
    pd.testing.assert_frame_equal(scores.loc[sample_customers.index], straight, check_exact=True)
    assert straight.drop(columns=["score_source", "days_to_next_order"]).notna().all(axis=None)


def test_the_value_if_retained_is_the_value_over_the_chance_to_be_alive(
    sample_models: FittedModels, sample_customers: pd.DataFrame
) -> None:
    scores = score_customers(sample_models, sample_customers, horizons_days=HORIZONS, value=ValueConfig(margin=0.3))
    ratio = scores["expected_clv"] / scores["p_alive"]
    np.testing.assert_allclose(scores["value_if_retained"], ratio, rtol=1e-9)
    full = score_customers(sample_models, sample_customers, horizons_days=HORIZONS, value=ValueConfig(margin=1.0))
    np.testing.assert_allclose(scores["expected_clv"], 0.3 * full["expected_clv"], rtol=1e-12)


def test_half_of_those_alive_order_before_the_median_wait(
    sample_models: FittedModels, sample_customers: pd.DataFrame
) -> None:
    scores = score_customers(sample_models, sample_customers, horizons_days=HORIZONS, value=ValueConfig())
    dated = scores["days_to_next_order"].dropna().head(50)
    model = sample_models.purchases
    for customer, days in dated.items():
        row = sample_customers.loc[[customer]]
        silent = 1 - model.probability_alive(row) * 0.5  # alive and no order within the median wait, or gone
        whole = max(int(days), 1)
        below = model.probability_no_purchase(row, horizon_days=whole).iloc[0]
        above = model.probability_no_purchase(row, horizon_days=whole + 1).iloc[0]
        assert above <= silent.iloc[0] <= below or days < 1
    assert scores["days_to_next_order"].max() <= 365


def test_one_customer_can_be_scored(sample_models: FittedModels, sample_customers: pd.DataFrame) -> None:
    one = churn_probabilities(sample_models, sample_customers.tail(1), HORIZONS)
    everyone = churn_probabilities(sample_models, sample_customers, HORIZONS)
    pd.testing.assert_frame_equal(one, everyone.tail(1), check_exact=False, rtol=1e-12)
