"""The risk list as one HTML file that opens from disk, needs no network and runs nothing from the data."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from clv_ml.errors import DataError, missing_columns
from clv_ml.language import Words, languages, words
from clv_ml.reports.explain import accuracy_table, convention_facts, picture
from clv_ml.reports.page_columns import Columns, columns_of
from clv_ml.reports.page_curve import curve_points
from clv_ml.reports.page_labels import ORDER
from clv_ml.reports.page_phrases import phrases
from clv_ml.reports.page_speech import speech
from clv_ml.reports.page_summary import figures, notes, to_contact
from clv_ml.reports.row import Row, build_row, table_columns
from clv_ml.reports.story import MOST_ORDERS, Layout, churn_horizons
from clv_ml.reports.wording import is_missing, number, plain

_TEMPLATES = Path(__file__).parent / "templates"
# in this order they are one script
_SCRIPTS = ("words", "rows", "list", "cells", "window", "picture", "story", "curve", "select", "main")
_WITHOUT_SCRIPT = 100  # rows that are there as plain HTML
_FIRST_CALLS = 3


def render_page(
    listed: pd.DataFrame,
    *,
    summary: Mapping[str, Any],
    conventions: Mapping[str, Any],
    accuracy: pd.DataFrame | None = None,
    cohort_svg: str | None = None,
    curve: pd.DataFrame | None = None,
    stories: pd.DataFrame | None = None,
    texts: Mapping[str, pd.DataFrame] | None = None,
    last_list: Mapping[str, Any] | None = None,
    language: str = "en",
    max_rows: int = 5000,
) -> str:
    """Return the risk list as one self-contained HTML page; the same arguments give the same bytes.

    Parameters
    ----------
    listed
        The columns of the risk list as far as they are there, in the order to show; customer_id is needed.
    summary
        Any of: title, as_of, valid_until, currency, horizon_days (the main one), customers_scored, value_at_risk
        (total), full_list (file name of the whole list), model_version, best_n, chosen_n, expected_profit, capacity,
        controls, excluded (reason to count), previous_as_of, new_on_list, assumptions (save_rate, offer_cost,
        contact_cost, take_up). What is missing is taken from `listed` or left out.
    conventions
        Any of: horizon_days, clv_horizon_days, margin, annual_discount_rate, currency, churned; others are
        shown as they are.
    accuracy
        How earlier forecasts did, one row a line: text columns first, then metrics under the keys of
        `classification_metrics`.
    cohort_svg
        Picture of forecast against actual, as `clv_ml.reports.plots.svg` gives it.
    curve
        Capacity curve: n, cost, expected_saves, expected_profit, marginal_profit, is_best, is_chosen; n = 0 first.
    stories
        Indexed by customer_id, any of: orders (list of [days before as_of, amount]), activity (counts of the weeks
        before as_of, oldest first), purchases_low, purchases_high, clv_low, clv_high (80 % intervals).
    texts
        For each language reason_1..3 and recommended_action, indexed by customer_id; elsewhere those of `listed`.
    last_list
        How right an earlier list was: see :class:`clv_ml.evaluation.last_list.LastList`.
    language
        The language the page opens in, one of :func:`clv_ml.language.languages`; it can be changed in the page.
    max_rows
        Rows shown; a longer list is cut and the page says so.

    Raises
    ------
    DataError
        If customer_id is missing or `max_rows` is below 1.
    ConfigError
        If there is no such language.
    """
    if max_rows < 1:
        raise DataError(f"max_rows must be at least 1, got {max_rows}")
    if "customer_id" not in listed.columns:
        raise missing_columns("risk list", ["customer_id"], map(str, listed.columns), "See render_page.")
    layout = _layout(listed, summary, conventions)
    shown = listed.head(max_rows)
    spoken = {code: words(code) for code in dict.fromkeys([language, *languages()])}
    as_of = _first(summary, listed, "as_of")
    columns = columns_of(
        shown, as_of=_day(as_of), texts=texts or {}, languages=list(languages()), stories=stories
    )
    tops = [
        _top(w, listed, columns, layout, summary, conventions, accuracy, last_list, max_rows) for w in spoken.values()
    ]
    w = spoken[language]
    points = None if curve is None else curve_points(curve)
    script = Markup("".join((_TEMPLATES / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS))
    script = Markup('(function () {{\n"use strict";\n{}}})();\n').format(script)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("risk_list.html.j2").render(
        w=w,
        t=phrases(w),
        tops=tops,
        languages=[spoken[code] for code in languages()],
        columns=table_columns(layout, w),
        rows=_rows(shown, columns, layout, w),
        has_curve=points is not None,
        picture=picture(cohort_svg),
        model_version=plain(_first(summary, listed, "model_version")),
        style=Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8")),  # our own file, not data
        data=_embedded(_data(tops, columns, layout, as_of, points, language)),
        script=script,
        script_hash=f"sha256-{digest}",
    )


def _embedded(data: Mapping[str, Any]) -> Markup:
    """Return JSON that nothing in it can end: no < stands in a script element, so no tag and no comment."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def _data(
    tops: Sequence[Mapping[str, Any]],
    columns: Columns,
    layout: Layout,
    as_of: object,
    points: Mapping[str, Any] | None,
    language: str,
) -> dict[str, Any]:
    day = _day(as_of)
    currencies = columns.codes.get("currency", [])
    return {
        "language": language,
        "as_of": "" if day is None else day.isoformat(),
        "currency": layout.currency if layout.one_currency else "",
        "one_currency": layout.one_currency,
        "whole_money": layout.whole_money,
        "risk": layout.risk,
        "risk_days": None if layout.risk == "p_churn_own" else layout.main_horizon,
        "horizons": churn_horizons(columns.values),
        "clv_horizon_days": layout.clv_horizon_days,
        "most_orders": MOST_ORDERS,
        "order": {name: {code: at for at, code in enumerate(codes)} for name, codes in ORDER.items()},
        "codes": columns.codes,
        "columns": columns.values,
        "curve": points,
        "languages": {
            top["w"].code: speech(
                top["w"],
                title=top["document"],
                currencies={layout.currency, *currencies},
                days=columns.days,
                codes=columns.codes,
                reasons=columns.reasons.get(top["w"].code, ()),
                actions=columns.actions.get(top["w"].code, ()),
            )
            for top in tops
        },
    }


def _top(
    w: Words,
    listed: pd.DataFrame,
    columns: Columns,
    layout: Layout,
    summary: Mapping[str, Any],
    conventions: Mapping[str, Any],
    accuracy: pd.DataFrame | None,
    last_list: Mapping[str, Any] | None,
    max_rows: int,
) -> dict[str, Any]:
    """Return what stands above the list in one language."""
    title = plain(summary.get("title")) or w.say("Customers worth keeping")
    as_of, until = (_first(summary, listed, name) for name in ("as_of", "valid_until"))
    day = "" if is_missing(as_of) else w.date(as_of)
    calls = listed.head(max_rows)[to_contact(listed.head(max_rows))].head(_FIRST_CALLS)
    return {
        "w": w,
        "title": title,
        "document": f"{title}, {day}" if day else title,
        "as_of": day,
        "valid_until": "" if is_missing(until) else w.date(until),
        "figures": figures(listed, summary, layout, w),
        "first": _rows(calls, columns, layout, w),
        "notes": notes(listed, summary, last_list, layout, w),
        "accuracy": accuracy_table(accuracy, w),
        "conventions": convention_facts(conventions, w, horizon_days=layout.main_horizon),
        "cut": _cut(listed, summary, max_rows, w),
    }


def _rows(shown: pd.DataFrame, columns: Columns, layout: Layout, w: Words) -> list[Row]:
    """Return the first of these rows in words; their places on the page are those of their index."""
    rows = []
    for place, record in zip(shown.index[:_WITHOUT_SCRIPT], shown.head(_WITHOUT_SCRIPT).to_dict("records"), strict=True):
        rows.append(build_row({str(key): value for key, value in record.items()}, place, layout=layout, w=w, texts=("", "")))
    return rows
