"""The diagnostics of the value models in words and pictures, in the style of `clv_ml.reports.plots`.

Every function returns a matplotlib Figure made without pyplot; its label is the alt text, its subtitle the
verdict. The tables come from `clv_ml.models.diagnostics` and `clv_ml.models.surfaces`.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from clv_ml.errors import DataError
from clv_ml.reports.picture import FORECAST, GRID, INK, MUTED, PAPER, dress, finish, headline, new_figure
from clv_ml.reports.wording import count, date_words, days, money, percent, too

_ACTUAL = {"color": INK, "marker": "o", "markersize": 5, "label": "what happened"}
_EXPECTED = {"color": FORECAST, "linestyle": "--", "marker": "s", "markersize": 6, "markerfacecolor": PAPER}


def repeat_counts_figure(counts: pd.DataFrame, *, cutoff: str | dt.date) -> Figure:
    """Draw how many customers made 0, 1, ... repeat purchases up to the cutoff, and how many the model expects.

    Parameters
    ----------
    counts
        What :func:`clv_ml.models.diagnostics.repeat_counts` returns.
    """
    figure = new_figure(6.8, 4.6)
    ax = figure.subplots()
    place = np.arange(len(counts))
    ax.bar(place - 0.2, counts["actual"], 0.4, color=INK, label="what happened")
    ax.bar(place + 0.2, counts["expected"], 0.4, color=PAPER, edgecolor=FORECAST, hatch="///", label="model")
    dress(ax)
    ax.set_xticks(place, _capped(counts.index))
    ax.set_xlabel("Repeat purchases up to the cutoff")
    ax.set_ylabel("Customers")
    ax.yaxis.set_major_formatter(_count_axis())
    ax.legend(frameon=False, labelcolor=INK)
    moved = 0.5 * float((counts["actual"] - counts["expected"]).abs().sum() / counts["actual"].sum())
    subtitle = f"Up to {date_words(cutoff)}: {percent(1.0 - moved)} of the customers are where the model puts them"
    return _told(figure, "How often customers came back, and the model", subtitle)


def by_frequency_figure(table: pd.DataFrame, *, cutoff: str | dt.date, horizon_days: int) -> Figure:
    """Draw mean purchases after the cutoff by frequency before it, actual and expected.

    Parameters
    ----------
    table
        What :func:`clv_ml.models.diagnostics.purchases_by_frequency` returns.
    """
    title = "Purchases after the cutoff, by how often they had come back"
    return _means(table, title, "Repeat purchases before the cutoff", _capped(table.index), cutoff, horizon_days)


def by_recency_figure(table: pd.DataFrame, *, cutoff: str | dt.date, horizon_days: int) -> Figure:
    """Draw mean purchases after the cutoff by days since the last purchase, actual and expected.

    Parameters
    ----------
    table
        What :func:`clv_ml.models.diagnostics.purchases_by_recency` returns.
    """
    title = "Purchases after the cutoff, by days since the last one"
    labels = [f"{start:.0f}" for start in table.index]
    width = f"stretches of {table.index[1] - table.index[0]:.0f}" if len(table) > 1 else "one stretch"
    return _means(table, title, f"Days since the last purchase ({width}, from)", labels, cutoff, horizon_days)


def tracking_figure(table: pd.DataFrame, *, cutoff: str | dt.date) -> Figure:
    """Draw repeat purchases over time, cumulated and a period, actual and expected; the holdout is shaded.

    Parameters
    ----------
    table
        What :func:`clv_ml.models.diagnostics.tracking` returns.

    Raises
    ------
    DataError
        If the table has no row.
    """
    if table.empty:
        raise DataError("tracking has no rows: there is no full period to show")
    figure = new_figure(6.8, 6.4)
    upper, lower = figure.subplots(2, 1, sharex=True)
    place = np.arange(len(table))
    begins = int(table["calibration"].sum())
    length = days(table["end"].diff().dt.days.iloc[-1]) if len(table) > 1 else "the period"
    for ax, suffix, label in ((upper, "_cumulative", "So far"), (lower, "", f"In each {length}")):
        if begins < len(table):
            ax.axvspan(begins - 0.5, len(table) - 0.5, color=GRID, alpha=0.5, linewidth=0)
        ax.plot(place, table[f"actual{suffix}"], color=INK, linewidth=1.6, label="what happened")
        ax.plot(place, table[f"expected{suffix}"], color=FORECAST, linestyle="--", linewidth=1.8, label="model")
        dress(ax, label)
        ax.yaxis.set_major_formatter(_count_axis())
        ax.set_ylim(bottom=0)
    lower.set_xlim(-0.5, len(table) - 0.5)
    lower.set_xticks(*_month_ticks(table["end"]))
    upper.legend(loc="upper left", frameon=False, labelcolor=INK)
    words = [
        f"{_error(part)} {when}"
        for when, part in (
            ("up to it", table[table["calibration"]]),
            ("after it (shaded)", table[~table["calibration"]]),
        )
        if len(part) and part["actual"].sum()
    ]
    return _told(figure, "Repeat purchases over time", f"Cutoff {date_words(str(cutoff))}: model {', '.join(words)}")


def spend_figure(density: pd.DataFrame, *, currency: str = "") -> Figure:
    """Draw the density of mean spend a purchase, of the customers and of the model.

    Parameters
    ----------
    density
        What :func:`clv_ml.models.surfaces.spend_density` returns.
    """
    figure = new_figure(6.8, 4.6)
    ax = figure.subplots()
    # a share of customers in each bin of equal width in log spend, so that the area is what the eye sees
    actual, expected = (density[name] * density["width"] for name in ("actual", "expected"))
    spend = density["monetary_value"]
    ax.fill_between(spend, actual, step="mid", color=GRID, linewidth=0)
    ax.step(spend, actual, where="mid", color=INK, linewidth=1.2, label="customers who bought again")
    ax.plot(spend, expected, color=FORECAST, linestyle="--", linewidth=2.0, label="model")
    dress(ax)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: money(value, currency, decimals=int(value < 1))))
    ax.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
    ax.set_xlabel("Mean spend a purchase (log scale)")
    ax.set_ylabel("Share of customers")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(100 * value, 1):g}%"))
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, labelcolor=INK)
    moved = 0.5 * float((actual - expected).abs().sum())
    subtitle = f"{percent(1.0 - moved)} of the customers are where the model puts them"
    return _told(figure, "What customers spend, and the model", subtitle)


def heat_map_figure(surface: pd.DataFrame, *, age_days: int, horizon_days: int) -> Figure:
    """Draw P(alive) and expected purchases over frequency and recency as two heat maps.

    Parameters
    ----------
    surface
        What :func:`clv_ml.models.surfaces.frequency_recency_surface` returns for customers of `age_days`.
    """
    figure = new_figure(6.8, 7.6)
    panels = (
        ("p_alive", "P(alive)", (0.1, 0.5, 0.9)),
        ("expected_purchases", f"Expected purchases in the next {horizon_days} days", None),
    )
    again = surface[surface["frequency"] > 0]
    for ax, (name, label, levels) in zip(figure.subplots(2, 1, sharex=True), panels, strict=True):
        grid = again.pivot(index="frequency", columns="recency", values=name)
        _heat_map(figure, ax, grid, levels, shares=name == "p_alive")
        ax.set_title(label, loc="left", fontsize=10.5, color=INK, pad=8)
        ax.set_ylabel("Repeat purchases")
    ax.set_xlabel(f"Days from first to last purchase, of customers who first bought {age_days} days ago")
    once = surface[surface["frequency"] == 0].iloc[0]
    words = (
        f"Who bought once, {age_days} days ago: P(alive) {percent(once['p_alive'])}, "
        f"{count(once['expected_purchases'])} purchases expected"
    )
    return _told(figure, "Who is still a customer, and who will buy", words)


def _heat_map(figure: Figure, ax: Axes, grid: pd.DataFrame, levels: tuple[float, ...] | None, *, shares: bool) -> None:
    values = grid.to_numpy(dtype=np.float64)
    top = 1.0 if shares else float(values.max()) or 1.0
    recency = grid.columns.to_numpy(dtype=np.float64)
    half = 0.5 * recency[-1] / len(recency)
    edges = (recency[0] - half, recency[-1] + half, 0.5, len(grid) + 0.5)
    image = ax.imshow(values, origin="lower", aspect="auto", extent=edges, cmap="cividis", vmin=0.0, vmax=top)
    wanted = levels or tuple(MaxNLocator(nbins=5).tick_values(0.0, top)[1:-1])
    at = [level for level in wanted if values.min() < level < values.max()]
    if at and min(values.shape) > 1:
        inks = ["#fefefe" if level < 0.45 * top else "#101010" for level in at]
        lines = ax.contour(recency, grid.index, values, levels=at, colors=inks, linewidths=1.1)
        ax.clabel(lines, fmt=lambda level: percent(level) if shares else count(level), fontsize=9)
    dress(ax)
    ax.grid(visible=False)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    bar = figure.colorbar(image, ax=ax, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=MUTED, labelcolor=INK, length=0)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value) if shares else count(value)))


def _means(
    table: pd.DataFrame, title: str, label: str, names: list[str], cutoff: str | dt.date, horizon_days: int
) -> Figure:
    figure = new_figure(6.8, 5.2)
    ax, people = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    place = np.arange(len(table))
    ax.plot(place, table["actual"], **_ACTUAL)
    ax.plot(place, table["expected"], **_EXPECTED, label="forecast")
    people.bar(place, table["customers"], 0.6, color=MUTED)
    dress(ax, f"Mean purchases of a customer in {horizon_days} days")
    dress(people, "Customers")
    for axes in (ax, people):
        axes.yaxis.set_major_formatter(_count_axis())
        axes.set_ylim(bottom=0)
    people.yaxis.set_major_locator(MaxNLocator(nbins=2))
    step = -(-len(names) // 14)
    people.set_xticks(place[::step], names[::step])
    people.set_xlabel(label)
    ax.legend(frameon=False, labelcolor=INK)
    total = (table[["actual", "expected"]].mul(table["customers"], axis=0)).sum()
    words = _compared(float(total["expected"]), float(total["actual"]))
    return _told(figure, title, f"Cutoff {date_words(str(cutoff))}, {horizon_days} days: {words}")


def _capped(values: pd.Index) -> list[str]:
    """Name the groups; the last one holds all above it too."""
    names = [f"{value:.0f}" for value in values]
    return [*names[:-1], f"{names[-1]}+"]


def _month_ticks(ends: pd.Series) -> tuple[list[int], list[str]]:
    """Places and names of the first periods of at most eight months."""
    new = np.flatnonzero((ends.dt.month != ends.dt.month.shift()).to_numpy())
    chosen = new[:: -(-len(new) // 8)]
    return chosen.tolist(), [date_words(ends.iloc[place]).split(" ", 1)[1] for place in chosen]


def _error(part: pd.DataFrame) -> str:
    return too(100 * (float(part["expected"].sum()) / float(part["actual"].sum()) - 1), "%")


def _compared(expected: float, actual: float) -> str:
    said = f"expected {count(expected)}, actual {count(actual)}"
    return f"{said}, {too(100 * (expected / actual - 1), '%')}" if actual else said


def _told(figure: Figure, title: str, subtitle: str) -> Figure:
    headline(figure, title, subtitle)
    return finish(figure, f"{title}. {subtitle}.")


def _count_axis() -> FuncFormatter:
    return FuncFormatter(lambda value, _: count(value))
