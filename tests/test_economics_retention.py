"""Retention, cumulative value and time to a second order: right by a second computation, and never a false fall."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from economics_data import START, frames, histories
from economics_reference import REAL, cumulative_of, people_of, real_purchase_days, retention_of, returned_of
from hypothesis import given, settings

from clv_ml.config import CohortsConfig, ValueConfig
from clv_ml.economics.customers import CohortFrames, frames_of
from clv_ml.economics.retention import NEVER, cumulative, days_to_second_order, median_days, retention, second_order

TWO_MONTHS = (
    ("a", "2023-01-01", 10.0),
    ("a", "2023-02-05", 20.0),
    ("b", "2023-01-31", 30.0),
    ("c", "2023-02-10", 40.0),
    ("c", "2023-03-20", 50.0),
    ("d", "2023-02-28", 60.0),
)


def of(table: pd.DataFrame, cohort: str, column: str, key: str = "age_period") -> dict[int, float]:
    rows = table[table["cohort"] == cohort]
    return dict(zip(rows[key], rows[column], strict=True))


def agrees_with_the_reference(found: CohortFrames, dimension: str) -> None:
    triangle, curves, second = retention(found), cumulative(found), second_order(found)
    for cohort, people in people_of(found, dimension).items():
        for table in (triangle, curves, second):
            assert set(table.loc[table["cohort"] == cohort, "customers"]) <= {len(people)}
        rows = triangle[(triangle["dimension"] == dimension) & (triangle["cohort"] == cohort)]
        for row in rows.to_dict("records"):
            watched, back = retention_of(people, row["age_period"])
            assert (row["observed"], row["active"]) == (watched, back)
            assert row["complete"] == (watched == len(people) or (dimension != "month" and watched >= 30))
            assert row["rate"] == back / watched if row["complete"] else np.isnan(row["rate"])
        rows = curves[(curves["dimension"] == dimension) & (curves["cohort"] == cohort) & curves["complete"]]
        for row in rows.to_dict("records"):
            exact = cumulative_of(people, row["age_period"])
            assert row["revenue"] == pytest.approx(float(exact) / 100, rel=1e-12, abs=1e-9)
            assert row["profit"] == pytest.approx(found.value.margin * float(exact) / 100, rel=1e-9, abs=1e-9)
        rows = second[(second["dimension"] == dimension) & (second["cohort"] == cohort)]
        for row in rows.to_dict("records"):
            assert (row["observed"], row["returned"]) == returned_of(people, row["days"])


@pytest.mark.parametrize("name", REAL)
def test_curves_agree_with_a_second_computation_on_real_data(name: str, request: pytest.FixtureRequest) -> None:
    folder = Path() if name == "cdnow" else request.getfixturevalue("data_dir")
    days = real_purchase_days(name, folder)
    last = days["day"].max().date()
    found = frames_of(days, as_of=last, value=ValueConfig(margin=0.3), cohorts=CohortsConfig(max_ages=12))
    agrees_with_the_reference(found, "month")
    agrees_with_the_reference(found, "all")


def test_a_month_that_is_cut_is_told_as_not_over_and_has_no_rate() -> None:
    whole, cut = frames(*TWO_MONTHS, as_of="2023-03-31"), frames(*TWO_MONTHS, as_of="2023-03-28")
    assert of(retention(whole), "2023-02", "complete") == {0: True, 1: False}
    rates = of(retention(whole), "2023-02", "rate")
    assert rates[0] == 1.0
    assert np.isnan(rates[1])  # c came back, d has had one day of the period: 50 % would be a fall that is none
    assert of(retention(cut), "2023-02", "complete") == {0: False, 1: False}
    assert np.isnan(of(retention(cut), "2023-02", "rate")[0])
    assert of(retention(whole), "2023-01", "rate")[1] == 0.5
    assert np.isnan(of(cumulative(cut), "2023-02", "revenue")[0])
    assert of(cumulative(whole), "2023-01", "revenue") == {0: 20.0, 1: 30.0} | {2: pytest.approx(np.nan, nan_ok=True)}


def test_a_dimension_without_end_counts_those_for_whom_the_period_is_over() -> None:
    table = retention(frames(*TWO_MONTHS, as_of="2023-03-31"))
    everybody = table[table["dimension"] == "all"]
    assert everybody["observed"].tolist() == [4, 2, 1]
    assert everybody["active"].tolist() == [4, 1, 0]
    assert everybody["rate"].tolist() == [1.0, 0.5, 0.0]


def test_few_customers_at_a_late_age_are_no_figure_of_an_open_cohort() -> None:
    table = retention(frames(*TWO_MONTHS, as_of="2023-03-31", min_customers=2))
    assert table.loc[table["dimension"] == "all", "complete"].tolist() == [True, True, False]
    assert table.loc[table["dimension"] == "all", "small"].tolist() == [False] * 3


def test_the_second_order_is_on_another_day_and_within_the_days_that_were_watched() -> None:
    found = frames(*TWO_MONTHS, as_of="2023-03-31")
    assert days_to_second_order(found).tolist() == [35, NEVER, 38, NEVER]
    share = of(second_order(found), "all", "share", "days")
    assert share == {7: 0.0, 14: 0.0, 30: 0.0, 60: 1.0}  # a and b were watched for 59 days or more, b never returned


def test_the_median_day_counts_who_is_still_watched() -> None:
    # by hand: of 4 one returns at 10 (1/4), one leaves the watch at 15, one of 2 returns at 20: 1 - 3/4 x 1/2 = .625
    gap, followed = np.array([10, NEVER, 20, NEVER]), np.array([50, 15, 50, 50])
    assert median_days(gap, followed) == 20.0
    assert median_days(gap, followed, level=0.25) == 10.0
    assert np.isnan(median_days(gap, followed, level=0.7))
    assert np.isnan(median_days(np.array([NEVER]), np.array([5])))


@settings(settings.get_profile("engine"), max_examples=8)
@given(rows=histories())
def test_rates_are_shares_months_sum_to_everybody_and_the_order_of_rows_is_nothing(rows: pd.DataFrame) -> None:
    as_of = START + dt.timedelta(days=199)
    sections = CohortsConfig(min_customers=1)
    found, turned = (frames_of(table, as_of=as_of, cohorts=sections) for table in (rows, rows[::-1]))
    for compute in (retention, cumulative, second_order):
        pd.testing.assert_frame_equal(compute(found), compute(turned))
    triangle, second = retention(found), second_order(found)
    for table, part, key in ((triangle, "active", "age_period"), (second, "returned", "days")):
        share = table["rate" if part == "active" else "share"]
        assert share.dropna().between(0.0, 1.0).all()
        assert (share.isna() == ~table["complete"]).all()
        months, everybody = (
            table[table["dimension"] == dimension].groupby(key)[["observed", part]].sum()
            for dimension in ("month", "all")
        )
        pd.testing.assert_frame_equal(months, everybody.reindex(months.index))
    agrees_with_the_reference(found, "month")
