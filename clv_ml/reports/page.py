"""The risk list as one HTML file that opens from disk, needs no network and runs nothing from the data."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from clv_ml.errors import DataError, missing_columns
from clv_ml.reports.explain import accuracy_table, convention_facts, picture
from clv_ml.reports.row import STATUS_WORDS, Row, build_row, table_columns
from clv_ml.reports.story import Layout, churn_horizons
from clv_ml.reports.wording import count, date_words, is_missing, money, number, plain

_TEMPLATES = Path(__file__).parent / "templates"


def render_page(
    risk_list: pd.DataFrame,
    *,
    summary: Mapping[str, Any],
    accuracy: pd.DataFrame | None = None,
    cohort_svg: str | None = None,
    conventions: Mapping[str, Any],
    max_rows: int = 2000,
) -> str:
    """Return the risk list as one self-contained HTML page; the same arguments give the same bytes.

    Parameters
    ----------
    risk_list : pandas.DataFrame
        The columns of the risk list as far as they are there, in the order to show; customer_id is needed.
    summary : mapping
        Any of: title, as_of, valid_until, currency, horizon_days (the main one), customers_scored,
        customers_to_contact, value_at_risk (total), full_list (file name of the whole list), model_version.
        What is missing is taken from `risk_list`.
    accuracy : pandas.DataFrame, optional
        How earlier forecasts did, one row a line: text columns first, then metrics under the keys of
        `classification_metrics`.
    cohort_svg : str, optional
        Picture of forecast against actual, as `clv_ml.reports.plots.svg` gives it.
    conventions : mapping
        Any of: horizon_days, clv_horizon_days, margin, annual_discount_rate, currency, churned; others are
        shown as they are.
    max_rows : int, default 2000
        Rows shown; a longer list is cut and the page says so.

    Raises
    ------
    DataError
        If customer_id is missing or `max_rows` is below 1.
    """
    if max_rows < 1:
        raise DataError(f"max_rows must be at least 1, got {max_rows}")
    if "customer_id" not in risk_list.columns:
        raise missing_columns("risk list", ["customer_id"], map(str, risk_list.columns), "See render_page.")
    layout = _layout(risk_list, summary, conventions)
    rows = [
        build_row({str(key): value for key, value in record.items()}, place, layout=layout)
        for place, record in enumerate(risk_list.head(max_rows).to_dict("records"), start=1)
    ]
    script = (_TEMPLATES / "page.js").read_text(encoding="utf-8")
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
        title=plain(summary.get("title")) or "Customers worth keeping",
        as_of=_date(_first(summary, risk_list, "as_of")),
        valid_until=_date(_first(summary, risk_list, "valid_until")),
        figures=_figures(risk_list, summary, layout),
        first=_first_calls(rows),
        rows=rows,
        columns=table_columns(layout),
        statuses=_statuses(rows),
        caption="Most to lose first. Choose a heading to sort, a customer to read the story.",
        cut=_cut(risk_list, summary, max_rows),
        picture=picture(cohort_svg),
        accuracy=accuracy_table(accuracy),
        conventions=convention_facts(conventions, horizon_days=layout.main_horizon),
        meaning="What counts as leaving, what money means here, and how far ahead it looks.",
        model_version=plain(_first(summary, risk_list, "model_version")),
        style=Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8")),  # our own file, not data
        script=Markup(script),
        script_hash=f"sha256-{digest}",
    )


def _first(summary: Mapping[str, Any], risk_list: pd.DataFrame, name: str) -> object:
    """Return the summary's value, else the first one of that column."""
    if not is_missing(summary.get(name)):
        return summary[name]
    if name not in risk_list.columns:
        return None
    values = risk_list[name].dropna()
    return None if values.empty else values.iloc[0]


def _date(value: object) -> str:
    return "" if is_missing(value) else date_words(value)


def _layout(risk_list: pd.DataFrame, summary: Mapping[str, Any], conventions: Mapping[str, Any]) -> Layout:
    filled = frozenset(str(name) for name in risk_list.columns if risk_list[name].notna().any())
    currencies = list(risk_list["currency"].dropna().unique()) if "currency" in filled else []
    stated = plain(summary.get("currency")) or plain(conventions.get("currency"))
    amounts = pd.to_numeric(risk_list["value_at_risk"], errors="coerce") if "value_at_risk" in filled else None
    return Layout(
        available=filled,
        currency=plain(currencies[0]) if len(currencies) == 1 else stated,
        one_currency=len(currencies) <= 1,
        whole_money=amounts is not None and bool(amounts.max() >= 1000),
        clv_horizon_days=number(conventions.get("clv_horizon_days")),
        main_horizon=_main_horizon(filled, summary, conventions),
    )


def _main_horizon(available: Iterable[str], summary: Mapping[str, Any], conventions: Mapping[str, Any]) -> int | None:
    horizons = churn_horizons(available)
    for given in (summary, conventions):
        stated = number(given.get("horizon_days"))
        if stated is not None and int(stated) in horizons:
            return int(stated)
    return horizons[-1] if horizons else None


def _figures(risk_list: pd.DataFrame, summary: Mapping[str, Any], layout: Layout) -> list[dict[str, str]]:
    contact = _to_contact(risk_list)
    figures = []
    total = number(summary.get("value_at_risk"))
    if "value_at_risk" in layout.available and layout.one_currency:
        amounts = pd.to_numeric(risk_list["value_at_risk"], errors="coerce")
        total = float(amounts.sum()) if total is None else total
        reach = money(float(amounts[contact].sum()), layout.currency)
        note = f"{reach} of it with the customers to contact" if not contact.all() else "on this list"
    else:
        note = "on this list"
    if total is not None:
        figures.append({"label": "Money at risk", "value": money(total, layout.currency), "note": note})
    wanted = number(summary.get("customers_to_contact"))
    figures.append(
        {
            "label": "Customers to contact",
            "value": count(int(contact.sum()) if wanted is None else wanted),
            "note": f"of {count(len(risk_list))} on the list",
        }
    )
    scored = number(summary.get("customers_scored"))
    if scored is not None:
        figures.append({"label": "Customers looked at", "value": count(scored), "note": "scored for this list"})
    return figures


def _to_contact(risk_list: pd.DataFrame) -> pd.Series[bool]:
    """Tell the rows to contact; without any status, all of them."""
    if "action_status" not in risk_list.columns or risk_list["action_status"].isna().all():
        return pd.Series(True, index=risk_list.index)
    return risk_list["action_status"].astype(str) == "contact"


def _first_calls(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if not row.quiet][:3]


def _statuses(rows: Sequence[Row]) -> list[str]:
    present = {row.status for row in rows if row.status}
    known = [words for words in STATUS_WORDS.values() if words in present]
    return known + sorted(present.difference(known))


def _cut(risk_list: pd.DataFrame, summary: Mapping[str, Any], max_rows: int) -> str:
    if len(risk_list) <= max_rows:
        return ""
    where = plain(summary.get("full_list")) or "risk_list.csv"
    return (
        f"This page shows the first {count(max_rows)} of {count(len(risk_list))} customers. "
        f"The whole list is in {where}, beside this page."
    )
