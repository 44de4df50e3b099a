"""Forecast and actual by cohort, drawn into given axes; each function returns in words what is to be seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from clv_ml.evaluation.forecast import TOTAL
from clv_ml.reports.axes import count_axis, percent_axis
from clv_ml.reports.picture import ACTUAL, EXPECTED, FORECAST, INK, OUTSIDE, PAPER
from clv_ml.reports.wording import count, money, percent, too

LABELS = {
    "purchases": "Purchases",
    "spend": "Spend",
    "margin": "Margin",
    "active_customers": "Customers who buy",
    "churn_rate": "Churn (no purchase)",
}
_SHADES = ((95, 0.22), (80, 0.42))


def label_of(name: str, currency: str = "") -> str:
    """Name a quantity, money with its currency."""
    unit = f" ({currency})" if name in ("spend", "margin") and currency else ""
    return f"{LABELS[name]}{unit}"


def draw_cohort_lines(ax: Axes, table: pd.DataFrame, name: str, *, currency: str = "") -> str:
    """Draw predicted and actual figures of each cohort as two lines; say how far off they are together.

    Parameters
    ----------
    table
        Sorted by cohort: cohort, customers, and predicted_ and actual_ of `name`. Missing numbers leave a gap.
    name
        purchases, spend or churn_rate.
    """
    x = np.arange(len(table))
    dot = 5 if len(table) <= 18 else 3
    ax.plot(x, table[f"actual_{name}"], **ACTUAL | {"markersize": dot})
    ax.plot(x, table[f"predicted_{name}"], **EXPECTED | {"markersize": dot + 1}, label="forecast")
    top = np.nanmax(table[[f"actual_{name}", f"predicted_{name}"]].to_numpy(np.float64), initial=0.0)
    if name == "churn_rate":
        ax.set_ylim(*_rate_limits(table))
        ax.yaxis.set_major_formatter(percent_axis())
        return _rate_words(table)
    ax.set_ylim(0, 1.12 * top or 1.0)
    ax.yaxis.set_major_formatter(count_axis())
    return _total_words(table, name, count if name == "purchases" else lambda value: money(value, currency))


def draw_cohort_bands(ax: Axes, rows: pd.DataFrame, name: str) -> str:
    """Draw the 80 % and 95 % bands of each cohort, and what happened where the rows hold it; say how many held.

    Parameters
    ----------
    rows
        One row a cohort of a forecast (:func:`clv_ml.evaluation.forecast.cohort_forecast`) or a comparison
        (:func:`clv_ml.evaluation.review.compare`).
    """
    x = np.arange(len(rows))
    for band, shade in _SHADES:
        low, high = rows[f"{name}_low{band}"], rows[f"{name}_high{band}"]
        label = f"{band} % band"
        ax.bar(x, high - low, bottom=low, width=0.62, color=FORECAST, alpha=shade, linewidth=0, label=label)
    ax.plot(x, rows[name], "_", markersize=13, markeredgewidth=2, color=FORECAST, label="forecast")
    words = ""
    if f"actual_{name}" in rows:
        inside = rows[f"{name}_inside95"].to_numpy(dtype=bool)
        actual = rows[f"actual_{name}"].to_numpy(dtype=np.float64)
        # room for whole markers at the edge of the panel
        ax.margins(y=0.12)
        ax.plot(x[inside], actual[inside], "o", markersize=5, color=INK, label="what happened")
        ax.plot(x[~inside], actual[~inside], "X", markersize=8, color=OUTSIDE, label="outside the band")
        words = f"{int(inside.sum())} of {len(rows)} cohorts inside the 95 % band"
    ax.yaxis.set_major_formatter(percent_axis() if name == "churn_rate" else count_axis())
    if name != "churn_rate":
        ax.set_ylim(bottom=0)
    return words


def draw_horizons(ax: Axes, rows: pd.DataFrame, name: str) -> str:
    """Draw the band of one cohort over the horizons, with the line of what happened; compare the last of them."""
    rows = rows.sort_values("horizon_days")
    rate = name == "churn_rate"
    days = rows["horizon_days"].to_numpy(dtype=np.float64)

    def whole(column: str) -> np.ndarray:
        values = rows[column].to_numpy(dtype=np.float64)
        return values if rate else np.concatenate([[0.0], values])

    x = days if rate else np.concatenate([[0.0], days])
    for band, shade in _SHADES:
        low, high = whole(f"{name}_low{band}"), whole(f"{name}_high{band}")
        ax.fill_between(x, low, high, color=FORECAST, alpha=shade, linewidth=0, label=f"{band} % band")
    ax.plot(x, whole(name), color=FORECAST, linestyle="--", linewidth=1.2, label="forecast")
    ax.plot(x, whole(f"actual_{name}"), color=INK, marker="o", markersize=3.5, label="what happened")
    ax.set_xticks(days)
    ax.yaxis.set_major_formatter(percent_axis() if rate else count_axis())
    if not rate:
        ax.set_xlim(0, 1.03 * days.max())
        ax.set_ylim(min(0.0, ax.dataLim.y0), None)
    last = rows.iloc[-1]
    shown = percent if rate else count
    return (
        f"after {int(last['horizon_days'])} days forecast {shown(last[name])}, actual {shown(last[f'actual_{name}'])}"
    )


def draw_errors(ax: Axes, table: pd.DataFrame, name: str) -> str:
    """Draw the relative error of a forecast over cohorts and cutoffs, each cell with its number; say the largest.

    Parameters
    ----------
    table
        cutoff, cohort, the forecast and the actual figure at one horizon.

    Notes
    -----
    Forecast over actual less one, in percent; for churn_rate in percentage points.
    """
    cells = error_cells(table, name)
    values = cells.to_numpy(dtype=np.float64)
    limit = max(float(np.nanquantile(np.abs(values), 0.95)), 1e-9) if np.isfinite(values).any() else 1.0
    ax.imshow(values, cmap="PuOr_r", vmin=-limit, vmax=limit, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            ink = PAPER if abs(value) > 0.45 * limit else INK
            ax.text(column, row, f"{value:+.0f}", ha="center", va="center", fontsize=8.5, color=ink)
    ax.grid(visible=False)
    ax.set_xticks(range(len(cells.columns)), [str(cutoff) for cutoff in cells.columns], rotation=30, ha="right")
    ax.set_yticks(range(len(cells)), [str(cohort) for cohort in cells.index])
    if not np.isfinite(values).any():
        return ""
    place = int(np.nanargmax(np.abs(values)))
    return f"Largest: {values.flat[place]:+.0f} {error_unit(name)} for {cells.index[place // values.shape[1]]}"


def error_cells(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the errors as a row a cohort, all together last, and a column a cutoff."""
    error = table[name] - table[f"actual_{name}"]
    share = 100 * (error if name == "churn_rate" else error / table[f"actual_{name}"].where(lambda x: x > 0))
    cells = table.assign(share=share).pivot(index="cohort", columns="cutoff", values="share")
    order = [*sorted(cohort for cohort in cells.index if cohort != TOTAL), TOTAL]
    return cells.loc[[cohort for cohort in order if cohort in cells.index]]


def error_size(table: pd.DataFrame) -> tuple[float, float]:
    """Return width and height, in inches, of a picture with a cell for each cohort and cutoff."""
    return max(5.5, 1.0 * table["cutoff"].nunique() + 2.4), 0.34 * table["cohort"].nunique() + 2.2


def error_unit(name: str) -> str:
    """Return the unit of an error."""
    return "points" if name == "churn_rate" else "%"


def name_cohorts(ax: Axes, names: Sequence[str]) -> None:
    """Write the names of cohorts below the axes, not all where there are many."""
    step = math.ceil(len(names) / 9)
    ax.set_xticks(range(0, len(names), step), names[::step])
    margin = max(0.5, 0.03 * len(names))
    ax.set_xlim(-margin, len(names) - 1 + margin)


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
