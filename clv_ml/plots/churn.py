"""Plots of churn scores: can they be taken at their word, which tells best, and how early."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from clv_ml.evaluation.backtest import Backtest
from clv_ml.reports.axes import legend_below, own_axes, titled
from clv_ml.reports.churn_drawing import (
    accuracy_height,
    draw_accuracy,
    draw_calibration,
    draw_sufficiency,
    population_words,
    score_words,
)
from clv_ml.reports.wording import count, percent


def plot_calibration(
    churned: ArrayLike,
    probabilities: Mapping[str, ArrayLike] | pd.DataFrame,
    *,
    bins: int = 10,
    ax: Axes | None = None,
) -> Axes:
    """Plot observed rates against predicted probabilities: the reliability diagram.

    On the diagonal is right. Below it fewer left than was said: the score cries wolf; above it more did.

    Parameters
    ----------
    churned
        What happened, 0 or 1, shape (n,).
    probabilities
        P(churn) by the name of the score: a mapping, or a column each, as in ``Backtest.probabilities``.
    bins
        Number of bins, each of as many customers.
    ax
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If there is no score or no row, or a score is not a probability.

    Examples
    --------
    >>> import clv_ml
    >>> shop = clv_ml.plots.example_shop()
    >>> p = shop.purchases.probability_no_purchase(shop.rfm, horizon_days=shop.horizon_days)
    >>> ax = clv_ml.plots.plot_calibration(shop.later == 0, {"BG/NBD": p})
    """
    churned = pd.Series(churned).astype(float)
    ax = own_axes(ax, width=6.0, height=6.6)
    named = {score_words(name): p for name, p in probabilities.items()}
    draw_calibration(ax, churned, named, bins=bins)
    legend_below(ax)
    finding = f"{count(len(churned))} customers, of whom {percent(churned.mean())} did not buy"
    return titled(ax, "Can the probabilities be taken at their word?", finding)


def plot_accuracy(result: Backtest | pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Plot the AUC of each score in each group of customers, with its 95 % interval.

    Filled is the highest of a group; scores whose intervals overlap widely may be equally good.

    Parameters
    ----------
    result
        A backtest, or its accuracy table: group, score, auc, auc_low, auc_high (0 to 1), and n where known.
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
    >>> import clv_ml, pandas as pd
    >>> rows = [
    ...     ("all", "lightgbm", 0.807, 0.798, 0.815, 23_570),
    ...     ("all", "bgnbd", 0.793, 0.785, 0.802, 23_570),
    ...     ("all", "days_since_last", 0.793, 0.785, 0.802, 23_570),
    ...     ("eligible", "lightgbm", 0.700, 0.688, 0.714, 6_343),
    ...     ("eligible", "bgnbd", 0.695, 0.683, 0.709, 6_343),
    ...     ("eligible", "days_since_last", 0.623, 0.610, 0.638, 6_343),
    ... ]
    >>> table = pd.DataFrame(rows, columns=["group", "score", "auc", "auc_low", "auc_high", "n"])
    >>> ax = clv_ml.plots.plot_accuracy(table)
    """
    table = result.accuracy if isinstance(result, Backtest) else result
    ax = own_axes(ax, height=accuracy_height(table))
    draw_accuracy(ax, table)
    finding = "AUC with 95 % intervals"
    if isinstance(result, Backtest):
        finding = f"Churn in the {result.horizon_days} days after {result.cutoff}, with 95 % intervals"
    return titled(ax, "Which score tells best who leaves?", finding)


def plot_sufficiency(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Plot the AUC of each score against the number of first days known.

    Where the curve goes flat, waiting for more days tells little more. The first score has its interval as a band.

    Parameters
    ----------
    table
        As :func:`clv_ml.evaluation.sufficiency.sufficiency` returns it, of one kind of folds: days, score, auc,
        auc_low, auc_high (0 to 1), n, churned_share.
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
    >>> import clv_ml, pandas as pd
    >>> rows = [
    ...     (1, "lightgbm", 0.62, 0.59, 0.65),
    ...     (7, "lightgbm", 0.68, 0.65, 0.71),
    ...     (30, "lightgbm", 0.78, 0.76, 0.81),
    ...     (1, "purchases_alone", 0.57, 0.55, 0.60),
    ...     (7, "purchases_alone", 0.60, 0.57, 0.63),
    ...     (30, "purchases_alone", 0.66, 0.63, 0.69),
    ... ]
    >>> table = pd.DataFrame(rows, columns=["days", "score", "auc", "auc_low", "auc_high"])  # made-up figures
    >>> ax = clv_ml.plots.plot_sufficiency(table.assign(n=2_500, churned_share=0.72))
    """
    ax = own_axes(ax, height=5.4)
    draw_sufficiency(ax, table)
    legend_below(ax)
    return titled(ax, "How early can we know?", population_words(table))
