"""Pictures of forecasts by cohort: what they say in words, and the same bytes each time."""

import numpy as np
import pandas as pd
import pytest
from forecast_data import CUTOFF, fitted, population

from clv_ml.errors import DataError
from clv_ml.evaluation.forecast import TOTAL, cohort_forecast, monthly_cohort
from clv_ml.evaluation.review import cohort_actuals, compare
from clv_ml.reports.backtest_report import backtest_words
from clv_ml.reports.cohort_plots import band_figure, error_heat_map, tracking_figure
from clv_ml.reports.picture import svg
from clv_ml.reports.review_report import accuracy_of_runs, accuracy_text, outside_since, outside_words


@pytest.fixture(scope="module")
def judged() -> pd.DataFrame:
    parts = []
    customers, happened = population(800, seed=7, days=90)
    models, labels = fitted(customers), monthly_cohort(customers)
    for days in (30, 90):
        forecast = cohort_forecast(models, customers, horizons_days=(days,))
        told = happened.rename(columns=lambda name: name.replace("_90", f"_{days}"))  # noqa: B023
        parts.append(compare(forecast, cohort_actuals(labels, told, horizons_days=(days,))))
    return pd.concat(parts, ignore_index=True)


def test_the_bands_say_how_many_cohorts_are_inside(judged: pd.DataFrame) -> None:
    figure = band_figure(judged, cutoff=CUTOFF, horizon_days=90, currency="USD")
    rows = judged[(judged["horizon_days"] == 90) & (judged["cohort"] != TOTAL)]
    inside = int(rows["spend_inside95"].sum())
    assert f"Spend (USD): {inside} of {len(rows)} cohorts inside the 95 % band" in str(figure.get_label())
    assert svg(figure) == svg(
        band_figure(judged.sample(frac=1, random_state=1), cutoff=CUTOFF, horizon_days=90, currency="USD")
    )


def test_a_forecast_alone_can_be_drawn_and_an_unknown_horizon_is_named(judged: pd.DataFrame) -> None:
    forecast = judged[[name for name in judged if not str(name).startswith("actual_") and "inside" not in str(name)]]
    assert "what happened" not in svg(band_figure(forecast, cutoff=CUTOFF, horizon_days=30))
    with pytest.raises(DataError, match="no cohort at 60 days; known: 30, 90"):
        band_figure(forecast, cutoff=CUTOFF, horizon_days=60)


def test_the_tracking_names_what_came_of_all_customers(judged: pd.DataFrame) -> None:
    figure = tracking_figure(judged, cutoff=CUTOFF)
    last = judged[(judged["cohort"] == TOTAL) & (judged["horizon_days"] == 90)].iloc[0]
    assert f"after 90 days forecast {last['purchases']:,.3g}, actual {last['actual_purchases']:,.3g}" in str(
        figure.get_label()
    )
    assert "all customers" in svg(figure)


def test_the_heat_map_says_every_error_as_a_number(judged: pd.DataFrame) -> None:
    two = pd.concat([judged.assign(cutoff=day) for day in ("2020-06-30", "2020-12-31")])
    picture = svg(error_heat_map(two, horizon_days=90))
    total = judged[(judged["cohort"] == TOTAL) & (judged["horizon_days"] == 90)].iloc[0]
    assert f"{100 * (total['purchases'] / total['actual_purchases'] - 1):+.0f}" in picture
    assert "Largest:" in str(error_heat_map(two, quantity="churn_rate", horizon_days=90).get_label())


def test_a_cohort_is_told_outside_since_the_first_horizon_without_a_break(judged: pd.DataFrame) -> None:
    table = judged.copy()
    for name in ("purchases", "spend", "active_customers", "churn_rate"):
        table[f"{name}_inside95"] = True
    late = (table["cohort"] == "2020-05") & (table["horizon_days"] == 90)
    always = table["cohort"] == "2020-06"
    healed = (table["cohort"] == "2020-07") & (table["horizon_days"] == 30)
    table.loc[late | always | healed, "spend_inside95"] = False
    found = outside_since(table, CUTOFF).set_index("cohort")
    assert found["since"].to_dict() == {"2020-05": "2021-03-31", "2020-06": "2021-01-30"}
    assert outside_words(found.reset_index())[0].startswith("cohort 2020-05: spend ")


def test_runs_stand_side_by_side_the_most_right_first() -> None:
    figures = {
        "late": {"spend_90d_wape": 0.3, "spend_90d_total_error_pct": 30.0, "purchases_90d_wape": 0.1},
        "good": {"spend_90d_wape": 0.1, "spend_30d_wape": 0.2},
    }
    table = accuracy_of_runs(figures)
    assert table[["run", "horizon_days"]].to_numpy().tolist() == [["good", 30], ["good", 90], ["late", 90]]
    assert "+30.0%" in accuracy_text(table)
    assert accuracy_of_runs({}).empty


def test_a_common_error_is_said_with_the_season_it_falls_into(judged: pd.DataFrame) -> None:
    table = judged[judged["horizon_days"] == 90].copy()
    table["spend"] = 0.7 * table["actual_spend"]
    table["purchases"] = table["actual_purchases"]
    told = backtest_words(table.assign(cutoff="2020-09-30"))
    assert "(-30%, too low, and its days hold November or December" in told[-1]
    calm = backtest_words(table.assign(cutoff="2020-03-31"))
    assert "(-30%, too low; " in calm[-1]
    assert np.all(["inside the 80 % and 95 % bands" in told[0], len(told) == 2])
