"""Observed metrics by cohort and month: worked figures, a second computation in pandas, and months that are cut."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from economics_data import START, frames, histories
from economics_reference import REAL, real_purchase_days
from hypothesis import given, settings

from clv_ml.config import CohortsConfig, ValueConfig
from clv_ml.economics.customers import CohortFrames, frames_of
from clv_ml.economics.observed import churn_length, observed_cohorts
from clv_ml.economics.observed_periods import observed_periods


def row(table: pd.DataFrame, cohort: str, **keys: object) -> dict[str, object]:
    chosen = table[table["cohort"] == cohort]
    for name, value in keys.items():
        chosen = chosen[chosen[name] == value]
    [found] = chosen.to_dict("records")
    return {str(name): value for name, value in found.items()}


def test_the_worked_repeat_rate_order_value_frequency_and_margin_come_out_of_purchase_days() -> None:
    # 1,000 customers of whom 120 come back: 12 %; 5,000 orders of 25 each, 5 a customer; goods cost 60 %
    names = [f"c{number:04d}" for number in range(1000)]
    first = pd.DataFrame({"customer_id": names, "day": START, "orders": 4, "cents": 10_000})
    again = pd.DataFrame(
        {"customer_id": names[:120], "day": START + dt.timedelta(days=9), "orders": 4, "cents": 10_000}
    )
    days = pd.concat([first, again], ignore_index=True).assign(cost_cents=6000, uncosted_cents=0)
    found = row(observed_cohorts(frames_of(days, as_of=START + dt.timedelta(days=9))), "2023-01")
    assert found["repeat_rate"] == 0.12
    assert found["order_value"] == 25.0
    assert found["gross_margin"] == 0.4
    assert found["frequency"] == 4 * 1120 / 1000
    assert found["profit"] == pytest.approx(1120 * 40.0)


def test_the_worked_churn_and_lifespan_come_out_of_purchase_days() -> None:
    # 50 customers a year ago, 45 of them bought again within the year: churn 10 %, lifespan ten years
    names = [f"c{number:02d}" for number in range(50)]
    rows = [(name, "2022-06-01", 25.0) for name in names] + [(name, "2023-06-01", 25.0) for name in names[:45]]
    rows += [("z", "2022-01-01", 5.0), ("z", "2022-12-31", 5.0)]  # the data are two years long
    found = row(observed_cohorts(frames(*rows, as_of="2023-12-31")), "2022-06")
    assert (found["churn_base"], found["churn_rate"], found["churn_days"]) == (50, pytest.approx(0.1), 365)
    assert found["lifespan_days"] == pytest.approx(3650.0)
    assert found["churn_per_year"] == pytest.approx(0.1)


@pytest.mark.parametrize("name", REAL)
def test_figures_agree_with_pandas_on_real_data(name: str, request: pytest.FixtureRequest) -> None:
    folder = Path() if name == "cdnow" else request.getfixturevalue("data_dir")
    days = real_purchase_days(name, folder)
    last = days["day"].max()
    found = frames_of(days, as_of=last.date(), value=ValueConfig(margin=0.3), dimensions=("month", "value_quartile"))
    agree_by_cohort(found, days, last)
    agree_by_month(found, days)


def agree_by_cohort(found: CohortFrames, days: pd.DataFrame, last: pd.Timestamp) -> None:
    table = observed_cohorts(found)
    first = days.groupby("customer_id")["day"].min()
    day = days["day"]
    for dimension in found.every_dimension:
        label = days["customer_id"].map(found.cohort_of(dimension))
        for cohort, part in days.groupby(label):
            told = row(table, str(cohort), dimension=dimension)
            n = part["customer_id"].nunique()
            visits = part.groupby("customer_id")["day"].nunique()
            assert told["customers"] == n
            assert told["order_value"] == pytest.approx(part["cents"].sum() / 100 / part["orders"].sum(), rel=1e-12)
            assert told["frequency"] == part["orders"].sum() / n
            assert told["repeat_rate"] == (visits > 1).sum() / n
            assert told["gross_margin"] == pytest.approx(0.3)
            for column, ahead, within in (
                ("churn_90d", 90, 180),
                ("churn_rate", churn_length(found), churn_length(found)),
            ):
                cut = last - pd.Timedelta(days=ahead)
                there = set(part.loc[(day <= cut) & (day > cut - pd.Timedelta(days=within)), "customer_id"])
                back = set(part.loc[day > cut, "customer_id"])
                open_month = dimension == "month" and (first.loc[visits.index] > cut).any()
                expected = np.nan if open_month or not there else len(there - back) / len(there)
                assert told[column] == pytest.approx(expected, nan_ok=True, rel=1e-12)


def agree_by_month(found: CohortFrames, days: pd.DataFrame) -> None:
    table = observed_periods(found)
    months = days["day"].dt.to_period("M")
    first = months.groupby(days["customer_id"]).min()
    for period, part in days.groupby(months):
        told = row(table, "all", period=str(period))
        active = set(part["customer_id"])
        before = set(days.loc[months == period - 1, "customer_id"])
        assert told["active_customers"] == len(active)
        assert told["new_customers"] == (first == period).sum()
        assert told["customers"] == (first <= period).sum()
        assert told["kept"] == len(active & before)
        assert told["spend"] == part["cents"].sum() / 100
        whole = period.end_time.date() <= found.known_to and days["day"].min() <= period.start_time
        assert told["complete"] == whole
        if whole:
            twice = set(part["customer_id"][part["customer_id"].duplicated()])
            assert told["repeat_rate"] == len({who for who in active if first[who] < period} | twice) / len(active)
            assert told["frequency"] == part["orders"].sum() / len(active)
        if whole and before and days["day"].min() <= (period - 1).start_time:
            assert told["churn_rate"] == pytest.approx(1 - len(active & before) / len(before), rel=1e-12)
    by_cohort = table[table["dimension"] == "month"].groupby("period")[["orders", "new_customers", "spend"]].sum()
    everybody = table[table["dimension"] == "all"].set_index("period")[["orders", "new_customers", "spend"]]
    pd.testing.assert_frame_equal(by_cohort, everybody)


def test_a_month_that_is_cut_has_counts_so_far_and_no_rates() -> None:
    rows = [
        (f"c{number}", f"2023-0{month}-0{day}", 10.0) for number in range(4) for month in (1, 2, 3) for day in (1, 8)
    ]
    cut = observed_periods(frames(*rows, as_of="2023-03-09"))
    march = row(cut, "all", period="2023-03")
    assert not march["complete"]
    assert (march["orders"], march["kept"], march["start_customers"]) == (8, 4, 4)
    for name in ("order_value", "frequency", "repeat_rate", "gross_margin", "churn_rate", "churn_30d"):
        assert np.isnan(float(str(march[name])))
    february = row(cut, "all", period="2023-02")
    assert february["complete"]
    assert february["churn_rate"] == 0.0
    assert np.isnan(float(str(february["churn_30d"])))  # 30 days after February are not over
    # the data begin on the second day: nobody knows what January was
    late = observed_periods(frames(*rows[1:], ("c0", "2023-01-02", 1.0), as_of="2023-03-31"))
    assert row(late, "all", period="2023-01")["complete"]  # others bought on the first
    alone = observed_periods(frames(("a", "2023-01-02", 1.0), ("a", "2023-02-20", 1.0), as_of="2023-03-31"))
    assert [row(alone, "all", period=f"2023-0{month}")["complete"] for month in (1, 2, 3)] == [False, True, True]
    assert np.isnan(float(str(row(alone, "all", period="2023-02")["churn_rate"])))


def test_data_that_end_before_the_day_that_is_asked_for_leave_their_last_month_open() -> None:
    rows = [("a", f"2023-01-{day:02d}", 5.0) for day in range(1, 29)] + [("a", "2023-02-03", 5.0)]
    table = observed_periods(frames(*rows, as_of="2023-02-28"))
    assert not row(table, "all", period="2023-02")["complete"]


def test_a_month_is_open_until_its_last_day_and_its_churn_until_all_have_come() -> None:
    rows = [("a", "2023-01-03", 5.0), ("b", "2023-01-30", 5.0), ("a", "2023-02-20", 5.0), ("c", "2023-02-25", 5.0)]
    table = observed_cohorts(frames(*rows, as_of="2023-02-27"), horizons_days=(30,))
    assert row(table, "2023-01")["complete"]
    assert not row(table, "2023-02")["complete"]
    assert np.isnan(float(str(row(table, "2023-01")["churn_30d"])))  # b came after January 28
    assert row(table, "all")["churn_30d"] == 0.0
    assert row(table, "all")["at_risk_30d"] == 1


@settings(settings.get_profile("engine"), max_examples=6)
@given(rows=histories())
def test_rates_stay_shares_and_the_order_of_rows_is_nothing(rows: pd.DataFrame) -> None:
    as_of = START + dt.timedelta(days=199)
    found, turned = (
        frames_of(table, as_of=as_of, cohorts=CohortsConfig(min_customers=1)) for table in (rows, rows[::-1])
    )
    for compute in (observed_cohorts, observed_periods):
        table = compute(found)
        pd.testing.assert_frame_equal(table, compute(turned))
        rates = table[["repeat_rate", "churn_rate", *(f"churn_{days}d" for days in (30, 60, 90))]].to_numpy()
        known = rates[~np.isnan(rates)]
        assert ((known >= 0.0) & (known <= 1.0)).all()
