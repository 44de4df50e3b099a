"""The formulas stand beside the model's figure; the parts of the difference sum to it, and the largest is named."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from economics_data import frames, random_shop

from clv_ml.config import CohortsConfig, ValueConfig
from clv_ml.economics.customers import CohortFrames, frames_of
from clv_ml.economics.formulas_table import formula_table


@pytest.fixture(scope="module")
def found() -> CohortFrames:
    days, people = random_shop(200, seed=3, days=730)
    return frames_of(
        days,
        people,
        as_of=days["day"].max(),
        value=ValueConfig(margin=0.4),
        cohorts=CohortsConfig(),
        dimensions=("month", "channel"),
    )


def test_the_parts_sum_to_the_difference_and_the_largest_is_the_reason(found: CohortFrames) -> None:
    model = pd.Series(np.arange(len(found.members), dtype=float), index=found.members.index)
    table = formula_table(found, {365: model, 90: model / 4}, horizon_days=365)
    parts = table[["due_horizon", "due_timing", "due_gone", "due_model"]]
    told = table[parts.notna().all(axis=1) & ~table["reason"].isin(["nobody_lost", "too_young"])]
    assert len(told) > 20
    summed = parts.loc[told.index].sum(axis=1)
    assert summed.to_numpy() == pytest.approx(told["difference"].to_numpy(), rel=1e-9, abs=1e-9)
    lifetimes = told[told["figure"].isin(["simple", "subscription"])]
    largest = [str(name) for name in parts.loc[lifetimes.index].abs().idxmax(axis=1)]
    assert largest == [f"due_{reason}" for reason in lifetimes["reason"]]
    assert set(table.loc[table["figure"] == "windowed_90d", "reason"]) == {"looks_back"}
    assert set(table.loc[table["figure"] == "windowed_30d", "reason"]) == {"no_model"}


def test_the_simple_formula_is_redone_by_hand(found: CohortFrames) -> None:
    table = formula_table(found, {}, horizon_days=365)
    row = table[(table["dimension"] == "all") & (table["figure"] == "simple")].iloc[0]
    days = found.purchase_days
    span = (found.known_to - days["day"].min().date()).days + 1
    length = min(365, span // 2)
    cut = pd.Timestamp(found.known_to) - pd.Timedelta(days=length)
    lately = days[days["day"] > cut]
    before = days[(days["day"] <= cut) & (days["day"] > cut - pd.Timedelta(days=length))]
    churn = 1 - len(set(before["customer_id"]) & set(lately["customer_id"])) / before["customer_id"].nunique()
    yearly = lately["spend"].sum() / lately["customer_id"].nunique() * 365 / length
    assert row["value"] == pytest.approx(yearly * 0.4 * length / 365 / churn)
    assert row["reason"] == "no_model"


def test_without_churn_there_is_no_lifespan_and_the_reason_says_so() -> None:
    rows = [("a", str(dt.date(2022, 1, 1) + dt.timedelta(days=day)), 10.0) for day in range(0, 400, 10)]
    found = frames(*rows, ("b", "2023-01-20", 5.0), as_of="2023-01-30")
    table = formula_table(found, {365: pd.Series(5.0, index=["a", "b"])}, horizon_days=365)
    simple = table[(table["figure"] == "simple")].set_index("cohort")
    assert simple.loc["2022-01", "reason"] == "nobody_lost"
    assert simple["value"].isna().all()
    assert simple.loc["2023-01", "reason"] == "too_young"
