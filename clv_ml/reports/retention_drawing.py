"""The retention triangle drawn into given axes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from clv_ml.economics.retention_counts import AGE_DAYS
from clv_ml.errors import DataError
from clv_ml.reports.picture import GRID, INK, MUTED, PAPER
from clv_ml.reports.wording import percent

_MOST_AGES = 18
_SMALLEST = 8.0


def draw_retention(ax: Axes, retention: pd.DataFrame, *, dimension: str) -> str:
    """Draw the share of each cohort who bought in each age period; say how it is at the first age and at the last.

    A cell that is not over for the whole cohort is hatched and has no number: it could only look like a fall.

    Parameters
    ----------
    retention
        As :func:`clv_ml.economics.retention.retention` returns it.
    dimension
        Whose cohorts are drawn.

    Raises
    ------
    DataError
        If the dimension has no cohort older than one period.
    """
    rows = retention[(retention["dimension"] == dimension) & retention["age_period"].between(1, _MOST_AGES)]
    if rows.empty:
        known = ", ".join(map(repr, dict.fromkeys(retention["dimension"])))
        raise DataError(f"retention: no cohort of {dimension!r} is older than {AGE_DAYS} days; dimensions: {known}")
    rates = rows.pivot(index="cohort", columns="age_period", values="rate").sort_index()
    values = rates.to_numpy(dtype=np.float64)
    begun = rows.pivot(index="cohort", columns="age_period", values="observed").reindex_like(rates).notna().to_numpy()
    top = float(np.nanmax(values, initial=0.0)) or 1.0
    ax.imshow(values, cmap="Blues", vmin=0.0, vmax=1.15 * top, aspect="auto")
    size = max(_SMALLEST, min(10.0, 110.0 / len(rates.columns)))
    for (row, column), rate in np.ndenumerate(values):
        if np.isfinite(rate):
            ink = PAPER if rate > 0.6 * top else INK
            ax.text(column, row, _share(rate), ha="center", va="center", fontsize=size, color=ink)
        elif begun[row, column]:
            place = (column - 0.5, row - 0.5)
            ax.add_patch(Rectangle(place, 1, 1, facecolor=PAPER, edgecolor=GRID, hatch="///", linewidth=0))
    ax.grid(visible=False)
    ax.set_xticks(range(len(rates.columns)), [f"{AGE_DAYS * age}" for age in rates.columns])
    ax.set_yticks(range(len(rates)), [str(cohort) for cohort in rates.index])
    ax.set_xlabel(f"Days since the first purchase, in steps of {AGE_DAYS} (from); hatched: not over yet")
    ax.tick_params(axis="y", labelcolor=INK)
    ax.spines["bottom"].set_color(MUTED)
    return _words(rows[rows["complete"].astype(bool)])


def _share(rate: float) -> str:
    return f"{100 * rate:.0f}"


def _words(whole: pd.DataFrame) -> str:
    if whole.empty:
        return "no age is over yet"
    together = whole.groupby("age_period")[["active", "observed"]].sum()
    ages = [together.index[0], together.index[-1]]
    told = [
        f"{percent(together['active'].loc[age] / together['observed'].loc[age])} bought in days "
        f"{AGE_DAYS * age} to {AGE_DAYS * age + AGE_DAYS - 1}"
        for age in dict.fromkeys(ages)
    ]
    return ", ".join(told)
