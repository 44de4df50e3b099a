"""Pictures of a forecast by cohort: its bands, what then happened, and the error over cohorts and cutoffs."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from clv_ml.errors import DataError
from clv_ml.reports.picture import FORECAST, INK, PAPER, dress, finish, headline, new_figure
from clv_ml.reports.wording import count, date_words

TOTAL = "all"
_PANELS = (("purchases", "Purchases"), ("spend", "Spend"), ("churn_rate", "Churn (no purchase)"))
_OUTSIDE = "#d55e00"
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
    names = rows["cohort"].astype(str).tolist()
    figure = new_figure(7.2, 7.8)
    axes = figure.subplots(3, 1, sharex=True)
    said = []
    for ax, (name, label) in zip(axes, _PANELS, strict=True):
        unit = f" ({currency})" if name == "spend" and currency else ""
        message = f"{label}{unit}"
        if judged:
            inside = int(rows[f"{name}_inside95"].sum())
            message += f": {inside} of {len(rows)} cohorts inside the 95 % band"
        said.append(message)
        dress(ax, message)
        _draw_bands(ax, rows, name, judged=judged)
        ax.yaxis.set_major_formatter(_percent_axis() if name == "churn_rate" else _count_axis())
        if name != "churn_rate":
            ax.set_ylim(bottom=0)
    step = math.ceil(len(names) / 9)
    axes[2].set_xticks(range(0, len(names), step), names[::step])
    margin = max(0.5, 0.03 * len(names))
    axes[2].set_xlim(-margin, len(names) - 1 + margin)
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
        _draw_track(ax, rows, quantity)
        ax.yaxis.set_major_formatter(_percent_axis() if quantity == "churn_rate" else _count_axis())
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
    error = rows[quantity] - rows[f"actual_{quantity}"]
    share = 100 * (error if quantity == "churn_rate" else error / rows[f"actual_{quantity}"].where(lambda x: x > 0))
    cells = rows.assign(share=share).pivot(index="cohort", columns="cutoff", values="share")
    order = [*sorted(name for name in cells.index if name != TOTAL), TOTAL]
    cells = cells.loc[[name for name in order if name in cells.index]]
    values = cells.to_numpy(dtype=np.float64)
    figure = new_figure(max(5.5, 1.0 * len(cells.columns) + 2.4), 0.34 * len(cells) + 2.2)
    ax = figure.subplots()
    limit = max(float(np.nanquantile(np.abs(values), 0.95)), 1e-9) if np.isfinite(values).any() else 1.0
    ax.imshow(values, cmap="PuOr_r", vmin=-limit, vmax=limit, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            ink = PAPER if abs(value) > 0.45 * limit else INK
            ax.text(column, row, f"{value:+.0f}", ha="center", va="center", fontsize=8.5, color=ink)
    dress(ax)
    ax.grid(visible=False)
    ax.set_xticks(range(len(cells.columns)), [str(name) for name in cells.columns], rotation=30, ha="right")
    ax.set_yticks(range(len(cells)), ["all" if name == TOTAL else str(name) for name in cells.index])
    unit = "points" if quantity == "churn_rate" else "%"
    title = f"Error of the forecast {quantity.replace('_', ' ')} by cohort and cutoff, {unit}"
    headline(figure, title, f"The {horizon_days} days after each cutoff; above 0: forecast too high")
    told = ""
    if np.isfinite(values).any():
        place = int(np.nanargmax(np.abs(values)))
        told = f" Largest: {values.flat[place]:+.0f} {unit} for {cells.index[place // values.shape[1]]}."
    return finish(figure, f"{title}.{told}")


def _draw_bands(ax: Axes, rows: pd.DataFrame, name: str, *, judged: bool) -> None:
    x = np.arange(len(rows))
    for band, width, shade in ((95, 0.62, 0.22), (80, 0.62, 0.42)):
        low, high = rows[f"{name}_low{band}"], rows[f"{name}_high{band}"]
        label = f"{band} % band"
        ax.bar(x, high - low, bottom=low, width=width, color=FORECAST, alpha=shade, linewidth=0, label=label)
    ax.plot(
        x, rows[name], linestyle="none", marker="_", markersize=13, markeredgewidth=2, color=FORECAST, label="forecast"
    )
    if not judged:
        return
    inside = rows[f"{name}_inside95"].to_numpy(dtype=bool)
    actual = rows[f"actual_{name}"].to_numpy(dtype=np.float64)
    # room for whole markers at the edge of the panel
    ax.margins(y=0.12)
    dots: dict[str, Any] = {"linestyle": "none"}
    ax.plot(x[inside], actual[inside], **dots, marker="o", markersize=5, color=INK, label="what happened")
    ax.plot(x[~inside], actual[~inside], **dots, marker="X", markersize=8, color=_OUTSIDE, label="outside the band")


def _draw_track(ax: Axes, rows: pd.DataFrame, name: str) -> None:
    days = rows["horizon_days"].to_numpy(dtype=np.float64)

    def whole(column: str) -> Any:
        values = rows[column].to_numpy(dtype=np.float64)
        return values if name == "churn_rate" else np.concatenate([[0.0], values])

    x = days if name == "churn_rate" else np.concatenate([[0.0], days])
    for band, shade in ((95, 0.22), (80, 0.42)):
        low, high = whole(f"{name}_low{band}"), whole(f"{name}_high{band}")
        ax.fill_between(x, low, high, color=FORECAST, alpha=shade, linewidth=0, label=f"{band} % band")
    ax.plot(x, whole(name), color=FORECAST, linestyle="--", linewidth=1.2, label="forecast")
    ax.plot(x, whole(f"actual_{name}"), color=INK, marker="o", markersize=3.5, label="what happened")
    ax.set_xticks(days)
    ax.tick_params(labelsize=8)


def _legend(figure: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, labelcolor=INK, fontsize=9)


def _known(table: pd.DataFrame) -> str:
    return ", ".join(map(str, sorted(table["horizon_days"].unique())))


def _count_axis() -> FuncFormatter:
    return FuncFormatter(lambda value, _: count(value))


def _percent_axis() -> FuncFormatter:
    return FuncFormatter(lambda value, _: f"{100 * value:.3g}%")


__all__ = ["band_figure", "error_heat_map", "tracking_figure"]
