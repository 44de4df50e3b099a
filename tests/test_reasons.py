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
from reason_customers import CAUSES, contributed, customer, lapsed, one_by_one, told

from clv_ml.decisions.reasons import REASONS_PER_ROW, reasons
from clv_ml.errors import DataError


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


def test_nothing_spent_is_not_told_beside_no_order() -> None:
    none = {"T": 400, "purchases_trend": -4, "purchases_last_90d": 0, "purchases_last_180d": 4, "spend_last_90d": 0.0}
    assert list(told(**none)) == ["orders_slowing", "in_rhythm"]
    # the model may mean the spending: the same fact shows it
    spending = one_by_one(reasons(customer(**none), contributed(spend_last_90d=1.0, gap_mean=-1.0)))
    assert next(iter(spending[0])) == "orders_slowing"


def test_one_time_and_two_time_buyers_have_reasons_of_their_own() -> None:
    once = {"frequency": 0, "gap_mean": np.nan, "gap_max": np.nan, "silence_ratio": np.nan, "days_since_last": 50}
    assert told(**once) == {"never_returned": "Bought once, 50 days ago, and has not been back."}
    twice = {"frequency": 1, "gap_mean": 1.0, "silence_ratio": 50.0, "days_since_last": 50}
    assert told(**twice) == {"second_order_late": "Bought twice, 1 day apart; nothing in the 50 days since."}


def test_who_shows_no_change_is_said_to_be_listed_for_the_value() -> None:
    value = "Listed for the value at stake."
    assert told() == {"still_in_rhythm": f"Last order 10 days ago; usually every 30 days. {value}"}
    assert (
        told(days_since_last=1, gap_mean=1.0)["still_in_rhythm"] == f"Last order 1 day ago; usually every day. {value}"
    )
    assert told(days_since_last=0)["still_in_rhythm"] == f"Last order today; usually every 30 days. {value}"
    assert told(days_since_last=0, gap_mean=0.9)["still_in_rhythm"] == f"Last order today; usually every day. {value}"
    once = {"frequency": 0, "gap_mean": np.nan, "gap_max": np.nan, "silence_ratio": np.nan}
    assert told(**once, days_since_last=0) == {"still_in_rhythm": f"Last order today. {value}"}
    # two orders make no rhythm
    assert told(frequency=1)["still_in_rhythm"] == f"Last order 10 days ago. {value}"


def test_a_last_gap_much_longer_than_those_before_is_told() -> None:
    # four gaps of 30 days on average, the last of 60: 20 before
    assert told(gap_last=60)["longer_gap"] == "60 days between the last two orders; 20 days on average before."
    assert "longer_gap" not in told(gap_last=35)
    assert "longer_gap" not in told(gap_last=60, frequency=2)


def test_where_there_is_room_the_rhythm_and_the_value_are_told_last() -> None:
    bought = {"spend_total": 172.0, "spend_last_day": 52.0}
    context = {
        "value_so_far": "5 orders so far: 34.40 on average.",
        "order_size": "Spent 52.00 on the last day with an order; 30.00 on average before.",
    }
    calm = told(**bought)
    assert list(calm) == ["still_in_rhythm", *context]
    assert calm == {"still_in_rhythm": calm["still_in_rhythm"]} | context
    slow = told(**bought, T=400, purchases_trend=-2, purchases_last_90d=1, purchases_last_180d=4)
    assert list(slow) == ["orders_slowing", "in_rhythm", "value_so_far"]
    assert slow["in_rhythm"] == "Last order 10 days ago; usually every 30 days."
    once = {"frequency": 0, "gap_mean": np.nan, "gap_max": np.nan, "silence_ratio": np.nan, "spend_total": 9.5}
    assert told(**once) == {
        "never_returned": "Bought once, 10 days ago, and has not been back.",
        "value_so_far": "1 order so far: 9.50.",
    }


@pytest.mark.parametrize("before", [-2.0, 0.0, 0.01])
def test_an_order_is_not_compared_with_days_that_ended_in_refunds(before: float) -> None:
    # on each of four days before the last
    assert "order_size" not in told(spend_total=52.0 + before, spend_last_day=52.0)


def test_a_change_too_small_to_be_news_is_not_told() -> None:
    small = {"T": 400, "purchases_trend": -1, "purchases_last_90d": 10, "purchases_last_180d": 21}
    assert list(told(**small, spend_last_90d=95.0, spend_last_180d=195.0)) == ["still_in_rhythm"]


def test_the_strongest_reason_comes_first() -> None:
    row = reasons(customer(days_since_last=90, silence_ratio=3.0, gap_max=80.0)).iloc[0]
    assert [row["reason_1_code"], row["reason_2_code"], row["reason_3_code"]] == ["overdue", "longest_silence", ""]


@pytest.mark.parametrize(("recent", "both"), [(-10.0, -10.0), (-10.0, -15.0), (0.0, 0.0), (-10.0, -10.0 + 1e-9)])
def test_more_refunds_than_sales_give_no_share_of_a_fall(recent: float, both: float) -> None:
    figures = told(T=400, spend_last_90d=recent, spend_last_180d=both)
    assert set(figures) <= {"spend_falling", "still_in_rhythm"}
    assert figures


def test_more_refunds_than_sales_and_no_sales_are_said_in_words() -> None:
    known = {"T": 400, "purchases_trend": 0}
    assert told(**known, spend_last_90d=-3.0, spend_last_180d=52.0)["spend_falling"] == (
        "More refunded than spent in the last 90 days; spent 55.00 in the 90 days before."
    )
    assert told(**known, spend_last_90d=0.0, spend_last_180d=55.0)["spend_falling"] == (
        "Nothing spent in the last 90 days; 55.00 in the 90 days before."
    )


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


def test_the_tables_are_left_alone() -> None:
    table, shares = lapsed(), contributed(silence_ratio=1.0)
    before, shares_before = table.copy(deep=True), shares.copy(deep=True)
    reasons(table, shares)
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_frame_equal(shares, shares_before)


def test_tables_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match="contributions have 0 rows that are not those of the 1 customers"):
        reasons(customer(), contributed(T=1.0).head(0))
    with pytest.raises(DataError, match="column 'frequency' is missing"):
        reasons(customer().drop(columns="frequency"))
    assert reasons(customer().head(0), contributed(T=1.0).head(0)).shape == (0, 6)
