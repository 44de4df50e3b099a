"""Alerts in sentences: what a cohort did, what was expected of it, in every language."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from cohort_report_data import NAN, facts

from clv_ml.economics.alerts import CODES, COLUMNS
from clv_ml.language import languages, words
from clv_ml.reports.cohorts_alerts import alert_words, alerts_section

EN = words("en")


def alert(**given: Any) -> dict[str, Any]:
    usual = {"severity": "alert", "code": "churn_high", "dimension": "channel", "cohort": "ads", "customers": 100}
    numbers = {"at": "", "value": NAN, "limit": NAN, "low": NAN, "high": NAN, "p_value": NAN}
    return usual | numbers | given


SAID = [
    (
        alert(code="ltv_cac_loss", value=0.8, limit=1.0),
        "channel: ads: value to cost is 0.8 to 1, below 1.0 to 1: winning them loses money.",
    ),
    (
        alert(code="ltv_cac_below_target", value=2.0, limit=3.0, severity="watch"),
        "To watch: channel: ads: value to cost is 2.0 to 1, below the target of 3.0 to 1.",
    ),
    (
        alert(code="payback_late", limit=365.0),
        "channel: ads: not expected to pay back within 365 days.",
    ),
    (
        alert(code="payback_late", value=420.0, limit=365.0),
        "channel: ads: pays back after 420 days, later than 365 days.",
    ),
    (
        alert(
            code="forecast_below",
            dimension="month",
            cohort="1997-01",
            at="1998-06-30",
            value=1.5,
            limit=2.5,
            low=2.0,
            high=3.0,
        ),
        "month of first purchase: Jan 1997: a customer brought USD 1.50 until 30 Jun 1998; USD 2.50 was expected "
        "(USD 2.00 to USD 3.00).",
    ),
    (
        alert(dimension="all", cohort="all", at="1998-05", value=0.8, limit=0.7),
        "all customers: 80% were lost in May 1998, 70% in its months before.",
    ),
    (
        alert(code="retention_low", at="3", value=0.031, limit=0.12),
        "channel: ads: 3.1% bought in step 3 of 30 days, 12% of the months before it at that age.",
    ),
    (
        alert(code="engagement_low", value=41.0, limit=55.5),
        "channel: ads: engagement is 41.0 of 100, its own baseline 55.5.",
    ),
]


@pytest.mark.parametrize(("row", "sentence"), SAID, ids=[str(row["code"]) for row, _ in SAID])
def test_an_alert_is_a_sentence_with_its_figures(row: dict[str, Any], sentence: str) -> None:
    assert alert_words(row, EN, "USD").replace("\N{NO-BREAK SPACE}", " ") == sentence


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("language", languages())
def test_every_code_has_a_sentence_in_every_language(code: str, language: str) -> None:
    told = alert_words(alert(code=code, value=1.0, limit=2.0, low=0.5, high=1.5, at="1998-05"), words(language), "USD")
    assert code not in told
    assert "{" not in told


def test_a_page_without_alerts_says_that_all_is_within_bounds() -> None:
    assert alerts_section(facts(), EN).lines == ["Nothing is beyond its bounds."]


def test_many_alerts_are_counted_and_stand_in_the_table() -> None:
    table = pd.DataFrame([alert(at="1998-05", value=0.8, limit=0.7)] * 40, columns=COLUMNS)
    section = alerts_section(replace(facts(), tables={"alerts": table}), EN)
    assert len(section.lines) == 13
    assert section.lines[-1] == "28 more in the table."
    assert len(section.more[0].rows) == 40
