"""A small cohort report by hand: every table that the page and the workbook show."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from clv_ml.reports.cohorts_facts import CohortFacts

AS_OF = dt.date(1997, 6, 30)
NAN = float("nan")
CONVENTIONS = {
    "currency": "USD",
    "horizon_days": 365,
    "margin": 0.3,
    "cost_per_order": 0.0,
    "annual_discount_rate": 0.1,
    "retention_cost": 2.0,
    "ltv_cac_target": 3.0,
    "min_customers": 30,
}


def retention() -> pd.DataFrame:
    """Three months, the youngest with one open age, and one channel with a name that is no name."""
    rows = [
        ("month", "1997-01", 0, 100, 100, 1.0, True),
        ("month", "1997-01", 1, 100, 40, 0.40, True),
        ("month", "1997-01", 2, 100, 20, 0.20, True),
        ("month", "1997-02", 0, 80, 80, 1.0, True),
        ("month", "1997-02", 1, 80, 20, 0.25, True),
        # a cut month: only some of the cohort are old enough, and of those few came back so far
        ("month", "1997-02", 2, 80, 1, NAN, False),
        ("channel", "<b>ads</b>", 0, 50, 50, 1.0, True),
        ("channel", "<b>ads</b>", 1, 50, 10, 0.2, True),
    ]
    names = ["dimension", "cohort", "age_period", "customers", "active", "rate", "complete"]
    return pd.DataFrame(rows, columns=names)


def scorecard() -> pd.DataFrame:
    rows = [
        ("customers", 2357.0, 2350.0, 7.0),
        ("equity", 123456.78, 123400.0, 56.78),
        ("churn_90d", 0.834, 0.850, -0.016),
        ("order_value", 36.5, 36.5, 0.0),
        ("ltv_cac", 3.2, NAN, NAN),
    ]
    return pd.DataFrame(rows, columns=["figure", "value", "previous", "change"])


def facts() -> CohortFacts:
    tables = {"retention": retention(), "scorecard": scorecard()}
    return CohortFacts("sample", AS_OF, tables, "USD", CONVENTIONS, dt.date(1997, 6, 23))
