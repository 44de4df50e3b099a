"""Pictures of the cohort report, in any language: payback curves, predicted against actual, scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from clv_ml.language import Words
from clv_ml.reports.cohorts_facts import Drawing
from clv_ml.reports.explain import picture
from clv_ml.reports.picture import FORECAST, GRID, INK, MUTED, OUTSIDE, PAPER, SERIES, dress, finish, new_figure, svg

_WIDTH = 7.4
_RIGHT_TO_LEFT_MARK = "\u200f"
# a picture's text is measured in a font without these; the marks of direction are put back for the whole text
_ISOLATES = dict.fromkeys(range(0x2066, 0x206A))
_WHOLE_FROM = 8.0  # currency that an axis spans
_PER_CUSTOMER = ("per_customer", "per_customer_low", "per_customer_high", "actual_per_customer")


@dataclass(frozen=True)
class Curve:
    """One line of the payback picture.

    Attributes
    ----------
    name
        In words.
    days
        Age in days, ascending.
    values
        Cumulative profit per customer less the cost of winning one.
    observed
        How many of the first points the whole cohort has reached; the others are projected.
    low, high
        Band of the projected points; empty where there is none.
    """

    name: str
    days: Sequence[float]
    values: Sequence[float]
    observed: int
    low: Sequence[float] = ()
    high: Sequence[float] = ()


def label(text: str, w: Words) -> str:
    """Return text as a picture can hold it: its direction stays where the language runs from right to left."""
    bare = text.translate(_ISOLATES)
    return f"{_RIGHT_TO_LEFT_MARK}{bare}" if w.direction == "rtl" else bare


def rendered(figure: Figure, w: Words) -> str:
    """Return a figure as an SVG document whose texts run as the language does."""
    document = svg(figure)
    if w.direction == "rtl":
        document = document.replace("<style>", "<style>text{unicode-bidi:plaintext}", 1)
    return document


def drawing(title: str, figure: Figure, w: Words) -> Drawing:
    """Return a figure as a picture for the page, with its title above it."""
    found = picture(rendered(figure, w))
    assert found is not None
    return Drawing(title, found)


def payback_figure(curves: Sequence[Curve], w: Words, *, currency: str, title: str, with_cost: bool) -> Figure:
    """Draw what a customer has brought by age; where costs are known, less the cost, so that zero is paid back.

    Parameters
    ----------
    curves
        At most four.
    with_cost
        Whether the values are less the cost of winning a customer.
    """
    figure = new_figure(_WIDTH, 3.9)
    ax = figure.subplots()
    dress(ax)
    draw_payback(ax, curves, w, currency=currency, with_cost=with_cost)
    _legend(figure, ax)
    ends = [
        w.say("{cohort}: {amount}", cohort=curve.name, amount=w.money(float(curve.values[-1]), currency))
        for curve in curves
    ]
    return finish(figure, f"{title}. {' · '.join(ends)}.")


def draw_payback(ax: Axes, curves: Sequence[Curve], w: Words, *, currency: str, with_cost: bool) -> None:
    """Draw what a customer has brought by age: observed as a full line with markers, projected as a dotted one."""
    for curve, (colour, marker, _) in zip(curves, SERIES, strict=False):
        days, values = np.asarray(curve.days, float), np.asarray(curve.values, float)
        seen = curve.observed
        every = max(1, len(days) // 8)
        ax.plot(
            days[:seen], values[:seen], color=colour, marker=marker, markevery=every, markersize=5, linewidth=2,
            linestyle="-", label=label(curve.name, w),
        )  # fmt: skip
        if seen < len(days):
            start = max(seen - 1, 0)
            ax.plot(days[start:], values[start:], color=colour, linewidth=1.4, linestyle=(0, (2, 2)))
        if len(curve.low):
            low, high = np.asarray(curve.low, float), np.asarray(curve.high, float)
            ax.fill_between(days, low, high, color=colour, alpha=0.15, linewidth=0)
    if with_cost:
        ax.axhline(0, color=INK, linewidth=1.2)
    _money_axis(ax, w, currency, upright=True)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: label(w.number(value, 0), w)))
    ax.set_xlabel(label(w.say("Days since the first purchase"), w))


def predicted_figure(rows: pd.DataFrame, names: Sequence[str], w: Words, *, currency: str, title: str) -> Figure:
    """Draw the expected value per customer of each cohort with its band, and what happened where that is known.

    Parameters
    ----------
    rows
        per_customer, per_customer_low, per_customer_high, actual_per_customer (NaN where the time is not over), one row
        a cohort.
    names
        What the cohorts are called, in the order of the rows.
    """
    figure = new_figure(_WIDTH, max(2.4, 0.27 * len(rows) + 1.5))
    ax = figure.subplots()
    dress(ax)
    place = np.arange(len(rows))[::-1]
    value, low, high, actual = (rows[name].to_numpy(dtype=np.float64) for name in _PER_CUSTOMER)
    ax.barh(place, high - low, left=low, height=0.55, color=FORECAST, alpha=0.3, linewidth=0, label=label(
        w.say("expected range"), w))  # fmt: skip
    ax.plot(value, place, linestyle="none", marker="|", markersize=13, markeredgewidth=2, color=FORECAST,
            label=label(w.say("expected"), w))  # fmt: skip
    known = np.isfinite(actual)
    inside = known & (actual >= low) & (actual <= high)
    dots: dict[str, Any] = {"linestyle": "none"}
    if inside.any():
        ax.plot(actual[inside], place[inside], **dots, marker="o", markersize=5, color=INK,
                label=label(w.say("what happened"), w))  # fmt: skip
    if (known & ~inside).any():
        out = known & ~inside
        ax.plot(actual[out], place[out], **dots, marker="X", markersize=8, color=OUTSIDE,
                label=label(w.say("what happened, outside the range"), w))  # fmt: skip
    _named_rows(ax, place, names, w)
    _money_axis(ax, w, currency)
    ax.set_xlim(left=min(0.0, float(np.nanmin(low))) if len(rows) else 0.0)
    _legend(figure, ax)
    told = [
        w.say("{cohort}: {amount}", cohort=n, amount=w.money(v, currency)) for n, v in zip(names, value, strict=True)
    ]
    return finish(figure, f"{title}. {' · '.join(told)}.")


def bars_figure(values: Sequence[float], names: Sequence[str], w: Words, *, currency: str, title: str) -> Figure:
    """Draw changes of an amount as bars to both sides of nothing, each with its number."""
    figure = new_figure(_WIDTH, 0.5 * len(values) + 1.1)
    ax = figure.subplots()
    dress(ax)
    place = np.arange(len(values))[::-1]
    amounts = np.asarray(values, dtype=np.float64)
    colours = [FORECAST if amount >= 0 else OUTSIDE for amount in amounts]
    bars = ax.barh(place, amounts, height=0.55, color=colours, linewidth=0)
    texts = [_signed_money(float(amount), w, currency) for amount in amounts]
    for bar, amount in zip(bars, amounts, strict=True):
        bar.set_hatch("" if amount >= 0 else "///")
        bar.set_edgecolor(PAPER)
    ax.bar_label(bars, labels=[label(text, w) for text in texts], padding=4, fontsize=9.5, color=INK)
    ax.axvline(0, color=MUTED, linewidth=1)
    ax.margins(x=0.3)
    _named_rows(ax, place, names, w)
    _money_axis(ax, w, currency)
    said = [w.say("{cohort}: {amount}", cohort=name, amount=text) for name, text in zip(names, texts, strict=True)]
    return finish(figure, f"{title}. {' · '.join(said)}.")


def _signed_money(amount: float, w: Words, currency: str) -> str:
    return w.say("+{size}", size=w.money(amount, currency)) if amount > 0 else w.money(amount, currency)


def _named_rows(ax: Axes, place: Any, names: Sequence[str], w: Words) -> None:
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color=GRID, linewidth=0.8)
    ax.set_yticks(place, [label(name, w) for name in names])
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6))


def _money_axis(ax: Axes, w: Words, currency: str, *, upright: bool = False) -> None:
    """Write the amounts of an axis, with cents only where its steps need them."""
    axis = ax.yaxis if upright else ax.xaxis
    low, high = ax.get_ylim() if upright else ax.get_xlim()
    decimals = 0 if high - low >= _WHOLE_FROM else 2
    axis.set_major_formatter(FuncFormatter(lambda value, _: label(w.money(value, currency, decimals), w)))


def _legend(figure: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, labelcolor=INK, fontsize=9)
