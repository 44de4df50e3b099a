"""Metrics for churn scores and for forecasts, none of which depends on the order of the rows.

Arguments are array-likes of shape (n,), aligned by position: outcomes `y` (0 and 1, or booleans) and scores,
higher meaning more likely. A missing, infinite or unfitting number raises DataError. A metric that the data
leave undefined (one class, no rows, no value) is nan.

Customers with equal scores are one group: a border that cuts a group (the top 10 %, the edge of a calibration
bin) takes the same share of every member, as a random order of the tied rows would on average.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from clv_ml.errors import DataError
from clv_ml.evaluation._rows import FloatArray, cumulative, finite, score_groups, scored

_EPS = float(np.finfo(np.float64).eps)


class Reliability(NamedTuple):
    """Mean score and observed rate of equal-count bins, lowest scores first; each of shape (bins,)."""

    mean_score: FloatArray
    observed_rate: FloatArray


def auc(y: ArrayLike, score: ArrayLike) -> float:
    """Area under the ROC curve: the chance that a random positive outscores a random negative, ties half.

    Any finite scores will do. nan when `y` is empty or holds one class, because no pair can be compared.

    Examples
    --------
    >>> auc([0, 0, 1, 1], [0.1, 0.4, 0.4, 0.8])
    0.875
    """
    outcome, values = scored(y, score)
    positives, counts = score_groups(values, outcome)
    negatives = counts - positives
    pairs = positives.sum() * negatives.sum()
    if pairs == 0:
        return math.nan
    below = np.cumsum(negatives) - negatives
    return float((positives * (below + negatives / 2)).sum() / pairs)


def pr_auc(y: ArrayLike, score: ArrayLike) -> float:
    """Average precision: precision summed over the steps of recall, one step for each distinct score.

    A useless score gives the share of positives. nan when there is no positive.
    """
    outcome, values = scored(y, score)
    positives, counts = score_groups(-values, outcome)
    total = positives.sum()
    if total == 0:
        return math.nan
    precision = np.cumsum(positives) / np.cumsum(counts)
    return float((precision * positives).sum() / total)


def brier(y: ArrayLike, p: ArrayLike) -> float:
    """Mean squared difference between probability (in [0, 1]) and outcome; 0 is perfect.

    Examples
    --------
    >>> brier([1, 0], [0.75, 0.5])
    0.15625
    """
    outcome, probability = scored(y, p, probability=True)
    return _mean((probability - outcome) ** 2)


def log_loss(y: ArrayLike, p: ArrayLike) -> float:
    """Mean negative log-likelihood in nats, probabilities kept one float64 epsilon away from 0 and 1."""
    outcome, probability = scored(y, p, probability=True)
    kept = np.clip(probability, _EPS, 1 - _EPS)
    return _mean(-np.where(outcome == 1, np.log(kept), np.log1p(-kept)))


def reliability(y: ArrayLike, p: ArrayLike, *, bins: int = 10) -> Reliability:
    """Split the rows by probability into bins of n / bins rows each; compare mean score with observed rate.

    A row or a tied group on the edge of two bins counts in both, in proportion. No rows give empty arrays.

    Examples
    --------
    >>> reliability([0, 0, 1, 1], [0.1, 0.3, 0.5, 0.9], bins=2).mean_score.tolist()
    [0.2, 0.7]
    """
    if bins < 1:
        raise DataError(f"bins must be at least 1, got {bins}")
    outcome, probability = scored(y, p, probability=True)
    if outcome.size == 0:
        return Reliability(np.empty(0), np.empty(0))
    positives, counts = score_groups(probability, outcome)
    scores = np.unique(probability) * counts
    edges = outcome.size * np.arange(bins + 1) / bins
    size = outcome.size / bins
    return Reliability(
        np.diff(cumulative(counts, scores, edges)) / size, np.diff(cumulative(counts, positives, edges)) / size
    )


def expected_calibration_error(y: ArrayLike, p: ArrayLike, *, bins: int = 10) -> float:
    """Mean absolute gap between mean score and observed rate over the equal-count bins of `reliability`."""
    table = reliability(y, p, bins=bins)
    return _mean(np.abs(table.mean_score - table.observed_rate))


def lift_at(y: ArrayLike, score: ArrayLike, *, k: float = 0.10) -> float:
    """Rate of positives in the share `k` of rows with the highest scores over the rate among all rows.

    k * n need not be whole: the last row then counts in part. 1 is chance; nan when there is no positive.

    Examples
    --------
    >>> lift_at([1, 0, 1, 0], [0.9, 0.8, 0.2, 0.1], k=0.25)
    2.0
    """
    outcome, _ = scored(y, score)
    return value_at(outcome, score, np.ones(outcome.size), k=k) / k


def value_at(y: ArrayLike, score: ArrayLike, value: ArrayLike, *, k: float = 0.10) -> float:
    """Share of the positives' value that lies in the top `k` by score: sum(y v) there over sum(y v).

    Examples
    --------
    >>> value_at([1, 0, 1, 1], [0.9, 0.8, 0.2, 0.1], [60.0, 500.0, 30.0, 10.0], k=0.25)
    0.6
    """
    if not 0 < k <= 1:
        raise DataError(f"k must be a share above 0 and at most 1, got {k}")
    outcome, scores = scored(y, score)
    worth = finite(value, "value", size=outcome.size)
    lost, counts = score_groups(-scores, outcome * worth)
    total = math.fsum(lost)
    if total == 0:
        return math.nan
    return float(cumulative(counts, lost, np.array([k * outcome.size]))[0] / total)


def bias(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Mean of predicted minus actual, in the unit of the data: positive when the forecast is too high."""
    return _mean(_errors(actual, predicted))


def mae(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Mean absolute error, in the unit of the data."""
    return _mean(np.abs(_errors(actual, predicted)))


def wape(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Sum of absolute errors over the sum of absolute actuals; nan when the actuals are all zero.

    Examples
    --------
    >>> wape([1.0, 3.0], [2.0, 2.0])
    0.5
    """
    errors = math.fsum(np.abs(_errors(actual, predicted)))
    total = math.fsum(np.abs(finite(actual, "actual")))
    return errors / total if total else math.nan


def classification_metrics(
    y: ArrayLike, p: ArrayLike, value: ArrayLike | None = None, *, k: float = 0.10, probability: bool = True
) -> dict[str, float]:
    """Return n, prevalence, auc, pr_auc, brier, ece, lift_at_10 and value_at_10 of one score.

    Parameters
    ----------
    y, p : array-like of shape (n,)
        Outcomes and scores.
    value : array-like of shape (n,), optional
        Value of each customer; without it value_at is nan.
    k : float, default 0.10
        Share of the list for lift and value; the names of the keys follow it (0.05 gives lift_at_5).
    probability : bool, default True
        False for a score that only ranks (days since the last order): brier and ece are then nan.
    """
    outcome, _ = scored(y, p, probability=probability)
    return {
        "n": float(outcome.size),
        "prevalence": _mean(outcome),
        "auc": auc(y, p),
        "pr_auc": pr_auc(y, p),
        "brier": brier(y, p) if probability else math.nan,
        "ece": expected_calibration_error(y, p) if probability else math.nan,
        f"lift_at_{100 * k:g}": lift_at(y, p, k=k),
        f"value_at_{100 * k:g}": math.nan if value is None else value_at(y, p, value, k=k),
    }


def _mean(terms: FloatArray) -> float:
    return math.fsum(terms) / terms.size if terms.size else math.nan


def _errors(actual: ArrayLike, predicted: ArrayLike) -> FloatArray:
    truth = finite(actual, "actual")
    return finite(predicted, "predicted", size=truth.size) - truth
