"""The measures and the conventions of a list, put into plain words."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

import pandas as pd

from clv_ml.language import MISSING, Words
from clv_ml.reports.page_labels import sentence
from clv_ml.reports.row import Column
from clv_ml.reports.wording import is_missing, number, plain


@dataclass(frozen=True)
class Fact:
    """A label and its value."""

    label: str
    value: str


@dataclass(frozen=True)
class AccuracyTable:
    """The accuracy rows as text, their columns, and what each measure means."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    legend: Sequence[Fact]


@dataclass(frozen=True)
class Picture:
    """A picture as a data address, which no script inside it can leave, and its alt text."""

    source: str
    alt: str


def _measures(w: Words) -> dict[str, tuple[str, Callable[[object], str], str]]:
    """Return for each known measure its name, how it is shown, and what it means."""

    def decimals(value: object) -> str:
        return w.number(value, 3)

    def times(value: object) -> str:
        return MISSING if number(value) is None else w.say("{number} times", number=w.number(value, 2))

    def points(value: object) -> str:
        amount = number(value)
        return MISSING if amount is None else w.say("{number} points", number=w.number(100 * amount, 1))

    return {
        "group": (w.say("Customers"), _named(w), ""),
        "score": (w.say("Judged by"), _named(w), ""),
        "n": (w.say("Number of customers"), w.number, ""),
        "customers": (w.say("Number of customers"), w.number, ""),
        "horizon_days": (w.say("Horizon"), w.days, ""),
        "prevalence": (
            w.say("Left"),
            w.percent,
            w.say("The share of customers who bought nothing in the period."),
        ),
        "auc": (
            w.say("Ranking (AUC)"),
            decimals,
            w.say("How often a customer who left was ranked above one who stayed: 0.5 is a coin, 1 is perfect."),
        ),
        "pr_auc": (
            w.say("Precision (PR AUC)"),
            decimals,
            w.say("How pure the top of the list was. Compare it with the share who left, which is what chance gives."),
        ),
        "brier": (
            w.say("Squared error (Brier)"),
            decimals,
            w.say("How far the probabilities were from what happened: 0 is perfect, smaller is better."),
        ),
        "log_loss": (
            w.say("Log loss"),
            decimals,
            w.say("Like the squared error, but hard on confident mistakes."),
        ),
        "ece": (
            w.say("Probability off by"),
            points,
            w.say("When the list said 80%, by how many percentage points it was wrong on average."),
        ),
        "lift_at_10": (
            w.say("Lift, top 10%"),
            times,
            w.say("How many times more leavers the top tenth of the list held than a random tenth."),
        ),
        "value_at_10": (
            w.say("Money found, top 10%"),
            w.percent,
            w.say("Of the money of all who left, the share that stood in the top tenth of the list."),
        ),
    }


def _named(w: Words) -> Callable[[object], str]:
    """Return how groups of customers and rivals of the model are named."""
    known = {
        "all": w.say("all"),
        "eligible": w.say("those who may be contacted"),
        "repeat buyers": w.say("repeat buyers"),
        "top 10 % by CLV": w.say("the most valuable tenth"),
        "not bought yet": w.say("not bought yet"),
        "days since last seen": w.say("days since last seen"),
        "BG/NBD P(no purchase)": w.say("purchase pattern (BG/NBD)"),
        "Modified BG/NBD P(no purchase)": w.say("purchase pattern (modified BG/NBD)"),
        "Pareto/NBD P(no purchase)": w.say("purchase pattern (Pareto/NBD)"),
        "logistic regression on RFM": w.say("logistic regression on recency, frequency and money"),
        "LightGBM without engagement": w.say("churn model (LightGBM) without engagement"),
        "LightGBM": w.say("churn model (LightGBM)"),
    }
    return lambda value: known.get(plain(value)) or _anything(value, w)


def accuracy_table(accuracy: pd.DataFrame | None, w: Words) -> AccuracyTable | None:
    """Turn accuracy rows into text: known measures in words, other columns under their own names.

    Returns None when there are no rows.
    """
    if accuracy is None or accuracy.empty:
        return None
    known = _measures(w)
    names = [str(name) for name in accuracy.columns if accuracy[name].notna().any()]
    columns, shows, legend = [], [], []
    for name in names:
        numeric = pd.api.types.is_numeric_dtype(accuracy[name])
        label, show, meaning = known.get(name, (sentence(name), lambda value: _anything(value, w), ""))
        columns.append(Column(name, label, "num" if numeric else ""))
        shows.append(show)
        if meaning:
            legend.append(Fact(label, meaning))
    rows = [
        [show(record[name]) for name, show in zip(names, shows, strict=True)]
        for record in accuracy.rename(columns=str).to_dict("records")
    ]
    return AccuracyTable(columns, rows, legend)


def picture(svg: str | None) -> Picture | None:
    """Pack an SVG document into an address for an img element, where nothing inside it can run."""
    if not svg:
        return None
    found = re.search(r'aria-label="([^"]*)"', svg)
    alt = plain(unescape(found[1])) if found else "Forecast against what happened, by month of first purchase"
    code = base64.b64encode(svg.encode("utf-8", "replace")).decode("ascii")
    return Picture(f"data:image/svg+xml;base64,{code}", alt)


def convention_facts(conventions: Mapping[str, Any], w: Words, *, horizon_days: float | None) -> list[Fact]:
    """Put conventions into sentences; keys without a sentence of their own are shown as they are.

    Known keys: horizon_days, clv_horizon_days, margin, cost_per_order, annual_discount_rate (or discount_rate),
    currency, churned.
    """
    given = {str(key): value for key, value in conventions.items() if not is_missing(value)}
    if horizon_days is not None:
        given.setdefault("horizon_days", horizon_days)
    if "discount_rate" in given:
        given.setdefault("annual_discount_rate", given.pop("discount_rate"))
    period = w.days(given.pop("horizon_days", None))
    left = w.say("Who buys nothing within {days} after the day of this list counts as having left.", days=period)
    given.pop("churned", None)
    facts = [Fact(w.say("Left (“churned”)"), left)]
    for key, (label, say) in _sentences(w).items():
        if key in given:
            value = given.pop(key)
            facts.append(Fact(label, plain(value) if isinstance(value, str) and key != "currency" else say(value)))
    at_risk = w.say("The chance that the customer leaves, times what the customer is worth if kept.")
    profit = w.say("What a contact brings on average: what it can keep, less what it costs. The list is sorted by it.")
    facts += [Fact(w.say("Money at risk"), at_risk), Fact(w.say("Expected profit of a contact"), profit)]
    spread = w.say("How far customers like this one differ by chance; the numbers themselves are taken as known.")
    facts.append(Fact(w.say("80% of customers like this"), spread))
    return facts + [Fact(sentence(key), _anything(value, w)) for key, value in given.items()]


def _sentences(w: Words) -> dict[str, tuple[str, Callable[[object], str]]]:
    return {
        "clv_horizon_days": (
            w.say("Value horizon"),
            lambda value: w.say("Value counts the next {days}.", days=w.days(value)),
        ),
        "margin": (
            w.say("Margin"),
            lambda value: w.say("{share} of what a customer spends is counted as value.", share=w.percent(value)),
        ),
        "cost_per_order": (
            w.say("Cost of an order"),
            lambda value: (
                w.say("{amount} of each order is cost, taken off its value.", amount=w.money(value))
                if number(value)
                else w.say("None.")
            ),
        ),
        "annual_discount_rate": (
            w.say("Discount"),
            lambda value: w.say("Money that comes later counts less: {share} a year.", share=w.percent(value)),
        ),
        "currency": (
            w.say("Currency"),
            lambda value: w.say("All amounts are in {currency}.", currency=plain(value)),
        ),
    }


def _anything(value: object, w: Words) -> str:
    if isinstance(value, bool):
        return w.say("yes") if value else w.say("no")
    amount = number(value)
    if amount is None:
        return MISSING if is_missing(value) else w.date(value)
    return w.number(amount)
