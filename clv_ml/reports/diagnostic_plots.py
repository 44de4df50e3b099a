"""The diagnostics of the value models in words and pictures, in the style of `clv_ml.reports.plots`.

Every function returns a matplotlib Figure made without pyplot; its label is the alt text, its subtitle the
verdict. The tables come from `clv_ml.models.diagnostics` and `clv_ml.models.surfaces`.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd
from matplotlib.figure import Figure

from clv_ml.reports.diagnostic_drawing import (
    at_cutoff,
    capped,
    draw_customers,
    draw_heat_map,
    draw_means,
    draw_repeat_counts,
    draw_spend,
    draw_tracking,
    stretches,
)
from clv_ml.reports.picture import INK, dress, finish, headline, new_figure, say
from clv_ml.reports.wording import date_words, days


def repeat_counts_figure(counts: pd.DataFrame, *, cutoff: str | dt.date) -> Figure:
    """Draw how many customers made 0, 1, ... repeat purchases up to the cutoff, and how many the model expects.

    Parameters
    ----------
    counts
        What :func:`clv_ml.models.diagnostics.repeat_counts` returns.
    """
    figure = new_figure(6.8, 4.6)
    ax = figure.subplots()
    dress(ax)
    found = draw_repeat_counts(ax, counts)
    return _told(figure, "How often customers came back, and the model", f"Up to {date_words(cutoff)}: {found}")


def by_frequency_figure(table: pd.DataFrame, *, cutoff: str | dt.date, horizon_days: int) -> Figure:
    """Draw mean purchases after the cutoff by frequency before it, actual and expected.

    Parameters
    ----------
    table
        What :func:`clv_ml.models.diagnostics.purchases_by_frequency` returns.
    """
    title = "Purchases after the cutoff, by how often they had come back"
    return _means(table, title, "Repeat purchases before the cutoff", capped(table.index), cutoff, horizon_days)


def by_recency_figure(table: pd.DataFrame, *, cutoff: str | dt.date, horizon_days: int) -> Figure:
    """Draw mean purchases after the cutoff by days since the last purchase, actual and expected.

    Parameters
    ----------
    table
        What :func:`clv_ml.models.diagnostics.purchases_by_recency` returns.
    """
    title = "Purchases after the cutoff, by days since the last one"
    names, label = stretches(table.index)
    return _means(table, title, label, names, cutoff, horizon_days)


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
    figure = new_figure(6.8, 6.4)
    upper, lower = figure.subplots(2, 1, sharex=True)
    length = days(table["end"].diff().dt.days.iloc[-1]) if len(table) > 1 else "the period"
    found = ""
    for ax, label in ((upper, "So far"), (lower, f"In each {length}")):
        dress(ax, label)
        found = draw_tracking(ax, table, cumulative=ax is upper)
    upper.legend(loc="upper left", frameon=False, labelcolor=INK)
    return _told(figure, "Repeat purchases over time", at_cutoff(cutoff, f": {found}"))


def spend_figure(density: pd.DataFrame, *, currency: str = "") -> Figure:
    """Draw the density of mean spend a purchase, of the customers and of the model.

    Parameters
    ----------
    density
        What :func:`clv_ml.models.surfaces.spend_density` returns.
    """
    figure = new_figure(6.8, 4.6)
    ax = figure.subplots()
    dress(ax)
    return _told(figure, "What customers spend, and the model", draw_spend(ax, density, currency=currency))


def heat_map_figure(surface: pd.DataFrame, *, age_days: int, horizon_days: int) -> Figure:
    """Draw P(alive) and expected purchases over frequency and recency as two heat maps.

    Parameters
    ----------
    surface
        What :func:`clv_ml.models.surfaces.frequency_recency_surface` returns for customers of `age_days`.
    """
    figure = new_figure(6.8, 7.6)
    upper, lower = figure.subplots(2, 1, sharex=True)
    once = [draw_heat_map(upper, surface, "p_alive"), draw_heat_map(lower, surface, "expected_purchases")]
    for ax, label in ((upper, "P(alive)"), (lower, f"Expected purchases in the next {horizon_days} days")):
        say(ax, label)
    lower.set_xlabel(f"Days from first to last purchase, of customers who first bought {age_days} days ago")
    words = f"Who bought once, {age_days} days ago: {', '.join(once)}"
    return _told(figure, "Who is still a customer, and who will buy", words)


def _means(
    table: pd.DataFrame, title: str, label: str, names: list[str], cutoff: str | dt.date, horizon_days: int
) -> Figure:
    figure = new_figure(6.8, 5.2)
    ax, people = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    dress(ax, f"Mean purchases of a customer in {horizon_days} days")
    dress(people, "Customers")
    found = draw_means(ax, table, names)
    draw_customers(people, table)
    people.set_xlabel(label)
    return _told(figure, title, at_cutoff(cutoff, f", {horizon_days} days: {found}"))


def _told(figure: Figure, title: str, subtitle: str) -> Figure:
    headline(figure, title, subtitle)
    return finish(figure, f"{title}. {subtitle}.")
