"""The risk list page: what it shows, that it is the same every time, and that data stay data."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv_ml.errors import DataError
from clv_ml.reports.page import render_page
from clv_ml.reports.wording import plain

VOID = {"meta", "link", "input", "img", "br"}
CONVENTIONS = {"horizon_days": 90, "clv_horizon_days": 365, "margin": 0.4, "annual_discount_rate": 0.1}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "</style></script><!--",
    "مؤسسة الأمل \u202e evil",
    "👩‍👩‍👧 Zoë Ünal",
    "x" * 200,
    "nul\x00bell\x07",
    "&lt;b&gt;",
]


class Reader(HTMLParser):
    """Collects tags, attributes and text, and fails where a tag is left open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def customers(n: int = 5) -> pd.DataFrame:
    place = np.arange(n)
    said = {"reason_1": "No order for 74 days; usually every 31", "reason_2": "Spending fell", "reason_3": None}
    said |= {"recommended_action": "Call in person", "score_source": "lightgbm", "value_tier": "top"}
    said |= {"as_of": "1997-12-31", "expected_next_order": "1998-01-14", "currency": "USD"}
    counted = {"p_churn_30d": 0.95, "expected_clv": 50.0, "value_if_retained": 1250.0, "clv_horizon_days": 365}
    counted |= {"days_since_last": 74, "usual_gap_days": 31.0, "expected_purchases": 0.31}
    return pd.DataFrame(
        {
            "rank": place + 1,
            "customer_id": [f"c{i:03d}" for i in place],
            "action_status": np.where(place == 1, "control", "contact"),
            "risk_band": np.where(place % 2, "medium", "high"),
            "p_churn_90d": 0.9 - 0.01 * place,
            "value_at_risk": 1200.0 - place,
        }
    ).assign(**said, **counted)


def render(risk_list: pd.DataFrame, **changes: Any) -> str:
    arguments: dict[str, Any] = {"summary": {}, "conventions": CONVENTIONS} | changes
    return render_page(risk_list, **arguments)


def test_the_same_input_gives_the_same_bytes_and_is_left_alone() -> None:
    table = customers()
    assert render(table) == render(table)
    pd.testing.assert_frame_equal(table, customers())


def test_the_top_says_date_money_and_whom_to_call() -> None:
    text = read(render(customers(), summary={"customers_scored": 23570})).text
    for words in ("31 Dec 1997", "USD\xa05,990", "of 5 on the list", "23,570", "Whom to call first"):
        assert words in text
    first = re.findall(r'<a href="#c(\d+)"', render(customers()))
    assert first == ["1", "3", "4"]  # the second is in the control group


def test_the_story_tells_reasons_figures_and_dates() -> None:
    text = read(render(customers())).text
    expected = ["No order for 74 days; usually every 31", "Spending fell", "14 Jan 1998", "If kept, next 365 days"]
    expected += ["Control group: do not contact", "churn model (LightGBM)", "In 30 days"]
    assert [words for words in expected if words not in text] == []


def test_the_table_is_marked_up_for_screen_readers_and_keyboards() -> None:
    reader = read(render(customers()))
    headers = [attrs for tag, attrs in reader.tags if tag == "th"]
    assert {attrs["scope"] for attrs in headers} == {"col", "row"}
    assert sum("aria-sort" in attrs for attrs in headers) == 1
    assert reader.count("caption") == 1
    openers = [attrs for tag, attrs in reader.tags if attrs.get("class") == "opener"]
    identities = {attrs["id"] for _, attrs in reader.tags if "id" in attrs}
    assert len(openers) == 5
    assert all(attrs["aria-controls"] in identities for attrs in openers)
    assert ("a", {"class": "skip", "href": "#list"}) in reader.tags
    assert len(identities) == sum("id" in attrs for _, attrs in reader.tags)


def test_nothing_is_fetched_and_only_our_script_may_run() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" aria-label="Purchases: a &amp; b"><script>alert(1)</script></svg>'
    page = render(customers(), cohort_svg=svg)
    reader = read(page)
    for tag, attrs in reader.tags:
        for name in ("src", "href", "action", "srcset"):
            assert (attrs.get(name) or "#").startswith(("#", "data:")), (tag, attrs)
        assert not any(name.startswith("on") or name == "style" for name in attrs)
    assert reader.count("script") == 1
    assert reader.count("svg") == 0
    assert [attrs["alt"] for tag, attrs in reader.tags if tag == "img"] == ["Purchases: a & b"]
    script = page.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src &#39;sha256-{digest}&#39;" in page or f"script-src 'sha256-{digest}'" in page


def hostile_list(text: str) -> pd.DataFrame:
    columns = ["customer_id", "action_status", "risk_band", "value_tier", "currency", "reason_1", "score_source"]
    columns += ["recommended_action", "expected_next_order", "exclusion_reason"]
    return customers(2).assign(**dict.fromkeys(columns, text))


def same_shape(one: Reader, other: Reader) -> bool:
    """Tell whether no tag and no attribute name came in with the data."""
    return {(tag, *sorted(attrs)) for tag, attrs in one.tags} <= {(tag, *sorted(attrs)) for tag, attrs in other.tags}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_harmless_and_legible(text: str) -> None:
    accuracy = pd.DataFrame({"segment": [text], "score": [text], text: [text], "auc": [0.8]})
    page = render(
        hostile_list(text),
        summary={"title": text, "as_of": text, "full_list": text},
        accuracy=accuracy,
        conventions={"churned": text, text: text, "margin": text},
        max_rows=1,
    )
    page.encode("utf-8")
    reader = read(page)
    calm = read(render(hostile_list("calm"), accuracy=pd.DataFrame({"segment": ["a"], "auc": [0.8]}), max_rows=1))
    assert same_shape(reader, calm)
    assert reader.count("script") == 1
    shown = text.replace("\x00", "\ufffd").replace("\x07", "\ufffd").replace("\u202e", "\ufffd")
    assert reader.text.count(shown) >= 10


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40))
def test_no_text_changes_the_shape_of_the_page(text: str) -> None:
    reader = read(render(hostile_list(text)))
    assert reader.count("script") == 1
    assert reader.count("td") + reader.count("th") in range(16, 40)


def test_characters_that_no_file_can_hold_are_replaced() -> None:
    assert plain("half \ud800 pair\x1b[31m\tof\nlines") == "half \ufffd pair\ufffd[31m\tof\nlines"
    assert plain(None) == plain(float("nan")) == plain(pd.NaT) == plain(pd.NA) == ""


def test_a_long_list_says_so_and_names_the_file() -> None:
    page = render(customers(30), summary={"full_list": "risk_list.parquet"}, max_rows=10)
    assert page.count('class="opener"') == 10
    assert "first 10 of 30 customers" in page
    assert "risk_list.parquet" in page
    assert "USD\xa035,565" in page  # the sum is over all 30


def test_an_empty_list_is_a_page_too() -> None:
    page = render(customers().head(0))
    assert "There is no customer on this list." in page
    assert read(page).count("table") == 0


def test_ids_alone_are_enough() -> None:
    page = render(pd.DataFrame({"customer_id": [7, 8]}), conventions={})
    assert read(page).count("tr") == 1 + 2 * 2
    assert "nan" not in read(page).text.split("What the numbers mean")[1].lower()


def test_missing_numbers_show_a_dash_and_sort_last() -> None:
    table = customers()
    table.loc[0, ["p_churn_90d", "value_at_risk", "days_since_last", "usual_gap_days"]] = np.nan
    table.loc[0, ["reason_1", "expected_next_order"]] = None
    page = render(table)
    row = page.split('id="c1"')[1].split("</tr>")[0]
    assert row.count("—") == 2  # money and last order; the risk shows its band
    assert "nan" not in row.lower()
    assert row.count("data-v") == 1  # the rank


def test_two_currencies_are_never_added_up() -> None:
    page = render(customers().assign(currency=["USD", "EUR"] + ["USD"] * 3))
    assert "EUR\xa01,199" in page
    assert "5,990" not in page


def test_accuracy_is_put_into_words() -> None:
    measured = {"n": [23570, 9100], "auc": [0.806, np.nan], "ece": [0.019, 0.02], "odd": [1.5, 2]}
    accuracy = pd.DataFrame({"segment": ["all", "top"], **measured})
    text = read(render(customers(), accuracy=accuracy)).text
    for words in ("Ranking (AUC)", "0.806", "1.9 points", "23,570", "0.5 is a coin", "Odd", "1.5"):
        assert words in text


def test_conventions_are_put_into_words() -> None:
    text = read(render(customers(), conventions=CONVENTIONS | {"currency": "USD", "weekly_capacity": 40})).text
    expected = ["No purchase in the 90 days after the day of this list", "Value counts the next 365 days."]
    expected += ["40% of what a customer spends", "10% a year", "All amounts are in USD.", "Weekly capacity"]
    assert [words for words in expected if words not in text] == []


def test_a_list_without_ids_is_refused() -> None:
    with pytest.raises(DataError, match="risk list: column 'customer_id' is missing"):
        render(customers().drop(columns="customer_id"))
    with pytest.raises(DataError, match="max_rows must be at least 1"):
        render(customers(), max_rows=0)
