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
from clv_ml.decisions import risk
from clv_ml.decisions.deciding import decide
from clv_ml.decisions.risk import RISK_COLUMNS, ListContext, RiskList, risk_list
from clv_ml.decisions.targeting import STATUSES
from clv_ml.language import words
from clv_ml.models.fitting import FittedModels
from clv_ml.models.scoring import score_customers

DAY = dt.date(2024, 3, 31)
CONTEXT = ListContext(
    "run1",
    DAY,
    "shop-1",
    "EUR",
    clv_horizon_days=365,
    main_horizon_days=90,
    margin=0.3,
    annual_discount_rate=0.1,
)
ABSENT = {"p_churn_60d", "p_churn_own", "own_horizon_days", "engagement_score"}
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


def made(
    scores: pd.DataFrame, details: pd.DataFrame | None = None, previous: pd.DataFrame | None = None, **risk: Any
) -> RiskList:
    config = RiskConfig(**{"list_share": 1.0, "control": {"share": 0.0}, **risk})
    customers = customers_of(scores)
    decisions = decide(customers, scores, config=config, main_score="p_churn_90d", as_of=DAY, details=details)
    return risk_list(customers, scores, decisions, config=config, context=CONTEXT, previous=previous)


def listed(scores: pd.DataFrame, **risk: Any) -> pd.DataFrame:
    return made(scores, **risk).table


def test_who_earns_most_comes_first_and_equals_by_customer_id() -> None:
    table = listed(scores_of([0.5, 0.25, 1.0, 0.9], [100.0, 200.0, 50.0, 100.0], ids=["d", "b", "10", "9"]))
    assert table["customer_id"].tolist() == ["9", "10", "b", "d"]
    assert table["rank"].tolist() == [1, 2, 3, 4]
    assert table["value_at_risk"].tolist() == [90.0, 50.0, 50.0, 50.0]
    assert table["expected_net_profit"].tolist() == pytest.approx([26.0, 14.0, 14.0, 14.0])
    assert table["cum_expected_profit"].tolist() == pytest.approx([26.0, 40.0, 54.0, 68.0])


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1, max_size=40),
    share=st.floats(0.01, 1.0),
    control=st.sampled_from([0.0, 0.3]),
    capacity=st.none() | st.integers(0, 50),
)
def test_any_scores_give_a_complete_and_ordered_list(
    rows: list[tuple[float, float, float]], share: float, control: float, capacity: int | None
) -> None:
    p, value, clv = (list(column) for column in zip(*rows, strict=True))
    scores = scores_of(p, value, clv)
    risk = {"list_share": share, "capacity": capacity, "control": {"share": control}}
    table = listed(scores, **risk)
    assert len(table) >= max(1, np.ceil(share * len(scores)))
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    places = table["action_status"].map(STATUSES.index)
    assert places.is_monotonic_increasing
    for _, rows_of in table.groupby("action_status"):
        assert (rows_of["expected_net_profit"].diff().dropna() <= 0).all()
    contacted = table[table["action_status"] == "contact"]
    assert len(contacted) <= (len(scores) if capacity is None else capacity)
    assert not contacted["is_control"].any()
    assert contacted["cum_expected_profit"].tolist() == pytest.approx(
        contacted["expected_net_profit"].cumsum().tolist()
    )
    assert (table["reason_1"] != "").all()
    assert (contacted["recommended_action"] != "").all()
    shuffled = scores.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(listed(shuffled, **risk), table)


def test_capacity_marks_who_is_beyond_it() -> None:
    scores = scores_of([0.9, 0.8, 0.7], [100.0] * 3)
    assert listed(scores, capacity=2)["action_status"].tolist() == ["contact", "contact", "over_capacity"]
    assert listed(scores, capacity=0)["action_status"].unique().tolist() == ["over_capacity"]
    assert listed(scores)["action_status"].unique().tolist() == ["contact"]


def test_who_does_not_pay_is_told_apart_from_who_is_excluded() -> None:
    scores = scores_of([0.9, 0.9, 0.9], [100.0, 3.0, 100.0])
    details = pd.DataFrame({"refused": [False, False, True]}, index=scores.index)
    table = made(scores, details).table.set_index("customer_id")
    assert table["action_status"].to_dict() == {"c00": "contact", "c01": "not_profitable", "c02": "excluded"}
    assert table.loc["c02", "exclusion_reason"] == "refused"
    assert table["cum_expected_profit"].notna().tolist() == [True, False, False]


def test_the_columns_are_those_of_the_interface_in_its_order() -> None:
    table = listed(scores_of([0.8], [100.0]), valid_days=10)
    assert list(table.columns) == [name for name in RISK_COLUMNS if name not in ABSENT]
    row = table.iloc[0]
    assert (row["as_of"], row["valid_until"]) == ("2024-03-31", "2024-04-10")
    assert row["expected_next_order"] == "2024-04-11"  # 10.2 days: on the 11th day
    assert (row["refresh_id"], row["model_version"], row["currency"]) == ("run1", "shop-1", "EUR")
    assert (row["days_since_last"], row["history_days"], row["risk_band"]) == (40, 40, "very high")
    assert (row["save_rate"], row["contact_cost"], row["expected_saves"]) == (0.3, 1.0, pytest.approx(0.24))


def test_a_next_order_beyond_the_horizon_has_no_date() -> None:
    table = listed(scores_of([0.8], [100.0]).assign(days_to_next_order=np.nan))
    assert table["expected_next_order"].isna().all()


def test_no_customer_gives_an_empty_list_with_all_columns() -> None:
    full = listed(scores_of([0.8], [100.0]))
    empty = listed(scores_of([0.8], [100.0]).head(0))
    assert list(empty.columns) == list(full.columns)
    assert len(empty) == 0


def test_percentiles_compare_with_everybody_and_not_only_with_the_listed() -> None:
    scores = scores_of([0.9, 0.1, 0.5, 0.5], [100.0, 1.0, 90.0, 2.0])
    table = listed(scores, list_share=0.5, capacity=2)
    assert dict(zip(table["customer_id"], table["risk_percentile"], strict=True)) == {"c00": 100.0, "c02": 62.5}


def test_who_has_no_value_is_not_listed() -> None:
    scores = scores_of([0.9, 0.8], [100.0, np.nan])
    assert listed(scores)["customer_id"].tolist() == ["c00"]
    assert made(scores).decisions.table["exclusion_reason"].tolist() == ["", "not_bought_yet"]


def test_the_list_is_told_in_each_language_without_choosing_again() -> None:
    found = made(scores_of([0.9, 0.8, 0.7], [100.0, 50.0, 20.0]))
    english, arabic = (found.texts(words(code), rows=2) for code in ("en", "ar"))
    assert english.index.tolist() == arabic.index.tolist() == ["c00", "c01"]
    assert english["reason_1"].tolist() == found.table["reason_1"].tolist()[:2]
    assert english["recommended_action"].tolist() == found.table["recommended_action"].tolist()[:2]
    assert (arabic["reason_1"] != english["reason_1"]).all()


def test_a_list_knows_the_one_before_it() -> None:
    previous = listed(scores_of([0.5, 0.9], [100.0, 90.0]))
    table = made(scores_of([0.9, 0.9, 0.9], [100.0, 90.0, 80.0]), previous=previous).table
    assert table["change"].tolist() == ["higher_risk", "same", "new"]


def test_of_a_long_list_the_model_explains_those_to_work_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(risk, "EXPLAINED", 2)
    scores = scores_of([0.9, 0.8, 0.7, 0.6], [100.0] * 4)
    customers = customers_of(scores)
    asked: list[list[str]] = []

    def explain(rows: pd.DataFrame) -> pd.DataFrame:
        asked.append(rows.index.tolist())
        return pd.DataFrame({"days_since_last": 1.0, "base_value": 0.0}, index=rows.index)

    for capacity, explained in ((1, 2), (3, 3)):
        config = RiskConfig.model_validate({"list_share": 1.0, "control": {"share": 0.0}, "capacity": capacity})
        decisions = decide(customers, scores, config=config, main_score="p_churn_90d", as_of=DAY)
        table = risk_list(customers, scores, decisions, config=config, context=CONTEXT, explain=explain).table
        assert asked.pop() == table["customer_id"].tolist()[:explained]
        assert (table["reason_1"] != "").all()


def test_the_arguments_are_left_alone() -> None:
    scores = scores_of([0.9, 0.8], [100.0, 50.0])
    made(scores)
    pd.testing.assert_frame_equal(scores, scores_of([0.9, 0.8], [100.0, 50.0]))


def test_real_customers_get_a_list_in_which_value_counts(
    sample_models: FittedModels, sample_customers: pd.DataFrame, sample_config: Config
) -> None:
    scores = score_customers(sample_models, sample_customers, horizons_days=(30, 60, 90), value=sample_config.value)
    day, risk = sample_models.cutoff, sample_config.risk.model_copy(update={"capacity": 100})
    context = ListContext(
        "run", day, "v", "USD", clv_horizon_days=365, main_horizon_days=90, margin=0.3, annual_discount_rate=0.1
    )
    decisions = decide(sample_customers, scores, config=risk, main_score="p_churn_90d", as_of=day)
    table = risk_list(sample_customers, scores, decisions, config=risk, context=context).table
    assert list(table.columns) == [name for name in RISK_COLUMNS if name not in ABSENT - {"p_churn_60d"}]
    assert len(table) == pytest.approx(0.2 * len(sample_customers), rel=0.02)
    assert (table["value_if_retained"] >= table["expected_clv"] * (1 - 1e-9)).all()
    for shorter, longer in (("p_churn_30d", "p_churn_60d"), ("p_churn_60d", "p_churn_90d")):
        assert (table[longer] <= table[shorter]).all()
    contacted = table[table["action_status"] == "contact"]
    assert len(contacted) == 100
    by_churn = scores["p_churn_90d"].nlargest(100).index
    everybody = decisions.table
    assert contacted["value_at_risk"].sum() > 2 * everybody.loc[by_churn, "value_at_risk"].sum()
    silent = everybody["exclusion_reason"] == "silent_too_long"
    assert (sample_customers.loc[silent, "days_since_last"] >= 180).all()
