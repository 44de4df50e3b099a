"""One customer of the risk list as a line of the page, and the story that opens below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from clv_ml.reports.story import (
    Fact,
    Group,
    Layout,
    action_facts,
    amount,
    row_currency,
    sentence,
    story_groups,
)
from clv_ml.reports.wording import MISSING, days, money, number, percent, plain

STATUS_WORDS = {
    "contact": "Contact",
    "control": "Control group: do not contact",
    "excluded": "Excluded: do not contact",
    "over_capacity": "Beyond capacity this time",
    "not_profitable": "Not worth a contact",
}
_BANDS = {"high": "high", "very high": "high", "critical": "high", "medium": "medium", "low": "low"}


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


def table_columns(layout: Layout) -> list[Column]:
    """Return the columns of the table: only what an agent needs to choose the next customer."""
    unit = f" ({plain(layout.currency)})" if layout.currency and layout.one_currency else ""
    shown = [Column("rank", "#", "num rank", sorted=True), Column("customer", "Customer", "who")]
    if layout.available & {"recommended_action", "action_status"}:
        shown.append(Column("action", "What to do", "do more"))
    if layout.main_horizon or "risk_band" in layout.available:
        within = f", {days(layout.main_horizon)}" if layout.main_horizon else ""
        shown.append(Column("risk", f"Risk of leaving{within}", "num"))
    if "value_at_risk" in layout.available:
        shown.append(Column("value_at_risk", f"Money at risk{unit}", "num"))
    if "days_since_last" in layout.available:
        shown.append(Column("days_since_last", "Last order", "num more"))
    return shown


def build_row(record: Mapping[str, Any], n: int, *, layout: Layout) -> Row:
    """Put one record of the risk list into words; `n` is its place on the page, from 1."""
    status_code = plain(record.get("action_status"))
    status = STATUS_WORDS.get(status_code, sentence(status_code))
    reasons = [text for text in (_reason(record, place) for place in (1, 2, 3)) if text]
    probability = number(record.get(f"p_churn_{layout.main_horizon}d"))
    row = Row(
        n=n,
        customer=plain(record.get("customer_id")) or "(no id)",
        status=status,
        quiet=bool(status_code) and status_code != "contact",
        risk="" if probability is None else percent(probability),
        risk_money=amount(record, "value_at_risk", layout),
        reason=reasons[0] if reasons else "",
        action=plain(record.get("recommended_action")),
        reasons=reasons,
    )
    cells = [_CELLS[column.name](record, row, column, layout, probability) for column in table_columns(layout)]
    return replace(row, cells=cells, groups=story_groups(record, layout), to_do=action_facts(record, status))


def _reason(record: Mapping[str, Any], place: int) -> str:
    return plain(record.get(f"reason_{place}_text")) or plain(record.get(f"reason_{place}"))


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
    band, words = _BANDS.get(name.casefold(), "other"), sentence(name)
    if not row.risk:
        return Cell("risk", words, column.css, band=band)
    return Cell("risk", row.risk, column.css, band=band, name=words, key=_key(probability))


def _money_cell(record: Mapping[str, Any], row: Row, column: Column, layout: Layout, probability: float | None) -> Cell:
    value = number(record.get("value_at_risk"))
    unit = "" if layout.one_currency else row_currency(record, layout)
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
