"""Customers who are alike, counted: the same customers, whatever the parts they come in."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from forecast_data import fitted, population

from clv_ml.models import customer_kinds as of_customers
from clv_ml.models.cohort_sums import cohort_sums
from clv_ml.models.customer_kinds import CustomerKinds, customer_kinds

RFM = pd.DataFrame(
    {
        "frequency": [0, 2, 2, 2, 0, 2],
        "recency": [0.0, 90.0, 90.0, 80.0, 0.0, 90.0],
        "T": [10.0, 120.0, 120.0, 120.0, 10.0, 120.0],
        "monetary_value": [np.nan, 30.0, 50.0, 7.0, 0.0, 1.0],
    }
)
MEMBER = np.array([1, 0, 0, 0, 1, 1])


def test_customers_of_a_kind_are_one_row_with_what_they_spend() -> None:
    kinds = customer_kinds(RFM, MEMBER)
    told = {each.name: getattr(kinds, each.name).tolist() for each in fields(CustomerKinds)}
    assert told == {
        "member": [0, 0, 1, 1],
        "frequency": [2, 2, 0, 2],
        "recency": [80, 90, 0, 90],
        "T": [120, 120, 10, 120],
        "count": [1, 2, 2, 1],
        "money": [7, 80, 0, 1],
        "money_square": [49, 3400, 0, 1],
    }
    assert len(customer_kinds(RFM.head(0), MEMBER[:0])) == 0


def test_it_does_not_matter_in_which_parts_customers_come(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = customer_kinds(RFM, MEMBER)
    monkeypatch.setattr(of_customers, "_PART", 2)
    for waiting in (0, 100):
        monkeypatch.setattr(of_customers, "_WAITING", waiting)
        kinds = customer_kinds(RFM, MEMBER)
        for each in fields(CustomerKinds):
            np.testing.assert_array_equal(getattr(kinds, each.name), getattr(whole, each.name))
    assert [len(part) for part in kinds.parts()] == [2, 2]


def test_sums_over_kinds_are_those_over_customers_one_by_one() -> None:
    """Days are rounded, so that there are kinds of several customers; then each has a cohort, and so a kind, alone."""
    customers, _ = population(400, seed=3, days=90)
    customers = customers[customers["T"] >= 60].assign(T=lambda rows: 30 * np.ceil(rows["T"] / 30))
    customers["recency"] = np.where(customers["frequency"] > 0, 30 * np.ceil(customers["recency"] / 30), 0.0)
    models, n = fitted(customers), len(customers)
    together, alone = (
        cohort_sums(models.purchases, models.spend, customers, member, n_cohorts=cohorts, horizons_days=[30, 90])
        for member, cohorts in ((np.zeros(n, dtype=np.intp), 1), (np.arange(n), n))
    )
    assert len(customer_kinds(customers, np.zeros(n, dtype=np.intp))) < n / 2
    for name in ("customers", "covariance", "log_nobody"):
        np.testing.assert_allclose(getattr(together, name)[-1], getattr(alone, name)[-1], rtol=1e-12)
    for name in ("purchases", "spend", "active"):
        for figure in ("mean", "shifts") if name == "spend" else ("mean", "variance", "shifts"):
            one, other = (getattr(getattr(sums, name), figure)[-1] for sums in (together, alone))
            np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
