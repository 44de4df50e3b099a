"""Plots of cohorts: forecast against what happened, by cohort, over horizons and over cutoffs."""

from __future__ import annotations

from typing import Literal, Protocol

import pandas as pd
from matplotlib.axes import Axes

from clv_ml.errors import ConfigError, DataError, missing_columns
from clv_ml.evaluation.backtest import Backtest
from clv_ml.evaluation.forecast import TOTAL
from clv_ml.reports.axes import legend_below, own_axes, titled
from clv_ml.reports.cohort_drawing import (
    LABELS,
    draw_cohort_bands,
    draw_cohort_lines,
    draw_errors,
    draw_horizons,
    error_size,
    error_unit,
    label_of,
    name_cohorts,
)

Quantity = Literal["purchases", "spend", "margin", "active_customers", "churn_rate"]


class Judged(Protocol):
    """Anything that holds forecasts beside what happened, as a review does."""

    @property
    def table(self) -> pd.DataFrame:
        """One row a cohort and horizon."""


def plot_cohorts(
    result: Judged | Backtest | pd.DataFrame,
    *,
    quantity: Quantity = "purchases",
    horizon_days: int | None = None,
    currency: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Plot forecast against actual by cohort, with the bands where the forecast has them.

    A dot inside its band is as was said; an orange cross is outside: something happened that the model did not know.

    Parameters
    ----------
    result
        What a review or a backtest judged, or a table: a forecast, a comparison, or predicted_ and actual_ figures a
        cohort.
    quantity
        purchases, spend, margin, active_customers or churn_rate.
    horizon_days
        Which horizon; the longest of the table where None.
    currency
        Unit of spend and margin.
    ax
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If the table has no cohort at this horizon, or lacks the quantity.

    Examples
    --------
    >>> import clv_ml
    >>> shop = clv_ml.plots.example_shop()
    >>> ax = clv_ml.plots.plot_cohorts(shop.judged, quantity="spend", currency="USD")
    """
    rows, days = _at_horizon(_table(result), horizon_days)
    rows = rows[rows["cohort"].astype(str) != TOTAL].sort_values("cohort")
    if rows.empty:
        raise DataError("the table has no cohort to plot")
    banded = f"{quantity}_low95" in rows
    require(rows, [quantity] if banded else [f"predicted_{quantity}", f"actual_{quantity}", "customers"])
    ax = own_axes(ax, height=5.0)
    draw = draw_cohort_bands if banded else draw_cohort_lines
    found = draw(ax, rows, quantity)
    name_cohorts(ax, rows["cohort"].astype(str).tolist())
    ax.set_xlabel("Cohort")
    ax.set_ylabel(label_of(quantity, currency))
    legend_below(ax, columns=3)
    when = "" if days is None else f"The {days} days after the cutoff"
    known = f"actual_{quantity}" in rows
    title = f"{LABELS[quantity]} by cohort: forecast{' and what happened' if known else ''}"
    return titled(ax, title, ": ".join(filter(None, [when, found])))


def plot_horizons(
    result: Judged | pd.DataFrame,
    *,
    cohort: str = TOTAL,
    quantity: Quantity = "purchases",
    currency: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Plot the forecast of one cohort, or of all, over the horizons, with its bands and the line of what happened.

    Where the line leaves the band, the forecast has been wrong since then.

    Parameters
    ----------
    result
        What a review judged, or a comparison (:func:`clv_ml.evaluation.review.compare`).
    cohort
        Which cohort; ``all``: all customers together.
    quantity
        purchases, spend, margin, active_customers or churn_rate.
    currency
        Unit of spend and margin.
    ax
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If the cohort is not in the table, or the table lacks the quantity.

    Examples
    --------
    >>> import clv_ml
    >>> shop = clv_ml.plots.example_shop()
    >>> ax = clv_ml.plots.plot_horizons(shop.judged, quantity="purchases")
    """
    table = _table(result)
    require(table, ["cohort", "horizon_days", quantity, f"actual_{quantity}", f"{quantity}_low95"])
    rows = table[table["cohort"].astype(str) == cohort]
    if rows.empty:
        known = ", ".join(map(str, table["cohort"].unique()))
        raise DataError(f"no cohort {cohort!r} in the table; known: {known}")
    ax = own_axes(ax, height=5.0)
    found = draw_horizons(ax, rows, quantity)
    ax.set_xlabel("Days after the cutoff")
    ax.set_ylabel(label_of(quantity, currency))
    legend_below(ax, columns=4)
    who = "all customers" if cohort == TOTAL else f"cohort {cohort}"
    return titled(ax, f"{LABELS[quantity]} of {who} after the cutoff", found[:1].upper() + found[1:])


def plot_errors(
    table: pd.DataFrame, *, quantity: Quantity = "purchases", horizon_days: int | None = None, ax: Axes | None = None
) -> Axes:
    """Plot the relative error of the forecast over cohorts and cutoffs, each cell with its number.

    A column of one colour is a time that the model did not know of, a row of one colour a cohort.

    Parameters
    ----------
    table
        Comparisons of several cutoffs: cutoff, cohort, horizon_days, the forecast and the actual figure.
    quantity
        purchases, spend, margin, active_customers or churn_rate (then in points).
    horizon_days
        Which horizon; the longest of the table where None.
    ax
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If a column is missing or there is no row at this horizon.

    Examples
    --------
    >>> import clv_ml, pandas as pd
    >>> shop = clv_ml.plots.example_shop()
    >>> later = clv_ml.plots.example_shop(cutoff="1997-12-31")
    >>> parts = [one.judged.assign(cutoff=one.cutoff) for one in (shop, later)]
    >>> ax = clv_ml.plots.plot_errors(pd.concat(parts), horizon_days=90)
    """
    require(table, ["cutoff", "cohort", "horizon_days", quantity, f"actual_{quantity}"])
    rows, days = _at_horizon(table, horizon_days)
    width, height = error_size(rows)
    ax = own_axes(ax, width=max(width, 6.8), height=height + 0.3)
    largest = draw_errors(ax, rows, quantity)
    ax.set_xlabel("Cutoff")
    ax.set_ylabel("Cohort")
    title = f"Error of the forecast {quantity.replace('_', ' ')}, {error_unit(quantity)}"
    words_of_horizon = f"The {days} days after each cutoff; above 0: forecast too high"
    return titled(ax, title, ". ".join(filter(None, [words_of_horizon, largest])))


def _table(result: Judged | Backtest | pd.DataFrame) -> pd.DataFrame:
    if isinstance(result, pd.DataFrame):
        return result
    return result.cohorts if isinstance(result, Backtest) else result.table


def _at_horizon(table: pd.DataFrame, horizon_days: int | None) -> tuple[pd.DataFrame, int | None]:
    """Return the rows of one horizon, and which it is; all where the table knows of none."""
    if "horizon_days" not in table:
        if horizon_days is not None:
            raise ConfigError(f"horizon_days {horizon_days}: the table has no column horizon_days")
        return table, None
    days = int(table["horizon_days"].max()) if horizon_days is None and len(table) else horizon_days
    rows = table[table["horizon_days"] == days]
    if rows.empty:
        known = ", ".join(str(found) for found in sorted(table["horizon_days"].unique()))
        raise DataError(f"the table has no cohort at {days} days; known: {known}")
    return rows, days


def require(table: pd.DataFrame, columns: list[str]) -> None:
    """Refuse a table that lacks a column."""
    absent = [name for name in columns if name not in table.columns]
    if absent:
        raise missing_columns("table", absent, map(str, table.columns), "See the docstring of the plot.")
