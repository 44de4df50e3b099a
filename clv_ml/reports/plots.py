"""Pictures of forecasts against what happened, legible in grey and to colour-blind readers.

Every function returns a matplotlib Figure made without pyplot: nothing global is touched, no window can open.
The figure's label (`fig.get_label()`) is its alt text. `svg` and `save` write a figure out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from clv_ml.errors import DataError, missing_columns
from clv_ml.reports.churn_drawing import draw_calibration
from clv_ml.reports.cohort_drawing import draw_cohort_lines, label_of, name_cohorts
from clv_ml.reports.picture import INK, dress, finish, headline, new_figure, save, say, svg
from clv_ml.reports.wording import date_words

__all__ = ["calibration_figure", "cohort_figure", "save", "svg"]

_COLUMNS = (
    "cohort",
    "customers",
    "predicted_purchases",
    "actual_purchases",
    "predicted_spend",
    "actual_spend",
    "predicted_churn_rate",
    "actual_churn_rate",
)


def cohort_figure(
    cohorts: pd.DataFrame,
    *,
    cutoff: str | dt.date,
    horizon_days: int,
    currency: str = "",
    title: str = "Forecast against what happened, by month of first purchase",
) -> Figure:
    """Draw predicted and actual purchases, spend and churn rate per monthly acquisition cohort.

    Parameters
    ----------
    cohorts : pandas.DataFrame
        One row a cohort, in any order: cohort ('YYYY-MM'), customers, and predicted_ and actual_ purchases,
        spend (totals) and churn_rate (0 to 1). Missing numbers leave a gap.
    cutoff : str or datetime.date
        Last day of history the forecast used.
    horizon_days : int
        Length of the forecast in days.
    currency : str, default ""
        Code or sign of the spend, for the labels.
    title : str
        Headline of the picture.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels; title, totals and errors in words are in the picture and in its alt text.

    Raises
    ------
    DataError
        If a column is missing or there is no cohort.
    """
    missing = [name for name in _COLUMNS if name not in cohorts.columns]
    if missing:
        raise missing_columns("cohort table", missing, map(str, cohorts.columns), "See cohort_figure.")
    if cohorts.empty:
        raise DataError("cohort table has no rows; a picture needs at least one cohort")
    table = cohorts.sort_values("cohort")
    names = table["cohort"].astype(str).tolist()
    figure = new_figure(6.8, 7.4)
    axes = figure.subplots(3, 1, sharex=True)
    said = []
    for ax, name in zip(axes, ("purchases", "spend", "churn_rate"), strict=True):
        dress(ax)
        said.append(f"{label_of(name, currency)}: {draw_cohort_lines(ax, table, name, currency=currency)}")
        say(ax, said[-1])
    name_cohorts(axes[2], names)
    axes[2].set_xlabel("Month of first purchase")
    figure.legend(
        *axes[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=2,
        frameon=False,
        labelcolor=INK,
    )
    subtitle = f"Cutoff {date_words(cutoff)}; what the next {horizon_days} days brought"
    headline(figure, title, subtitle)
    span = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    return finish(figure, f"{title}. {subtitle}. Cohorts {span}. {'; '.join(said)}.")


def calibration_figure(
    y: ArrayLike,
    scores: Mapping[str, ArrayLike],
    *,
    title: str = "Can the probabilities be taken at their word?",
    subtitle: str = "",
    bins: int = 10,
) -> Figure:
    """Draw observed rates against predicted probabilities, one line a score.

    Parameters
    ----------
    y : array-like of shape (n,)
        Outcomes, 0 or 1.
    scores : mapping of str to array-like of shape (n,)
        Probabilities by the name to show; their calibration error stands beside the name.
    title, subtitle : str
        Headline, and a line below it naming the data.
    bins : int, default 10
        Number of equal-count bins.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError
        If there is no score or no row, or a score is not a probability.
    """
    figure = new_figure(6.0, 6.0)
    ax = figure.subplots()
    dress(ax)
    said = draw_calibration(ax, y, scores, bins=bins)
    ax.legend(loc="upper left", frameon=False, labelcolor=INK)
    headline(figure, title, subtitle)
    return finish(figure, ". ".join(filter(None, [title, subtitle, *said])) + ". On the diagonal is right.")
