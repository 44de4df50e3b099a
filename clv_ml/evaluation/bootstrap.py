"""How far metrics would move with other customers: bootstrap intervals by customer, and paired gains.

Customers are drawn with repetition, as many as there are; a customer's rows come and go together. Every score is
judged on the same draws. The numbers depend on the data and the seed, never on the order of the rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clv_ml.errors import DataError
from clv_ml.evaluation._draws import METRICS, RankedScore, Rows
from clv_ml.evaluation._rows import FloatArray
from clv_ml.evaluation.metrics import auc, brier, classification_metrics
from clv_ml.evaluation.profit import expected_maximum_profit

__all__ = ["METRICS", "bootstrap_gain", "bootstrap_metrics"]

# Drawing with repetition adds noise to each calibration bin and bends the hull of the ROC curve outwards.
_RAISED_BY_DRAWING = ("ece", "empc")


def bootstrap_metrics(
    y: ArrayLike,
    scores: Mapping[str, ArrayLike],
    value: ArrayLike | None = None,
    *,
    seed: int,
    resamples: int = 500,
    level: float = 0.95,
    groups: ArrayLike | None = None,
) -> pd.DataFrame:
    """Give every metric of every score with its bootstrap interval.

    Parameters
    ----------
    y : array-like of shape (n,)
        1 for customers who churned, 0 for those who stayed.
    scores : mapping of str to array-like of shape (n,)
        By name. For a score outside [0, 1], which only ranks, brier and ece are nan.
    value : array-like of shape (n,), optional
        Value of each customer; without it value_at_10 is nan.
    seed : int
        Of the draws.
    resamples : int, default 500
    level : float, default 0.95
        Probability the interval is to hold.
    groups : array-like of shape (n,), optional
        Customer ids, where customers have several rows; without them every row is a customer.

    Returns
    -------
    pandas.DataFrame
        One row a score, in the order given: score, n, prevalence, then metric, metric_low, metric_high for each of
        :data:`METRICS`. Draws in which a metric is undefined (one class only) are left out.

    Raises
    ------
    DataError
        If a number is missing or does not fit, there are no scores, or resamples or level make no sense.

    Notes
    -----
    Percentile intervals. Drawing with repetition adds noise to each calibration bin and bends the convex hull
    outwards, so that ECE and EMPC of a draw lie above those of the data on average: their intervals are moved down by
    that average. Metrics of one draw are those of the rows repeated, so equal scores are shared as in `metrics`.
    """
    _require_sense(resamples, level)
    data = Rows.of(y, scores, value, groups)
    ranked = {name: RankedScore.of(score, data.y) for name, score in data.scores.items()}
    drawn = {name: np.empty((resamples, len(METRICS))) for name in ranked}
    for draw, times in enumerate(data.draws(seed, resamples)):
        churned = times * data.y
        lost = churned * data.value
        for name, score in ranked.items():
            drawn[name][draw] = score.metrics(times, churned, lost)
    return pd.DataFrame([_row(name, data, drawn[name], level, valued=value is not None) for name in ranked])


def bootstrap_gain(
    y: ArrayLike,
    new: ArrayLike,
    old: ArrayLike,
    *,
    seed: int,
    resamples: int = 500,
    level: float = 0.95,
    groups: ArrayLike | None = None,
) -> pd.DataFrame:
    """Say on the same draws whether a new score is better than an old one, and by how much.

    Parameters
    ----------
    y, seed, resamples, level, groups
        As in :func:`bootstrap_metrics`.
    new, old : array-like of shape (n,)
        Probabilities; for scores outside [0, 1] the row of brier is nan.

    Returns
    -------
    pandas.DataFrame
        Two rows, metric ``auc`` and ``brier``: metric, new, old, gain (above 0: the new score is better; for brier old
        less new), gain_low, gain_high, better_share (of the draws in which the new score is better, equal ones
        counting half).
    """
    _require_sense(resamples, level)
    data = Rows.of(y, {"new": new, "old": old}, None, groups)
    ranked = {name: RankedScore.of(score, data.y) for name, score in data.scores.items()}
    gains = np.empty((resamples, 2))
    for draw, times in enumerate(data.draws(seed, resamples)):
        fresh, stale = (ranked[name].auc_and_brier(times, times * data.y) for name in ("new", "old"))
        gains[draw] = fresh[0] - stale[0], stale[1] - fresh[1]
    probabilities = all(score.squares is not None for score in ranked.values())
    values = {
        name: (auc(data.y, p), brier(data.y, p) if probabilities else math.nan) for name, p in data.scores.items()
    }
    rows = []
    for place, metric in enumerate(("auc", "brier")):
        there, here = values["old"][place], values["new"][place]
        low, high = _interval(gains[:, place], level)
        rows.append(
            {
                "metric": metric,
                "new": here,
                "old": there,
                "gain": here - there if metric == "auc" else there - here,
                "gain_low": low,
                "gain_high": high,
                "better_share": _share_above_zero(gains[:, place]),
            }
        )
    return pd.DataFrame(rows)


def _row(name: str, data: Rows, drawn: FloatArray, level: float, *, valued: bool) -> dict[str, object]:
    score = data.scores[name]
    probability = not score.size or bool(score.min() >= 0 and score.max() <= 1)
    found = classification_metrics(data.y, score, data.value if valued else None, probability=probability)
    found["empc"] = expected_maximum_profit(data.y, score).profit
    row: dict[str, object] = {"score": name, "n": int(found["n"]), "prevalence": found["prevalence"]}
    for place, metric in enumerate(METRICS):
        estimate, values = found[metric], drawn[:, place]
        low, high = _interval(values, level) if np.isfinite(estimate) else (math.nan, math.nan)
        if metric in _RAISED_BY_DRAWING:
            raised = _known(values).mean() - estimate if np.isfinite(estimate) else math.nan
            low, high = max(low - raised, 0.0), max(high - raised, 0.0)
        row |= {metric: estimate, f"{metric}_low": low, f"{metric}_high": high}
    return row


def _interval(values: FloatArray, level: float) -> tuple[float, float]:
    known = _known(values)
    if not known.size:
        return math.nan, math.nan
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _share_above_zero(values: FloatArray) -> float:
    known = _known(values)
    return float(np.mean((known > 0) + (known == 0) / 2)) if known.size else math.nan


def _known(values: FloatArray) -> FloatArray:
    return values[~np.isnan(values)]


def _require_sense(resamples: int, level: float) -> None:
    if resamples < 1:
        raise DataError(f"resamples must be at least 1, got {resamples}")
    if not 0 < level < 1:
        raise DataError(f"level must lie between 0 and 1, got {level}")
