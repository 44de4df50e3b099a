"""What dimensions and cohorts are called."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from clv_ml.config import CohortsConfig
from clv_ml.language import Words
from clv_ml.language.values import finite, is_missing, plain

ALL, MONTH, FORECAST = "all", "month", "forecast"
_BEHAVIOURS = (
    *("second_order_30d", "orders_on_first_day", "returned_7d", "breadth"),
    *("activated_24h", "activated_3d", "activated_7d"),
)
_BUILT_IN = tuple(scenario.name for scenario in CohortsConfig().scenarios)


def dimension_name(dimension: object, w: Words) -> str:
    """Return what customers are grouped by; an attribute of the data is called what the data call it."""
    known = {
        ALL: w.say("all customers"),
        MONTH: w.say("month of first purchase"),
        "start_month": w.say("month of the start"),
        "returned_7d": w.say("came back within the first week"),
        "breadth": w.say("used more than most in the first week"),
        "activated_24h": w.say("activated within 24 hours"),
        "activated_3d": w.say("activated within 3 days"),
        "activated_7d": w.say("activated within 7 days"),
        "acquisition_channel": w.say("channel"),
        "channel": w.say("channel"),
        "country": w.say("country"),
        "first_product": w.say("first product"),
        "first_category": w.say("first category"),
        "first_promotion": w.say("promotion at the first order"),
        "first_discount": w.say("discount at the first order"),
        "value_quartile": w.say("quarter by value of the first order"),
        "second_order_30d": w.say("second order within 30 days"),
        "orders_on_first_day": w.say("several orders on the first day"),
    }
    name = plain(dimension)
    return known.get(name) or w.text(name.replace("_", " "))


def cohort_name(dimension: object, cohort: object, w: Words) -> str:
    """Return what a cohort is called: a month in words, all customers, a quarter by value, or the data's own text."""
    if plain(cohort) == ALL and plain(dimension) in (ALL, ""):
        return w.say("all customers")
    if is_missing(cohort) or plain(cohort) == "unknown":
        return w.say("not known")
    if plain(dimension) in (MONTH, "start_month"):
        return month_name(cohort, w)
    known = {
        "other": w.say("others"),
        "Q1": w.say("lowest quarter"),
        "Q2": w.say("second quarter"),
        "Q3": w.say("third quarter"),
        "Q4": w.say("highest quarter"),
    }
    if plain(cohort) in ("yes", "no") and plain(dimension) in _BEHAVIOURS:
        known = {"yes": w.say("yes"), "no": w.say("no")}
    if plain(dimension) == "first_discount":
        known |= {"with": w.say("with a discount"), "without": w.say("without a discount")}
    return known.get(plain(cohort)) or w.text(plain(cohort))


def marked_name(name: str, w: Words, *, small: bool) -> str:
    """Return the name of a cohort, marked where it is small."""
    return w.say("{cohort} (small)", cohort=name) if small else name


def scenario_name(row: Mapping[str, object], w: Words) -> str:
    """Return what a scenario is called: those that come with the package in words, others by their own name."""
    name = plain(row.get("scenario"))
    known = {
        FORECAST: w.say("as forecast"),
        _BUILT_IN[0]: w.say("churn falls by {share}", share=w.percent(_size(row, "churn_change"))),
        _BUILT_IN[1]: w.say("orders worth {share} more", share=w.percent(_size(row, "order_value_change"))),
        _BUILT_IN[2]: w.say("a campaign saves {share}", share=w.percent(_size(row, "save_rate"))),
    }
    return known.get(name) or w.text(name)


def _size(row: Mapping[str, object], name: str) -> float:
    return abs(finite(row.get(name)) or 0.0)


def month_name(month: object, w: Words) -> str:
    """Return a calendar month such as 2023-04 in words; other text comes back as it is.

    Examples
    --------
    ``Apr 2023``
    """
    try:
        first = dt.date.fromisoformat(f"{plain(month)}-01")
    except ValueError:
        return w.text(plain(month))
    return w.month(first)
