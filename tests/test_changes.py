"""A list beside the one before it."""

from __future__ import annotations

import pandas as pd

from clv_ml.decisions.changes import changes


def of(ids: list[str], p: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": ids, "rank": range(1, len(ids) + 1), "p_churn_90d": p})


def test_new_risen_fallen_and_unchanged_customers_are_told_apart() -> None:
    before = of(["a", "b", "c"], [0.5, 0.5, 0.5])
    told = changes(of(["d", "c", "b", "a"], [0.9, 0.55, 0.45, 0.549]), before, main_score="p_churn_90d")
    assert told["change"].tolist() == ["new", "higher_risk", "lower_risk", "same"]
    assert told["previous_rank"].tolist() == [pd.NA, 3, 2, 1]
    assert told["previous_p_churn"].isna().tolist() == [True, False, False, False]


def test_the_first_list_has_nothing_to_compare_with() -> None:
    for previous in (None, pd.DataFrame({"customer_id": ["a"], "rank": [1]})):
        told = changes(of(["a"], [0.5]), previous, main_score="p_churn_90d")
        assert told["change"].tolist() == [""]
        assert told["previous_rank"].isna().all()
        assert told["previous_rank"].dtype == "Int64"


def test_an_empty_list_keeps_the_columns() -> None:
    assert list(changes(of([], []), of(["a"], [0.5]), main_score="p_churn_90d").columns) == [
        "change",
        "previous_rank",
        "previous_p_churn",
    ]
