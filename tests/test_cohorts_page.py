"""The cohort page: self-contained, in every language, and nothing from the data runs in it."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from cohort_report_data import facts

from clv_ml.errors import ConfigError
from clv_ml.language import languages
from clv_ml.reports.cohorts_page import render_cohorts_page


@pytest.fixture(scope="module")
def page() -> str:
    return render_cohorts_page(facts())


def part(page: str, code: str) -> str:
    found = re.search(rf'<div data-language="{code}".*?</main>', page, re.DOTALL)
    assert found
    return found[0]


def test_the_same_facts_give_the_same_bytes(page: str) -> None:
    assert render_cohorts_page(facts()) == page


def test_the_page_asks_nothing_of_any_network(page: str) -> None:
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', page) == []
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "default-src 'none'" in page


def test_every_language_is_there_and_one_of_them_shown(page: str) -> None:
    for code in languages():
        assert part(page, code)
    assert page.count("data-language") - page.count("hidden>") >= 1
    assert '<html lang="en" dir="ltr">' in page
    assert '<html lang="ar" dir="rtl">' in render_cohorts_page(facts(), language="ar")


def test_headline_figures_tell_their_change_since_last_time(page: str) -> None:
    english = re.sub(r"<[^>]*>", "|", part(page, "en"))
    assert "changes since 23 Jun 1997" in english
    assert "2,357" in english
    assert "+7" in english
    assert "−1.6 points" in english
    assert "unchanged" in english
    assert "3.2 to 1" in english


def test_a_name_from_the_data_is_text_and_never_markup(page: str) -> None:
    assert "<b>ads</b>" not in page
    assert "&lt;b&gt;ads&lt;/b&gt;" in page


def test_a_section_without_a_table_is_left_out(page: str) -> None:
    assert 'id="retention-en"' in page
    assert 'id="scenarios-en"' not in page
    bare = render_cohorts_page(replace(facts(), tables={}))
    assert 'id="retention-en"' not in bare


def test_a_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown language 'xx'"):
        render_cohorts_page(facts(), language="xx")


def test_a_month_that_is_cut_shows_its_counts_and_no_rate(page: str) -> None:
    periods = pd.DataFrame(
        {
            "dimension": "all",
            "cohort": "all",
            "period": ["1997-05", "1997-06"],
            "new_customers": [10, 3],
            "active_customers": [50, 9],
            "orders": [60, 10],
            "churn_rate": [0.4, float("nan")],
            "complete": [True, False],
        }
    )
    told = part(render_cohorts_page(replace(facts(), tables={"periods": periods})), "en")
    rows = [re.sub(r"<[^>]*>", " ", row).split() for row in re.findall(r"<tr>.*?</tr>", told, re.DOTALL)]
    assert ["May", "1997", "10", "50", "60", "40%"] in rows
    assert ["Jun", "1997", "3", "9", "10", "—"] in rows
    assert "A month that is not over has no rates" in told
