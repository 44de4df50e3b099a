"""What dimensions and cohorts are called."""

from __future__ import annotations

import datetime as dt

from clv_ml.language import Words
from clv_ml.language.values import is_missing, plain

ALL, MONTH = "all", "month"


def dimension_name(dimension: object, w: Words) -> str:
    """Return what customers are grouped by; an attribute of the data is called what the data call it."""
    known = {
        ALL: w.say("all customers"),
        MONTH: w.say("month of first purchase"),
        "acquisition_channel": w.say("channel"),
        "channel": w.say("channel"),
        "country": w.say("country"),
        "first_product": w.say("first product"),
        "first_category": w.say("first category"),
        "first_promotion": w.say("promotion at the first order"),
        "first_discount": w.say("discount at the first order"),
        "value_quartile": w.say("quarter by value of the first order"),
    }
    name = plain(dimension)
    return known.get(name) or w.text(name.replace("_", " "))


def cohort_name(dimension: object, cohort: object, w: Words) -> str:
    """Return what a cohort is called: a month in words, all customers, a quarter by value, or the data's own text."""
    if plain(cohort) == ALL and plain(dimension) in (ALL, ""):
        return w.say("all customers")
    if is_missing(cohort) or plain(cohort) == "unknown":
        return w.say("not known")
    if plain(dimension) == MONTH:
        return month_name(cohort, w)
    known = {
        "other": w.say("others"),
        "Q1": w.say("lowest quarter"),
        "Q2": w.say("second quarter"),
        "Q3": w.say("third quarter"),
        "Q4": w.say("highest quarter"),
    }
    if plain(dimension) == "first_discount":
        known |= {"with": w.say("with a discount"), "without": w.say("without a discount")}
    return known.get(plain(cohort)) or w.text(plain(cohort))


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
