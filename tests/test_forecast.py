"""The forecast of each cohort: what it adds up to, and how often its bands hold the truth.

``python tests/test_forecast.py 400`` measures on 400 simulated populations, long enough for the second digit.
"""

import sys

import numpy as np
import pandas as pd
import pytest
from forecast_data import CUTOFF, fitted, population

from clv_ml.config import ValueConfig
from clv_ml.errors import DataError
from clv_ml.evaluation.forecast import HORIZONS_DAYS, QUANTITIES, TOTAL, cohort_forecast, monthly_cohort
from clv_ml.evaluation.forecast_error import ForecastError
from clv_ml.evaluation.review import cohort_actuals, compare
from clv_ml.models import customer_kinds
from clv_ml.models.fitting import FittedModels
from clv_ml.models.intervals import predictive_intervals
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.value import value_windows

DAYS = 90


def measured(n_populations: int, n_customers: int, *, days: int = DAYS, first_seed: int = 0) -> pd.Series:
    """Share of cohorts, and of whole populations, inside their bands."""
    rows = []
    for seed in range(first_seed, first_seed + n_populations):
        customers, happened = population(n_customers, seed=seed, days=days)
        forecast = cohort_forecast(fitted(customers), customers, horizons_days=(days,))
        actual = cohort_actuals(monthly_cohort(customers), happened, horizons_days=(days,))
        judged = compare(forecast, actual)
        for group, some in (("cohorts", judged[judged["cohort"] != TOTAL]), (TOTAL, judged.tail(1))):
            rows += [
                {"what": f"{name}, {group}, {band} %", "inside": some[f"{name}_inside{band}"].mean()}
                for name in QUANTITIES
                for band in (80, 95)
            ]
    return pd.DataFrame(rows).groupby("what", sort=False)["inside"].mean()


def test_bands_hold_the_simulated_truth_at_least_as_often_as_they_say() -> None:
    """25 populations in 12 or 13 cohorts: four standard errors of a share of 80 % are 9 points, of 95 % 5.

    Counts of small cohorts are discrete, so that their bands hold more than they say.
    """
    shares = measured(25, 400)
    for name in QUANTITIES:
        assert shares[f"{name}, cohorts, 80 %"] > 0.72
        assert shares[f"{name}, cohorts, 95 %"] > 0.91
        assert shares[f"{name}, {TOTAL}, 80 %"] > 0.48
        assert shares[f"{name}, {TOTAL}, 95 %"] > 0.77


@pytest.fixture(scope="module")
def some() -> tuple[FittedModels, pd.DataFrame]:
    customers, _ = population(1500, seed=5, days=DAYS)
    return fitted(customers), customers


def test_bands_are_those_of_simulated_futures(some: tuple[FittedModels, pd.DataFrame]) -> None:
    models, customers = some
    labels = monthly_cohort(customers)
    forecast = cohort_forecast(models, customers, horizons_days=(30, 365))
    for days in (30, 365):
        _, simulated = predictive_intervals(
            models.purchases,
            models.spend,
            customers,
            horizon_days=days,
            levels=(0.025, 0.1, 0.9, 0.975),
            cohort=labels,
            annual_discount_rate=0.0,
            n_futures=1000,
            n_parameter_draws=40,
        )
        closed = forecast[(forecast["horizon_days"] == days) & (forecast["cohort"] != TOTAL)].set_index("cohort")
        for name, other in (("purchases", "purchases"), ("spend", "revenue")):
            width = simulated[f"{other}_q97.5"] - simulated[f"{other}_q2.5"]
            for end, level in (("low95", "q2.5"), ("low80", "q10"), ("high80", "q90"), ("high95", "q97.5")):
                off = (closed[f"{name}_{end}"] - simulated[f"{other}_{level}"]) / width
                # the ends of 1,000 futures are themselves off by a few percent of the width
                assert off.abs().mean() < 0.08, (days, name, end)


def test_cohorts_add_up_to_the_customers_one_by_one(some: tuple[FittedModels, pd.DataFrame]) -> None:
    models, customers = some
    forecast = cohort_forecast(models, customers)
    assert list(forecast["horizon_days"].unique()) == list(HORIZONS_DAYS)
    each = value_windows(models.purchases, models.spend, customers, annual_discount_rate=0.0)
    for days in HORIZONS_DAYS:
        rows = forecast[forecast["horizon_days"] == days].set_index("cohort")
        gone = models.purchases.probability_no_purchase(customers, horizon_days=days)
        by_cohort = {
            "purchases": each[f"expected_purchases_{days}d"],
            "spend": each[f"expected_revenue_{days}d"],
            "active_customers": 1.0 - gone,
        }
        for name, values in by_cohort.items():
            summed = values.groupby(monthly_cohort(customers)).sum()
            np.testing.assert_allclose(rows.loc[summed.index, name], summed, rtol=1e-9)
            assert rows.loc[TOTAL, name] == pytest.approx(summed.sum())
        assert rows.loc[TOTAL, "customers"] == len(customers)
        assert rows.loc[TOTAL, "churn_rate"] == pytest.approx(gone.mean())


def test_bands_are_nested_around_the_expectation(some: tuple[FittedModels, pd.DataFrame]) -> None:
    models, customers = some
    for value in (ValueConfig(margin=0.3), ValueConfig(margin=0.3, cost_per_order=2.0)):
        forecast = cohort_forecast(models, customers, value=value)
        for name in QUANTITIES:
            ends = forecast[[f"{name}_{end}" for end in ("low95", "low80", "high80", "high95")]].to_numpy()
            assert (np.diff(ends, axis=1) >= -1e-9).all(), name
            big = forecast["customers"] > 50
            middle = forecast.loc[big, name].to_numpy()
            assert (ends[big, 0] <= middle).all()
            assert (middle <= ends[big, 3]).all()
        paid = forecast["spend"] * 0.3 - forecast["purchases"] * value.cost_per_order
        np.testing.assert_allclose(forecast["margin"], paid)


def test_a_measured_model_error_widens_every_band_and_moves_nothing(some: tuple[FittedModels, pd.DataFrame]) -> None:
    models, customers = some
    part = {"90": {"common": 0.2, "cohort": 0.1, "cutoffs": 2.0}}
    error = ForecastError(dict.fromkeys(("purchases", "spend", "churn_rate"), part))
    plain, wide = (cohort_forecast(models, customers, error=given) for given in (None, error))
    for name in QUANTITIES:
        np.testing.assert_allclose(plain[name], wide[name])
        before = plain[f"{name}_high95"] - plain[f"{name}_low95"]
        after = wide[f"{name}_high95"] - wide[f"{name}_low95"]
        assert (after >= before - 1e-9).all()
        # the common part does not average out over the cohorts
        assert (after > 1.5 * before)[plain["cohort"] == TOTAL].all()


def test_probabilities_of_a_classifier_say_who_leaves_where_there_are_any(
    some: tuple[FittedModels, pd.DataFrame],
) -> None:
    models, customers = some
    given = pd.DataFrame({"p_churn_90d": 0.75}, index=customers.index)
    table = cohort_forecast(models, customers, p_churn=given, horizons_days=(30, 90))
    rate = table.set_index(["cohort", "horizon_days"])["churn_rate"]
    np.testing.assert_allclose(rate.xs(90, level="horizon_days"), 0.75)
    without = cohort_forecast(models, customers, horizons_days=(30, 90)).set_index(["cohort", "horizon_days"])
    pd.testing.assert_series_equal(
        rate.xs(30, level="horizon_days"), without["churn_rate"].xs(30, level="horizon_days")
    )


def test_any_label_makes_cohorts_and_the_order_of_rows_changes_nothing(
    some: tuple[FittedModels, pd.DataFrame],
) -> None:
    models, customers = some
    channel: pd.Series[str] = pd.Series(
        np.where(np.arange(len(customers)) % 3, "web", "shop"), index=customers.index, dtype=str
    )
    table = cohort_forecast(models, customers, cohort=channel)
    assert table["cohort"].unique().tolist() == ["shop", "web", TOTAL]
    order = np.random.default_rng(1).permutation(len(customers))
    again = cohort_forecast(models, customers.iloc[order], cohort=channel.iloc[order])
    pd.testing.assert_frame_equal(table, again, check_exact=True)


def test_many_customers_are_summed_part_by_part(
    some: tuple[FittedModels, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    models, customers = some
    at_once = cohort_forecast(models, customers)
    monkeypatch.setattr(customer_kinds, "_PART", len(customers) // 3 + 1)
    pd.testing.assert_frame_equal(cohort_forecast(models, customers), at_once, rtol=1e-12, atol=1e-12)


def test_customers_who_have_not_bought_are_left_out_and_counted(some: tuple[FittedModels, pd.DataFrame]) -> None:
    models, customers = some
    never = pd.DataFrame(index=pd.Index([90001, 90002], name="customer_id"), columns=customers.columns)
    both = pd.concat([customers, never.astype(customers.dtypes.to_dict() | {"frequency": float})])
    table = cohort_forecast(models, both)
    assert table.attrs["left_out"] == 2
    pd.testing.assert_frame_equal(table, cohort_forecast(models, customers), check_exact=True)
    with pytest.raises(DataError, match="no customer has bought"):
        cohort_forecast(models, both.tail(2))


def test_a_missing_or_foreign_label_is_refused(some: tuple[FittedModels, pd.DataFrame]) -> None:
    models, customers = some
    labels = monthly_cohort(customers)
    gap = labels.mask(np.arange(len(labels)) == 0)
    with pytest.raises(DataError, match="not indexed like"):
        cohort_forecast(models, customers, cohort=labels.iloc[1:])
    with pytest.raises(DataError, match="missing for 1 customers"):
        cohort_forecast(models, customers, cohort=gap)


def test_parameters_taken_as_known_give_narrower_bands(some: tuple[FittedModels, pd.DataFrame]) -> None:
    models, customers = some
    known = FittedModels(
        CUTOFF,
        PurchaseModel.from_params(**models.purchases.params_),
        SpendModel.from_params(**models.spend.params_),
        None,
        "given",
    )
    fit, given = (cohort_forecast(one, customers).tail(1).iloc[0] for one in (models, known))
    assert fit["spend"] == pytest.approx(given["spend"])
    assert fit["spend_high95"] - fit["spend_low95"] > 1.05 * (given["spend_high95"] - given["spend_low95"])


if __name__ == "__main__":
    for days in (30, 90, 365):
        for customers in (100, 400, 2000):
            print(days, customers, measured(int(sys.argv[1]), customers, days=days).round(3).to_dict())  # noqa: T201
