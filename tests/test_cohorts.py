"""Forecast and actual per acquisition cohort, worked by hand with models of known answers."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from clv_ml.evaluation.cohorts import cohort_comparison, cohort_metrics
from clv_ml.models.fitting import FittedModels


def models(purchases: list[float], spend: list[float], index: pd.Index[str]) -> FittedModels:
    """Stand-ins that expect the given numbers of each customer."""

    def expected(values: list[float]) -> Any:
        return lambda customers, **_: pd.Series(values, index=index).loc[customers.index]

    parts = {"purchases": SimpleNamespace(expected_purchases=expected(purchases))}
    return cast(FittedModels, SimpleNamespace(**parts, spend=SimpleNamespace(expected_spend=expected(spend))))


@pytest.fixture
def table() -> pd.DataFrame:
    ids = pd.Index(["a", "b", "c"], name="customer_id")
    first = pd.to_datetime([dt.date(2024, 1, 1), dt.date(2024, 1, 31), dt.date(2024, 2, 1)])
    customers = pd.DataFrame({"first_day": first}, index=ids)
    happened = pd.DataFrame(
        {"purchases_90": [2, 0, 1], "spend_90": [30.0, 0.0, 5.0], "churned_90": [0, 1, 0]}, index=ids
    )
    p_churn = pd.Series([0.25, 0.75, 0.5], index=ids)
    known = models([1.0, 0.5, 2.0], [10.0, 20.0, 5.0], ids)
    # the order of what happened must not matter
    return cohort_comparison(known, customers, p_churn, happened.iloc[::-1], 90)


def test_customers_are_summed_by_the_month_of_their_first_purchase(table: pd.DataFrame) -> None:
    assert table.to_dict("records") == [
        {
            "cohort": "2024-01",
            "horizon_days": 90,
            "customers": 2,
            "predicted_purchases": 1.5,
            "actual_purchases": 2,
            "predicted_spend": 20.0,
            "actual_spend": 30.0,
            "predicted_churn_rate": 0.5,
            "actual_churn_rate": 0.5,
        },
        {
            "cohort": "2024-02",
            "horizon_days": 90,
            "customers": 1,
            "predicted_purchases": 2.0,
            "actual_purchases": 1,
            "predicted_spend": 10.0,
            "actual_spend": 5.0,
            "predicted_churn_rate": 0.5,
            "actual_churn_rate": 0.0,
        },
    ]


def test_the_metrics_are_those_of_the_totals_and_of_the_cohorts(table: pd.DataFrame) -> None:
    metrics = cohort_metrics(table)
    assert metrics == pytest.approx(
        {
            "purchases_wape": (0.5 + 1.0) / 3,
            "purchases_total_error_pct": 100 * (3.5 / 3 - 1),
            "spend_wape": (10 + 5) / 35,
            "spend_total_error_pct": 100 * (30 / 35 - 1),
            "churn_rate_wape": 0.5 / 1.0,
            "churn_rate_error_points": 100 * (1.5 - 1.0) / 3,
        }
    )


def test_a_future_without_purchases_has_no_percentage(table: pd.DataFrame) -> None:
    quiet = table.assign(actual_purchases=0, actual_spend=0.0)
    metrics = cohort_metrics(quiet)
    assert "purchases_total_error_pct" not in metrics
    assert "spend_total_error_pct" not in metrics
    assert metrics["churn_rate_error_points"] == pytest.approx(100 * 0.5 / 3)
