"""The risk list page: what it shows, that it is the same every time, and that data stay data."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
from page_data import CONVENTIONS, LAST_LIST, made_up_list, page_arguments
from page_reader import read

from clv_ml.errors import ConfigError, DataError
from clv_ml.language import words
from clv_ml.reports.page import render_page


def render(**changes: Any) -> str:
    return render_page(**(page_arguments(12) | changes))


def test_the_same_input_gives_the_same_bytes_and_is_left_alone() -> None:
    given = page_arguments(12)
    listed = given["listed"].copy()
    assert render_page(**given) == render_page(**given)
    pd.testing.assert_frame_equal(given["listed"], listed)


def test_the_top_says_date_money_how_many_and_whom_to_call() -> None:
    given = page_arguments(60)
    reader = read(render_page(**given))
    chosen, best = given["summary"]["chosen_n"], given["summary"]["best_n"]
    profit = words("en").money(given["summary"]["expected_profit"], "USD")
    told = ["30 Jun 2026", "7 Jul 2026", "Money at risk", profit, f"Customers to contact{chosen}", f"Best number{best}"]
    assert [text for text in told if text not in reader.text] == []
    first = [attrs["data-row"] for tag, attrs in reader.tags if tag == "a" and "data-row" in attrs]
    contacts = np.flatnonzero(given["listed"]["action_status"] == "contact")[:3].astype(str)
    assert first == [*contacts, *contacts]  # once a language


def test_the_top_says_what_is_assumed_and_who_is_left_alone() -> None:
    text = read(render()).text
    told = ["A contact keeps 30% of those about to leave.", "A contact costs USD\xa01.50.", "not measurements"]
    told += ["50% of those who would have stayed", "No consent to be contacted (12)", "Control group: 1 customer"]
    assert [words for words in told if words not in text] == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "within what chance allows (182 to 221)"),
        ({"inside": False, "actual_leavers": 250}, "told too low"),
        ({"inside": False, "actual_leavers": 150}, "told too high"),
    ],
)
def test_the_last_list_is_judged_in_plain_words(changes: dict[str, Any], told: str) -> None:
    text = read(render(last_list=LAST_LIST | changes)).text
    assert "Of 420 customers on the list of 31 Mar 2026, 201 were expected to buy nothing within 90 days" in text
    assert told in text
    assert "Of the first 100, 64 left." in text


def test_where_no_list_can_be_judged_the_page_says_so() -> None:
    assert "no earlier list is old enough to be judged" in read(render(last_list=None)).text


def test_without_its_script_the_page_has_the_summary_and_the_first_hundred_rows() -> None:
    given = page_arguments(130)
    reader = read(render_page(**given))
    assert reader.count("tr") == 1 + 100
    assert given["listed"]["customer_id"].iloc[99] in reader.text
    assert given["listed"]["reason_1"].iloc[0] in reader.text
    assert [attrs["scope"] for tag, attrs in reader.tags if tag == "th"].count("row") == 100


def test_the_script_gets_every_column_and_every_language() -> None:
    given = page_arguments(12)
    data = read(render_page(**given)).data
    columns = data["columns"]
    assert columns["customer_id"] == list(given["listed"]["customer_id"])
    assert {len(column) for column in columns.values()} == {12}
    assert set(columns) >= {"p_churn_30d", "p_churn_60d", "p_churn_90d", "orders", "activity", "clv_low", "place"}
    assert list(data["languages"]) == ["en", "ar"]
    for code in ("en", "ar"):
        told = data["languages"][code]
        place = columns["reasons"][0][0]
        assert told["reasons"][place] == given["texts"][code]["reason_1"].iloc[0]
        assert told["direction"] == words(code).direction
    assert data["curve"]["n"][0] == 0
    assert data["curve"]["n"][data["curve"]["best"]] == given["summary"]["best_n"]


def test_only_those_who_take_a_slot_are_counted_along_the_curve() -> None:
    given = page_arguments(60)
    columns = read(render_page(**given)).data["columns"]
    skipped = given["listed"]["action_status"].isin(["control", "excluded"])
    assert [place is None for place in columns["place"]] == list(skipped)
    assert [place for place in columns["place"] if place] == list(range(1, 61 - int(skipped.sum())))


def test_the_page_opens_in_the_language_asked_for() -> None:
    reader = read(render(language="ar"))
    assert ("html", {"lang": "ar", "dir": "rtl"}) in reader.tags
    shown = [attrs for tag, attrs in reader.tags if "data-language" in attrs and "hidden" not in attrs]
    assert {attrs["data-language"] for attrs in shown} == {"ar"}
    assert reader.text.index("عملاء يستحقون المحافظة عليهم") < reader.text.index("القائمة")
    with pytest.raises(ConfigError, match="xx"):
        render(language="xx")


def test_the_script_counts_as_the_language_does() -> None:
    for code in ("en", "ar"):
        told = read(render()).data["languages"][code]
        w = words(code)
        for n in (0, 1, 2, 3, 10, 11, 99, 100, 102, 103, 111, 1234):
            place = n if n < 200 else 100 + n % 100
            form = told["many"]["days"]["forms"][int(told["many"]["days"]["index"][place])]
            assert form.replace("{n}", w.number(n, 0)) == w.days(n)
        assert told["percent"]["plain"][0] + w.number(83) + told["percent"]["plain"][1] == w.percent(0.83)
        before, after = told["money"]["USD"]["minus"]
        assert before + w.number(1234, 0) + after == w.money(-1234, "USD")
        number = told["digits"][1] + told["group"] + "".join(told["digits"][int(d)] for d in "234")
        assert number + told["decimal"] + told["digits"][5] == w.number(1234.5, 1)


def test_nothing_is_fetched_and_only_our_script_may_run() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" aria-label="Purchases: a &amp; b"><script>alert(1)</script></svg>'
    page = render(cohort_svg=svg)
    reader = read(page)
    for tag, attrs in reader.tags:
        for name in ("src", "href", "action", "srcset"):
            assert (attrs.get(name) or "#").startswith(("#", "data:")), (tag, attrs)
        assert not any(name.startswith("on") or name == "style" for name in attrs)
    assert [attrs.get("type") for tag, attrs in reader.tags if tag == "script"] == ["application/json", None]
    assert reader.count("svg") == 0
    assert {attrs["alt"] for tag, attrs in reader.tags if tag == "img"} == {"Purchases: a & b"}
    digest = base64.b64encode(hashlib.sha256(reader.scripts[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page
    assert not any(word in reader.scripts[1] for word in ("innerHTML", "eval(", "localStorage", "fetch(", "https:"))


def test_a_long_list_says_so_and_names_the_file() -> None:
    given = page_arguments(30, max_rows=10)
    given["summary"] |= {"full_list": "risk_list.parquet"}
    reader = read(render_page(**given))
    assert len(reader.data["columns"]["customer_id"]) == 10
    assert "This page shows the first 10 of 30 customers. The whole list is in risk_list.parquet" in reader.text
    assert words("en").money(given["listed"]["value_at_risk"].sum(), "USD") in reader.text  # of all 30


def test_an_empty_list_is_a_page_too() -> None:
    reader = read(render(listed=made_up_list(5).head(0), texts=None, stories=None, curve=None))
    assert "There is no customer on this list." in reader.text
    assert reader.count("table") == 0


def test_ids_alone_are_enough() -> None:
    reader = read(render_page(pd.DataFrame({"customer_id": [7, 8]}), summary={}, conventions={}))
    assert reader.data["columns"] == {"customer_id": ["7", "8"], "rank": [1, 2]}
    assert reader.count("tr") == 3
    assert "nan" not in reader.text.split("What the numbers mean")[1].lower()


def test_missing_numbers_show_a_dash_and_reach_the_script_as_nothing() -> None:
    given = page_arguments(5)
    missing = ["p_churn_90d", "value_at_risk", "days_since_last", "usual_gap_days"]
    listed = given["listed"].astype({"days_since_last": float})
    listed.loc[0, missing] = np.nan
    listed.loc[1, "expected_next_order"] = None
    reader = read(render_page(**(given | {"listed": listed})))
    columns = reader.data["columns"]
    assert [columns[name][0] for name in missing] == [None] * 4
    assert columns["expected_next_order"][1] is None
    assert "—" in reader.text


def test_two_currencies_are_never_added_up() -> None:
    given = page_arguments(5)
    listed = given["listed"].assign(currency=["USD", "EUR"] + ["USD"] * 3)
    reader = read(render_page(**(given | {"listed": listed})))
    assert words("en").money(listed["value_at_risk"].iloc[1], "EUR") in reader.text
    assert words("en").money(listed["value_at_risk"].sum(), "USD") not in reader.text
    assert reader.data["one_currency"] is False


def test_accuracy_is_put_into_words() -> None:
    measured = {"n": [23570, 9100], "auc": [0.806, np.nan], "ece": [0.019, 0.02], "odd": [1.5, 2]}
    text = read(render(accuracy=pd.DataFrame({"group": ["all", "top"], **measured}))).text
    for told in ("Ranking (AUC)", "0.806", "1.9 points", "23,570", "0.5 is a coin", "Odd", "1.5", "جودة الترتيب (AUC)"):
        assert told in text


def test_conventions_are_put_into_words() -> None:
    text = read(render(conventions=CONVENTIONS | {"weekly_capacity": 40})).text
    told = ["Who buys nothing within 90 days after the day of this list", "Value counts the next 365 days."]
    told += ["40% of what a customer spends", "10% a year", "All amounts are in USD.", "Weekly capacity"]
    assert [words for words in told if words not in text] == []


def test_a_list_without_ids_is_refused() -> None:
    with pytest.raises(DataError, match="risk list: column 'customer_id' is missing"):
        render(listed=made_up_list(3).drop(columns="customer_id"))
    with pytest.raises(DataError, match="max_rows must be at least 1"):
        render(max_rows=0)
    with pytest.raises(DataError, match="capacity curve: column 'is_best' is missing"):
        render(curve=page_arguments(5)["curve"].drop(columns="is_best"))
