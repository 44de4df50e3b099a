"""A forecast beside what happened: by hand, and refused where the past has changed."""

import numpy as np
import pandas as pd
import pytest

from clv_ml.config import ValueConfig
from clv_ml.errors import DataError
from clv_ml.evaluation.bands import LEVELS
from clv_ml.evaluation.forecast import QUANTITIES, TOTAL
from clv_ml.evaluation.review import cohort_actuals, compare, outside, review_metrics

LABELS = pd.Series(["a", "a", "b"], index=pd.Index([1, 2, 3], name="customer_id"), dtype=str)
HAPPENED = pd.DataFrame(
    {"purchases_30": [2, 0, 1], "spend_30": [30.0, 0.0, 5.0], "churned_30": [0, 1, 0]}, LABELS.index
)


def forecast_of(**expected: tuple[float, float, float]) -> pd.DataFrame:
    """A forecast for cohorts a, b and all whose bands end 10 % (80 %) and 20 % (95 %) off the expectation."""
    rows = pd.DataFrame({"cohort": ["a", "b", TOTAL], "horizon_days": 30, "customers": [2, 1, 3]})
    for name in QUANTITIES:
        values = np.array(expected.get(name, (1.0, 1.0, 2.0)))
        rows[name] = values
        for end, off in zip(LEVELS, (-0.2, -0.1, 0.1, 0.2), strict=True):
            rows[f"{name}_{end}"] = values * (1 + off)
    return rows


def actuals(value: ValueConfig | None = None) -> pd.DataFrame:
    return cohort_actuals(LABELS, HAPPENED, horizons_days=(30,), value=value)


def test_what_happened_is_summed_by_cohort() -> None:
    table = actuals(ValueConfig(margin=0.5, cost_per_order=1.0)).set_index("cohort")
    assert table.loc["a", "actual_purchases"] == 2
    assert table.loc["a", "actual_margin"] == 0.5 * 30 - 2
    assert table.loc["a", "actual_churn_rate"] == 0.5
    assert table.loc[TOTAL].drop("horizon_days").to_dict() == {
        "actual_customers": 3,
        "actual_purchases": 3.0,
        "actual_spend": 35.0,
        "actual_active_customers": 2.0,
        "actual_margin": 14.5,
        "actual_churn_rate": pytest.approx(1 / 3),
    }


def test_each_cohort_is_told_to_be_inside_or_outside_its_bands() -> None:
    table = compare(forecast_of(purchases=(2.3, 1.0, 3.3)), actuals()).set_index("cohort")
    assert table["purchases_inside80"].to_dict() == {"a": False, "b": True, TOTAL: True}
    assert table["purchases_inside95"].to_dict() == {"a": True, "b": True, TOTAL: True}
    found = outside(table.reset_index(), band=80)
    row = found[(found["cohort"] == "a") & (found["quantity"] == "purchases")].iloc[0]
    assert (row["expected"], row["actual"]) == (2.3, 2.0)
    assert row["low"] == pytest.approx(2.07)


def test_the_metrics_are_those_computed_by_hand() -> None:
    table = compare(forecast_of(purchases=(2.3, 0.5, 2.8), spend=(20.0, 10.0, 30.0)), actuals())
    figures = review_metrics(table)
    assert figures["purchases_30d_bias"] == pytest.approx((0.3 - 0.5) / 2)
    assert figures["purchases_30d_mae"] == pytest.approx(0.4)
    assert figures["purchases_30d_wape"] == pytest.approx(0.8 / 3)
    assert figures["purchases_30d_inside95"] == 0.5
    assert figures["spend_30d_total_error_pct"] == pytest.approx(100 * (30 / 35 - 1))


def test_only_horizons_that_are_over_are_judged() -> None:
    both = pd.concat([forecast_of(), forecast_of().assign(horizon_days=90)])
    assert compare(both, actuals())["horizon_days"].unique().tolist() == [30]


def test_a_cohort_that_holds_other_customers_now_is_refused() -> None:
    changed = forecast_of()
    changed.loc[0, "customers"] = 7
    with pytest.raises(DataError, match="cohort 'a': 7 customers when the forecast was made, 2 in the data now"):
        compare(changed, actuals())
    with pytest.raises(DataError, match="cohort 'b': no customers when"):
        compare(forecast_of().drop(index=1), actuals())
