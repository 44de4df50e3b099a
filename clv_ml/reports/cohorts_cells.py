"""The columns of the cohort tables: what each is called in a language, and how its cells are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from clv_ml.language import MISSING, Words
from clv_ml.language.values import finite, is_missing, plain
from clv_ml.reports.cohorts_headings import columns_of
from clv_ml.reports.cohorts_labels import codes
from clv_ml.reports.cohorts_names import cohort_name, dimension_name, month_name, scenario_name

# how a cell of each kind stands: numbers at the end of their cell, words at its start
TEXTS = {"cohort", "dimension", "scenario", "code", "text", "yes", "day", "month"}


_LEAST_CHANCE = 0.001
# a figure, its low and its high end
Ranged = tuple[str, str, str]


@dataclass(frozen=True)
class Cell:
    """A cell in words, and the classes that give it its look."""

    text: str
    css: str = ""


@dataclass(frozen=True)
class Head:
    """A heading, and the classes of its column."""

    label: str
    css: str = ""


@dataclass(frozen=True)
class Shown:
    """A table in words."""

    caption: str
    columns: list[Head]
    rows: list[list[Cell]]
    css: str = ""
    note: str = ""


def shown_table(
    name: str,
    table: pd.DataFrame,
    columns: Sequence[str | Ranged],
    w: Words,
    *,
    caption: str,
    currency: str,
    note: str = "",
) -> Shown | None:
    """Put those of the columns that the table has into words; None for a table without rows.

    Parameters
    ----------
    name
        Of the table: what a column of it is called, and how its cells are written, depends on it.
    table
        All its rows, or some of them.
    columns
        In the order to show; one that is missing in the table, or empty in all its rows, is left out. Three of them
        are one column of a figure with its range.
    currency
        Of the amounts.
    """
    sets = [(column,) if isinstance(column, str) else column for column in columns]
    sets = [names for names in sets if names[0] in table.columns and table[names[0]].notna().any()]
    if not sets:
        return None
    known = columns_of(name, [column for names in sets for column in names], w)
    heads = [Head(*_head(known[names[0]])) for names in sets]
    rows = [
        [
            Cell(_ranged([cell_text(column, known[column][1], record, w, currency) for column in names], w), head.css)
            for names, head in zip(sets, heads, strict=True)
        ]
        for record in records(table)
    ]
    return Shown(caption, heads, rows, note=note)


def _head(heading: tuple[str, str]) -> tuple[str, str]:
    return heading[0], heading[1] if heading[1] in TEXTS else "num"


def _ranged(texts: Sequence[str], w: Words) -> str:
    """Return a figure with its range, where it has one that says more."""
    figure, *ends = texts
    if len(ends) != 2 or MISSING in texts or set(ends) == {figure}:
        return figure
    return w.say("{figure} ({low} to {high})", figure=figure, low=ends[0], high=ends[1])


def cell_text(column: str, kind: str, row: Mapping[str, Any], w: Words, currency: str) -> str:
    """Return one cell in words.

    Parameters
    ----------
    kind
        What :func:`clv_ml.reports.cohorts_headings.columns_of` says of the column.
    row
        The whole row: what a cohort is called depends on its dimension.
    """
    value, kind = row[column], row_kind(kind, row)
    if kind == "cohort":
        return cohort_name(row.get("dimension"), value, w)
    if kind == "dimension":
        return dimension_name(value, w)
    if kind == "scenario":
        return scenario_name(row, w)
    if kind == "code":
        return codes(w).get(column, {}).get(str(value)) or (MISSING if is_missing(value) else w.text(plain(value)))
    return _writers(w, currency)[kind](value)


def row_kind(kind: str, row: Mapping[str, Any]) -> str:
    """Return the kind of a cell where it depends on what its row is about."""
    if kind not in ("by_outcome", "change_by_outcome"):
        return kind
    if row["outcome"] not in ("returned", "churn"):
        return "money"
    return "share" if kind == "by_outcome" else "points"


def _writers(w: Words, currency: str) -> dict[str, Callable[[object], str]]:
    return {
        "money": lambda value: w.money(value, currency),
        "cents": lambda value: w.money(value, currency, 2),
        "share": lambda value: share_text(value, w),
        "points": lambda value: signed(value, w, lambda size: w.say("{number} points", number=w.number(100 * size, 1))),
        "count": lambda value: w.number(value, 0),
        "number": lambda value: w.number(value),
        "ratio": lambda value: w.number(value, 1),
        "days": w.days,
        "month": lambda value: month_name(value, w),
        "day": w.date,
        "yes": lambda value: MISSING if is_missing(value) else (w.say("yes") if value else w.say("no")),
        "text": lambda value: MISSING if is_missing(value) else w.text(plain(value)),
        "p": lambda value: _chance_text(value, w),
    }


def _chance_text(value: object, w: Words) -> str:
    """Return a chance that never reads as none."""
    chance = finite(value)
    if chance is None:
        return MISSING
    if 0 <= chance < _LEAST_CHANCE:
        return w.say("<{share}", share=w.number(_LEAST_CHANCE, 3))
    return w.number(chance, 3)


def share_text(value: object, w: Words) -> str:
    """Return a share as a percentage, with one decimal below ten percent: 3 % and 3.4 % are far apart there."""
    share = finite(value)
    return w.percent(value, 1 if share is not None and 0.01 <= abs(share) < 0.0995 else 0)


def ratio_text(value: object, w: Words) -> str:
    """Return a ratio to one, such as the value of a customer to the cost of winning one."""
    amount = finite(value)
    return MISSING if amount is None else w.say("{number} to 1", number=w.number(amount, 1))


def signed(value: object, w: Words, write: Callable[[float], str]) -> str:
    """Return a change with its sign, from how its size is written.

    Examples
    --------
    ``+0.4 points``, ``−12``; a size that reads as nothing has no sign.
    """
    amount = finite(value)
    if amount is None:
        return MISSING
    size = write(abs(amount))
    if size == write(0.0):
        return size
    return w.say("+{size}", size=size) if amount > 0 else w.say("−{size}", size=size)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, each by the names of its columns."""
    return [{str(name): value for name, value in record.items()} for record in table.to_dict("records")]
