"""What needs a look, in sentences: which cohort, what it did, and what was expected of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clv_ml.language import Words
from clv_ml.language.values import finite, plain
from clv_ml.reports.cohorts_cells import ratio_text, records, share_text
from clv_ml.reports.cohorts_facts import CohortFacts, Section
from clv_ml.reports.cohorts_names import ALL, cohort_name, dimension_name, month_name

_MOST = 12  # sentences; the table below them holds all


def alerts_section(facts: CohortFacts, w: Words) -> Section:
    """Say which cohorts need a look, and why."""
    table = facts.table("alerts")
    rows = records(table)
    lines = [alert_words(row, w, facts.currency) for row in rows[:_MOST]]
    if len(rows) > _MOST:
        lines.append(w.counted("{n} more in the table.", "{n} more in the table.", len(rows) - _MOST))
    names = ["severity", "code", "dimension", "cohort", "customers", "at", "value", "limit", "low", "high", "p_value"]
    return Section(
        "alerts",
        w.say("What needs a look"),
        about=w.say(
            "Cohorts off their forecast, below what they cost, late to pay back, or out of their own line. To watch: "
            "what chance could still explain, and good news."
        ),
        lines=lines or [w.say("Nothing is beyond its bounds.")],
        more=facts.shown("alerts", names, w, caption=w.say("What needs a look")),
        more_title=w.say("The figures"),
    )


def alert_words(row: Mapping[str, Any], w: Words, currency: str) -> str:
    """Put one alert into a sentence."""
    said = _sentence(row, w, currency)
    if row.get("severity") == "watch":
        return w.say("To watch: {alert}", alert=said)
    return said


def _sentence(row: Mapping[str, Any], w: Words, currency: str) -> str:
    code, who = plain(row.get("code")), _who(row, w)
    value, limit = row.get("value"), row.get("limit")
    if code == "ltv_cac_loss":
        return w.say(
            "{who}: value to cost is {value}, below {limit}: winning them loses money.",
            who=who,
            value=ratio_text(value, w),
            limit=ratio_text(limit, w),
        )
    if code == "ltv_cac_below_target":
        return w.say(
            "{who}: value to cost is {value}, below the target of {limit}.",
            who=who,
            value=ratio_text(value, w),
            limit=ratio_text(limit, w),
        )
    if code == "payback_late" and finite(value) is None:
        return w.say("{who}: not expected to pay back within {limit}.", who=who, limit=w.days(limit))
    if code == "payback_late":
        return w.say(
            "{who}: pays back after {value}, later than {limit}.", who=who, value=w.days(value), limit=w.days(limit)
        )
    if code in ("forecast_below", "forecast_above"):
        return w.say(
            "{who}: a customer brought {value} until {day}; {limit} was expected ({low} to {high}).",
            who=who,
            value=w.money(value, currency),
            day=w.date(row.get("at")),
            limit=w.money(limit, currency),
            low=w.money(row.get("low"), currency),
            high=w.money(row.get("high"), currency),
        )
    return _behaved(code, row, who, w)


def _behaved(code: str, row: Mapping[str, Any], who: str, w: Words) -> str:
    value, limit, at = row.get("value"), row.get("limit"), plain(row.get("at"))
    if code == "churn_high":
        return w.say(
            "{who}: {value} were lost in {month}, {limit} in its months before.",
            who=who,
            value=share_text(value, w),
            month=month_name(at, w),
            limit=share_text(limit, w),
        )
    if code == "retention_low":
        return w.say(
            "{who}: {value} bought in step {age} of 30 days, {limit} of the months before it at that age.",
            who=who,
            value=share_text(value, w),
            age=w.text(at),
            limit=share_text(limit, w),
        )
    if code == "engagement_low":
        return w.say(
            "{who}: engagement is {value} of 100, its own baseline {limit}.",
            who=who,
            value=w.number(value, 1),
            limit=w.number(limit, 1),
        )
    return w.say("{who}: {code}", who=who, code=code)


def _who(row: Mapping[str, Any], w: Words) -> str:
    """Return a cohort with what it is grouped by, such as 'channel: google'."""
    name = cohort_name(row.get("dimension"), row.get("cohort"), w)
    if plain(row.get("dimension")) == ALL:
        return name
    return w.say("{dimension}: {cohort}", dimension=dimension_name(row.get("dimension"), w), cohort=name)
