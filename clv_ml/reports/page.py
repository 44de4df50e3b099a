"""The risk list as one HTML file that opens from disk, needs no network and runs nothing from the data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from clv_ml.errors import DataError, missing_columns
from clv_ml.language import languages, words
from clv_ml.reports.explain import picture
from clv_ml.reports.html_page import TEMPLATES, render_html
from clv_ml.reports.page_columns import columns_of
from clv_ml.reports.page_curve import curve_points
from clv_ml.reports.page_data import page_data
from clv_ml.reports.page_layout import day_of, first_given, layout_of
from clv_ml.reports.page_phrases import FILTERS, phrases
from clv_ml.reports.page_top import PageFacts, rows_in_words, top_of
from clv_ml.reports.row import table_columns
from clv_ml.reports.wording import plain

# in this order they are one script
_SCRIPTS = ("words", "rows", "list", "cells", "window", "picture", "story", "curve", "select", "main")
_WITHOUT_SCRIPT = 100  # rows that are there as plain HTML


def render_page(
    listed: pd.DataFrame,
    *,
    whole: pd.DataFrame | None = None,
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
    whole
        Where `listed` holds the first `max_rows` rows of a longer list: all rows, with the columns that are counted
        (action_status, value_at_risk).
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
    rows = listed.reset_index(drop=True)
    layout = layout_of(rows, summary, conventions)
    spoken = [words(code) for code in languages()]
    as_of = day_of(first_given("as_of", summary, rows))
    columns = columns_of(
        rows.head(max_rows), as_of=as_of, texts=texts or {}, languages=list(languages()), stories=stories
    )
    shown, every = rows.head(max_rows), rows if whole is None else whole.reset_index(drop=True)
    facts = PageFacts(shown, every, summary, conventions, accuracy, last_list, max_rows)
    tops = [top_of(facts, columns, layout, w) for w in spoken]
    w = words(language)
    points = None if curve is None else curve_points(curve)
    return render_html(
        "risk_list.html.j2",
        script=_script(),
        w=w,
        t=phrases(w),
        tops=tops,
        columns=table_columns(layout, w),
        rows=rows_in_words(rows.head(min(max_rows, _WITHOUT_SCRIPT)), columns, layout, w),
        filters=FILTERS,
        has_curve=points is not None,
        picture=picture(cohort_svg),
        model_version=plain(first_given("model_version", summary, rows)),
        style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),  # our own file, not data
        data=_embedded(page_data(tops, columns, layout, as_of=as_of, points=points, language=language)),
    )


def _script() -> str:
    """Join the script's files, which share one scope that nothing outside can reach."""
    parts = [(TEMPLATES / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    return '(function () {\n"use strict";\n' + "".join(parts) + "})();\n"


def _embedded(data: Mapping[str, Any]) -> Markup:
    """Return JSON that nothing in it can end: no < stands in a script element, so no tag and no comment."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
