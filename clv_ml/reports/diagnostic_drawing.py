"""How the value models fit, drawn into given axes; the tables come from `clv_ml.models.diagnostics` and `surfaces`.

Each function returns in words what is to be seen.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from clv_ml.errors import DataError
from clv_ml.reports.axes import count_axis, money_axis, percent_axis
from clv_ml.reports.picture import ACTUAL, EXPECTED, FORECAST, GRID, INK, MUTED, PAPER, dress
from clv_ml.reports.wording import count, date_words, percent, too

MODEL = "model"


def draw_repeat_counts(ax: Axes, counts: pd.DataFrame) -> str:
    """Draw how many customers made 0, 1, ... repeat purchases, and how many the model expects."""
    place = np.arange(len(counts))
    ax.bar(place - 0.2, counts["actual"], 0.4, color=INK, label="what happened")
    ax.bar(place + 0.2, counts["expected"], 0.4, color=PAPER, edgecolor=FORECAST, hatch="///", label=MODEL)
    ax.set_xticks(place, capped(counts.index))
    ax.set_xlabel("Repeat purchases up to the cutoff")
    ax.set_ylabel("Customers")
    ax.yaxis.set_major_formatter(count_axis())
    ax.legend(frameon=False, labelcolor=INK)
    moved = 0.5 * float((counts["actual"] - counts["expected"]).abs().sum() / counts["actual"].sum())
    return f"{percent(1.0 - moved)} of the customers are where the model puts them"


def draw_tracking(ax: Axes, table: pd.DataFrame, *, cumulative: bool) -> str:
    """Draw repeat purchases over time, actual and expected; what came after the cutoff is shaded.

    Raises
    ------
    DataError
        If the table has no row.
    """
    if table.empty:
        raise DataError("tracking has no rows: there is no full period to show")
    place = np.arange(len(table))
    begins = int(table["calibration"].sum())
    suffix = "_cumulative" if cumulative else ""
    if begins < len(table):
        ax.axvspan(begins - 0.5, len(table) - 0.5, color=GRID, alpha=0.5, linewidth=0)
    ax.plot(place, table[f"actual{suffix}"], color=INK, linewidth=1.6, label="what happened")
    ax.plot(place, table[f"expected{suffix}"], color=FORECAST, linestyle="--", linewidth=1.8, label=MODEL)
    ax.yaxis.set_major_formatter(count_axis())
    ax.set_ylim(bottom=0)
    ax.set_xlim(-0.5, len(table) - 0.5)
    ax.set_xticks(*_month_ticks(table["end"]))
    parts = (
        ("up to it", table[table["calibration"]]),
        ("after it (shaded)", table[~table["calibration"]]),
    )
    words = [f"{_error(part)} {when}" for when, part in parts if len(part) and part["actual"].sum()]
    return f"model {', '.join(words)}"


def draw_means(ax: Axes, table: pd.DataFrame, names: list[str]) -> str:
    """Draw mean purchases of groups of customers after the cutoff, actual and expected."""
    place = np.arange(len(table))
    ax.plot(place, table["actual"], **ACTUAL)
    ax.plot(place, table["expected"], **EXPECTED, label="forecast")
    ax.yaxis.set_major_formatter(count_axis())
    ax.set_ylim(bottom=0)
    step = -(-len(names) // 14)
    ax.set_xticks(place[::step], names[::step])
    ax.legend(frameon=False, labelcolor=INK)
    total = (table[["actual", "expected"]].mul(table["customers"], axis=0)).sum()
    return _compared(float(total["expected"]), float(total["actual"]))


def draw_customers(ax: Axes, table: pd.DataFrame) -> None:
    """Draw how many customers each group holds."""
    ax.bar(np.arange(len(table)), table["customers"], 0.6, color=MUTED)
    ax.yaxis.set_major_formatter(count_axis())
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=2))


def draw_spend(ax: Axes, density: pd.DataFrame, *, currency: str) -> str:
    """Draw the density of mean spend a purchase, of the customers and of the model."""
    # a share of customers in each bin of equal width in log spend, so that the area is what the eye sees
    actual, expected = (density[name] * density["width"] for name in ("actual", "expected"))
    spend = density["monetary_value"]
    ax.fill_between(spend, actual, step="mid", color=GRID, linewidth=0)
    ax.step(spend, actual, where="mid", color=INK, linewidth=1.2, label="customers who bought again")
    ax.plot(spend, expected, color=FORECAST, linestyle="--", linewidth=2.0, label=MODEL)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    whole = money_axis(currency)
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda value, at: whole(value, at) if value >= 1 else money_axis(currency, decimals=1)(value, at))
    )
    ax.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
    ax.set_xlabel("Mean spend a purchase (log scale)")
    ax.set_ylabel("Share of customers")
    ax.yaxis.set_major_formatter(percent_axis())
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, labelcolor=INK)
    moved = 0.5 * float((actual - expected).abs().sum())
    return f"{percent(1.0 - moved)} of the customers are where the model puts them"


def draw_heat_map(ax: Axes, surface: pd.DataFrame, name: str) -> str:
    """Draw `p_alive` or `expected_purchases` over frequency and recency, with lines of equal height."""
    shares = name == "p_alive"
    again = surface[surface["frequency"] > 0]
    grid = again.pivot(index="frequency", columns="recency", values=name)
    values = grid.to_numpy(dtype=np.float64)
    top = 1.0 if shares else float(values.max()) or 1.0
    recency = grid.columns.to_numpy(dtype=np.float64)
    half = 0.5 * recency[-1] / len(recency)
    edges = (recency[0] - half, recency[-1] + half, 0.5, len(grid) + 0.5)
    image = ax.imshow(values, origin="lower", aspect="auto", extent=edges, cmap="cividis", vmin=0.0, vmax=top)
    wanted = (0.1, 0.5, 0.9) if shares else tuple(MaxNLocator(nbins=5).tick_values(0.0, top)[1:-1])
    at = [level for level in wanted if values.min() < level < values.max()]
    show = percent if shares else count
    if at and min(values.shape) > 1:
        inks = ["#fefefe" if level < 0.45 * top else "#101010" for level in at]
        lines = ax.contour(recency, grid.index, values, levels=at, colors=inks, linewidths=1.1)
        ax.clabel(lines, fmt=show, fontsize=9)
    dress(ax)
    ax.grid(visible=False)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    ax.set_ylabel("Repeat purchases")
    figure = ax.get_figure()
    assert figure is not None
    bar = figure.colorbar(image, ax=ax, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=MUTED, labelcolor=INK, length=0)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value)))
    once = surface[surface["frequency"] == 0].iloc[0]
    return f"P(alive) {percent(once[name])}" if shares else f"{count(once[name])} purchases expected"


def capped(values: pd.Index) -> list[str]:
    """Name the groups; the last one holds all above it too."""
    names = [f"{value:.0f}" for value in values]
    return [*names[:-1], f"{names[-1]}+"]


def stretches(values: pd.Index) -> tuple[list[str], str]:
    """Name stretches of days by their first, and say how long they are."""
    length = f"stretches of {values[1] - values[0]:.0f}" if len(values) > 1 else "one stretch"
    return [f"{start:.0f}" for start in values], f"Days since the last purchase ({length}, from)"


def at_cutoff(cutoff: str | dt.date, words: str) -> str:
    """Say up to when the model knew what happened."""
    return f"Cutoff {date_words(str(cutoff))}{words}"


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
