"""The headline figures with their change since last time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clv_ml.language import Words
from clv_ml.language.values import finite, plain
from clv_ml.reports.cohorts_cells import ratio_text, share_text, signed
from clv_ml.reports.cohorts_facts import CohortFacts


def figure_kinds(w: Words) -> dict[str, tuple[str, str, str]]:
    """Return for each headline figure its label, its kind (money, share, count, number, ratio, days) and a note."""
    return {
        "customers": (w.say("Customers"), "count", w.say("who have ever bought")),
        "new_customers": (w.say("New customers"), "count", w.say("in the last 30 days")),
        "active_customers": (w.say("Active customers"), "count", w.say("bought in the last 90 days")),
        "equity": (w.say("Customer equity"), "money", w.say("expected value of all customers together")),
        "clv": (w.say("Value of a customer"), "money", w.say("expected, mean of all customers")),
        "order_value": (w.say("Order value"), "money", w.say("mean of the last 90 days")),
        "repeat_rate": (w.say("Bought again"), "share", w.say("of all customers, ever")),
        "churn_90d": (w.say("Churn, 90 days"), "share", w.say("of those who were active 90 days ago")),
        "gross_margin": (w.say("Gross margin"), "share", ""),
        "ltv_cac": (w.say("Value to cost"), "ratio", w.say("of winning a customer")),
        "payback_days": (w.say("Paid back after"), "days", ""),
    }


def scorecard_figures(facts: CohortFacts, w: Words) -> list[Mapping[str, str]]:
    """Return the headline figures: label, value, change, its direction (up, down, same), note."""
    kinds = figure_kinds(w)
    told: list[Mapping[str, str]] = []
    for row in facts.table("scorecard").to_dict("records"):
        code = plain(row["figure"])
        if code not in kinds or finite(row["value"]) is None:
            continue
        label, kind, note = kinds[code]
        change = finite(row.get("change"))
        told.append(
            {
                "label": label,
                "value": written(row["value"], kind, w, facts.currency),
                "change": "" if change is None else change_words(change, kind, w, facts.currency),
                "direction": _direction(change, kind, w, facts.currency),
                "note": note,
            }
        )
    return told


def written(value: object, kind: str, w: Words, currency: str) -> str:
    """Return a headline figure in words."""
    writers: dict[str, Callable[[object], str]] = {
        "money": lambda amount: w.money(amount, currency),
        "share": lambda share: share_text(share, w),
        "count": lambda count: w.number(count, 0),
        "ratio": lambda ratio: ratio_text(ratio, w),
        "days": w.days,
        "number": w.number,
    }
    return writers[kind](value)


def change_words(change: float, kind: str, w: Words, currency: str) -> str:
    """Return the change of a headline figure in words: a share moves by points, a ratio by its decimals."""
    if not _moved(change, kind, w, currency):
        return w.say("unchanged")
    if kind == "share":
        return signed(change, w, lambda size: w.say("{number} points", number=w.number(100 * size, 1)))
    if kind == "ratio":
        return signed(change, w, lambda size: w.number(size, 1))
    return signed(change, w, lambda size: written(size, kind, w, currency))


def _moved(change: float, kind: str, w: Words, currency: str) -> bool:
    if kind == "share":
        return w.number(100 * abs(change), 1) != w.number(0.0, 1)
    if kind == "ratio":
        return w.number(abs(change), 1) != w.number(0.0, 1)
    return written(abs(change), kind, w, currency) not in (
        written(0.0, kind, w, currency),
        w.money(0.0, currency, 2),
    )


def _direction(change: float | None, kind: str, w: Words, currency: str) -> str:
    if change is None or not _moved(change, kind, w, currency):
        return "same"
    return "up" if change > 0 else "down"
