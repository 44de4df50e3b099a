"""How right the last list was."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from clv_ml.evaluation.last_list import LastList, judge_list


def judged(p: list[float], left: list[int], status: list[str] | None = None) -> LastList | None:
    ids = [f"c{number}" for number in range(len(p))]
    listed = pd.DataFrame(
        {
            "customer_id": ids,
            "action_status": status or ["contact"] * len(p),
            "rank": range(1, len(p) + 1),
            "p_churn_30d": p,
        }
    )
    churned = pd.Series(left, index=ids, dtype=float)
    day = dt.date(2024, 1, 31)
    return judge_list(listed, churned, as_of=day, horizon_days=30, judged_on=day + dt.timedelta(days=30))


def test_the_expected_leavers_stand_beside_the_actual_ones() -> None:
    found = judged([0.5, 0.5, 1.0, 0.0], [1, 0, 1, 0])
    assert found is not None
    assert (found.customers, found.expected_leavers, found.actual_leavers) == (4, 2.0, 2)
    assert [found.low, found.high] == pytest.approx([0.6, 3.4])
    assert found.inside
    assert found.to_dict()["actual_rate"] == 0.5
    assert (found.as_of, found.judged_on, found.horizon_days) == ("2024-01-31", "2024-03-01", 30)


def test_only_who_was_to_be_contacted_or_held_back_is_judged_where_there_are_such() -> None:
    found = judged([0.9, 0.1, 0.5], [1, 1, 0], ["excluded", "contact", "control"])
    assert found is not None
    assert (found.customers, found.actual_leavers) == (2, 1)
    everybody = judged([0.9, 0.1], [1, 1], ["over_capacity", "over_capacity"])
    assert everybody is not None
    assert everybody.customers == 2


def test_a_list_whose_customers_are_gone_from_the_data_is_not_judged() -> None:
    listed = pd.DataFrame({"customer_id": ["a"], "action_status": ["contact"], "rank": [1], "p_churn_30d": [0.5]})
    nobody = pd.Series(1.0, index=["somebody else"])
    day = dt.date(2024, 1, 31)
    assert judge_list(listed, nobody, as_of=day, horizon_days=30, judged_on=day) is None


def test_right_probabilities_are_inside_their_band_about_95_times_in_100() -> None:
    rng = np.random.default_rng(8)
    inside = 0
    for _ in range(400):
        p = rng.random(200)
        found = judged(p.tolist(), (rng.random(200) < p).astype(int).tolist())
        assert found is not None
        inside += found.inside
    assert 0.92 <= inside / 400 <= 0.98
