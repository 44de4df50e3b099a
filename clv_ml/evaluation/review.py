"""Were we right? A forecast by cohort beside what the cohorts then did."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from clv_ml.config import ValueConfig
from clv_ml.errors import DataError
from clv_ml.evaluation.forecast import QUANTITIES, TOTAL
from clv_ml.evaluation.metrics import bias, mae, wape

JUDGED = ("purchases", "spend", "active_customers", "churn_rate")
BANDS = (80, 95)


def cohort_actuals(
    labels: pd.Series[str], happened: pd.DataFrame, *, horizons_days: Sequence[int], value: ValueConfig | None = None
) -> pd.DataFrame:
    """Sum up what each cohort did, and everybody.

    Parameters
    ----------
    labels
        The cohort of each customer who was known at the cutoff.
    happened
        purchases_H, spend_H and churned_H, as :func:`clv_ml.models.fitting.outcomes_at` returns them.
    horizons_days
        Those to sum up.
    value
        Margin and cost of an order.

    Returns
    -------
    pandas.DataFrame
        One row a cohort and horizon, ``"all"`` last: cohort, horizon_days, actual_customers, actual_purchases,
        actual_spend, actual_margin, actual_active_customers, actual_churn_rate.
    """
    value = value or ValueConfig()
    known = happened.loc[labels.index]
    parts = []
    for days in horizons_days:
        rows = pd.DataFrame(
            {
                "cohort": labels.to_numpy(),
                "actual_customers": 1,
                "actual_purchases": known[f"purchases_{days}"].to_numpy(np.float64),
                "actual_spend": known[f"spend_{days}"].to_numpy(np.float64),
                "actual_active_customers": 1.0 - known[f"churned_{days}"].to_numpy(np.float64),
            }
        )
        summed = rows.groupby("cohort", sort=True).sum()
        summed.loc[TOTAL] = summed.sum()
        parts.append(summed.reset_index().assign(horizon_days=days))
    table = pd.concat(parts, ignore_index=True)
    table["actual_margin"] = value.margin * table["actual_spend"] - value.cost_per_order * table["actual_purchases"]
    table["actual_churn_rate"] = 1.0 - table["actual_active_customers"] / table["actual_customers"]
    return table


def compare(forecast: pd.DataFrame, actuals: pd.DataFrame) -> pd.DataFrame:
    """Set a forecast beside what happened.

    Parameters
    ----------
    forecast
        As :func:`clv_ml.evaluation.forecast.cohort_forecast` returns it; only horizons in `actuals` are judged.
    actuals
        As :func:`cohort_actuals` returns it.

    Returns
    -------
    pandas.DataFrame
        The forecast's rows with actual_purchases, actual_spend, ... and, for each quantity, ``*_inside80`` and
        ``*_inside95``: whether the actual figure is in the band, its ends included.

    Raises
    ------
    DataError
        If a cohort holds other customers than when the forecast was made: the past has changed since.
    """
    over = forecast[forecast["horizon_days"].isin(actuals["horizon_days"].unique())]
    table = over.merge(actuals, on=["cohort", "horizon_days"], how="outer", validate="one_to_one")
    changed = table[~(table["customers"] == table["actual_customers"])]
    if not changed.empty:
        first = changed.iloc[0]
        raise DataError(
            f"cohort {first['cohort']!r}: {_number(first['customers'])} customers when the forecast was made, "
            f"{_number(first['actual_customers'])} in the data now; the data before the cutoff have changed"
        )
    for name in QUANTITIES:
        for band in BANDS:
            low, high = table[f"{name}_low{band}"], table[f"{name}_high{band}"]
            slack = 1e-9 * np.maximum(high.abs(), 1.0)
            actual = table[f"actual_{name}"]
            table[f"{name}_inside{band}"] = (actual >= low - slack) & (actual <= high + slack)
    order = forecast[["cohort", "horizon_days"]].drop_duplicates()
    table = order.merge(table, on=["cohort", "horizon_days"], how="inner")
    return table.drop(columns="actual_customers")


def review_metrics(table: pd.DataFrame) -> dict[str, float]:
    """Sum a comparison up, horizon by horizon: how far off, and how often inside the bands.

    Returns
    -------
    dict
        For each quantity q and horizon H: ``q_Hd_bias`` and ``q_Hd_mae`` (mean over cohorts of forecast less actual),
        ``q_Hd_wape``, ``q_Hd_total_error_pct``, ``q_Hd_inside80`` and ``q_Hd_inside95`` (shares of cohorts).
    """
    figures: dict[str, float] = {}
    for days, rows in table.groupby("horizon_days"):
        own, total = rows[rows["cohort"] != TOTAL], rows[rows["cohort"] == TOTAL]
        for name in JUDGED:
            actual, expected = own[f"actual_{name}"].to_numpy(float), own[name].to_numpy(float)
            weight = own["customers"].to_numpy(float) if name == "churn_rate" else 1.0
            key = f"{name}_{days}d"
            figures[f"{key}_bias"] = bias(actual, expected)
            figures[f"{key}_mae"] = mae(actual, expected)
            figures[f"{key}_wape"] = wape(actual * weight, expected * weight)
            for band in BANDS:
                figures[f"{key}_inside{band}"] = float(own[f"{name}_inside{band}"].mean())
            whole = float(total[f"actual_{name}"].iloc[0])
            if whole:
                figures[f"{key}_total_error_pct"] = 100.0 * (float(total[name].iloc[0]) / whole - 1.0)
    return {name: value for name, value in figures.items() if np.isfinite(value)}


def outside(table: pd.DataFrame, *, band: int = 95) -> pd.DataFrame:
    """List the cohorts that fell outside a band: cohort, horizon_days, quantity, expected, low, high, actual."""
    found = []
    for name in JUDGED:
        rows = table[~table[f"{name}_inside{band}"].astype(bool)]
        picked = rows[["cohort", "horizon_days"]].assign(
            quantity=name,
            expected=rows[name],
            low=rows[f"{name}_low{band}"],
            high=rows[f"{name}_high{band}"],
            actual=rows[f"actual_{name}"],
        )
        found.append(picked)
    return pd.concat(found).sort_values(["cohort", "horizon_days", "quantity"], ignore_index=True)


def _number(value: float) -> str:
    return "no" if np.isnan(value) else f"{value:,.0f}"
