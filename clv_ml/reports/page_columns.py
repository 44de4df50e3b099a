"""The list as columns of plain values, which the page's script reads as JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from clv_ml.reports.page_labels import ORDER
from clv_ml.reports.page_layout import day_of
from clv_ml.reports.story import activity_of, churn_horizons, orders_of
from clv_ml.reports.wording import number, plain

CATEGORIES = ("action_status", "exclusion_reason", "risk_band", "value_tier", "change", "score_source", "currency")
_SHARES = ("p_churn_own", "previous_p_churn")
_NUMBERS = (
    *("rank", "own_horizon_days", "risk_percentile", "expected_purchases", "expected_clv", "value_if_retained"),
    *("clv_horizon_days", "value_at_risk", "expected_net_profit", "days_since_last", "usual_gap_days", "history_days"),
    *("previous_rank", "engagement_score"),
)
_INTERVALS = ("purchases_low", "purchases_high", "clv_low", "clv_high")
_REASONS = ("reason_1", "reason_2", "reason_3")
# who takes a place along the capacity curve: the others take no slot
_ON_THE_CURVE = ("contact", "over_capacity", "not_profitable")

Texts = Mapping[str, pd.DataFrame]


@dataclass
class Columns:
    """Columns of the list, and what their places stand for.

    Attributes
    ----------
    values
        A list a column, one value a customer: None where there is none; a place in `codes` for a category.
    codes
        The codes of each category, and of each reason that is told.
    reasons, actions
        For each language the texts, by place.
    days
        Days whose names a story may need.
    """

    values: dict[str, list[Any]] = field(default_factory=dict)
    codes: dict[str, list[str]] = field(default_factory=dict)
    reasons: dict[str, list[str]] = field(default_factory=dict)
    actions: dict[str, list[str]] = field(default_factory=dict)
    days: set[dt.date] = field(default_factory=set)


def columns_of(
    shown: pd.DataFrame, *, as_of: dt.date | None, texts: Texts, languages: Sequence[str], stories: pd.DataFrame | None
) -> Columns:
    """Return the columns of the rows the page shows; columns without any value are left out.

    Parameters
    ----------
    shown
        Rows of the list, in the order of their ranks.
    as_of
        Day of the list, from which other days are counted.
    texts
        For each language reason_1..3 and recommended_action, indexed by customer_id; a language that is not there
        shows the texts of the list.
    stories
        Indexed by customer_id; see :func:`clv_ml.reports.page.render_page`.
    """
    found = Columns()
    found.values["customer_id"] = [plain(value) or "(no id)" for value in shown["customer_id"]]
    for horizon in churn_horizons(map(str, shown.columns)):
        _put(found, f"p_churn_{horizon}d", [_share(value) for value in shown[f"p_churn_{horizon}d"]])
    for name in _SHARES:
        if name in shown:
            _put(found, name, [_share(value) for value in shown[name]])
    for name in _NUMBERS:
        if name in shown:
            _put(found, name, [_figure(value) for value in shown[name]])
    if "rank" not in found.values:
        found.values["rank"] = list(range(1, len(shown) + 1))
    for name in CATEGORIES:
        if name in shown:
            _put_codes(found, name, [plain(value) for value in shown[name]])
    _put_places(found, shown)
    _put_next_order(found, shown, as_of)
    _put_texts(found, shown, texts, languages)
    if stories is not None:
        _put_stories(found, shown, stories, as_of)
    return found


def _put(found: Columns, name: str, values: list[Any]) -> None:
    if any(value is not None for value in values):
        found.values[name] = values


def _put_codes(found: Columns, name: str, values: list[str]) -> None:
    codes = [code for code in ORDER.get(name, ()) if code in values]
    codes += sorted(set(values).difference(codes, {""}))
    place = {code: at for at, code in enumerate(codes)}
    found.codes[name] = codes
    _put(found, name, [place.get(value) for value in values])


def _put_places(found: Columns, shown: pd.DataFrame) -> None:
    """Count who takes a slot, in the order of the list: the n-th of them is the n-th contact of the curve."""
    if "action_status" not in shown:
        return
    takes = shown["action_status"].isin(_ON_THE_CURVE)
    _put(found, "place", [int(n) if on else None for n, on in zip(takes.cumsum(), takes, strict=True)])


def _put_next_order(found: Columns, shown: pd.DataFrame, as_of: dt.date | None) -> None:
    if "expected_next_order" not in shown or as_of is None:
        return
    due = [day_of(value) for value in shown["expected_next_order"]]
    found.days.update(day for day in due if day is not None)
    _put(found, "expected_next_order", [None if day is None else (day - as_of).days for day in due])


def _put_texts(found: Columns, shown: pd.DataFrame, texts: Texts, languages: Sequence[str]) -> None:
    told = {code: _texts_in(shown, texts.get(code)) for code in languages}
    found.reasons = {code: [] for code in languages}
    found.actions = {code: [] for code in languages}
    _put_reasons(found, told, [_plain_column(shown, f"{column}_code") for column in _REASONS])
    _put_actions(found, told)


def _put_reasons(found: Columns, told: Mapping[str, Mapping[str, list[str]]], codes: list[list[str]]) -> None:
    """Keep each text once, and of each customer the places of the texts."""
    places: dict[tuple[str, ...], int] = {}
    rows: list[list[int]] = [[] for _ in codes[0]]
    found.codes["reason"] = []
    for column, coded in zip(_REASONS, codes, strict=True):
        for row, key in enumerate(zip(coded, *(texts[column] for texts in told.values()), strict=True)):
            if not any(key[1:]):
                continue
            if key not in places:
                places[key] = len(places)
                found.codes["reason"].append(key[0])
                for code, text in zip(told, key[1:], strict=True):
                    found.reasons[code].append(text)
            rows[row].append(places[key])
    _put(found, "reasons", [row or None for row in rows])


def _put_actions(found: Columns, told: Mapping[str, Mapping[str, list[str]]]) -> None:
    places: dict[tuple[str, ...], int] = {}
    chosen: list[int | None] = []
    for key in zip(*(texts["recommended_action"] for texts in told.values()), strict=True):
        if any(key) and key not in places:
            places[key] = len(places)
            for code, text in zip(told, key, strict=True):
                found.actions[code].append(text)
        chosen.append(places.get(key))
    _put(found, "action", chosen)


def _texts_in(shown: pd.DataFrame, texts: pd.DataFrame | None) -> dict[str, list[str]]:
    table = shown if texts is None else texts.reindex(shown["customer_id"])
    return {name: _plain_column(table, name) for name in (*_REASONS, "recommended_action")}


def _plain_column(table: pd.DataFrame, name: str) -> list[str]:
    return [plain(value) for value in table[name]] if name in table else [""] * len(table)


def _put_stories(found: Columns, shown: pd.DataFrame, stories: pd.DataFrame, as_of: dt.date | None) -> None:
    rows = stories.reindex(shown["customer_id"])
    for name in _INTERVALS:
        if name in rows:
            _put(found, name, [_figure(value) for value in rows[name]])
    if "orders" in rows:
        _put(found, "orders", [orders_of(value) for value in rows["orders"]])
    if "activity" in rows:
        _put(found, "activity", [activity_of(value) for value in rows["activity"]])
    if as_of is not None:
        before = {ago for orders in found.values.get("orders", []) for ago in (orders or [])[::2]}
        before |= {7 * week - 1 for week in range(1, 53)} | {60, 364}
        found.days.update(as_of - dt.timedelta(days=ago) for ago in before if 0 <= ago < 36_500)


def _share(value: object) -> float | None:
    share = number(value)
    if share is None:
        return None
    short = float(f"{share:.5g}")
    return min(max(short, 1e-6), 1 - 1e-6) if 0 < share < 1 else short


def _figure(value: object) -> float | int | None:
    figure = number(value)
    if figure is None:
        return None
    short = round(figure, 2)
    return int(short) if short == int(short) else short
