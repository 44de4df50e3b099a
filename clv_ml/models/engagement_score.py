"""An engagement score from 0 to 100 that a person can follow: five marks against stated reference points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np
import pandas as pd

from clv_ml.errors import DataError, missing_columns

WEIGHTS = {"recency": 0.30, "frequency": 0.25, "depth": 0.15, "breadth": 0.15, "trend": 0.15}
LOW_SCORE = 20
"""Below this a customer counts as hardly engaged."""

_NEEDED = ("tenure_days", "days_since_activity", "activity_gap_mean", "active_days_last_30d", "active_days_last_60d")
_TREND_FROM = 59  # days of tenure from which the 30 days before the last 30 were all there
_USUAL_GAP = 30.0  # where nobody was active twice


@dataclass(frozen=True)
class EngagementReference:
    """What full marks are measured against, learned at the training cutoff.

    Attributes
    ----------
    active_days, minutes, surfaces
        90th percentile of each in the last 30 days, among the customers who had any; None where nobody had, so that
        the mark is left out.
    usual_gap_days
        Median over customers of their mean days between active days: for those who were active on one day only.
    """

    active_days: float
    minutes: float | None
    surfaces: float | None
    usual_gap_days: float

    @classmethod
    def fit(cls, customers: pd.DataFrame) -> Self:
        """Learn the reference points.

        Parameters
        ----------
        customers
            Engagement features (:func:`clv_ml.snapshot.engagement.engagement_features`) at the training cutoff, one
            row a customer; minutes_last_30d and surfaces_last_30d may be missing.

        Raises
        ------
        DataError
            If a needed column is missing.
        """
        _require(customers)
        gaps = customers["activity_gap_mean"].dropna().to_numpy(dtype=float)
        return cls(
            active_days=_high(customers, "active_days_last_30d") or 1.0,
            minutes=_high(customers, "minutes_last_30d"),
            surfaces=_high(customers, "surfaces_last_30d"),
            usual_gap_days=max(float(np.median(gaps)), 1.0) if len(gaps) else _USUAL_GAP,
        )

    def to_dict(self) -> dict[str, float | None]:
        """Return the reference points as JSON can hold them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, points: Mapping[str, float | None]) -> Self:
        """Rebuild from :meth:`to_dict`.

        Raises
        ------
        DataError
            If a point is missing, unknown, or not above 0.
        """
        names = ("active_days", "minutes", "surfaces", "usual_gap_days")
        if set(points) != set(names):
            raise DataError(f"engagement reference: needs {', '.join(names)}, got {', '.join(sorted(points))}")
        for name, value in points.items():
            absent = value is None and name in {"minutes", "surfaces"}
            if not absent and (value is None or not math.isfinite(value) or value <= 0):
                raise DataError(f"engagement reference: {name} must be a number above 0, got {value}")
        return cls(**points)  # type: ignore[arg-type]  # checked above


def engagement_score(customers: pd.DataFrame, reference: EngagementReference) -> pd.DataFrame:
    """Score customers from 0 (gone, or never there) to 100 (as engaged as the best tenth).

    Parameters
    ----------
    customers
        Engagement features, indexed by customer_id; never changed.
    reference
        Learned at the training cutoff, so that scores of different days compare.

    Returns
    -------
    pandas.DataFrame
        Same index: engagement_score, and the marks engagement_recency, _frequency, _depth, _breadth and _trend, all
        from 0 to 100; a mark that is left out is NaN.

    Raises
    ------
    DataError
        If a needed column is missing.

    Notes
    -----
    The score is the weighted mean of five marks; where one is left out the weights of the others grow in proportion.

    ==========  ======  ====================================================================================
    mark        weight  formula (100 times; never above 100)
    ==========  ======  ====================================================================================
    recency     .30     the customer's usual gap / days_since_activity: full while the silence is no longer
                        than usual, half at twice that. The usual gap is activity_gap_mean, at least a day
    frequency   .25     active_days_last_30d / reference.active_days
    depth       .15     minutes_last_30d / reference.minutes; left out where the data hold no minutes
    breadth     .15     surfaces_last_30d / reference.surfaces; left out where the data hold no surfaces
    trend       .15     active days in the last 30 / in the 30 before: full while they do not fall; 0 without
                        activity in the last 30; left out until the customer has been there for 60 days
    ==========  ======  ====================================================================================

    Who has been there for less than 30 days is measured against that share of the active days (a day at least) and the
    minutes. Somebody who was never active scores 0.

    Examples
    --------
    Usually active every 4 days, now silent for 8: recency 50. Active on 6 days of the last 30 where the reference is
    12: frequency 50. 90 minutes of 120: depth 75. 3 surfaces of 3: breadth 100. 8 active days in the 30 before: trend
    75. Score .30 x 50 + .25 x 50 + .15 x 75 + .15 x 100 + .15 x 75 = 65.

    >>> ann = pd.DataFrame({
    ...     "tenure_days": [200], "days_since_activity": [8], "activity_gap_mean": [4.0],
    ...     "active_days_last_30d": [6], "active_days_last_60d": [14],
    ...     "minutes_last_30d": [90.0], "surfaces_last_30d": [3],
    ... }, index=["ann"])
    >>> reference = EngagementReference(active_days=12, minutes=120, surfaces=3, usual_gap_days=7)
    >>> float(engagement_score(ann, reference)["engagement_score"].loc["ann"])
    65.0
    """
    _require(customers)
    table = customers.reindex(columns=[*_NEEDED, "minutes_last_30d", "surfaces_last_30d"]).astype("float64")
    silence, recent = table["days_since_activity"], table["active_days_last_30d"]
    gap = table["activity_gap_mean"].fillna(reference.usual_gap_days).clip(lower=1.0)
    before = table["active_days_last_60d"] - recent
    there = ((table["tenure_days"] + 1.0) / 30.0).clip(upper=1.0)  # share of the last 30 days
    marks = pd.DataFrame(
        {
            "recency": gap / silence.clip(lower=1.0),
            "frequency": recent / (reference.active_days * there).clip(lower=1.0),
            "depth": table["minutes_last_30d"] / ((reference.minutes or math.nan) * there),
            "breadth": table["surfaces_last_30d"] / (reference.surfaces or math.nan),
            "trend": (recent / before.clip(lower=1.0)).where(table["tenure_days"] >= _TREND_FROM),
        }
    ).clip(lower=0.0, upper=1.0)
    marks["recency"] = marks["recency"].where(silence.notna(), 0.0)
    weights = marks.notna() * pd.Series(WEIGHTS)
    mean = (marks.fillna(0.0) * weights).sum(axis=1) / weights.sum(axis=1)
    scores = (100.0 * mean).clip(0.0, 100.0).round(1).where(silence.notna(), 0.0).to_frame("engagement_score")
    return scores.join((100.0 * marks).round(1).add_prefix("engagement_"))


def engagement_by_cohort(scores: pd.DataFrame, cohort: pd.Series) -> pd.DataFrame:
    """Sum scores up by cohort.

    Parameters
    ----------
    scores
        Result of :func:`engagement_score`.
    cohort
        Cohort of every scored customer, by customer_id; those without one are gathered under "unknown".

    Returns
    -------
    pandas.DataFrame
        One row a cohort, in its order: cohort (text), customers, mean, median, share_below_20 (of its customers).

    Raises
    ------
    DataError
        If a scored customer is not in `cohort`.
    """
    absent = scores.index.difference(cohort.index)
    if len(absent):
        shown = ", ".join(str(name) for name in absent[:5])
        raise DataError(f"cohort: {len(absent)} scored customers are not in it ({shown}); give every customer's cohort")
    aligned = cohort.reindex(scores.index)
    names = aligned.astype("string").fillna("unknown").astype(object)
    each = pd.DataFrame({"cohort": names, "engagement_score": scores["engagement_score"]})
    return engagement_of_counts(each.value_counts().rename("customers").reset_index())


def engagement_of_counts(counted: pd.DataFrame) -> pd.DataFrame:
    """Sum scores up by cohort, as :func:`engagement_by_cohort` does, from how many customers have which score.

    Parameters
    ----------
    counted
        cohort (text), engagement_score and customers, a row each pair of the first two: some thousand rows, however
        many customers there are.
    """
    rows = [_summed_up(str(name), group) for name, group in counted.groupby("cohort", sort=True)]
    return pd.DataFrame(rows, columns=["cohort", "customers", "mean", "median", "share_below_20"])


def _summed_up(cohort: str, counted: pd.DataFrame) -> dict[str, Any]:
    in_order = counted.sort_values("engagement_score")
    scores, customers = in_order["engagement_score"].to_numpy(dtype=float), in_order["customers"].to_numpy(dtype=int)
    up_to = customers.cumsum()
    n = int(up_to[-1])
    middle = scores[np.searchsorted(up_to, [(n - 1) // 2, n // 2], side="right")]
    # exact, so that the order of customers cannot show
    total = sum((Fraction(score) * int(k) for score, k in zip(scores, customers, strict=True)), Fraction())
    return {
        "cohort": cohort,
        "customers": n,
        "mean": float(total) / n,
        "median": float(middle.mean()),
        "share_below_20": int(customers[scores < LOW_SCORE].sum()) / n,
    }


def _high(customers: pd.DataFrame, name: str) -> float | None:
    """90th percentile among those above 0, a value that somebody had."""
    if name not in customers:
        return None
    values = np.sort(customers[name].to_numpy(dtype=float, na_value=math.nan))
    values = values[values > 0]
    return float(np.quantile(values, 0.9, method="inverted_cdf")) if len(values) else None


def _require(customers: pd.DataFrame) -> None:
    absent = [name for name in _NEEDED if name not in customers]
    if absent:
        raise missing_columns("customers", absent, customers.columns, "Compute clv_ml.snapshot.engagement first.")
