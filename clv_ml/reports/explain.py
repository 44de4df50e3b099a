"""The measures and the conventions of a list, put into plain words."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

import pandas as pd

from clv_ml.reports.row import Column
from clv_ml.reports.story import Fact
from clv_ml.reports.wording import MISSING, count, date_words, days, is_missing, money, number, percent, plain


@dataclass(frozen=True)
class AccuracyTable:
    """The accuracy rows as text, their columns, and what each measure means."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    legend: Sequence[Fact]


@dataclass(frozen=True)
class Picture:
    """A picture as a data address, which no script inside it can leave, its alt text and message."""

    source: str
    alt: str
    message: str


def _decimals(value: object) -> str:
    amount = number(value)
    return MISSING if amount is None else f"{amount:.3f}"


def _times(value: object) -> str:
    amount = number(value)
    return MISSING if amount is None else f"{amount:.2f}×"


def _points(value: object) -> str:
    amount = number(value)
    return MISSING if amount is None else f"{100 * amount:.1f} points"


_MEASURES: dict[str, tuple[str, Callable[[object], str], str]] = {
    "n": ("Customers", count, ""),
    "customers": ("Customers", count, ""),
    "horizon_days": ("Horizon", days, ""),
    "prevalence": ("Left", percent, "The share of customers who bought nothing in the period."),
    "auc": (
        "Ranking (AUC)",
        _decimals,
        "How often a customer who left was ranked above one who stayed: 0.5 is a coin, 1 is perfect.",
    ),
    "pr_auc": (
        "Precision (PR AUC)",
        _decimals,
        "How pure the top of the list was. Compare it with the share who left, which is what chance gives.",
    ),
    "brier": (
        "Squared error (Brier)",
        _decimals,
        "How far the probabilities were from what happened: 0 is perfect, smaller is better.",
    ),
    "log_loss": ("Log loss", _decimals, "Like the squared error, but hard on confident mistakes."),
    "ece": (
        "Probability off by",
        _points,
        "When the list said 80%, by how many percentage points it was wrong on average.",
    ),
    "lift_at_10": (
        "Lift, top 10%",
        _times,
        "How many times more leavers the top tenth of the list held than a random tenth.",
    ),
    "value_at_10": (
        "Money found, top 10%",
        percent,
        "Of the money of all who left, the share that stood in the top tenth of the list.",
    ),
}


def accuracy_table(accuracy: pd.DataFrame | None) -> AccuracyTable | None:
    """Turn accuracy rows into text: known measures in words, other columns under their own names.

    Returns None when there are no rows.
    """
    if accuracy is None or accuracy.empty:
        return None
    names = [str(name) for name in accuracy.columns if accuracy[name].notna().any()]
    columns, shows, legend = [], [], []
    for name in names:
        numeric = pd.api.types.is_numeric_dtype(accuracy[name])
        label, show, meaning = _MEASURES.get(name, (_label(name), _anything, ""))
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
    message = alt[alt.index("Purchases: ") :] if "Purchases: " in alt else ""
    code = base64.b64encode(svg.encode("utf-8", "replace")).decode("ascii")
    return Picture(f"data:image/svg+xml;base64,{code}", alt, message)


def convention_facts(conventions: Mapping[str, Any], *, horizon_days: float | None) -> list[Fact]:
    """Put conventions into sentences; keys without a sentence of their own are shown as they are.

    Known keys: horizon_days, clv_horizon_days, margin, cost_per_order, annual_discount_rate (or discount_rate),
    currency, churned.
    """
    given = {str(key): value for key, value in conventions.items() if not is_missing(value)}
    if horizon_days is not None:
        given.setdefault("horizon_days", horizon_days)
    if "discount_rate" in given:
        given.setdefault("annual_discount_rate", given.pop("discount_rate"))
    period = days(given["horizon_days"]) if "horizon_days" in given else "the period looked at"
    given.setdefault("churned", f"No purchase in the {period} after the day of this list counts as having left.")
    facts = []
    for key, (label, say) in _SENTENCES.items():
        if key in given:
            value = given.pop(key)
            said = plain(value) if isinstance(value, str) and key != "currency" else say(value)
            facts.append(Fact(label, said))
    facts.append(
        Fact(
            "Money at risk",
            "The chance that the customer leaves, times what the customer is worth if kept.",
        )
    )
    return facts + [Fact(_label(key), _anything(value)) for key, value in given.items()]


_SENTENCES: dict[str, tuple[str, Callable[[object], str]]] = {
    "churned": ("Left (“churned”)", plain),
    "horizon_days": ("Risk horizon", lambda value: f"Risk looks {days(value)} ahead."),
    "clv_horizon_days": ("Value horizon", lambda value: f"Value counts the next {days(value)}."),
    "margin": ("Margin", lambda value: f"{percent(value)} of what a customer spends is counted as value."),
    "cost_per_order": (
        "Cost of an order",
        lambda value: f"{money(value)} of each order is cost, taken off its value." if number(value) else "None.",
    ),
    "annual_discount_rate": (
        "Discount",
        lambda value: f"Money that comes later counts less: {percent(value)} a year.",
    ),
    "currency": ("Currency", lambda value: f"All amounts are in {plain(value)}."),
}


def _label(name: str) -> str:
    words = plain(name).replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _anything(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    amount = number(value)
    if amount is None:
        return MISSING if is_missing(value) else date_words(value)
    return f"{amount:,.0f}" if amount == round(amount) else f"{amount:.4g}"
