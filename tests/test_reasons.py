"""Reasons: never empty, never a cause, and true to the customer's own figures."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_reference import START, features_of, purchase_days, tables

from clv_ml.decisions.reasons import REASONS_PER_ROW, reasons

CAUSES = re.compile(
    r"\b(because|due to|caused?|since (he|she|they)|reason|led to|result|churn|will|likely|probabl)", re.I
)


def customer(**figures: Any) -> pd.DataFrame:
    """A regular customer: every 30 days, five times, last seen 10 days ago."""
    regular = {"frequency": 4, "T": 130, "days_since_last": 10, "gap_mean": 30.0, "gap_max": 40.0}
    regular |= {"silence_ratio": 1 / 3, "purchases_trend": 0, "purchases_last_90d": 3, "purchases_last_180d": 5}
    regular |= {"spend_last_90d": 30.0, "spend_last_180d": 60.0}
    return pd.DataFrame([regular | figures], index=pd.Index(["a"], name="customer_id"))


def told(**figures: Any) -> dict[str, str]:
    row = reasons(customer(**figures)).iloc[0]
    return {row[f"reason_{n}_code"]: row[f"reason_{n}"] for n in (1, 2, 3) if row[f"reason_{n}_code"]}


@settings(max_examples=40)
@given(orders=tables(), later=st.integers(0, 300))
def test_everybody_has_a_reason_and_no_reason_claims_a_cause(orders: list[Any], later: int) -> None:
    cutoff = START + pd.Timedelta(days=400 + later).to_pytimedelta()
    figures = features_of(purchase_days(orders), cutoff)
    table = reasons(pd.DataFrame.from_dict(figures, orient="index"))
    for _, row in table.iterrows():
        assert row["reason_1"] != ""
        texts = [row[f"reason_{number}"] for number in range(1, REASONS_PER_ROW + 1)]
        codes = [row[f"reason_{number}_code"] for number in range(1, REASONS_PER_ROW + 1)]
        assert [bool(text) for text in texts] == [bool(code) for code in codes]
        assert sorted(map(bool, codes), reverse=True) == [bool(code) for code in codes]  # no gap before a reason
        assert len({code for code in codes if code}) == sum(map(bool, codes))
        for text in filter(None, texts):
            assert text[0].isupper() or text[0].isdigit()
            assert text.endswith(".")
            assert not CAUSES.search(text), text
            assert not re.search(r"nan|<NA>|None|inf\b|-0", text), text


def test_the_silence_of_a_regular_customer_is_told_against_the_own_rhythm() -> None:
    late = told(days_since_last=74, silence_ratio=74 / 31, gap_mean=31.0)
    assert late["overdue"] == "No order for 74 days; usually every 31 days."
    assert late["longest_silence"] == "74 days of silence is longer than any before (longest so far 40 days)."


def test_slowing_and_falling_spend_are_told_with_both_figures() -> None:
    slow = told(T=400, purchases_trend=-3, purchases_last_90d=1, purchases_last_180d=5, spend_last_90d=5.0)
    assert slow["orders_slowing"] == "1 order in the last 90 days; 4 in the 90 days before."
    assert slow["spend_falling"] == "Spent 5.00 in the last 90 days; 55.00 in the 90 days before."
    # less than 180 days of history: the 90 days before are not complete
    assert "orders_slowing" not in told(T=170, purchases_trend=-3)


def test_one_time_and_two_time_buyers_have_reasons_of_their_own() -> None:
    once = {"frequency": 0, "gap_mean": np.nan, "gap_max": np.nan, "silence_ratio": np.nan, "days_since_last": 50}
    assert told(**once) == {"never_returned": "Bought once, 50 days ago, and has not been back."}
    twice = {"frequency": 1, "gap_mean": 1.0, "silence_ratio": 50.0, "days_since_last": 50}
    assert told(**twice) == {"second_order_late": "Bought twice, 1 day apart; nothing in the 50 days since."}


def test_who_shows_no_change_is_said_to_be_listed_for_the_value() -> None:
    assert told() == {"still_in_rhythm": "Last order 10 days ago; listed for the value at stake."}
    assert told(days_since_last=1)["still_in_rhythm"].startswith("Last order 1 day ago;")


def test_the_strongest_reason_comes_first() -> None:
    row = reasons(customer(days_since_last=90, silence_ratio=3.0, gap_max=80.0)).iloc[0]
    assert [row["reason_1_code"], row["reason_2_code"], row["reason_3_code"]] == ["overdue", "longest_silence", ""]


@pytest.mark.parametrize(("recent", "both"), [(-10.0, -10.0), (-10.0, -15.0), (0.0, 0.0), (-10.0, -10.0 + 1e-9)])
def test_more_refunds_than_sales_give_no_share_of_a_fall(recent: float, both: float) -> None:
    figures = told(T=400, spend_last_90d=recent, spend_last_180d=both)
    assert set(figures) <= {"spend_falling", "still_in_rhythm"}
    assert figures


def test_missing_figures_of_any_kind_are_no_reason() -> None:
    for missing in (np.nan, pd.NA, None):
        once = customer(frequency=0, days_since_last=0).astype(object)
        for name in ("gap_mean", "gap_max", "silence_ratio"):
            once[name] = missing
        assert reasons(once)["reason_1_code"].tolist() == ["still_in_rhythm"]


def test_no_customer_gives_an_empty_table_with_all_columns() -> None:
    table = reasons(customer().head(0))
    assert table.shape == (0, 6)
    assert list(table.columns) == [f"reason_{n}{suffix}" for n in (1, 2, 3) for suffix in ("_code", "")]
