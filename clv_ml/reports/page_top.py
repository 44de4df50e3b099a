"""What stands above the list in one language, and rows of it as plain HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from clv_ml.language import Words
from clv_ml.reports.explain import AccuracyTable, Fact, accuracy_table, convention_facts
from clv_ml.reports.page_columns import Columns
from clv_ml.reports.page_layout import Layout, first_given
from clv_ml.reports.page_summary import figures, notes, to_contact
from clv_ml.reports.row import Row, build_row
from clv_ml.reports.wording import is_missing, plain

_FIRST_CALLS = 3


@dataclass(frozen=True)
class PageFacts:
    """What the page is told besides columns of figures; see :func:`clv_ml.reports.page.render_page`."""

    shown: pd.DataFrame
    listed: pd.DataFrame
    summary: Mapping[str, Any]
    conventions: Mapping[str, Any]
    accuracy: pd.DataFrame | None
    last_list: Mapping[str, Any] | None
    max_rows: int


@dataclass(frozen=True)
class Top:
    """What stands above the list in one language."""

    w: Words
    title: str
    document: str
    as_of: str
    valid_until: str
    figures: Sequence[Mapping[str, str]]
    first: Sequence[Row]
    notes: Sequence[Mapping[str, str]]
    accuracy: AccuracyTable | None
    conventions: Sequence[Fact]
    cut: str


def top_of(facts: PageFacts, columns: Columns, layout: Layout, w: Words) -> Top:
    """Put what stands above the list into words."""
    shown, listed, summary = facts.shown, facts.listed, facts.summary
    title = plain(summary.get("title")) or w.say("Customers worth keeping")
    as_of, until = (first_given(name, summary, shown) for name in ("as_of", "valid_until"))
    day = "" if is_missing(as_of) else w.date(as_of)
    return Top(
        w=w,
        title=title,
        document=f"{title}, {day}" if day else title,
        as_of=day,
        valid_until="" if is_missing(until) else w.date(until),
        figures=figures(listed, summary, layout, w),
        first=rows_in_words(shown[to_contact(shown)].head(_FIRST_CALLS), columns, layout, w),
        notes=notes(listed, summary, facts.last_list, layout, w),
        accuracy=accuracy_table(facts.accuracy, w),
        conventions=convention_facts(facts.conventions, w, horizon_days=layout.main_horizon),
        cut=_cut(facts, w),
    )


def _cut(facts: PageFacts, w: Words) -> str:
    if len(facts.listed) <= facts.max_rows:
        return ""
    return w.say(
        "This page shows the first {shown} of {number} customers. The whole list is in {file}, beside this page.",
        shown=w.number(facts.max_rows, 0),
        number=w.number(len(facts.listed), 0),
        file=plain(facts.summary.get("full_list")) or "risk_list.csv",
    )


def rows_in_words(rows: pd.DataFrame, columns: Columns, layout: Layout, w: Words) -> list[Row]:
    """Put rows of the list into words; their index tells their places on the page."""
    records = [{str(name): value for name, value in record.items()} for record in rows.to_dict("records")]
    return [
        build_row(record, int(place), layout=layout, texts=_texts(int(place), columns, w), w=w)
        for place, record in zip(rows.index, records, strict=True)
    ]


def _texts(place: int, columns: Columns, w: Words) -> tuple[str, str]:
    """Return the first reason of a row, and what to do."""
    values = columns.values
    reasons = values["reasons"][place] if "reasons" in values else None
    action = values["action"][place] if "action" in values else None
    return (
        columns.reasons[w.code][reasons[0]] if reasons else "",
        "" if action is None else columns.actions[w.code][action],
    )
