"""One customer of the risk list as a line of the page that needs no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clv_ml.language import MISSING, Words
from clv_ml.reports.page_labels import labels, sentence
from clv_ml.reports.page_layout import Layout
from clv_ml.reports.wording import number, plain

_BANDS = {"very high": "highest", "high": "high", "medium": "medium", "low": "low"}


@dataclass(frozen=True)
class Column:
    """A column of a table: name, heading, CSS class."""

    name: str
    label: str
    css: str = ""


@dataclass(frozen=True)
class Row:
    """What the page shows of one customer before its script runs."""

    place: int
    rank: str
    customer: str
    status: str
    quiet: bool
    risk: str
    band: str
    band_css: str
    money: str
    last: str
    usual: str
    reason: str
    action: str


def table_columns(layout: Layout, w: Words) -> list[Column]:
    """Return the columns of the table: only what an agent needs to choose the next customer."""
    shown = [Column("rank", w.say("Rank"), "num rank wide"), Column("customer", w.say("Customer"), "who")]
    if layout.available & {"recommended_action", "action_status"}:
        shown.append(Column("action", w.say("What to do"), "do wide"))
    if layout.risk in layout.available or "risk_band" in layout.available:
        within = layout.risk_days
        label = w.say("Risk of leaving within {days}", days=w.days(within)) if within else w.say("Risk of leaving")
        shown.append(Column("risk", label, "num risk"))
    if "value_at_risk" in layout.available:
        shown.append(Column("money", w.say("Money at risk"), "num money"))
    if "days_since_last" in layout.available:
        shown.append(Column("last", w.say("Last order"), "num last wide"))
    return shown


def build_row(record: Mapping[str, Any], place: int, *, layout: Layout, texts: Sequence[str], w: Words) -> Row:
    """Put one record of the list into words.

    Parameters
    ----------
    record
        Columns of the list.
    place
        Its place on the page, from 0.
    texts
        Its first reason and what to do, in the language of `w`.
    """
    known = labels(w)
    status, band = plain(record.get("action_status")), plain(record.get("risk_band"))
    risk, rank = number(record.get(layout.risk)), number(record.get("rank"))
    last, gap = number(record.get("days_since_last")), number(record.get("usual_gap_days"))
    currency = layout.currency if layout.one_currency else plain(record.get("currency"))
    return Row(
        place=place,
        rank=w.number(place + 1 if rank is None else rank, 0),
        customer=plain(record.get("customer_id")) or "(no id)",
        status=known["action_status"].get(status) or sentence(status),
        quiet=bool(status) and status != "contact",
        risk="" if risk is None else w.percent(risk),
        band=known["risk_band"].get(band) or sentence(band),
        band_css=_BANDS.get(band, "other"),
        money=w.money(record.get("value_at_risk"), currency),
        last=MISSING if last is None else w.counted("{n} day ago", "{n} days ago", last),
        usual="" if gap is None else w.counted("usually every {n} day", "usually every {n} days", max(1.0, gap)),
        reason=texts[0],
        action=texts[1],
    )
