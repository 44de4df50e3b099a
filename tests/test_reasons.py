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
from reason_customers import CAUSES, FEATURES, GAPS, customer, people

from clv_ml.decisions.reasons import REASONS_PER_ROW, reasons
from clv_ml.decisions.themes import THEMES, theme_of
from clv_ml.errors import DataError


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


Told = dict[str, str]


def one_by_one(table: pd.DataFrame) -> list[Told]:
    """The reasons of each row by code, in their order."""
    return [
        {row[f"reason_{n}_code"]: row[f"reason_{n}"] for n in (1, 2, 3) if row[f"reason_{n}_code"]}
        for row in table.to_dict("records")
    ]


def holds(code: str, text: str, c: dict[str, Any]) -> bool:
    """Check a text against the figures and against itself: the recent number must be the worse one."""
    said = [float(figure.replace(",", "")) for figure in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]
    nothing = text.startswith(("No ", "Nothing ", "More refunded ")) and code not in {"overdue", "silent_lately"}
    said = [0.0, *said] if nothing else said
    found: Any = False
    match code:
        case "overdue":
            found = c["frequency"] >= 2 and said[0] > (said[1] if len(said) > 1 else 1)
        case "longest_silence":
            found = c["frequency"] >= 2 and said == [c["days_since_last"], c["gap_max"]] and said[0] > said[1]
        case "orders_slowing" | "spend_falling":
            found = c["T"] >= 180 and said[0] < said[-2]
        case "second_order_late" | "never_returned":
            found = c["frequency"] == (code == "second_order_late") and said[-1] == c["days_since_last"]
        case "not_bought_yet":
            found = np.isnan(c["frequency"])
        case "visits_falling" | "minutes_falling" | "breadth_shrinking":
            found = said[0] < said[2] and said[1] == said[3] and c["tenure_days"] >= 2 * said[1] - 1
        case "silent_lately":
            found = said[0] == c["days_since_activity"] and ("one day" in text or said[0] > [*said, 1][1])
        case "contacts_unanswered":
            found = (said[0] == 0 and said[1] >= 2) or (len(said) > 3 and said[0] / said[1] < said[3] / said[4])
        case "never_activated":
            found = c["activated_within_24h"] == 0
        case "slow_start":
            found = c["returns_first_7d"] <= 2 and c["tenure_days"] >= 6
        case "no_activity":
            found = bool(np.isnan(c["days_since_activity"])) and c["tenure_days"] >= 0
        case "smaller_order":
            found = c["frequency"] >= 2 and said[0] < said[1]
        case "new_customer":
            found = c["T"] <= 30
        case "customer_group":
            found = text == "Country: de."
        case "still_in_rhythm" | "in_rhythm":
            found = c["days_since_last"] == (0 if "today" in text else said[0])
        case "longer_gap":
            found = c["frequency"] >= 3 and said[0] == c["gap_last"] > said[1]
        case "value_so_far":
            found = said[0] == c["frequency"] + 1 and said[1] == round(c["spend_total"] / said[0], 2)
        case "order_size":
            found = c["frequency"] >= 2 and said[0] >= 0.9 * said[1] - 0.01
    return bool(found)


@settings(max_examples=200)
@given(
    customers=st.lists(people(), min_size=1, max_size=4),
    weights=st.lists(st.sampled_from([-1.0, -0.25, 0.0, 0.25, 1.0]), min_size=len(FEATURES), max_size=len(FEATURES)),
    modelled=st.booleans(),
)
def test_every_reason_holds_and_none_is_told_twice(
    customers: list[dict[str, Any]], weights: list[float], modelled: bool
) -> None:
    frame = pd.DataFrame(customers, columns=list(FEATURES))
    contributions = pd.DataFrame([weights] * len(frame), columns=list(FEATURES)) if modelled else None
    for figures, told_of in zip(customers, one_by_one(reasons(frame, contributions)), strict=True):
        assert 1 <= len(told_of) <= REASONS_PER_ROW
        for code, text in told_of.items():
            assert holds(code, text, figures), (code, text)
            assert not CAUSES.search(text), text
            assert not re.search(r"nan|<NA>|None|inf\b|-0", text), text


@settings(max_examples=50)
@given(customers=st.lists(people(), min_size=2, max_size=6), seed=st.integers(0, 99))
def test_order_of_rows_and_columns_does_not_matter(customers: list[dict[str, Any]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(customers, columns=list(FEATURES))
    contributions = pd.DataFrame(rng.normal(size=frame.shape), columns=list(FEATURES))
    rows = rng.permutation(len(frame))
    columns = list(rng.permutation(list(FEATURES)))
    straight = reasons(frame, contributions)
    turned = reasons(frame.iloc[rows][columns], contributions.iloc[rows][columns])
    pd.testing.assert_frame_equal(turned.sort_index(), straight)


def lapsed(**figures: Any) -> pd.DataFrame:
    """A customer of whom many facts hold at once."""
    known = {"days_since_last": 90, "silence_ratio": 3.0, "gap_max": 80.0, "T": 400, "tenure_days": 400}
    known |= {"purchases_last_90d": 0, "purchases_last_180d": 5, "purchases_trend": -5, "spend_last_90d": 0.0}
    known |= {"sessions_last_30d": 2, "sessions_last_60d": 11, "minutes_last_30d": 10.0, "minutes_last_60d": 25.0}
    return customer(**(known | figures))


def contributed(**shares: float) -> pd.DataFrame:
    return pd.DataFrame([shares | {"base_value": 9.0}], index=pd.Index(["a"], name="customer_id"))


def test_the_themes_that_raise_the_risk_most_are_told_first() -> None:
    shares = contributed(sessions_last_30d=0.4, silence_ratio=0.2, purchases_trend=0.9, spend_trend=-0.5)
    assert one_by_one(reasons(lapsed(), shares)) == [
        {
            "orders_slowing": "No order in the last 90 days; 5 in the 90 days before.",
            "visits_falling": "2 visits in the last 30 days; 9 in the 30 days before.",
            "overdue": "No order for 90 days; usually every 30 days.",
        }
    ]


def test_columns_that_share_one_theme_do_not_lower_its_rank() -> None:
    whole = contributed(sessions_last_30d=0.9, purchases_trend=0.5)
    shared = contributed(sessions_last_30d=0.3, sessions_trend_30d=0.3, active_days_last_30d=0.3, purchases_trend=0.5)
    assert reasons(lapsed(), whole).equals(reasons(lapsed(), shared))
    assert reasons(lapsed(), shared)["reason_1_code"].tolist() == ["visits_falling"]


def test_a_theme_without_a_fact_is_not_told() -> None:
    shares = contributed(surfaces_last_30d=5.0, minutes_last_30d=0.1)
    assert "breadth_shrinking" not in one_by_one(reasons(lapsed(), shares))[0]


def test_what_else_stands_out_follows_the_choice_of_the_model() -> None:
    minutes = one_by_one(reasons(lapsed(), contributed(minutes_last_30d=0.1)))[0]
    # by how strongly they hold, though the model says nothing of them
    assert list(minutes) == ["minutes_falling", "orders_slowing", "overdue"]
    silent = customer(days_since_last=90, silence_ratio=3.0, gap_max=80.0, country="de")
    shares = contributed(silence_ratio=0.1, country=9.0)
    # a second fact of a theme that is told, and then the group
    assert list(one_by_one(reasons(silent, shares))[0]) == ["overdue", "longest_silence", "customer_group"]


def test_where_nothing_raises_the_risk_the_facts_that_stand_out_are_told() -> None:
    shares = contributed(silence_ratio=-1.0, purchases_trend=-0.2)
    assert reasons(lapsed(), shares).equals(reasons(lapsed()))
    assert list(one_by_one(reasons(lapsed()))[0]) == ["orders_slowing", "overdue", "visits_falling"]
    calm = one_by_one(reasons(customer(), contributed(silence_ratio=1.0)))[0]
    assert list(calm) == ["still_in_rhythm"]


def test_a_customer_who_never_bought_is_told_so() -> None:
    nothing = dict.fromkeys((*FEATURES[:17], *GAPS), np.nan)
    assert told(**(nothing | {"tenure_days": 40})) == {
        "not_bought_yet": "Signed up 40 days ago and has not bought yet."
    }
    assert told(**(nothing | {"tenure_days": 0})) == {"not_bought_yet": "Signed up today and has not bought yet."}
    assert told(**nothing) == {"not_bought_yet": "Has not bought yet."}
    started = nothing | {"tenure_days": 12, "returns_first_7d": 0, "days_since_activity": 12}
    started |= {"activated_within_24h": 0, "activated_within_168h": 0}
    assert told(**started) == {
        "never_activated": "No key action in the first 7 days, nor since.",
        "slow_start": "No activity after the first day, 12 days ago.",
        "not_bought_yet": "Signed up 12 days ago and has not bought yet.",
    }


@pytest.mark.parametrize(
    ("code", "figures", "text"),
    [
        (
            "visits_falling",
            {"tenure_days": 20, "sessions_last_7d": 1, "sessions_last_14d": 6, "sessions_last_30d": 9},
            "1 visit in the last 7 days; 5 in the 7 days before.",
        ),
        (
            "minutes_falling",
            {"tenure_days": 59, "minutes_last_30d": 12.4, "minutes_last_60d": 100.0},
            "12 minutes in the last 30 days; 88 in the 30 days before.",
        ),
        (
            "breadth_shrinking",
            {"tenure_days": 90, "surfaces_last_30d": 1, "surfaces_last_60d": 5, "surfaces_trend_30d": 2 / 6},
            "1 area used in the last 30 days; 5 in the 30 days before.",
        ),
        (
            "silent_lately",
            {"tenure_days": 90, "days_since_activity": 12, "activity_gap_mean": 0.4},
            "No activity for 12 days; usually every day.",
        ),
        (
            "contacts_unanswered",
            {"contacts_last_90d": 5, "responses_last_90d": 0, "contacts_total": 13, "responses_total": 6},
            "No response to 5 contacts in the last 90 days; 6 to 8 before.",
        ),
        (
            "contacts_unanswered",
            {"contacts_last_90d": 3, "responses_last_90d": 0, "contacts_total": 3, "responses_total": 0},
            "No response to 3 contacts in the last 90 days.",
        ),
        (
            "never_activated",
            {"tenure_days": 9, "activated_within_24h": 0, "activated_within_72h": 1, "hours_to_activation": 50.0},
            "No key action in the first 24 hours; the first came after 2 days.",
        ),
        (
            "slow_start",
            {"tenure_days": 9, "returns_first_7d": 1, "days_to_return": 2},
            "Active on 1 of the 6 days after the first.",
        ),
        (
            "slow_start",
            {"tenure_days": 30, "returns_first_7d": 0, "days_to_return": 12},
            "Came back only 12 days after the first day.",
        ),
    ],
)
def test_engagement_is_told_against_the_own_norm(code: str, figures: dict[str, Any], text: str) -> None:
    assert told(**figures)[code] == text


@pytest.mark.parametrize(
    "figures",
    [
        {"tenure_days": 58, "sessions_last_30d": 0, "sessions_last_60d": 9},  # the 30 days before are not complete
        {"tenure_days": 90, "sessions_last_30d": 10, "sessions_last_60d": 21},  # 10 after 11 is no news
        {"tenure_days": 90, "minutes_last_30d": 0.2, "minutes_last_60d": 0.6},  # both are 0 as shown
        {"tenure_days": 5, "returns_first_7d": 0},  # the first week is not over
        {"days_since_activity": 3, "activity_gap_mean": 2.6},  # both are 3 days as shown
        {"days_since_last": 31, "gap_mean": 30.6, "silence_ratio": 31 / 30.6},
        {"contacts_last_90d": 1, "responses_last_90d": 0, "contacts_total": 1, "responses_total": 0},
        {"contacts_last_90d": 4, "responses_last_90d": 4, "contacts_total": 8, "responses_total": 6},
    ],
)
def test_what_does_not_hold_as_it_reads_is_not_told(figures: dict[str, Any]) -> None:
    assert list(told(**figures)) == ["still_in_rhythm"]


def test_some_facts_are_told_only_where_the_model_says_they_matter() -> None:
    spent = customer(spend_last_day=12.0, spend_total=172.0)
    # without the model it is told for want of anything else
    assert list(one_by_one(reasons(spent))[0]) == ["still_in_rhythm", "value_so_far", "smaller_order"]
    told_of = one_by_one(reasons(spent, contributed(monetary_value=0.1)))[0]
    assert list(told_of) == ["smaller_order", "in_rhythm", "value_so_far"]
    assert told_of["smaller_order"] == "Spent 12.00 on the last day with an order; 40.00 on average before."
    new = one_by_one(reasons(customer(T=20, frequency=3), contributed(T=0.1)))[0]
    assert list(new) == ["new_customer", "in_rhythm"]
    assert new["new_customer"] == "First order only 20 days ago."
    quiet = customer(sessions_last_30d=0, days_since_activity=np.nan, tenure_days=50)
    shown = one_by_one(reasons(quiet, contributed(sessions_last_30d=0.1)))[0]
    assert next(iter(shown.values())) == "No activity on record."
    assert "no_activity" not in told(sessions_last_30d=0, days_since_activity=np.nan, tenure_days=50)


def test_an_attribute_is_told_as_a_person_reads_it() -> None:
    shares = contributed(acquisition_channel=0.5, age=0.2, silence_ratio=0.1)
    named = customer(acquisition_channel="ads", age=43)
    # last, after what the customer did: nobody can act on a channel
    assert list(one_by_one(reasons(named, shares))[0].values())[-1] == "Acquisition channel: ads."
    unknown = customer(acquisition_channel=None, age=43.0)
    assert list(one_by_one(reasons(unknown, shares))[0].values())[-1] == "Age: 43."
    assert "customer_group" not in told(acquisition_channel="ads")


def test_every_theme_can_be_told() -> None:
    assert {theme_of(name) for name in FEATURES} == set(THEMES)


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
