"""Payback: observed where complete, projected with a band elsewhere, and never a fall that is only youth."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from predicted_data import START, World, coverage, rfm_of, world

from clv_ml.config import CohortsConfig, ValueConfig
from clv_ml.economics.customers import CohortFrames, frames_of
from clv_ml.economics.payback import break_even, payback_curves, payback_period
from clv_ml.economics.payback_projection import Projection, project
from clv_ml.errors import DataError
from clv_ml.evaluation.forecast_error import ForecastError
from clv_ml.models.fitting import FittedModels
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel

GIVEN = FittedModels(
    START,
    PurchaseModel.from_params(r=0.7, alpha=30.0, a=0.8, b=2.5),
    SpendModel.from_params(p=6.25, q=3.74, v=15.44),
    None,
    "given",
)


@pytest.fixture(scope="module")
def shop() -> World:
    return world(800, seed=1, cost=30.0)


@pytest.fixture(scope="module")
def projection(shop: World) -> Projection:
    return project(shop.models, shop.customers, shop.known)


def small(
    rows: list[tuple[str, str, float]], *, as_of: str, costs: dict[str, float] | None = None, **cohorts: Any
) -> CohortFrames:
    """A shop of hand: customer, day, spend."""
    days = pd.DataFrame(rows, columns=["customer_id", "day", "spend"]).assign(orders=1)
    ids = sorted(set(days["customer_id"]))
    people = pd.DataFrame({"acquisition_cost": pd.Series(costs or {}, dtype=float).reindex(ids)}, index=ids)
    return frames_of(
        days,
        people,
        as_of=dt.date.fromisoformat(as_of),
        value=ValueConfig(margin=0.5, horizon_days=90),
        cohorts=CohortsConfig(**cohorts),
    )


def test_complete_ages_are_what_the_purchase_days_add_up_to(shop: World, projection: Projection) -> None:
    curves = payback_curves(projection)
    days = shop.known.purchase_days
    age = (days["day"] - days["customer_id"].map(shop.known.members["first_day"])).dt.days
    month = days["customer_id"].map(shop.known.members["month"])
    whole = curves[(curves["dimension"] == "month") & curves["complete"]]
    assert len(whole) > 20
    for row in whole.to_dict("records"):
        profit = days.loc[(month == row["cohort"]) & (age < row["age_days"]), "profit"].sum() / row["customers"]
        for name in ("profit", "expected", "low", "high"):
            assert row[name] == pytest.approx(profit)
        assert row["age_days"] == 30 * (row["age_period"] + 1)


def test_an_age_that_is_not_over_for_all_has_no_observed_profit_and_the_curve_goes_on(
    shop: World, projection: Projection
) -> None:
    """The last month has only just begun: cut data would show its curve flat, or fallen."""
    curves = payback_curves(projection)
    followed = shop.known.followed
    youngest: Any = pd.Series(followed, index=shop.known.members.index).groupby(shop.known.members["month"]).min()
    for cohort, some in curves[curves["dimension"] == "month"].groupby("cohort"):
        assert (some["complete"] == (some["age_days"] <= youngest[cohort] + 1)).all()
        assert (some["profit"].notna() == some["complete"]).all()
        assert (np.diff(some["expected"]) >= 0).all()
    open_ = curves[~curves["complete"]]
    assert (open_["low"] < open_["high"]).all()
    assert (open_["low"] <= open_["expected"]).all()
    assert (open_["expected"] <= open_["high"]).all()
    # customers keep coming into everybody: no age is over for the youngest of them
    assert not curves.loc[curves["dimension"] == "all", "complete"].any()


def test_the_expectation_of_an_open_age_is_the_mean_of_its_futures(projection: Projection) -> None:
    """200 futures: a standard error of the mean is a tenth of a tenth of the band."""
    for cohort in range(len(projection.groups.keys)):
        rows = projection.projected_periods
        spread = projection.curves[cohort, :rows].std(axis=1)
        off = projection.curves[cohort, :rows].mean(axis=1) - projection.expected[cohort, :rows]
        assert (np.abs(off) <= 4.5 * spread / np.sqrt(200) + 1e-9).all()


def test_payback_is_observed_where_it_happened_and_projected_elsewhere(projection: Projection) -> None:
    found = payback_period(projection)
    keys = projection.groups.keys
    for cohort in range(len(keys)):
        over = projection.observed[cohort, : projection.complete[cohort]]
        happened = np.flatnonzero(over >= 30.0)
        if happened.size:
            assert found.status[cohort] == "observed"
            assert found.day[cohort] == found.low[cohort] == found.high[cohort] == 30 * (happened[0] + 1)
        elif found.status[cohort] == "projected":
            assert found.low[cohort] <= found.day[cohort]
            assert not found.high[cohort] < found.day[cohort]
            assert found.low[cohort] > 30 * projection.complete[cohort]
    assert {"observed", "projected"} <= set(found.status)


def test_the_break_even_share_counts_customers_one_by_one(shop: World, projection: Projection) -> None:
    table = break_even(projection)
    days = shop.known.purchase_days
    age = (days["day"] - days["customer_id"].map(shop.known.members["first_day"])).dt.days
    some = table[(table["dimension"] == "month") & table["complete"]]
    for row in some.iloc[::4].to_dict("records"):
        ids = shop.known.members.index[shop.known.members["month"] == row["cohort"]]
        own = days[age < row["age_days"]].groupby("customer_id")["profit"].sum().reindex(ids).fillna(0.0)
        assert row["observed"] == row["share"] == pytest.approx((own >= 30.0).mean())
    assert (table["observed"].notna() == table["complete"]).all()
    assert ((table[["share", "low", "high"]] >= 0) & (table[["share", "low", "high"]] <= 1)).all(axis=None)
    for _, rows in table.groupby(["dimension", "cohort"]):
        assert (np.diff(rows["share"]) >= -1e-12).all()


def test_customers_who_cost_nothing_have_paid_back_and_unknown_costs_have_no_payback() -> None:
    rows = [("a", "2024-01-01", 10.0), ("b", "2024-01-02", 10.0), ("a", "2024-02-20", 10.0)]
    for costs, status, day in (
        ({"a": 0.0, "b": 0.0}, "no_cost", 0.0),
        ({"a": 4.0}, "cost_unknown", np.nan),
        ({}, "cost_unknown", np.nan),
    ):
        frames = small(rows, as_of="2024-03-31", costs=costs)
        found = project(GIVEN, rfm_of(frames), frames, n_futures=20)
        payback = payback_period(found)
        assert set(payback.status) == {status}
        np.testing.assert_array_equal(payback.day, day)
        assert break_even(found).empty == (status == "cost_unknown")
    assert list(break_even(found).columns)


def test_who_never_pays_back_is_beyond_and_not_a_number_of_days() -> None:
    rows = [("a", "2024-01-01", 10.0), ("b", "2024-01-02", 10.0), ("b", "2024-11-20", 10.0)]
    frames = small(rows, as_of="2024-12-31", costs={"a": 1e6, "b": 1e6}, max_ages=6)
    found = project(GIVEN, rfm_of(frames), frames, n_futures=20)
    payback = payback_period(found)
    assert set(payback.status) == {"beyond"}
    assert np.isnan([payback.day, payback.low, payback.high]).all()
    assert (payback.chance == 0).all()
    assert (break_even(found)["share"] == 0).all()
    assert payback_curves(found)["age_period"].max() == 5


def test_days_that_the_data_do_not_reach_are_to_come_and_not_silent() -> None:
    """The data end on 10 February; a report of June must not take the months since for months without purchases."""
    rows = [("a", "2024-01-01", 10.0), ("a", "2024-01-20", 10.0), ("b", "2024-01-08", 10.0), ("a", "2024-02-10", 10.0)]
    late, then = (small(rows, as_of=day) for day in ("2024-06-30", "2024-02-10"))
    assert late.known_to == then.known_to
    first, second = (payback_curves(project(GIVEN, rfm_of(some), some, n_futures=20)) for some in (late, then))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_a_cohort_of_one_customer_pays_back_on_the_day_his_purchases_say() -> None:
    rows = [("a", "2024-01-01", 10.0), ("a", "2024-02-10", 8.0), ("a", "2024-03-20", 30.0)]
    frames = small(rows, as_of="2024-06-30", costs={"a": 9.0})
    payback = payback_period(project(GIVEN, rfm_of(frames), frames, n_futures=20))
    np.testing.assert_array_equal(payback.day, 60.0)  # 5 by day 30, 9 by day 60
    assert set(payback.status) == {"observed"}


def test_keeping_customers_costs_from_the_first_day_on() -> None:
    rows = [("a", "2024-01-01", 10.0), ("a", "2024-02-10", 10.0)]
    frames = small(rows, as_of="2024-03-15", costs={"a": 9.5}, retention_cost=7.30)
    plain = small(rows, as_of="2024-03-15", costs={"a": 9.5})
    with_cost, without = (project(GIVEN, rfm_of(some), some, n_futures=20) for some in (frames, plain))
    months = np.arange(1, with_cost.observed.shape[1] + 1)
    np.testing.assert_allclose(without.observed - with_cost.observed, [0.60 * months] * 2)
    np.testing.assert_allclose(without.ltv - with_cost.ltv, 7.30 * 90 / 365)
    assert payback_period(without).status[0] == "observed"
    assert payback_period(with_cost).status[0] != "observed"  # 8.80 by day 60


def test_a_measured_error_widens_the_band_and_leaves_what_is_over(shop: World, projection: Projection) -> None:
    error = ForecastError({"spend": {"90": {"common": 0.5, "cohort": 0.0, "cutoffs": 3.0}}})
    wide = payback_curves(project(shop.models, shop.customers, shop.known, error=error))
    plain = payback_curves(projection)
    over = plain["complete"]
    pd.testing.assert_frame_equal(wide[over], plain[over])
    width = ((some["high"] - some["low"])[~over].mean() for some in (wide, plain))
    assert next(width) > 1.2 * next(width)


def test_the_order_of_rows_changes_nothing(shop: World, projection: Projection) -> None:
    order = np.random.default_rng(1).permutation(len(shop.customers))
    again = project(shop.models, shop.customers.iloc[order], shop.known)
    pd.testing.assert_frame_equal(payback_curves(again), payback_curves(projection), check_exact=True)


def test_customers_of_another_day_are_refused(shop: World) -> None:
    with pytest.raises(DataError, match="take both of the same day"):
        project(shop.models, shop.customers, shop.later)


def test_intervals_of_payback_and_of_value_to_cost_hold_simulated_truth_about_as_often_as_they_say() -> None:
    """6 shops, 24 channels of about 50: four standard errors of a share of 95 % are 18 points.

    ``tests/benchmarks/bench_payback.py`` measures more of them. Payback is told in steps of 30 days, so that its
    interval holds more than it says.
    """
    found = coverage(6, 500, first_seed=200)
    shares: Any = found.groupby("dimension")[["payback", "ratio"]].mean().astype(float)
    assert shares.loc["channel", "payback"] > 0.77
    assert shares.loc["channel", "ratio"] > 0.77
    assert shares.loc["month", "payback"] > 0.85
    assert found["observed"].dropna().all()
