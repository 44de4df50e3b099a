"""What was forecast for each acquisition cohort, beside what the cohort then did."""

from __future__ import annotations

import pandas as pd

from clv_ml.evaluation.metrics import wape
from clv_ml.models.fitting import FittedModels

QUANTITIES = ("purchases", "spend", "churn_rate")


def cohort_comparison(
    models: FittedModels, customers: pd.DataFrame, p_churn: pd.Series[float], happened: pd.DataFrame, horizon_days: int
) -> pd.DataFrame:
    """Compare forecast and actual per month of first purchase.

    Parameters
    ----------
    customers
        Customers known at the cutoff: frequency, recency, T, monetary_value, first_day.
    p_churn
        P(no purchase within the horizon), indexed like `customers`.
    happened
        purchases_H, spend_H and churned_H of the same customers.

    Returns
    -------
    pandas.DataFrame
        One row a cohort: cohort ('YYYY-MM'), horizon_days, customers, predicted_purchases, actual_purchases,
        predicted_spend, actual_spend (currency), predicted_churn_rate, actual_churn_rate (shares).
    """
    happened = happened.loc[customers.index]
    purchases = models.purchases.expected_purchases(customers, horizon_days=horizon_days)
    rows = pd.DataFrame(
        {
            "cohort": customers["first_day"].dt.strftime("%Y-%m"),
            "predicted_purchases": purchases,
            "actual_purchases": happened[f"purchases_{horizon_days}"],
            "predicted_spend": purchases * models.spend.expected_spend(customers),
            "actual_spend": happened[f"spend_{horizon_days}"],
            "predicted_churn_rate": p_churn,
            "actual_churn_rate": happened[f"churned_{horizon_days}"],
        }
    )
    grouped = rows.groupby("cohort", sort=True)
    sums = grouped[[name for name in rows.columns if name.endswith(("purchases", "spend"))]].sum()
    rates = grouped[["predicted_churn_rate", "actual_churn_rate"]].mean()
    table = pd.concat([grouped.size().rename("customers"), sums, rates], axis=1).reset_index()
    table.insert(1, "horizon_days", horizon_days)
    return table


def cohort_metrics(table: pd.DataFrame) -> dict[str, float]:
    """Sum a comparison up: error of the total, in percent, and weighted error over cohorts (WAPE) per quantity.

    Returns
    -------
    dict
        purchases_total_error_pct, purchases_wape, the same for spend, and churn_rate_error_points (percentage
        points of the overall rate) and churn_rate_wape.
    """
    metrics = {}
    for quantity in QUANTITIES:
        weight = table["customers"] if quantity == "churn_rate" else 1
        predicted, actual = table[f"predicted_{quantity}"] * weight, table[f"actual_{quantity}"] * weight
        metrics[f"{quantity}_wape"] = wape(actual, predicted)
        if quantity == "churn_rate":
            points = 100.0 * (predicted.sum() - actual.sum()) / table["customers"].sum()
            metrics["churn_rate_error_points"] = float(points)
        elif actual.sum():
            metrics[f"{quantity}_total_error_pct"] = float(100.0 * (predicted.sum() / actual.sum() - 1))
    return metrics
