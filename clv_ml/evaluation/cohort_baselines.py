"""What a forecast by cohort must beat: the last period again, the cohort's own mean rate, the plain purchase model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from clv_ml.evaluation.forecast import TOTAL
from clv_ml.evaluation.metrics import bias, mae, wape
from clv_ml.models.fitting import FittedModels
from clv_ml.models.value import value_windows
from clv_ml.snapshot.features import RECENT_DAYS

QUANTITIES = ("purchases", "spend", "churn_rate")
FORECAST, LAST_PERIOD, COHORT_MEAN, PLAIN = "forecast", "last_period", "cohort_mean", "plain_model"


def baseline_forecasts(
    models: FittedModels, customers: pd.DataFrame, labels: pd.Series[str], *, horizons_days: Sequence[int]
) -> dict[str, pd.DataFrame]:
    """Forecast every cohort by simpler means.

    Parameters
    ----------
    customers
        Buyers known at the cutoff, as population_at describes them.
    labels
        Their cohorts.

    Returns
    -------
    dict
        By method, a table of cohort, horizon_days, purchases, spend and churn_rate. ``last_period``: what the cohort
        did in the horizon's days before the cutoff, its first purchases among them, happens again (only for horizons
        of 30, 60, 90 and 180 days). ``cohort_mean``: the cohort buys on at the mean rate since each first purchase, at
        its mean amount. ``plain_model``: purchases and spend of the purchase model, and its P(no purchase).
    """
    ways = {LAST_PERIOD: _last_period, COHORT_MEAN: _cohort_mean}
    found: dict[str, list[pd.DataFrame]] = {LAST_PERIOD: [], COHORT_MEAN: [], PLAIN: []}
    windows = value_windows(
        models.purchases, models.spend, customers, horizons_days=horizons_days, annual_discount_rate=0.0
    )
    for days in horizons_days:
        for method, forecast in ways.items():
            if method == COHORT_MEAN or days in RECENT_DAYS:
                found[method].append(forecast(customers, labels, days).assign(horizon_days=days))
        each = pd.DataFrame(
            {
                "purchases": windows[f"expected_purchases_{days}d"],
                "spend": windows[f"expected_revenue_{days}d"],
                "churn_rate": models.purchases.probability_no_purchase(customers, horizon_days=days),
            }
        )
        summed = each.groupby(labels)
        table = pd.concat([summed[["purchases", "spend"]].sum(), summed["churn_rate"].mean()], axis=1)
        found[PLAIN].append(table.rename_axis("cohort").reset_index().assign(horizon_days=days))
    return {method: pd.concat(parts, ignore_index=True) for method, parts in found.items() if parts}


def mean_rates(scores: pd.DataFrame, labels: pd.Series[str], *, horizons_days: Sequence[int]) -> pd.DataFrame:
    """Average p_churn_Hd of a classifier over each cohort: cohort, horizon_days, churn_rate; no purchases or spend."""
    parts = []
    for days in horizons_days:
        rates = scores[f"p_churn_{days}d"].groupby(labels).mean().rename_axis("cohort").rename("churn_rate")
        parts.append(rates.reset_index().assign(horizon_days=days, purchases=np.nan, spend=np.nan))
    columns = ["cohort", "horizon_days", *QUANTITIES]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def method_errors(judged: pd.DataFrame, baselines: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Judge the forecast and the baselines on the same cohorts.

    Parameters
    ----------
    judged
        As :func:`clv_ml.evaluation.review.compare` returns it.

    Returns
    -------
    pandas.DataFrame
        quantity, horizon_days, method, bias, mae, wape (churn_rate weighted by customers).
    """
    actual = judged[judged["cohort"] != TOTAL]
    methods = {FORECAST: actual[["cohort", "horizon_days", *QUANTITIES]], **baselines}
    rows = []
    for name in QUANTITIES:
        for days, known in actual.groupby("horizon_days"):
            truth = known.set_index("cohort")[[f"actual_{name}", "customers"]]
            weight = truth["customers"].to_numpy(float) if name == "churn_rate" else np.ones(len(truth))
            for method, table in methods.items():
                told = table[table["horizon_days"] == days].set_index("cohort")[name].reindex(truth.index)
                if told.isna().any():
                    continue
                happened, expected = truth[f"actual_{name}"].to_numpy(float), told.to_numpy(float)
                rows.append(
                    {
                        "quantity": name,
                        "horizon_days": int(str(days)),
                        "method": method,
                        "bias": bias(happened, expected),
                        "mae": mae(happened, expected),
                        "wape": wape(happened * weight, expected * weight),
                    }
                )
    return pd.DataFrame(rows)


def decile_calibration(expected: pd.Series[float], actual: pd.Series[float], *, parts: int = 10) -> pd.DataFrame:
    """Compare means of forecast and actual in tenths of the customers, the lowest forecasts first.

    Customers with equal forecasts stand in the order of the index.

    Returns
    -------
    pandas.DataFrame
        decile (from 1), customers, expected and actual (means).
    """
    order = expected.sort_index().sort_values(kind="stable").index
    decile = np.arange(len(order)) * parts // max(len(order), 1) + 1
    rows = pd.DataFrame({"expected": expected.loc[order], "actual": actual.loc[order], "decile": decile}, index=order)
    grouped = rows.groupby("decile")
    means = grouped[["expected", "actual"]].mean()
    return pd.concat([grouped.size().rename("customers"), means], axis=1).reset_index()


def _last_period(customers: pd.DataFrame, labels: pd.Series[str], days: int) -> pd.DataFrame:
    each = pd.DataFrame(
        {
            "purchases": customers[f"purchases_last_{days}d"].astype(float),
            "spend": customers[f"spend_last_{days}d"].astype(float),
            "churn_rate": (customers[f"purchases_last_{days}d"] == 0).astype(float),
        }
    )
    grouped = each.groupby(labels)
    table = pd.concat([grouped[["purchases", "spend"]].sum(), grouped["churn_rate"].mean()], axis=1)
    return table.rename_axis("cohort").reset_index()


def _cohort_mean(customers: pd.DataFrame, labels: pd.Series[str], days: int) -> pd.DataFrame:
    x = customers["frequency"].astype(float)
    sums = pd.DataFrame({"x": x, "T": customers["T"].astype(float), "money": x * customers["monetary_value"], "n": 1.0})
    total = sums.groupby(labels).sum()
    # a cohort that has been watched for no day at all has no rate: nothing is what it is known to have bought again
    rate = (total["x"] / total["T"].where(total["T"] > 0)).fillna(0.0)
    amount = (total["money"] / total["x"].where(total["x"] > 0)).fillna(0.0)
    purchases = rate * days * total["n"]
    table = pd.DataFrame(
        {"purchases": purchases, "spend": purchases * amount, "churn_rate": np.exp(-rate * days)}, index=total.index
    )
    return table.rename_axis("cohort").reset_index()
