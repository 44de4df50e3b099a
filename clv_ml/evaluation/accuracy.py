"""How right each churn score was: per group of customers, with intervals, against each other, and per cohort."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from clv_ml.decisions.exclusions import silence_days
from clv_ml.evaluation.bootstrap import METRICS, bootstrap_gain, bootstrap_metrics
from clv_ml.evaluation.metrics import classification_metrics
from clv_ml.evaluation.rivals import FULL

FEWEST_OF_A_CLASS = 10
"""With fewer leavers or stayers in a group, no interval says what other customers would have given."""

_RESAMPLES = 300
_GAINS = ("group", "over", "metric", "new", "old", "gain", "gain_low", "gain_high", "better_share")


def customer_groups(
    customers: pd.DataFrame, scores: pd.DataFrame, *, eligible_days: int, top_share: float
) -> dict[str, pd.Series[bool]]:
    """Name the groups a score is judged on.

    Returns
    -------
    dict
        all; eligible (bought or active in the last `eligible_days`, still there to be lost); repeat (bought more than
        once); top_clv (the top share of buyers by expected CLV); not_bought_yet (only where there are such).
    """
    buys = scores["expected_clv"].notna()
    position = scores["expected_clv"].rank(method="first", ascending=False)
    groups = {
        "all": pd.Series(True, index=customers.index),
        "eligible": silence_days(customers) < eligible_days,
        "repeat": customers["frequency"] > 0,
        "top_clv": position <= max(1.0, np.ceil(top_share * buys.sum())),
    }
    return groups if buys.all() else groups | {"not_bought_yet": ~buys}


def accuracy_table(
    probabilities: pd.DataFrame,
    churned: pd.Series[float],
    value: pd.Series[float],
    groups: Mapping[str, pd.Series[bool]],
    *,
    seed: int,
    ids: pd.Series[str] | None = None,
) -> pd.DataFrame:
    """Judge every score on every group.

    Parameters
    ----------
    ids
        The customer of each row, where customers count several times; indexed like `churned`.

    Returns
    -------
    pandas.DataFrame
        group, score, n, prevalence, then each metric with metric_low and metric_high, a 95 % bootstrap interval by
        customer; NaN in a group with fewer than :data:`FEWEST_OF_A_CLASS` leavers or stayers. Groups of nobody are
        left out.
    """
    parts = []
    for group, inside in groups.items():
        if inside.any():
            scores = {str(name): probabilities.loc[inside, name] for name in probabilities.columns}
            telling = _is_telling(churned[inside])
            resamples = _RESAMPLES if telling else 1
            who = None if ids is None else ids[inside]
            table = bootstrap_metrics(
                churned[inside], scores, value[inside], seed=seed, resamples=resamples, groups=who
            )
            if not telling:
                table[[f"{name}_{end}" for name in METRICS for end in ("low", "high")]] = np.nan
            table.insert(0, "group", group)
            parts.append(table)
    return pd.concat(parts, ignore_index=True)


def gain_table(
    probabilities: pd.DataFrame,
    churned: pd.Series[float],
    groups: Mapping[str, pd.Series[bool]],
    *,
    seed: int,
    ids: pd.Series[str] | None = None,
) -> pd.DataFrame:
    """Compare the classifier with each other score on the same customers; `ids` as for :func:`accuracy_table`.

    Returns
    -------
    pandas.DataFrame
        group, over (the other score), metric (auc, brier), new, old, gain (above 0: the classifier is better),
        gain_low, gain_high, better_share. No row where there is no classifier, nor of a group with fewer than
        :data:`FEWEST_OF_A_CLASS` leavers or stayers.
    """
    parts = []
    others = [name for name in probabilities.columns if name != FULL]
    for group, inside in groups.items():
        if FULL not in probabilities or not _is_telling(churned[inside]):
            continue
        for other in others:
            rows = probabilities[inside]
            who = None if ids is None else ids[inside]
            gain = bootstrap_gain(churned[inside], rows[FULL], rows[other], seed=seed, resamples=_RESAMPLES, groups=who)
            gain.insert(0, "group", group)
            gain.insert(1, "over", other)
            parts.append(gain)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(_GAINS))


def accuracy_by_cohort(
    probabilities: pd.DataFrame, churned: pd.Series[float], value: pd.Series[float], customers: pd.DataFrame
) -> pd.DataFrame:
    """Judge every score on every monthly cohort of the first purchase (else the start), without intervals."""
    first = customers["first_day"]
    if "start_day" in customers:
        first = first.fillna(customers["start_day"])
    months = pd.to_datetime(first).dt.strftime("%Y-%m")
    rows = [
        {"cohort": cohort, "score": score}
        | classification_metrics(churned[inside], probabilities.loc[inside, score], value[inside])
        for cohort in sorted(months.unique())
        for inside in [months == cohort]
        for score in probabilities.columns
    ]
    return pd.DataFrame(rows)


def _is_telling(churned: pd.Series[float]) -> bool:
    left = int(churned.sum())
    return min(left, len(churned) - left) >= FEWEST_OF_A_CLASS
