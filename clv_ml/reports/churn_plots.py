"""How well churn scores tell who stays, with intervals: as more becomes known, and one against another.

Every function returns a matplotlib Figure made without pyplot; its label is the alt text.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from clv_ml.reports.churn_drawing import (
    accuracy_height,
    draw_accuracy,
    draw_sufficiency,
    population_words,
    score_words,
)
from clv_ml.reports.picture import INK, dress, finish, headline, new_figure

__all__ = ["gain_figure", "score_words", "sufficiency_figure"]


def sufficiency_figure(table: pd.DataFrame, *, title: str = "How early can we know?", subtitle: str = "") -> Figure:
    """Draw the AUC of each score against the number of first days known.

    Parameters
    ----------
    table
        One row a number of days and score: days, score, auc, auc_low, auc_high (0 to 1, NaN where not known), n
        (customers), churned_share. Scores are told in the order of the table.
    title, subtitle
        Headline, and a line below it; by default the customers and how many of them did not buy.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError
        If a column is missing or there is no row.
    """
    figure = new_figure(6.8, 5.2)
    ax = figure.subplots()
    dress(ax)
    said = draw_sufficiency(ax, table)
    figure.legend(loc="outside lower left", ncols=1, frameon=False, labelcolor=INK)
    told = subtitle or population_words(table)
    headline(figure, title, told)
    return finish(figure, _sentences(title, told, *said))


def gain_figure(
    table: pd.DataFrame, *, title: str = "Which score tells best who leaves?", subtitle: str = ""
) -> Figure:
    """Draw the AUC of each score in each group of customers as a dot, with its interval as a whisker.

    Parameters
    ----------
    table
        One row a group and score: group, score, auc, auc_low, auc_high (0 to 1; a row with NaN is told as not known),
        and optionally n (customers of the group). Groups and scores are told in the order of the table.
    title, subtitle
        Headline, and a line below it naming the data.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError
        If a column is missing or there is no row.
    """
    figure = new_figure(6.8, accuracy_height(table))
    ax = figure.subplots()
    dress(ax)
    said = draw_accuracy(ax, table)
    headline(figure, title, subtitle)
    return finish(figure, _sentences(title, subtitle, *said))


def _sentences(*parts: str) -> str:
    return " ".join(part if part[-1] in ".?!" else f"{part}." for part in parts if part)
