"""Alerts: what needs a look does, what is small, open or chance does not."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clv_ml.config import CohortsConfig
from clv_ml.economics.alerts import COLUMNS, cohort_alerts
from clv_ml.economics.customers import frames_of
from clv_ml.economics.observed_periods import observed_periods
from clv_ml.economics.retention import retention

SETTINGS = CohortsConfig()


def predicted(chances: list[float], **changes: Any) -> pd.DataFrame:
    n = len(chances)
    table = pd.DataFrame(
        {
            "dimension": "month",
            "cohort": [f"2024-{number + 1:02d}" for number in range(n)],
            "customers": 100,
            "small": False,
            "made_on": dt.date(2024, 4, 1),
            "until": dt.date(2024, 6, 30),
            "horizon_days": 90,
            "complete": True,
            "per_customer": 10.0,
            "per_customer_low": 8.0,
            "per_customer_high": 12.0,
            "actual_per_customer": 7.0,
            "chance": chances,
        }
    )
    return table.assign(**changes)


def acquisition(**changes: Any) -> pd.DataFrame:
    row = {
        **{"dimension": "channel", "cohort": "ads", "customers": 100, "small": False, "horizon_days": 365},
        **{"ratio": 4.0, "ratio_low": 3.5, "ratio_high": 5.0, "target": 3.0, "verdict": "above"},
        **{"payback_day": 60.0, "payback_low": 60.0, "payback_high": 60.0, "payback_status": "observed"},
    }
    return pd.DataFrame([row | changes])


def codes(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(table["severity"], table["code"], strict=True))


def test_nothing_given_and_nothing_wrong_raise_nothing() -> None:
    assert list(cohort_alerts(SETTINGS).columns) == COLUMNS
    assert cohort_alerts(SETTINGS, acquisition=acquisition(), predicted=predicted([0.5, 0.9])).empty


def test_a_cohort_far_below_its_forecast_alerts_and_one_above_is_worth_a_look() -> None:
    table = cohort_alerts(SETTINGS, predicted=predicted([1e-4, 0.8, 0.5]))
    assert codes(table) == [("alert", "forecast_below")]
    row: Any = table.iloc[0]
    assert (row["cohort"], row["at"], row["value"], row["limit"]) == ("2024-01", "2024-06-30", 7.0, 10.0)
    assert (row["low"], row["high"], row["p_value"]) == (8.0, 12.0, 1e-4)
    above = cohort_alerts(SETTINGS, predicted=predicted([1e-4], actual_per_customer=20.0))
    assert codes(above) == [("watch", "forecast_above")]


def test_a_season_that_moves_everybody_is_told_once_and_cohorts_only_beyond_it() -> None:
    table = predicted([1e-6, 1e-6, 1e-6, 0.9], actual_per_customer=[15.0, 15.5, 25.0, 9.9])
    table.loc[0, ["dimension", "cohort"]] = "all"
    found = cohort_alerts(SETTINGS, predicted=table)
    # half more than forecast is what everybody brought; who brought what was forecast is no alert either
    assert codes(found) == [("watch", "forecast_above")] * 2
    assert found["cohort"].tolist() == ["all", "2024-03"]
    assert found["limit"].tolist() == [10.0, 10.0]
    # where everybody is as expected, each cohort is judged by its own forecast
    table.loc[0, ["actual_per_customer", "chance"]] = [10.0, 0.9]
    assert cohort_alerts(SETTINGS, predicted=table)["cohort"].tolist() == ["2024-02", "2024-03"]


def test_a_cohort_that_brought_nothing_alerts_whatever_everybody_did() -> None:
    table = predicted([1e-6, 1e-6], actual_per_customer=[15.0, 0.0])
    table.loc[0, ["dimension", "cohort"]] = "all"
    assert codes(cohort_alerts(SETTINGS, predicted=table)) == [("alert", "forecast_below"), ("watch", "forecast_above")]


def test_open_and_small_cohorts_never_alert() -> None:
    for changes in ({"complete": False, "chance": np.nan}, {"small": True}):
        assert cohort_alerts(SETTINGS, predicted=predicted([1e-9], **changes)).empty
    assert cohort_alerts(SETTINGS, acquisition=acquisition(small=True, ratio=0.1, ratio_high=0.2)).empty


def test_many_cohorts_off_by_chance_raise_hardly_any_alert() -> None:
    """60 reports on 40 cohorts with nothing wrong: at a rate of 0.10 six of them alert, 15 hardly ever."""
    rng = np.random.default_rng(0)
    several = [len(cohort_alerts(SETTINGS, predicted=predicted(list(rng.random(40))))) for _ in range(60)]
    assert np.mean([number > 0 for number in several]) < 0.25


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ratio": 0.8, "ratio_low": 0.6, "ratio_high": 0.95, "verdict": "below"}, [("alert", "ltv_cac_loss")]),
        ({"ratio": 0.8, "ratio_low": 0.6, "ratio_high": 1.2, "verdict": "below"}, [("watch", "ltv_cac_loss")]),
        ({"ratio": 2.0, "ratio_low": 1.5, "ratio_high": 2.9, "verdict": "below"}, [("watch", "ltv_cac_below_target")]),
        ({"ratio": 2.0, "ratio_low": 1.5, "ratio_high": 3.1, "verdict": "open"}, []),
        ({"ratio": np.nan, "ratio_low": np.nan, "ratio_high": np.nan, "verdict": "unknown"}, []),
        ({"payback_day": 390.0, "payback_low": 390.0, "payback_high": 390.0}, []),  # 365 is inside that age period
        ({"payback_day": 420.0, "payback_low": 420.0, "payback_high": 420.0}, [("alert", "payback_late")]),
        (
            {"payback_day": 420.0, "payback_low": 300.0, "payback_high": np.nan, "payback_status": "projected"},
            [("watch", "payback_late")],
        ),
        (
            {"payback_day": np.nan, "payback_low": np.nan, "payback_high": np.nan, "payback_status": "beyond"},
            [("alert", "payback_late")],
        ),
        (
            {"payback_day": np.nan, "payback_low": 390.0, "payback_high": np.nan, "payback_status": "beyond"},
            [("watch", "payback_late")],
        ),
        # nobody looked as far as the limit
        ({"payback_day": np.nan, "payback_low": np.nan, "payback_status": "beyond", "horizon_days": 90}, []),
        ({"payback_day": np.nan, "payback_low": np.nan, "payback_status": "cost_unknown"}, []),
    ],
)
def test_costs_alert_where_the_interval_is_sure_and_are_watched_where_it_is_not(
    changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert codes(cohort_alerts(SETTINGS, acquisition=acquisition(**changes))) == expected


def test_a_target_that_everybody_misses_is_told_once_and_of_who_is_worse() -> None:
    missed = {"ratio": 2.0, "ratio_low": 1.9, "ratio_high": 2.1, "verdict": "below"}
    table = pd.concat(
        [
            acquisition(**missed, dimension="all", cohort="all"),
            acquisition(**missed, cohort="like everybody"),
            acquisition(**missed | {"ratio": 1.4, "ratio_low": 1.2, "ratio_high": 1.6}, cohort="worse"),
        ]
    )
    assert cohort_alerts(SETTINGS, acquisition=table)["cohort"].tolist() == ["all", "worse"]
    assert len(cohort_alerts(SETTINGS, acquisition=table.iloc[1:])) == 2


def test_limits_can_be_switched_off() -> None:
    quiet = CohortsConfig.model_validate({"alerts": {"ltv_cac_below": None, "payback_days": None}})
    bad = acquisition(ratio=0.1, ratio_low=0.1, ratio_high=0.2, payback_day=999.0, payback_low=999.0)
    assert cohort_alerts(quiet, acquisition=bad).empty


def share_table(rates: list[float], n: int = 400) -> pd.DataFrame:
    lost = np.rint(n * np.array(rates)).astype(int)
    return pd.DataFrame(
        {
            "dimension": "channel",
            "cohort": "ads",
            "period": [f"2024-{number + 1:02d}" for number in range(len(rates))],
            "start_customers": n,
            "kept": n - lost,
            "churn_rate": lost / n,
            "complete": True,
        }
    )


def test_churn_alerts_above_the_cohorts_own_months_and_not_for_what_it_always_varies_by() -> None:
    steady = [0.30, 0.31, 0.29, 0.30, 0.31, 0.45]
    table = cohort_alerts(SETTINGS, periods=share_table(steady))
    assert codes(table) == [("alert", "churn_high")]
    row: Any = table.iloc[0]
    assert (row["at"], row["value"], row["customers"]) == ("2024-06", pytest.approx(0.45), 400)
    assert row["limit"] == pytest.approx(0.302)
    assert row["high"] < row["value"]
    # the same month in a cohort that swings by as much anyway
    assert cohort_alerts(SETTINGS, periods=share_table([0.15, 0.45, 0.12, 0.44, 0.20, 0.45])).empty
    # three points more, however sure, are below churn_points
    assert cohort_alerts(SETTINGS, periods=share_table([0.30, 0.30, 0.30, 0.30, 0.34], n=20_000)).empty
    assert cohort_alerts(SETTINGS, periods=share_table([0.3, 0.9], n=20)).empty
    assert cohort_alerts(SETTINGS, periods=share_table([0.9])).empty


def triangle(rates: list[float], observed: int = 500) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "dimension": "month",
            "cohort": [f"2024-{number + 1:02d}" for number in range(len(rates))],
            "age_period": 1,
            "observed": observed,
            "active": np.rint(observed * np.array(rates)).astype(int),
            "complete": True,
        }
    )


def test_retention_alerts_below_earlier_months_at_the_same_age() -> None:
    table = cohort_alerts(SETTINGS, retention=triangle([0.30, 0.32, 0.31, 0.15]))
    assert codes(table) == [("alert", "retention_low")]
    assert (table["cohort"].iloc[0], table["at"].iloc[0]) == ("2024-04", "1")
    open_month = triangle([0.30, 0.32, 0.31, 0.15]).assign(complete=[True, True, True, False])
    assert cohort_alerts(SETTINGS, retention=open_month).empty


def test_a_cut_month_raises_no_alert_of_churn_or_retention() -> None:
    """Customers buy on the 3rd and the 20th of every month; the data stop on the 10th of the last."""
    rows = []
    for number in range(120):
        for month in pd.period_range(f"2024-{1 + number % 4:02d}", "2024-08", freq="M"):
            rows += [(f"c{number:03d}", f"{month}-{day}") for day in ("03", "20")]
    days = pd.DataFrame(rows, columns=["customer_id", "day"]).assign(spend=10.0, orders=1)
    for cut in ("2024-08-01", "2024-08-10", "2024-08-31"):
        frames = frames_of(days[days["day"] <= cut], as_of=dt.date.fromisoformat(cut))
        table = cohort_alerts(SETTINGS, periods=observed_periods(frames), retention=retention(frames))
        assert table.empty, cut


def test_a_fallen_engagement_score_alerts_and_the_severe_come_first() -> None:
    decay = pd.DataFrame(
        {
            "dimension": "all",
            "cohort": ["all", "x"],
            "customers": 50,
            "score": [40.0, 60.0],
            "baseline": [55.0, 61.0],
            "alert": [True, False],
        }
    )
    table = cohort_alerts(
        SETTINGS,
        decay=decay,
        predicted=predicted([1e-5]),
        acquisition=acquisition(ratio=2.0, ratio_high=2.5, verdict="below"),
    )
    assert codes(table) == [
        ("alert", "forecast_below"),
        ("alert", "engagement_low"),
        ("watch", "ltv_cac_below_target"),
    ]
