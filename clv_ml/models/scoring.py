"""The models of one cutoff, applied to customers: one row of numbers each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from clv_ml.config import ValueConfig
from clv_ml.models.fitting import FittedModels, with_model_features
from clv_ml.models.value import customer_lifetime_value


def churn_probabilities(models: FittedModels, customers: pd.DataFrame, horizons_days: Sequence[int]) -> pd.DataFrame:
    """Return p_churn_Hd for each horizon and score_source (``lightgbm`` or the kind of purchase model).

    Indexed like `customers`.
    """
    if models.churn is not None:
        featured = with_model_features(customers, models.purchases, models.churn.horizons_days[-1])
        return models.churn.predict(featured).assign(score_source="lightgbm")
    columns = {
        f"p_churn_{horizon}d": models.purchases.probability_no_purchase(customers, horizon_days=horizon)
        for horizon in horizons_days
    }
    return pd.DataFrame(columns, index=customers.index).assign(score_source=models.purchases.KIND)


def score_customers(
    models: FittedModels, customers: pd.DataFrame, *, horizons_days: Sequence[int], value: ValueConfig
) -> pd.DataFrame:
    """Score customers as they were at a cutoff.

    Parameters
    ----------
    customers
        What :func:`clv_ml.models.fitting.customers_at` returns.

    Returns
    -------
    pandas.DataFrame
        Indexed like `customers`: p_churn_Hd, score_source, p_alive, expected_purchases (within
        value.horizon_days), expected_spend (a purchase day), expected_clv, value_if_retained (discounted
        margin), and days_to_next_order (median, given that the customer is still one; NaN beyond
        value.horizon_days).
    """
    worth = customer_lifetime_value(
        models.purchases,
        models.spend,
        customers,
        horizon_days=value.horizon_days,
        annual_discount_rate=value.annual_discount_rate,
        margin=value.margin,
        cost_per_order=value.cost_per_order,
    )
    params = models.purchases.params_
    shape, rate = params["r"] + customers["frequency"], params["alpha"] + customers["T"]
    # median of the waiting time; the rate of the living is Gamma(r + x, alpha + T) in each purchase model:
    # 1/2 = ((alpha + T) / (alpha + T + t))^(r + x)
    with np.errstate(over="ignore"):
        wait = rate * np.expm1(np.log(2.0) / shape)
    scores = churn_probabilities(models, customers, horizons_days)
    return scores.assign(
        p_alive=models.purchases.probability_alive(customers),
        expected_purchases=worth["expected_purchases"],
        expected_spend=worth["expected_spend"],
        expected_clv=worth["expected_clv"],
        value_if_retained=worth["value_if_retained"],
        days_to_next_order=wait.where(wait <= value.horizon_days),
    )
