"""One customer of the risk list as a line of the page, and the story that opens below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from clv_ml.reports.wording import MISSING, count, date_words, days, is_missing, money, number, percent, plain

STATUS_WORDS = {
    "contact": "Contact",
    "control": "Control group: do not contact",
    "excluded": "Excluded: do not contact",
    "over_capacity": "Beyond capacity this time",
    "not_profitable": "Not worth a contact",
}
_SOURCE_WORDS = {"lightgbm": "churn model (LightGBM)", "bgnbd": "purchase pattern (BG/NBD)"}
_BANDS = {"high": "high", "very high": "high", "critical": "high", "medium": "medium", "low": "low"}


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
class Column:
    """A column of the table: heading, CSS class, and whether the list comes sorted by it."""

    name: str
    label: str
    css: str = ""
    sorted: bool = False


@dataclass(frozen=True)
class Cell:
    """What one cell shows, and the number it sorts by where that is not its text."""

    kind: str
    text: str
    css: str = ""
    note: str = ""
    band: str = ""
    name: str = ""
    key: str | None = None


@dataclass(frozen=True)
class Row:
    """Everything the page shows of one customer."""

    n: int
    customer: str
    status: str
    quiet: bool
    risk: str
    risk_money: str
    reason: str
    action: str
    reasons: Sequence[str]
    to_do: Sequence[Fact] = field(default_factory=tuple)
    cells: Sequence[Cell] = field(default_factory=tuple)
    groups: Sequence[Group] = field(default_factory=tuple)


@dataclass(frozen=True)
class Layout:
    """What holds for all rows: which columns there are and in which unit they count."""

    available: frozenset[str]
    currency: str
    one_currency: bool
    whole_money: bool
    clv_horizon_days: float | None
    main_horizon: int | None

    def columns(self) -> list[Column]:
        """Return the columns of the table: only what an agent needs to choose the next customer."""
        unit = f" ({plain(self.currency)})" if self.currency and self.one_currency else ""
        shown = [Column("rank", "#", "num rank", sorted=True), Column("customer", "Customer", "who")]
        if self.available & {"recommended_action", "action_status"}:
            shown.append(Column("action", "What to do", "more"))
        if self.main_horizon or "risk_band" in self.available:
            within = f", {days(self.main_horizon)}" if self.main_horizon else ""
            shown.append(Column("risk", f"Risk of leaving{within}", "num"))
        if "value_at_risk" in self.available:
            shown.append(Column("value_at_risk", f"Money at risk{unit}", "num"))
        if "days_since_last" in self.available:
            shown.append(Column("days_since_last", "Last order", "num more"))
        return shown


def churn_horizons(available: Iterable[str]) -> list[int]:
    """Return the horizons in days of the churn probabilities among the column names, shortest first."""
    found = (re.fullmatch(r"p_churn_(\d{1,5})d", name) for name in available)
    return sorted(int(match[1]) for match in found if match)


def build_row(record: Mapping[str, Any], n: int, *, layout: Layout) -> Row:
    """Put one record of the risk list into words; `n` is its place on the page, from 1."""
    status_code = plain(record.get("action_status"))
    status = STATUS_WORDS.get(status_code, _sentence(status_code))
    reasons = [text for text in (_reason(record, place) for place in (1, 2, 3)) if text]
    probability = number(record.get(f"p_churn_{layout.main_horizon}d"))
    row = Row(
        n=n,
        customer=plain(record.get("customer_id")) or "(no id)",
        status=status,
        quiet=bool(status_code) and status_code != "contact",
        risk="" if probability is None else percent(probability),
        risk_money=_amount(record, "value_at_risk", layout),
        reason=reasons[0] if reasons else "",
        action=plain(record.get("recommended_action")),
        reasons=reasons,
    )
    cells = [_CELLS[column.name](record, row, column, layout, probability) for column in layout.columns()]
    groups = [
        Group("Chance of no purchase", _risk_facts(record, layout)),
        Group("Worth", _worth_facts(record, row, layout)),
        Group("Orders", _order_facts(record, layout.main_horizon)),
    ]
    told = [group for group in groups if group.facts]
    return replace(row, cells=cells, groups=told, to_do=_action_facts(record, row))


def _reason(record: Mapping[str, Any], place: int) -> str:
    return plain(record.get(f"reason_{place}_text")) or plain(record.get(f"reason_{place}"))


def _sentence(code: str) -> str:
    words = code.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _currency(record: Mapping[str, Any], layout: Layout) -> str:
    return layout.currency if layout.one_currency else plain(record.get("currency"))


def _amount(record: Mapping[str, Any], name: str, layout: Layout) -> str:
    """Return the amount with its currency, or nothing where there is none."""
    return "" if number(record.get(name)) is None else money(record[name], _currency(record, layout))


def _key(value: float | None) -> str | None:
    return None if value is None else f"{value:.9g}"


def _rank_cell(record: Mapping[str, Any], row: Row, column: Column, *_: object) -> Cell:
    rank = number(record.get("rank"))
    shown = float(row.n) if rank is None else rank
    return Cell("rank", f"{shown:.0f}", column.css, key=_key(shown))


def _customer_cell(_: object, row: Row, column: Column, *__: object) -> Cell:
    return Cell("customer", row.customer, column.css)


def _action_cell(_: object, row: Row, column: Column, *__: object) -> Cell:
    return Cell("action", (row.status if row.quiet else row.action or row.status) or MISSING, column.css)


def _risk_cell(record: Mapping[str, Any], row: Row, column: Column, layout: Layout, probability: float | None) -> Cell:
    name = plain(record.get("risk_band"))
    if not name:
        return Cell("risk", row.risk or MISSING, column.css, key=_key(probability))
    band, words = _BANDS.get(name.casefold(), "other"), _sentence(name)
    if not row.risk:
        return Cell("risk", words, column.css, band=band)
    return Cell("risk", row.risk, column.css, band=band, name=words, key=_key(probability))


def _money_cell(record: Mapping[str, Any], row: Row, column: Column, layout: Layout, probability: float | None) -> Cell:
    value = number(record.get("value_at_risk"))
    unit = "" if layout.one_currency else _currency(record, layout)
    decimals = 0 if layout.whole_money else 2
    return Cell("money", money(value, unit, decimals=decimals), column.css, key=_key(value))


def _last_cell(record: Mapping[str, Any], row: Row, column: Column, *_: object) -> Cell:
    last, gap = number(record.get("days_since_last")), number(record.get("usual_gap_days"))
    text = MISSING if last is None else f"{days(last)} ago"
    return Cell("last", text, column.css, note="" if gap is None else f"usually every {gap:,.0f}", key=_key(last))


_CELLS: dict[str, Callable[..., Cell]] = {
    "rank": _rank_cell,
    "customer": _customer_cell,
    "action": _action_cell,
    "risk": _risk_cell,
    "value_at_risk": _money_cell,
    "days_since_last": _last_cell,
}


def _facts(*pairs: tuple[str, str]) -> list[Fact]:
    return [Fact(label, value) for label, value in pairs if value and value != MISSING]


def _action_facts(record: Mapping[str, Any], row: Row) -> list[Fact]:
    return _facts(
        ("Action", row.action),
        ("Status", row.status),
        ("Because", _sentence(plain(record.get("exclusion_reason")))),
        ("Use until", date_words(record.get("valid_until"))),
    )


def _risk_facts(record: Mapping[str, Any], layout: Layout) -> list[Fact]:
    chances = [(f"In {days(h)}", percent(record.get(f"p_churn_{h}d"))) for h in churn_horizons(layout.available)]
    source = plain(record.get("score_source"))
    return _facts(*chances, ("Judged by", _SOURCE_WORDS.get(source, source)))


def _worth_facts(record: Mapping[str, Any], row: Row, layout: Layout) -> list[Fact]:
    horizon = number(record.get("clv_horizon_days")) or layout.clv_horizon_days
    span = f", next {days(horizon)}" if horizon else ""
    return _facts(
        ("Money at risk", row.risk_money),
        (f"If kept{span}", _amount(record, "value_if_retained", layout)),
        ("On average, risk included", _amount(record, "expected_clv", layout)),
        ("Profit of a contact", _amount(record, "expected_net_profit", layout)),
        ("Value tier", _sentence(plain(record.get("value_tier")))),
    )


def _order_facts(record: Mapping[str, Any], horizon: int | None) -> list[Fact]:
    last = record.get("days_since_last")
    soon = f" in {days(horizon)}" if horizon else ""
    return _facts(
        ("Last order", "" if is_missing(last) else f"{days(last)} ago"),
        ("Usual gap", days(record.get("usual_gap_days"))),
        ("Next order expected", date_words(record.get("expected_next_order"))),
        (f"Orders expected{soon}", count(record.get("expected_purchases"))),
        ("Customer for", days(record.get("history_days"))),
    )
