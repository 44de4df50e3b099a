"""How well churn scores tell who stays, drawn into given axes; each function returns in words what is to be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from clv_ml.errors import DataError, missing_columns
from clv_ml.evaluation.metrics import expected_calibration_error, reliability
from clv_ml.reports.accuracy_words import GROUPS
from clv_ml.reports.axes import percent_axis
from clv_ml.reports.picture import GRID, INK, MUTED, PAPER, SERIES
from clv_ml.reports.wording import MODEL_NAMES, count, days, percent

# two more than a page usually needs, so that five or six scores differ in more than colour
_STYLES = (*SERIES, (INK, "v", (0, (1, 1))), (MUTED, "P", (0, (5, 1))))
_OPEN: dict[str, Any] = {"markersize": 6, "markerfacecolor": PAPER, "markeredgewidth": 1.5}
_COIN = 0.5
_NAMES = {
    "days_since_last": "days since last seen",
    "logistic": "logistic regression",
    "lightgbm_purchases": "LightGBM without engagement",
    "lightgbm": "LightGBM",
    **MODEL_NAMES,
}


def draw_calibration(ax: Axes, y: ArrayLike, scores: Mapping[str, ArrayLike], *, bins: int) -> list[str]:
    """Draw observed rates against predicted probabilities, one line a score; say how far off each is.

    Raises
    ------
    DataError
        If there is no score or no row, or a score is not a probability.
    """
    if not scores or np.size(np.asarray(y)) == 0:
        raise DataError("a calibration picture needs at least one score and one row")
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1)
    said = []
    for (name, p), (colour, marker, line) in zip(scores.items(), cycle(SERIES), strict=False):
        error = 100 * expected_calibration_error(y, p, bins=bins)
        said.append(f"{name}: off by {error:.1f} points on average")
        table = reliability(y, p, bins=bins)
        ax.plot(*table, color=colour, linestyle=line, marker=marker, label=said[-1], **_OPEN)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.set_xlabel("Predicted probability")
    ax.set_ylabel("Share of customers it came true for")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(percent_axis())
        axis.set_ticks([0, 0.25, 0.5, 0.75, 1])
    return said


def draw_sufficiency(ax: Axes, table: pd.DataFrame) -> list[str]:
    """Draw the AUC of each score against the number of first days known; say the figures of each score.

    The interval of the first score is a band, those of the others are whiskers: bands over bands cannot be told apart.

    Raises
    ------
    DataError
        If a column is missing or there is no row.
    """
    _require(table, ("days", "score", "auc", "auc_low", "auc_high", "n", "churned_share"), "sufficiency table")
    rows = table.sort_values("days", kind="stable")
    spans = sorted(rows["days"].unique().tolist())
    said = []
    names = list(table["score"].unique())
    for place, (name, (colour, marker, line)) in enumerate(zip(names, cycle(_STYLES), strict=False)):
        one = rows[rows["score"] == name]
        # the second day tells more than the thirtieth: equal steps for equal factors
        x = np.log1p(one["days"].to_numpy(dtype=np.float64))
        if place == 0 and len(one) > 1:
            ax.fill_between(x, one["auc_low"], one["auc_high"], color=colour, alpha=0.13, linewidth=0)
        else:
            x = x + 0.035 * (place - len(names) / 2)  # side by side
            ax.vlines(x, one["auc_low"], one["auc_high"], color=colour, linewidth=1.2)
        ax.plot(x, one["auc"], color=colour, linestyle=line, marker=marker, label=_spoken(one), **_OPEN)
        said.append(f"{score_words(name)}: " + ", ".join(_at(row) for row in _rows(one)))
    low, high = _limits(rows)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    if low < _COIN:
        ax.axhline(_COIN, color=MUTED, linewidth=1)
        _note(ax, "a coin", (1, _COIN), (0, 8), ha="right", color=MUTED, fontsize=9)
    ax.set_ylim(low, high)
    ax.set_xticks(np.log1p(np.array(spans, dtype=np.float64)), [f"{span:g}" for span in spans])
    ax.set_xlabel("First days known (steps of equal factor)")
    ax.set_ylabel("AUC")
    return said


def draw_accuracy(ax: Axes, table: pd.DataFrame) -> list[str]:
    """Draw the AUC of each score in each group of customers, with its interval; say the figures of each group.

    Raises
    ------
    DataError
        If a column is missing or there is no row.
    """
    _require(table, ("group", "score", "auc", "auc_low", "auc_high"), "gain table")
    scores = list(table["score"].unique())
    styles = dict(zip(scores, cycle(_STYLES), strict=False))
    said, ticks, labels = [], [], []
    place = 0.0
    low, high = _limits(table)
    for group, part in table.groupby("group", sort=False):
        heading = _group_words(str(group), part)
        _note(ax, heading, (0, place), (-6, 0), ha="right", color=INK, fontsize=10.5, fontweight="bold")
        best = part["auc"].max()
        for row in _rows(part):
            place += 1
            colour, marker, _ = styles[row["score"]]
            _whisker(ax, row, place, colour, marker, filled=row["auc"] == best)
            ticks.append(place)
            labels.append(score_words(row["score"]))
        said.append(f"{heading}: " + ", ".join(f"{score_words(row['score'])} {_interval(row)}" for row in _rows(part)))
        place += 1.4
    if low <= _COIN:
        ax.axvline(_COIN, color=MUTED, linewidth=1)
    ax.set_xlim(low, high)
    ax.set_ylim(place - 0.9, -0.7)
    ax.set_yticks(ticks, labels)
    ax.grid(visible=False, axis="y")
    ax.grid(axis="x", color=GRID, linewidth=0.8)
    ax.set_xlabel("AUC (filled: highest of its group)")
    return said


def accuracy_height(table: pd.DataFrame) -> float:
    """Return how many inches the lines of :func:`draw_accuracy` take."""
    groups = table["group"].nunique() if "group" in table else 1
    return 1.5 + 0.27 * (len(table) + 1.4 * groups)


def score_words(name: object) -> str:
    """Return a score's name as people read it.

    Examples
    --------
    >>> score_words("bgnbd"), score_words("lightgbm"), score_words("minutes_first_7d")
    ('BG/NBD', 'LightGBM', 'minutes first 7d')
    """
    return _NAMES.get(str(name), str(name).replace("_", " ").replace("lightgbm", _NAMES["lightgbm"]))


def _whisker(ax: Axes, row: dict[str, Any], place: float, colour: str, marker: str, *, filled: bool) -> None:
    ax.plot([row["auc_low"], row["auc_high"]], [place, place], color=colour, linewidth=1.8, solid_capstyle="butt")
    face = colour if filled else PAPER
    ax.plot(row["auc"], place, marker, color=colour, markersize=7, markerfacecolor=face, markeredgewidth=1.5)
    _note(ax, _three(row["auc"]), (1, place), (6, 0), color=INK, fontsize=10)


def _note(ax: Axes, text: str, at: tuple[float, float], off: tuple[float, float], **style: Any) -> None:
    """Write beside a height of the panel; `at`: share of the width and height in data, `off`: shift in points."""
    ax.annotate(text, at, off, xycoords=("axes fraction", "data"), textcoords="offset points", va="center", **style)


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _require(table: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    absent = [column for column in columns if column not in table.columns]
    if absent:
        raise missing_columns(name, absent, map(str, table.columns), "See clv_ml.plots.")
    if table.empty:
        raise DataError(f"{name} has no rows; a picture needs at least one score")


def _limits(table: pd.DataFrame) -> tuple[float, float]:
    """Return round borders around all intervals, from a coin's .5 on where no interval goes below it."""
    known = table[["auc", "auc_low", "auc_high"]].to_numpy(dtype=np.float64)
    if np.isnan(known).all():
        return _COIN, 1.0
    low = np.floor(20 * (np.nanmin(known) - 0.01)) / 20
    high = np.ceil(20 * (np.nanmax(known) + 0.01)) / 20
    return max(0.0, min(_COIN, float(low))), min(1.02, float(high))


def _spoken(one: pd.DataFrame) -> str:
    """Return the name of a score with its last known AUC."""
    known = one.dropna(subset="auc")
    return f"{score_words(one['score'].iloc[0])}: " + (_at(_rows(known)[-1]) if len(known) else "not known")


def _at(row: dict[str, Any]) -> str:
    return f"{_interval(row)} after {days(row['days'])}"


def _interval(row: dict[str, Any]) -> str:
    if np.isnan(row["auc"]):
        return "not known"
    return f"{_three(row['auc'])} ({_three(row['auc_low'])} to {_three(row['auc_high'])})"


def _three(share: float) -> str:
    return "—" if np.isnan(share) else f"{share:.3f}"


def _group_words(name: str, part: pd.DataFrame) -> str:
    words = GROUPS.get(name, name.replace("_", " "))
    size = f" ({count(part['n'].max())})" if "n" in part and part["n"].notna().any() else ""
    return f"{words[:1].upper()}{words[1:]}{size}"


def population_words(rows: pd.DataFrame) -> str:
    """Say how many customers there are and how many left, where that does not change with the days."""
    if rows["n"].nunique() == 1 and rows["churned_share"].nunique() == 1:
        n, share = rows["n"].iloc[0], rows["churned_share"].iloc[0]
        return f"{count(n)} customers, of whom {percent(share)} did not buy"
    return f"{count(rows['n'].min())} to {count(rows['n'].max())} customers"
