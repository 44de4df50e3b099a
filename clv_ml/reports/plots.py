"""Pictures of forecasts against what happened, legible in grey and to colour-blind readers.

Every function returns a matplotlib Figure made without pyplot: nothing global is touched, no window can open.
The figure's label (`fig.get_label()`) is its alt text. `svg` and `save` write a figure out.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import ArrayLike

from clv_ml.errors import DataError, missing_columns
from clv_ml.evaluation.metrics import expected_calibration_error, reliability
from clv_ml.reports.picture import (
    FORECAST,
    INK,
    MUTED,
    PAPER,
    SERIES,
    dress,
    finish,
    headline,
    new_figure,
    save,
    svg,
)
from clv_ml.reports.wording import count, date_words, money, percent, too

__all__ = ["calibration_figure", "cohort_figure", "save", "svg"]

_COLUMNS = (
    "cohort",
    "customers",
    "predicted_purchases",
    "actual_purchases",
    "predicted_spend",
    "actual_spend",
    "predicted_churn_rate",
    "actual_churn_rate",
)


def cohort_figure(
    cohorts: pd.DataFrame,
    *,
    cutoff: str | dt.date,
    horizon_days: int,
    currency: str = "",
    title: str = "Forecast against what happened, by month of first purchase",
) -> Figure:
    """Draw predicted and actual purchases, spend and churn rate per monthly acquisition cohort.

    Parameters
    ----------
    cohorts : pandas.DataFrame
        One row a cohort, in any order: cohort ('YYYY-MM'), customers, and predicted_ and actual_ purchases,
        spend (totals) and churn_rate (0 to 1). Missing numbers leave a gap.
    cutoff : str or datetime.date
        Last day of history the forecast used.
    horizon_days : int
        Length of the forecast in days.
    currency : str, default ""
        Code or sign of the spend, for the labels.
    title : str
        Headline of the picture.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels; title, totals and errors in words are in the picture and in its alt text.

    Raises
    ------
    DataError
        If a column is missing or there is no cohort.
    """
    missing = [name for name in _COLUMNS if name not in cohorts.columns]
    if missing:
        raise missing_columns("cohort table", missing, map(str, cohorts.columns), "See cohort_figure.")
    if cohorts.empty:
        raise DataError("cohort table has no rows; a picture needs at least one cohort")
    table = cohorts.sort_values("cohort")
    names = table["cohort"].astype(str).tolist()
    figure = new_figure(6.8, 7.4)
    spend_unit = f" ({currency})" if currency else ""
    panels = (
        ("purchases", "Purchases", _total_words(table, "purchases", count)),
        ("spend", f"Spend{spend_unit}", _total_words(table, "spend", lambda v: money(v, currency))),
        ("churn_rate", "Churn (no purchase)", _rate_words(table)),
    )
    axes = figure.subplots(3, 1, sharex=True)
    dot = 5 if len(names) <= 18 else 3
    for ax, (name, label, words) in zip(axes, panels, strict=True):
        x = np.arange(len(names))
        ax.plot(x, table[f"actual_{name}"], color=INK, marker="o", markersize=dot, label="what happened")
        ax.plot(
            x,
            table[f"predicted_{name}"],
            color=FORECAST,
            linestyle="--",
            marker="s",
            markersize=dot + 1,
            markerfacecolor=PAPER,
            label="forecast",
        )
        dress(ax, f"{label}: {words}")
        top = np.nanmax(table[[f"actual_{name}", f"predicted_{name}"]].to_numpy(np.float64), initial=0.0)
        ax.set_ylim(0, 1.12 * top or 1.0)  # the churn rate gets its own limits below
        ax.yaxis.set_major_formatter(_percent_axis() if name == "churn_rate" else _count_axis())
    axes[2].set_ylim(*_rate_limits(table))
    step = math.ceil(len(names) / 9)
    axes[2].set_xticks(range(0, len(names), step), names[::step])
    margin = max(0.5, 0.03 * len(names))
    axes[2].set_xlim(-margin, len(names) - 1 + margin)
    axes[2].set_xlabel("Month of first purchase")
    figure.legend(
        *axes[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=2,
        frameon=False,
        labelcolor=INK,
    )
    subtitle = f"Cutoff {date_words(cutoff)}; what the next {horizon_days} days brought"
    headline(figure, title, subtitle)
    sentences = "; ".join(f"{label}: {words}" for _, label, words in panels)
    span = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    return finish(figure, f"{title}. {subtitle}. Cohorts {span}. {sentences}.")


def calibration_figure(
    y: ArrayLike,
    scores: Mapping[str, ArrayLike],
    *,
    title: str = "Can the probabilities be taken at their word?",
    subtitle: str = "",
    bins: int = 10,
) -> Figure:
    """Draw observed rates against predicted probabilities, one line a score.

    Parameters
    ----------
    y : array-like of shape (n,)
        Outcomes, 0 or 1.
    scores : mapping of str to array-like of shape (n,)
        Probabilities by the name to show; their calibration error stands beside the name.
    title, subtitle : str
        Headline, and a line below it naming the data.
    bins : int, default 10
        Number of equal-count bins.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError
        If there is no score or no row, or a score is not a probability.
    """
    if not scores or np.size(np.asarray(y)) == 0:
        raise DataError("a calibration picture needs at least one score and one row")
    figure = new_figure(6.0, 6.0)
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1)
    said = []
    for (name, p), (colour, marker, line) in zip(scores.items(), cycle(SERIES), strict=False):
        error = 100 * expected_calibration_error(y, p, bins=bins)
        table = reliability(y, p, bins=bins)
        said.append(f"{name}: off by {error:.1f} points on average")
        ax.plot(
            *table,
            color=colour,
            linestyle=line,
            marker=marker,
            markersize=6,
            markerfacecolor=PAPER,
            markeredgewidth=1.5,
            label=said[-1],
        )
    dress(ax)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.set_xlabel("Predicted probability")
    ax.set_ylabel("Share of customers it came true for")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(_percent_axis())
        axis.set_ticks([0, 0.25, 0.5, 0.75, 1])
    ax.legend(loc="upper left", frameon=False, labelcolor=INK)
    headline(figure, title, subtitle)
    return finish(figure, ". ".join(filter(None, [title, subtitle, *said])) + ". On the diagonal is right.")


def _total_words(table: pd.DataFrame, name: str, show: Callable[[object], str]) -> str:
    """Compare the totals over the cohorts for which both numbers are there."""
    both = table[[f"predicted_{name}", f"actual_{name}"]].dropna().astype(float)
    if both.empty:
        return "not known"
    predicted, actual = both.sum()
    said = f"forecast {show(predicted)}, actual {show(actual)}"
    return f"{said}, {too(100 * (predicted / actual - 1), '%')}" if actual else said


def _rate_words(table: pd.DataFrame) -> str:
    """Compare the rates over all customers of the cohorts for which both numbers are there."""
    both = table[["predicted_churn_rate", "actual_churn_rate", "customers"]].dropna().to_numpy(np.float64)
    weight = float(both[:, 2].sum())
    if not weight:
        return "not known"
    predicted, actual = (float(both[:, side] @ both[:, 2]) / weight for side in (0, 1))
    gap = too(100 * (predicted - actual), " points")
    return f"forecast {percent(predicted)}, actual {percent(actual)}, {gap}"


def _rate_limits(table: pd.DataFrame) -> tuple[float, float]:
    """Tens of percent around the rates, at least two of them, so that differences can be seen."""
    rates = table[["predicted_churn_rate", "actual_churn_rate"]].to_numpy(np.float64)
    if np.isnan(rates).all():
        return 0.0, 1.02
    low = math.floor(10 * float(np.nanmin(rates)) - 1e-9) / 10
    high = math.ceil(10 * float(np.nanmax(rates)) + 1e-9) / 10
    low = max(0.0, min(low, high - 0.2))
    return low, min(1.0, max(high, low + 0.2)) + 0.02


def _count_axis() -> FuncFormatter:
    return FuncFormatter(lambda value, _: count(value))


def _percent_axis() -> FuncFormatter:
    return FuncFormatter(lambda value, _: f"{100 * value:.0f}%")
