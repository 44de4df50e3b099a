"""What there is to say about one customer, as facts under headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clv_ml.reports.wording import MISSING, count, date_words, days, is_missing, money, number, percent, plain

_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SOURCE_WORDS = {"lightgbm": "churn model (LightGBM)", "bgnbd": "purchase pattern (BG/NBD)"}


@dataclass(frozen=True)
class Fact:
    """A label and its value."""

    label: str
    value: str


@dataclass(frozen=True)
class Group:
    """Facts under one heading."""

    title: str
    facts: Sequence[Fact]


@dataclass(frozen=True)
class Layout:
    """What holds for all rows: which columns there are and in which unit they count."""

    available: frozenset[str]
    currency: str
    one_currency: bool
    whole_money: bool
    clv_horizon_days: float | None
    main_horizon: int | None


def churn_horizons(available: Iterable[str]) -> list[int]:
    """Return the horizons in days of the churn probabilities among the column names, shortest first."""
    found = (re.fullmatch(r"p_churn_(\d{1,5})d", name) for name in available)
    return sorted(int(match[1]) for match in found if match)


def sentence(code: str) -> str:
    """Return a code such as 'over_capacity' as words: 'Over capacity'."""
    words = code.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def row_currency(record: Mapping[str, Any], layout: Layout) -> str:
    """Return the currency of this customer's amounts."""
    return layout.currency if layout.one_currency else plain(record.get("currency"))


def amount(record: Mapping[str, Any], name: str, layout: Layout) -> str:
    """Return the amount with its currency, or nothing where there is none."""
    return "" if number(record.get(name)) is None else money(record[name], row_currency(record, layout))


def _facts(*pairs: tuple[str, str]) -> list[Fact]:
    return [Fact(label, value) for label, value in pairs if value and value != MISSING]


def action_facts(record: Mapping[str, Any], status: str) -> list[Fact]:
    """Return what to do with this customer, and why not when nothing is to be done."""
    return _facts(
        ("Action", plain(record.get("recommended_action"))),
        ("Status", status),
        ("Because", sentence(plain(record.get("exclusion_reason")))),
    )


def story_groups(record: Mapping[str, Any], layout: Layout) -> list[Group]:
    """Return the figures behind the decision; headings without a figure are left out."""
    groups = [
        Group("Chance of no purchase", _risk_facts(record, layout)),
        Group("Worth", _worth_facts(record, layout)),
        Group("Orders", _order_facts(record, layout.main_horizon)),
    ]
    return [group for group in groups if group.facts]


def _risk_facts(record: Mapping[str, Any], layout: Layout) -> list[Fact]:
    chances = [(f"In {days(h)}", percent(record.get(f"p_churn_{h}d"))) for h in churn_horizons(layout.available)]
    source = plain(record.get("score_source"))
    return _facts(*chances, ("Judged by", _SOURCE_WORDS.get(source, source)))


def _worth_facts(record: Mapping[str, Any], layout: Layout) -> list[Fact]:
    horizon = number(record.get("clv_horizon_days")) or layout.clv_horizon_days
    span = f", next {days(horizon)}" if horizon else ""
    return _facts(
        ("Money at risk", amount(record, "value_at_risk", layout)),
        (f"If kept{span}", amount(record, "value_if_retained", layout)),
        ("On average, risk included", amount(record, "expected_clv", layout)),
        ("Profit of a contact", amount(record, "expected_net_profit", layout)),
        ("Value tier", sentence(plain(record.get("value_tier")))),
    )


def _order_facts(record: Mapping[str, Any], horizon: int | None) -> list[Fact]:
    last = record.get("days_since_last")
    soon = f" in {days(horizon)}" if horizon else ""
    due, today = str(record.get("expected_next_order"))[:10], str(record.get("as_of"))[:10]
    late = bool(_ISO_DAY.match(due) and _ISO_DAY.match(today)) and due < today
    return _facts(
        ("Last order", "" if is_missing(last) else f"{days(last)} ago"),
        ("Usual gap", days(record.get("usual_gap_days"))),
        ("Next order was due" if late else "Next order expected", date_words(record.get("expected_next_order"))),
        (f"Orders expected{soon}", count(record.get("expected_purchases"))),
        ("Customer for", days(record.get("history_days"))),
    )
