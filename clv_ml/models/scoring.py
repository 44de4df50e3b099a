"""The models of one cutoff, applied to customers: one row of numbers each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from clv_ml.config import AlarmsConfig, ValueConfig
from clv_ml.engine.stored import Stored
from clv_ml.models.alarms import apply_alarms, unseen_alarms
from clv_ml.models.engagement_score import engagement_score
from clv_ml.models.fitting import FittedModels
from clv_ml.models.training_rows import OWN_HORIZON, buyers, with_model_features
from clv_ml.models.value import value_by_config

NOT_BOUGHT = "base_rate"
OWN_SCORE = "p_churn_own"


def churn_probabilities(models: FittedModels, customers: pd.DataFrame, horizons_days: Sequence[int]) -> pd.DataFrame:
    """Return p_churn_Hd for each horizon and score_source, indexed like `customers`.

    Returns
    -------
    pandas.DataFrame
        score_source is ``lightgbm``; without a classifier the kind of purchase model for who has bought, and for who
        has not ``base_rate``: the share that did not buy in past snapshots.
    """
    if models.churn is not None:
        featured = with_model_features(customers, models.purchases, models.churn.horizons_days[-1])
        told = models.churn.predict(featured).assign(score_source="lightgbm")
    else:
        told = purchase_model_probabilities(models, customers, horizons_days)
    if OWN_HORIZON in customers and OWN_SCORE not in told:
        told.insert(len(horizons_days), OWN_SCORE, own_gap_probability(models, customers))
    return told


def purchase_model_probabilities(
    models: FittedModels, customers: pd.DataFrame, horizons_days: Sequence[int]
) -> pd.DataFrame:
    """Return p_churn_Hd from the purchase model alone, and score_source; see :func:`churn_probabilities`."""
    bought = buyers(customers)
    columns: dict[str, pd.Series[float]] = {}
    for horizon in horizons_days:
        known = models.purchases.probability_no_purchase(bought, horizon_days=horizon)
        columns[f"p_churn_{horizon}d"] = known.reindex(customers.index).fillna(models.prospect_rates.get(horizon, 1.0))
    source = np.where(customers["frequency"].notna(), models.purchases.KIND, NOT_BOUGHT)
    return pd.DataFrame(columns, index=customers.index).assign(score_source=source)


def own_gap_probability(models: FittedModels, customers: pd.DataFrame) -> pd.Series[float]:
    """Return P(no purchase within own_horizon_days) from the purchase model, indexed like `customers`."""
    parts = []
    for horizon in sorted(set(customers[OWN_HORIZON].astype(int))):
        rows = customers[customers[OWN_HORIZON] == horizon]
        parts.append(purchase_model_probabilities(models, rows, [horizon])[f"p_churn_{horizon}d"])
    together: pd.Series[float] = pd.concat(parts).reindex(customers.index)
    return together.rename(OWN_SCORE)


def contributions(models: FittedModels, customers: pd.DataFrame) -> pd.DataFrame | None:
    """Return what each feature adds to the log odds of churn at the main horizon; None without a classifier."""
    if models.churn is None:
        return None
    return models.churn.contributions(with_model_features(customers, models.purchases, models.churn.horizons_days[-1]))


def unseen_categories(models: FittedModels, customers: pd.DataFrame | Stored, config: AlarmsConfig) -> list[str]:
    """Name the categories that training had not seen; they are scored as rare ones or as missing.

    Raises
    ------
    DataError
        If the config refuses them.
    """
    if models.churn is None:
        return []
    alarms = unseen_alarms(models.churn.unseen(customers), config)
    apply_alarms(alarms, models.churn.features_)
    return [f"{alarm.feature}: {alarm.detail}" for alarm in alarms]


def score_customers(
    models: FittedModels, customers: pd.DataFrame, *, horizons_days: Sequence[int], value: ValueConfig
) -> pd.DataFrame:
    """Score customers as they were at a cutoff.

    Parameters
    ----------
    customers
        What :func:`clv_ml.models.training_rows.population_at` returns.

    Returns
    -------
    pandas.DataFrame
        Indexed like `customers`: p_churn_Hd, score_source, p_alive, expected_purchases (within
        value.horizon_days), expected_spend (a purchase day), expected_clv, value_if_retained (discounted
        margin), and days_to_next_order (median, given that the customer is still one; NaN beyond
        value.horizon_days). Who has not bought yet has a probability and no value (NaN): the purchase model knows
        nothing of them. For models of engagement also engagement_score and its marks (0 to 100).
    """
    bought = buyers(customers)
    worth = value_by_config(models.purchases, models.spend, bought, value)
    params = models.purchases.params_
    shape, rate = params["r"] + bought["frequency"], params["alpha"] + bought["T"]
    # median of the waiting time; the rate of the living is Gamma(r + x, alpha + T) in each purchase model:
    # 1/2 = ((alpha + T) / (alpha + T + t))^(r + x)
    with np.errstate(over="ignore"):
        wait = rate * np.expm1(np.log(2.0) / shape)
    figures = pd.DataFrame(
        {
            "p_alive": models.purchases.probability_alive(bought),
            "expected_purchases": worth["expected_purchases"],
            "expected_spend": worth["expected_spend"],
            "expected_clv": worth["expected_clv"],
            "value_if_retained": worth["value_if_retained"],
            "days_to_next_order": wait.where(wait <= value.horizon_days).astype("float64"),
        }
    )
    scores = churn_probabilities(models, customers, horizons_days).join(figures)
    if models.engagement is None:
        return scores
    return scores.join(engagement_score(customers, models.engagement))
