"""The error of the model itself, told apart from chance."""

import numpy as np
import pandas as pd
import pytest
from forecast_data import fitted, population

from clv_ml.evaluation.forecast import TOTAL, cohort_forecast, monthly_cohort
from clv_ml.evaluation.forecast_error import MEASURED, ForecastError, measured_error
from clv_ml.evaluation.review import cohort_actuals, compare

DAYS = 90


def judged(seed: int, *, factor: float = 1.0, n: int = 1500) -> pd.DataFrame:
    """A forecast beside what happened, where spending came out `factor` times what the customers would have spent."""
    customers, happened = population(n, seed=seed, days=DAYS)
    happened[f"spend_{DAYS}"] *= factor
    forecast = cohort_forecast(fitted(customers), customers, horizons_days=(DAYS,))
    return compare(forecast, cohort_actuals(monthly_cohort(customers), happened, horizons_days=(DAYS,)))


def test_where_the_model_is_right_hardly_any_error_is_left() -> None:
    """Chance and parameters explain it all; what is left over eight populations is sampling error."""
    error = measured_error([judged(seed) for seed in range(8)])
    for name in MEASURED:
        part = error.parts[name][str(DAYS)]
        assert part["cutoffs"] == 8
        assert part["common"] < 0.10
        assert part["cohort"] < 0.15


def test_a_shift_of_all_cohorts_is_found_as_the_common_part() -> None:
    """Half the periods a third above and half a third below what the model can know; t with 8 degrees is 9 % wider."""
    error = measured_error([judged(seed, factor=4 / 3 if seed % 2 else 2 / 3) for seed in range(8)])
    assert error.parts["spend"][str(DAYS)]["common"] == pytest.approx(0.333 * 1.09, abs=0.08)
    assert error.parts["purchases"][str(DAYS)]["common"] < 0.10


def test_with_the_measured_error_the_bands_hold_periods_that_chance_alone_does_not() -> None:
    error = measured_error([judged(seed, factor=4 / 3 if seed % 2 else 2 / 3) for seed in range(8)])
    plain: list[bool] = []
    widened: list[bool] = []
    for seed in range(20, 32):
        customers, happened = population(1500, seed=seed, days=DAYS)
        happened[f"spend_{DAYS}"] *= 4 / 3 if seed % 2 else 2 / 3
        actual = cohort_actuals(monthly_cohort(customers), happened, horizons_days=(DAYS,))
        for kept, given in ((plain, None), (widened, error)):
            table = compare(cohort_forecast(fitted(customers), customers, horizons_days=(DAYS,), error=given), actual)
            kept.append(bool(table.set_index("cohort").loc[TOTAL, "spend_inside95"]))
    assert np.mean(plain) < 0.3
    assert np.mean(widened) > 0.9


def test_without_a_past_nothing_is_measured() -> None:
    assert measured_error([]).to_dict() == {}
    assert ForecastError({}).to_dict() == {}


def test_a_horizon_never_measured_takes_the_longest_shorter_one() -> None:
    part = {"common": 0.1, "cohort": 0.0, "cutoffs": 1.0}
    error = ForecastError({"spend": {"30": part, "90": part | {"common": 0.3}}})
    customers, _ = population(300, seed=1, days=DAYS)
    models = fitted(customers)
    wide, plain = (cohort_forecast(models, customers, error=given).tail(4) for given in (error, None))
    added = []
    for name in ("spend_low95", "spend_high95"):
        assert (wide[name] != plain[name]).all()
    for table in (wide, plain):
        added.append(((table["spend_high95"] - table["spend_low95"]) / 3.92 / table["spend"]) ** 2)
    extra = np.sqrt(added[0].to_numpy() - added[1].to_numpy())
    np.testing.assert_allclose(extra, [0.1, 0.3, 0.3, 0.3], rtol=0.15)
