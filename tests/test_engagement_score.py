"""The engagement score: worked by hand, within bounds, higher for who is there, whatever the order of rows."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv_ml.errors import DataError
from clv_ml.models.engagement_score import WEIGHTS, EngagementReference, engagement_by_cohort, engagement_score

REFERENCE = EngagementReference(active_days=12, minutes=120, surfaces=3, usual_gap_days=7)
ANN = {
    "tenure_days": 200.0,
    "days_since_activity": 8.0,
    "activity_gap_mean": 4.0,
    "active_days_last_30d": 6.0,
    "active_days_last_60d": 14.0,
    "minutes_last_30d": 90.0,
    "surfaces_last_30d": 3.0,
}


def one(**changed: float) -> pd.DataFrame:
    return pd.DataFrame([ANN | changed], index=["ann"])


def score(customers: pd.DataFrame, reference: EngagementReference = REFERENCE) -> float:
    return float(engagement_score(customers, reference)["engagement_score"].iloc[0])


@st.composite
def active_customers(draw: st.DrawFn) -> dict[str, float]:
    """Somebody's figures that agree with each other."""
    silence = draw(st.integers(0, 120))
    recent = draw(st.integers(1, 30 - silence)) if silence < 30 else 0
    return {
        "tenure_days": float(draw(st.integers(silence, 500))),
        "days_since_activity": float(silence),
        "activity_gap_mean": draw(st.one_of(st.just(math.nan), st.floats(1, 90))),
        "active_days_last_30d": float(recent),
        "active_days_last_60d": float(recent + draw(st.integers(0, 30))),
        "minutes_last_30d": draw(st.floats(0, 1e5)),
        "surfaces_last_30d": float(draw(st.integers(0, 50))),
    }


references = st.builds(
    EngagementReference,
    active_days=st.floats(1, 30),
    minutes=st.one_of(st.none(), st.floats(0.1, 1e4)),
    surfaces=st.one_of(st.none(), st.floats(1, 40)),
    usual_gap_days=st.floats(1, 60),
)


def test_the_example_of_the_docstring() -> None:
    row = engagement_score(one(), REFERENCE).iloc[0]
    assert row.to_dict() == {
        "engagement_score": 65.0,
        "engagement_recency": 50.0,
        "engagement_frequency": 50.0,
        "engagement_depth": 75.0,
        "engagement_breadth": 100.0,
        "engagement_trend": 75.0,
    }
    assert math.fsum(WEIGHTS.values()) == pytest.approx(1.0)


def test_a_mark_that_cannot_be_given_leaves_its_weight_to_the_others() -> None:
    without_minutes = engagement_score(one().drop(columns="minutes_last_30d"), REFERENCE).iloc[0]
    assert math.isnan(without_minutes["engagement_depth"])
    assert without_minutes["engagement_score"] == round((65 - 0.15 * 75) / 0.85, 1)
    young = engagement_score(one(tenure_days=58.0), REFERENCE).iloc[0]
    assert math.isnan(young["engagement_trend"])
    assert young["engagement_score"] == round((65 - 0.15 * 75) / 0.85, 1)
    bare = EngagementReference(active_days=12, minutes=None, surfaces=None, usual_gap_days=7)
    assert score(one(), bare) == round((15 + 12.5 + 11.25) / 0.70, 1)


def test_who_was_never_active_scores_0() -> None:
    never = dict.fromkeys([name for name in ANN if name != "tenure_days"], 0.0)
    never |= {"days_since_activity": math.nan, "activity_gap_mean": math.nan}
    assert score(one(**never)) == 0.0
    assert score(one(**never, tenure_days=0.0)) == 0.0


def test_who_is_as_engaged_as_the_reference_scores_100() -> None:
    best = one(days_since_activity=0.0, active_days_last_30d=12.0, active_days_last_60d=24.0, minutes_last_30d=120.0)
    assert score(best) == 100.0


def test_who_is_new_is_measured_against_the_days_there_have_been() -> None:
    ten_days = engagement_score(one(tenure_days=9.0, active_days_last_30d=3.0, minutes_last_30d=20.0), REFERENCE).iloc[
        0
    ]
    assert (ten_days["engagement_frequency"], ten_days["engagement_depth"]) == (75.0, 50.0)  # 3 of 4, 20 of 40
    first_day = engagement_score(one(tenure_days=0.0, active_days_last_30d=1.0), REFERENCE).iloc[0]
    assert first_day["engagement_frequency"] == 100.0


def test_who_came_on_one_day_only_is_measured_against_everybodys_gap() -> None:
    once = engagement_score(one(activity_gap_mean=math.nan, days_since_activity=14.0), REFERENCE)
    assert once["engagement_recency"].iloc[0] == 50.0


def test_silence_after_earlier_activity_is_no_steady_trend() -> None:
    gone = one(days_since_activity=100.0, active_days_last_30d=0.0, active_days_last_60d=0.0)
    assert engagement_score(gone, REFERENCE)["engagement_trend"].iloc[0] == 0.0


@given(customer=active_customers(), reference=references)
def test_scores_stay_between_0_and_100(customer: dict[str, float], reference: EngagementReference) -> None:
    values = engagement_score(pd.DataFrame([customer]), reference).to_numpy()
    known = values[~np.isnan(values)]
    assert ((known >= 0) & (known <= 100)).all()


@given(customer=active_customers(), reference=references, days=st.integers(1, 120))
def test_the_score_never_falls_when_the_last_activity_is_more_recent(
    customer: dict[str, float], reference: EngagementReference, days: int
) -> None:
    sooner = customer | {"days_since_activity": max(customer["days_since_activity"] - days, 0.0)}
    assert score(pd.DataFrame([sooner]), reference) >= score(pd.DataFrame([customer]), reference)


@given(customer=active_customers(), reference=references, minutes=st.floats(0, 100), surface=st.booleans())
def test_the_score_never_falls_when_the_customer_comes_today_as_well(
    customer: dict[str, float], reference: EngagementReference, minutes: float, surface: bool
) -> None:
    new_day = float(customer["days_since_activity"] > 0)
    today = customer | {
        "days_since_activity": 0.0,
        "active_days_last_30d": customer["active_days_last_30d"] + new_day,
        "active_days_last_60d": customer["active_days_last_60d"] + new_day,
        "minutes_last_30d": customer["minutes_last_30d"] + minutes,
        "surfaces_last_30d": customer["surfaces_last_30d"] + surface,
    }
    assert score(pd.DataFrame([today]), reference) >= score(pd.DataFrame([customer]), reference)


def crowd() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    size = 200
    recent = rng.integers(0, 20, size)
    return pd.DataFrame(
        {
            "tenure_days": rng.integers(0, 300, size),
            "days_since_activity": np.where(recent > 0, rng.integers(0, 30, size), rng.integers(30, 200, size)),
            "activity_gap_mean": np.where(rng.random(size) < 0.2, np.nan, rng.uniform(1, 40, size)),
            "active_days_last_30d": recent,
            "active_days_last_60d": recent + rng.integers(0, 20, size),
            "minutes_last_30d": recent * rng.uniform(0, 60, size),
            "surfaces_last_30d": np.minimum(recent, rng.integers(0, 6, size)),
        },
        index=pd.Index([f"c{number:03d}" for number in range(size)], name="customer_id"),
    )


def test_row_order_changes_neither_reference_nor_scores_nor_cohorts() -> None:
    customers = crowd()
    shuffled = customers.sample(frac=1.0, random_state=1)
    cohort = pd.Series(np.where(np.arange(len(customers)) % 3, "2023-01", "2023-02"), index=customers.index)
    reference = EngagementReference.fit(customers)
    assert EngagementReference.fit(shuffled) == reference
    scores, turned = engagement_score(customers, reference), engagement_score(shuffled, reference)
    pd.testing.assert_frame_equal(turned.sort_index(), scores, check_exact=True)
    by_cohort = engagement_by_cohort(scores, cohort)
    pd.testing.assert_frame_equal(engagement_by_cohort(turned, cohort), by_cohort, check_exact=True)
    assert by_cohort["customers"].sum() == len(customers)


def test_reference_points_are_learned_from_who_had_any() -> None:
    customers = crowd()
    reference = EngagementReference.fit(customers)
    days = customers["active_days_last_30d"]
    had_any = days[days > 0]
    assert reference.active_days in set(had_any)
    assert (had_any <= reference.active_days).mean() >= 0.9 > (had_any < reference.active_days).mean()
    assert reference.usual_gap_days == pytest.approx(customers["activity_gap_mean"].median())
    assert EngagementReference.fit(customers.assign(minutes_last_30d=0.0)).minutes is None
    assert EngagementReference.fit(customers.drop(columns=["surfaces_last_30d"])).surfaces is None


def test_a_reference_without_any_activity_still_scores() -> None:
    silent = crowd().assign(active_days_last_30d=0, minutes_last_30d=0.0, surfaces_last_30d=0, activity_gap_mean=np.nan)
    reference = EngagementReference.fit(silent)
    assert reference == EngagementReference(active_days=1.0, minutes=None, surfaces=None, usual_gap_days=30.0)
    assert engagement_score(silent, reference)["engagement_score"].notna().all()
    nobody = engagement_score(silent.iloc[:0], EngagementReference.fit(silent.iloc[:0]))
    assert list(nobody.columns) == ["engagement_score", *(f"engagement_{mark}" for mark in WEIGHTS)]


def test_a_reference_survives_json() -> None:
    for reference in (REFERENCE, EngagementReference(3.5, None, None, 2.0)):
        assert EngagementReference.from_dict(json.loads(json.dumps(reference.to_dict()))) == reference


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"active_days": None}, "active_days must be a number above 0, got None"),
        ({"minutes": 0.0}, "minutes must be a number above 0, got 0.0"),
        ({"more": 1.0}, "needs active_days, minutes, surfaces, usual_gap_days, got"),
    ],
)
def test_a_reference_that_cannot_be_right_is_refused(change: dict[str, float | None], message: str) -> None:
    with pytest.raises(DataError, match=message):
        EngagementReference.from_dict(REFERENCE.to_dict() | change)


def test_missing_columns_are_named() -> None:
    with pytest.raises(DataError, match="tenure_days"):
        engagement_score(one().drop(columns="tenure_days"), REFERENCE)


def test_cohorts_are_summed_up_by_hand() -> None:
    scores = pd.DataFrame({"engagement_score": [10.0, 30.0, 80.0, 19.9]}, index=list("abcd"))
    cohort = pd.Series(["x", "x", "x", None], index=list("abcd"))
    table = engagement_by_cohort(scores, cohort).set_index("cohort")
    assert table.loc["x"].to_dict() == {
        "customers": 3,
        "mean": 40.0,
        "median": 30.0,
        "share_below_20": pytest.approx(1 / 3),
    }
    assert table.loc["unknown", "share_below_20"] == 1.0
    even = engagement_by_cohort(scores.drop(index="a"), cohort).set_index("cohort")
    assert even.loc["x", "median"] == 55.0
    with pytest.raises(DataError, match=r"2 scored customers are not in it \(c, d\)"):
        engagement_by_cohort(scores, cohort.iloc[:2])
