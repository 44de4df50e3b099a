"""The risk list: who is on it, in what order, and what each column means."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv_ml.config import Config, RiskConfig
from clv_ml.decisions.risk import RISK_COLUMNS, ListContext, risk_bands, risk_list, value_at_risk, value_tiers
from clv_ml.models.fitting import FittedModels
from clv_ml.models.scoring import score_customers

CONTEXT = ListContext(
    "run1",
    dt.date(2024, 3, 31),
    "shop-1",
    "EUR",
    clv_horizon_days=365,
    main_horizon_days=90,
    margin=0.3,
    annual_discount_rate=0.1,
)
FIGURES = ("silence_ratio", "gap_mean", "gap_max", "purchases_trend", "purchases_last_90d", "purchases_last_180d")


def customers_of(scores: pd.DataFrame) -> pd.DataFrame:
    facts = dict.fromkeys((*FIGURES, "spend_last_90d", "spend_last_180d"), np.nan)
    facts |= {"frequency": 0, "days_since_last": 40, "T": 40}
    return pd.DataFrame(facts, index=scores.index)


def scores_of(p: list[float], value: list[float], clv: list[float] | None = None, ids: list[str] | None = None) -> Any:
    names = ids or [f"c{number:02d}" for number in range(len(p))]
    index = pd.Index(names, name="customer_id", dtype="str")
    columns = {"p_churn_30d": p, "p_churn_90d": p, "value_if_retained": value, "expected_clv": clv or value}
    fixed: dict[str, Any] = {"score_source": "bgnbd", "expected_purchases": 1.0, "days_to_next_order": 10.2}
    return pd.DataFrame(columns, index=index, dtype=float).assign(**fixed)


def listed(scores: pd.DataFrame, **risk: Any) -> pd.DataFrame:
    config = RiskConfig(**{"high_value_share": 1.0, **risk})
    return risk_list(customers_of(scores), scores, config=config, context=CONTEXT)


def test_money_at_risk_is_churn_times_the_value_if_retained_and_never_times_clv() -> None:
    scores = scores_of([0.5, 0.9], [200.0, 100.0], clv=[1.0, 2.0])
    assert value_at_risk(scores, "p_churn_90d").tolist() == [100.0, 90.0]
    table = listed(scores)
    assert table["value_at_risk"].tolist() == [100.0, 90.0]
    assert table["customer_id"].tolist() == ["c00", "c01"]


def test_equal_money_at_risk_is_ranked_by_customer_id() -> None:
    table = listed(scores_of([0.5, 0.25, 1.0, 0.9], [100.0, 200.0, 50.0, 100.0], ids=["d", "b", "10", "9"]))
    assert table["customer_id"].tolist() == ["9", "10", "b", "d"]
    assert table["rank"].tolist() == [1, 2, 3, 4]


@settings(max_examples=25)
@given(
    rows=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1, max_size=40),
    share=st.floats(0.01, 1.0),
    capacity=st.none() | st.integers(0, 50),
)
def test_any_scores_give_a_complete_and_ordered_list(
    rows: list[tuple[float, float, float]], share: float, capacity: int | None
) -> None:
    p, value, clv = (list(column) for column in zip(*rows, strict=True))
    scores = scores_of(p, value, clv)
    table = listed(scores, high_value_share=share, capacity=capacity)
    assert len(table) >= max(1, np.ceil(share * len(scores)))
    assert scores.loc[table["customer_id"], "expected_clv"].min() >= scores["expected_clv"].nlargest(len(table)).min()
    assert (table["value_at_risk"].diff().dropna() <= 0).all()
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    contacted = (table["action_status"] == "contact").sum()
    assert contacted == (len(table) if capacity is None else min(capacity, len(table)))
    assert (table["reason_1"] != "").all()
    shuffled = scores.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(listed(shuffled, high_value_share=share, capacity=capacity), table)


def test_tiers_hold_their_share_and_equal_values_share_a_tier() -> None:
    value = pd.Series([5.0, 100.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.4, 0.3, 0.2], index=list("abcdefghij"))
    tiers = value_tiers(value, 0.2)
    assert tiers[tiers == "high"].index.tolist() == ["a", "b"]
    assert tiers[tiers == "medium"].index.tolist() == ["c", "d", "e", "f"]
    assert (tiers == "low").sum() == 4
    assert value_tiers(pd.Series([1.0, 1.0, 1.0, 0.5]), 0.25).tolist() == ["high", "high", "high", "low"]
    assert value_tiers(pd.Series([7.0]), 0.01).tolist() == ["high"]
    assert value_tiers(value.head(0), 0.2).tolist() == []


def test_capacity_marks_who_is_beyond_it() -> None:
    scores = scores_of([0.9, 0.8, 0.7], [100.0] * 3)
    assert listed(scores, capacity=2)["action_status"].tolist() == ["contact", "contact", "over_capacity"]
    assert listed(scores, capacity=0)["action_status"].unique().tolist() == ["over_capacity"]
    assert listed(scores)["action_status"].unique().tolist() == ["contact"]


def test_the_columns_are_those_of_the_interface_in_its_order() -> None:
    table = listed(scores_of([0.8], [100.0]), valid_days=10)
    absent = {"p_churn_60d", "p_churn_own", "own_horizon_days", "engagement_score"}
    assert list(table.columns) == [name for name in RISK_COLUMNS if name not in absent]
    row = table.iloc[0]
    assert (row["as_of"], row["valid_until"]) == ("2024-03-31", "2024-04-10")
    assert row["expected_next_order"] == "2024-04-11"  # 10.2 days: on the 11th day
    assert (row["refresh_id"], row["model_version"], row["currency"]) == ("run1", "shop-1", "EUR")
    assert (row["days_since_last"], row["history_days"], row["risk_band"]) == (40, 40, "very high")


def test_a_next_order_beyond_the_horizon_has_no_date() -> None:
    table = listed(scores_of([0.8], [100.0]).assign(days_to_next_order=np.nan))
    assert table["expected_next_order"].isna().all()


def test_no_customer_gives_an_empty_list_with_all_columns() -> None:
    full = listed(scores_of([0.8], [100.0]))
    empty = listed(scores_of([0.8], [100.0]).head(0))
    assert list(empty.columns) == list(full.columns)
    assert len(empty) == 0


def test_bands_begin_at_their_lower_border() -> None:
    edges = pd.Series([1.0, 0.75, 0.7499, 0.5, 0.4999, 0.25, 0.2499, 0.0])
    assert risk_bands(edges) == ["very high", "very high", "high", "high", "medium", "medium", "low", "low"]


def test_percentiles_compare_with_everybody_and_not_only_with_the_listed() -> None:
    scores = scores_of([0.9, 0.1, 0.5, 0.5], [100.0, 1.0, 90.0, 2.0])
    table = listed(scores, high_value_share=0.5)
    assert dict(zip(table["customer_id"], table["risk_percentile"], strict=True)) == {"c00": 100.0, "c02": 62.5}


def test_the_arguments_are_left_alone() -> None:
    scores = scores_of([0.9, 0.8], [100.0, 50.0])
    customers = customers_of(scores)
    risk_list(customers, scores, config=RiskConfig(), context=CONTEXT)
    pd.testing.assert_frame_equal(scores, scores_of([0.9, 0.8], [100.0, 50.0]))
    pd.testing.assert_frame_equal(customers, customers_of(scores))


def test_real_customers_get_a_list_in_which_value_counts(
    sample_models: FittedModels, sample_customers: pd.DataFrame, sample_config: Config
) -> None:
    scores = score_customers(sample_models, sample_customers, horizons_days=(30, 60, 90), value=sample_config.value)
    as_of = ListContext(
        "run",
        sample_models.cutoff,
        "v",
        "USD",
        clv_horizon_days=365,
        main_horizon_days=90,
        margin=0.3,
        annual_discount_rate=0.1,
    )
    table = risk_list(sample_customers, scores, config=sample_config.risk, context=as_of)
    absent = {"p_churn_own", "own_horizon_days", "engagement_score"}
    assert list(table.columns) == [name for name in RISK_COLUMNS if name not in absent]
    assert len(table) == pytest.approx(0.2 * len(sample_customers), rel=0.02)
    assert table["expected_clv"].min() >= scores["expected_clv"].median()
    assert (table["value_if_retained"] >= table["expected_clv"] * (1 - 1e-9)).all()
    for shorter, longer in (("p_churn_30d", "p_churn_60d"), ("p_churn_60d", "p_churn_90d")):
        assert (table[longer] <= table[shorter]).all()
    by_churn = scores["p_churn_90d"].nlargest(len(table)).index
    assert table["value_at_risk"].sum() > 2 * value_at_risk(scores, "p_churn_90d")[by_churn].sum()
