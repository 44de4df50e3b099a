"""Plots of what cohorts bring: who comes back, and when a cohort has paid back what winning it cost."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from clv_ml.language import words
from clv_ml.plots.cohorts import require
from clv_ml.reports.axes import legend_below, own_axes, titled
from clv_ml.reports.cohorts_curves import payback_curves
from clv_ml.reports.cohorts_pictures import draw_payback
from clv_ml.reports.retention_drawing import draw_retention


def plot_retention(table: pd.DataFrame, *, dimension: str = "month", ax: Axes | None = None) -> Axes:
    """Plot the share of each cohort who bought in each step of 30 days: the retention triangle.

    Rows that grow darker downwards are cohorts that come back more; hatched cells are not over and are no fall.

    Parameters
    ----------
    table
        The table `retention` of ``cohorts``: dimension, cohort, age_period, observed, active, rate, complete.
    dimension
        Whose cohorts to draw: ``month`` of the first purchase, ``channel``, ...
    ax
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If a column is missing, or the dimension is not in the table.

    Examples
    --------
    >>> import clv_ml
    >>> shop = clv_ml.plots.example_shop()
    >>> ax = clv_ml.plots.plot_retention(shop.retention, dimension="week")
    """
    require(table, ["dimension", "cohort", "age_period", "observed", "active", "rate", "complete"])
    cohorts = table.loc[table["dimension"] == dimension, "cohort"].nunique()
    ax = own_axes(ax, width=8.4, height=0.3 * cohorts + 2.0)
    found = draw_retention(ax, table, dimension=dimension)
    ax.set_ylabel(f"Cohort ({dimension.replace('_', ' ')})")
    return titled(ax, "Who comes back: share who bought again, %", f"Of the customers old enough, {found}")


def plot_payback(
    table: pd.DataFrame, *, channel: str | None = None, currency: str = "", ax: Axes | None = None
) -> Axes:
    """Plot profit a customer by age, less the cost of winning one where known; dotted lines are projected.

    Where a line crosses zero, the cohort has paid back. At most four cohorts are drawn.

    Parameters
    ----------
    table
        The table `payback` of ``cohorts``: dimension, cohort, age_period, age_days, expected, low, high, complete, cac.
    channel
        Dimension whose cohorts to draw; months of the first purchase where None.
    currency
        Unit of the amounts.
    ax
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If a column is missing or there is no row.

    Examples
    --------
    >>> import clv_ml
    >>> shop = clv_ml.plots.example_shop()
    >>> ax = clv_ml.plots.plot_payback(shop.payback(cost=25.0), currency="USD")
    """
    require(table, ["dimension", "cohort", "age_period", "age_days", "expected", "low", "high", "complete", "cac"])
    english = words("en")
    curves, with_cost = payback_curves(table, channel, english)
    ax = own_axes(ax, height=5.0)
    draw_payback(ax, curves, english, currency=currency, with_cost=with_cost)
    less = ", less the cost of winning one" if with_cost else ""
    ax.set_ylabel("Profit a customer")
    legend_below(ax, columns=3)
    return titled(ax, "When customers pay back", f"Profit a customer{less}; dotted: projected, with its 95 % band")
