"""Simpler forecasts by cohort, by hand, and the errors of all ways on the same cohorts."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from forecast_data import fitted, population

from clv_ml.evaluation.cohort_baselines import (
    COHORT_MEAN,
    LAST_PERIOD,
    PLAIN,
    baseline_forecasts,
    decile_calibration,
    mean_rates,
    method_errors,
)
from clv_ml.evaluation.forecast import cohort_forecast, monthly_cohort
from clv_ml.evaluation.review import cohort_actuals, compare
from clv_ml.models.fitting import FittedModels
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel

GIVEN = FittedModels(
    dt.date(2020, 12, 31),
    PurchaseModel.from_params(r=0.24, alpha=30.9, a=0.79, b=2.43),
    SpendModel.from_params(p=6.25, q=3.74, v=15.44),
    None,
    "given",
)
CUSTOMERS = pd.DataFrame(
    {
        "frequency": [2, 0, 1],
        "recency": [50, 0, 20],
        "T": [100, 100, 50],
        "monetary_value": [30.0, 0.0, 12.0],
        "purchases_last_30d": [1, 0, 0],
        "spend_last_30d": [25.0, 0.0, 0.0],
    },
    index=pd.Index([1, 2, 3], name="customer_id"),
)
LABELS = pd.Series(["a", "a", "b"], index=CUSTOMERS.index, dtype=str)


def test_the_baselines_are_those_computed_by_hand() -> None:
    found = baseline_forecasts(GIVEN, CUSTOMERS, LABELS, horizons_days=(30, 45))
    last = found[LAST_PERIOD].set_index("cohort")
    assert last["horizon_days"].tolist() == [30, 30]  # nothing is known of the last 45 days
    assert last.loc[["a"], ["purchases", "spend", "churn_rate"]].to_numpy().tolist() == [[1.0, 25.0, 0.5]]
    mean = found[COHORT_MEAN].set_index(["cohort", "horizon_days"])
    # two purchases in 200 days of two customers, at a mean of 30
    assert mean.loc[("a", 30), "purchases"] == pytest.approx(2 / 200 * 30 * 2)
    assert mean.loc[("a", 30), "spend"] == pytest.approx(2 / 200 * 30 * 2 * 30.0)
    assert mean.loc[("b", 45), "churn_rate"] == pytest.approx(math.exp(-45 / 50))
    plain = found[PLAIN].set_index(["cohort", "horizon_days"])
    gone = GIVEN.purchases.probability_no_purchase(CUSTOMERS, horizon_days=30)
    assert plain.loc[("a", 30), "churn_rate"] == pytest.approx(gone.loc[[1, 2]].mean())
    each = GIVEN.purchases.expected_purchases(CUSTOMERS, horizon_days=45) * GIVEN.spend.expected_spend(CUSTOMERS)
    assert plain.loc[("b", 45), "spend"] == pytest.approx(each.loc[3])


def test_a_cohort_watched_for_no_day_is_forecast_nothing() -> None:
    new = CUSTOMERS.assign(frequency=0, recency=0, T=0, monetary_value=0.0)
    found = baseline_forecasts(GIVEN, new, LABELS, horizons_days=(30,))
    mean = found[COHORT_MEAN]
    assert mean[["purchases", "spend"]].to_numpy().sum() == 0.0
    assert mean["churn_rate"].tolist() == [1.0, 1.0]


def test_on_customers_that_fade_the_forecast_beats_the_mean_rate() -> None:
    customers, happened = population(3000, seed=4, days=90)
    models, labels = fitted(customers), monthly_cohort(customers)
    recent = customers.assign(purchases_last_90d=0, spend_last_90d=0.0)
    judged = compare(
        cohort_forecast(models, customers, horizons_days=(90,)),
        cohort_actuals(labels, happened, horizons_days=(90,)),
    )
    errors = method_errors(judged, baseline_forecasts(models, recent, labels, horizons_days=(90,)))
    wape = errors.set_index(["quantity", "method"])["wape"]
    for name in ("purchases", "spend", "churn_rate"):
        assert wape[name, "forecast"] < 0.5 * wape[name, COHORT_MEAN]
        assert wape[name, "forecast"] == pytest.approx(wape[name, PLAIN])  # no classifier: the same model


def test_a_classifier_is_judged_by_its_mean_rates_only() -> None:
    scores = pd.DataFrame({"p_churn_30d": [0.2, 0.4, 0.9]}, index=CUSTOMERS.index)
    rates = mean_rates(scores, LABELS, horizons_days=(30,)).set_index("cohort")
    assert rates["churn_rate"].to_dict() == {"a": pytest.approx(0.3), "b": 0.9}
    assert rates[["purchases", "spend"]].isna().to_numpy().all()
    assert mean_rates(scores, LABELS, horizons_days=()).empty


def test_deciles_compare_means_of_equal_parts() -> None:
    expected = pd.Series(np.arange(20) / 20.0, index=range(20))
    table = decile_calibration(expected, expected * 2)
    assert table["decile"].tolist() == list(range(1, 11))
    assert table["customers"].tolist() == [2] * 10
    np.testing.assert_allclose(table["actual"], 2 * table["expected"])
    assert table["expected"].iloc[0] == pytest.approx(0.025)
    pd.testing.assert_frame_equal(table, decile_calibration(expected.sample(frac=1, random_state=1), expected * 2))
