"""Pictures of a forecast by cohort: its bands, what then happened, and the error over cohorts and cutoffs."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clv_ml.errors import DataError
from clv_ml.evaluation.forecast import TOTAL
from clv_ml.reports.cohort_drawing import (
    draw_cohort_bands,
    draw_errors,
    draw_horizons,
    error_size,
    error_unit,
    label_of,
    name_cohorts,
)
from clv_ml.reports.picture import INK, dress, finish, headline, new_figure, say
from clv_ml.reports.wording import date_words

__all__ = ["TOTAL", "band_figure", "error_heat_map", "tracking_figure"]

_PANELS = ("purchases", "spend", "churn_rate")
_MOST_COHORTS = 12


def band_figure(
    table: pd.DataFrame, *, cutoff: str | dt.date, horizon_days: int, currency: str = "", what: str = "month"
) -> Figure:
    """Draw the bands of purchases, spend and churn by cohort, with what happened where the table holds it.

    Parameters
    ----------
    table : pandas.DataFrame
        A forecast (:func:`clv_ml.evaluation.forecast.cohort_forecast`) or a comparison
        (:func:`clv_ml.evaluation.review.compare`).
    cutoff : str or datetime.date
        Last day of history.
    horizon_days : int
        Which horizon of the table.
    currency, what : str
        Unit of the spend, and what a cohort is.

    Raises
    ------
    DataError
        If the table has no cohort at this horizon.
    """
    rows = table[(table["horizon_days"] == horizon_days) & (table["cohort"] != TOTAL)].sort_values("cohort")
    if rows.empty:
        raise DataError(f"the forecast has no cohort at {horizon_days} days; known: {_known(table)}")
    judged = "actual_purchases" in rows
    figure = new_figure(7.2, 7.8)
    axes = figure.subplots(3, 1, sharex=True)
    said = []
    for ax, name in zip(axes, _PANELS, strict=True):
        dress(ax)
        held = draw_cohort_bands(ax, rows, name)
        said.append(": ".join(filter(None, [label_of(name, currency), held])))
        say(ax, said[-1])
    name_cohorts(axes[2], rows["cohort"].astype(str).tolist())
    axes[2].set_xlabel(f"Cohort ({what})")
    _legend(figure, axes[0])
    title = "Forecast by cohort, and what happened" if judged else "Forecast by cohort"
    subtitle = f"Known until {date_words(cutoff)}; the {horizon_days} days after it"
    headline(figure, title, subtitle)
    return finish(figure, f"{title}. {subtitle}. {'; '.join(said)}.")


def tracking_figure(table: pd.DataFrame, *, cutoff: str | dt.date, quantity: str = "purchases") -> Figure:
    """Draw, for each cohort, the predicted band over the horizons against the line of what happened.

    Parameters
    ----------
    table : pandas.DataFrame
        A comparison (:func:`clv_ml.evaluation.review.compare`); the largest cohorts are drawn, at most 12.
    """
    own = table[table["cohort"] != TOTAL]
    sizes = own.groupby("cohort")["customers"].max().sort_values(ascending=False, kind="stable")
    names = [TOTAL, *sorted(sizes.index[: _MOST_COHORTS - 1])]
    columns = min(4, len(names))
    lines = math.ceil(len(names) / columns)
    figure = new_figure(2.3 * columns + 0.6, 1.9 * lines + 1.3)
    axes = figure.subplots(lines, columns, squeeze=False, sharex=True)
    for ax, name in zip(axes.flat, names, strict=False):
        rows = table[table["cohort"] == name].sort_values("horizon_days")
        dress(ax, "all customers" if name == TOTAL else str(name))
        draw_horizons(ax, rows, quantity)
        ax.tick_params(labelsize=8)
    for ax in list(axes.flat)[len(names) :]:
        ax.set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("days")
    _legend(figure, axes[0][0])
    title = f"{quantity.replace('_', ' ').capitalize()} after {date_words(cutoff)}: band and actual line"
    headline(figure, title)
    last = table[table["cohort"] == TOTAL].sort_values("horizon_days").iloc[-1]
    end = f"after {int(last['horizon_days'])} days forecast {last[quantity]:,.3g}, actual"
    return finish(figure, f"{title}. All customers: {end} {last[f'actual_{quantity}']:,.3g}.")


def error_heat_map(table: pd.DataFrame, *, quantity: str = "purchases", horizon_days: int) -> Figure:
    """Draw the relative error of the forecast over cohorts and cutoffs.

    Parameters
    ----------
    table : pandas.DataFrame
        cutoff, cohort, horizon_days, the forecast and the actual figure; several cutoffs.

    Notes
    -----
    Forecast over actual less one, in percent; for churn_rate in percentage points. Each cell says its number, so that
    colour is not needed to read it.
    """
    rows = table[table["horizon_days"] == horizon_days]
    figure = new_figure(*error_size(rows))
    ax = figure.subplots()
    dress(ax)
    largest = draw_errors(ax, rows, quantity)
    title = f"Error of the forecast {quantity.replace('_', ' ')} by cohort and cutoff, {error_unit(quantity)}"
    headline(figure, title, f"The {horizon_days} days after each cutoff; above 0: forecast too high")
    return finish(figure, ". ".join(filter(None, [title, largest])) + ".")


def _legend(figure: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, labelcolor=INK, fontsize=9)


def _known(table: pd.DataFrame) -> str:
    return ", ".join(map(str, sorted(table["horizon_days"].unique())))
