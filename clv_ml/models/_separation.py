"""How well a feature alone tells churned from kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from clv_ml.models.categories import Codes, Floats, category_codes, numbers

Bools = npt.NDArray[np.bool_]

_MOST_ROWS = 200_000
_LEAST_ROWS = 10  # with fewer rows in a class, chance alone separates
_FOLDS = 5
_PRIOR_ROWS = 20.0


@dataclass(frozen=True)
class View:
    """Rows that features are judged on: those of a sample of customers, and the labels with enough of both classes."""

    rows: pd.DataFrame
    labels: list[str]
    outcomes: Floats
    folds: npt.NDArray[np.int64]
    words: str

    @classmethod
    def of(cls, snapshots: pd.DataFrame, labels: Sequence[str], *, words: str = "") -> View:
        """Choose the rows; `words` follows the labels where they are told."""
        lots = pd.util.hash_array(snapshots["customer_id"].astype(str).to_numpy(dtype=object))
        inside = _sample(lots)
        rows = snapshots[inside]
        outcomes = np.column_stack([numbers(rows[label]) for label in labels])
        smaller = np.minimum(outcomes.sum(axis=0), len(rows) - outcomes.sum(axis=0))
        usable = [position for position in range(len(labels)) if smaller[position] >= _LEAST_ROWS]
        folds = np.asarray(lots[inside] % _FOLDS, dtype=np.int64)
        return cls(rows, [labels[position] for position in usable], outcomes[:, usable], folds, words)

    def separates(self, name: str, category: bool) -> tuple[float, str]:
        """AUC of the label that the feature separates best, and what it separates in words."""
        column = self.rows[name]
        if category:
            areas = _category_areas(category_codes(column), self.outcomes, self.folds)
        else:
            areas = _number_areas(numbers(column), self.outcomes)
        if not len(areas):
            return 0.0, ""
        best = int(np.argsort(-areas, kind="stable")[0])
        return float(areas[best]), f"{self.labels[best]} with an AUC of {areas[best]:.4f}{self.words}"


def _sample(lots: npt.NDArray[np.uint64]) -> Bools:
    """Choose the customers with the smallest lots, so that the order of rows does not matter."""
    if len(lots) <= _MOST_ROWS:
        return np.ones(len(lots), dtype=np.bool_)
    return np.asarray(lots <= np.partition(lots, _MOST_ROWS - 1)[_MOST_ROWS - 1])


def _number_areas(values: Floats, outcomes: Floats) -> Floats:
    """AUC in the better direction per label: of the value with missing as lowest, and of being missing."""
    missing = np.isnan(values)
    areas = _areas(rankdata(np.where(missing, -np.inf, values)), outcomes)
    if missing.any() and not missing.all():
        areas = np.maximum(areas, _areas(rankdata(missing), outcomes))
    return areas


def _category_areas(coded: tuple[Codes, int], outcomes: Floats, folds: Codes) -> Floats:
    """AUC in the better direction per label of the rate of each category among other customers.

    A category that few share knows little of the others, however exactly it names its own customer.
    """
    codes, size = coded
    cell = folds * size + codes
    counts = np.bincount(cell, minlength=_FOLDS * size).reshape(_FOLDS, size)
    others = counts.sum(axis=0) - counts
    areas = []
    for outcome in outcomes.T:
        churned = np.bincount(cell, weights=outcome, minlength=_FOLDS * size).reshape(_FOLDS, size)
        prior = _PRIOR_ROWS * outcome.mean()
        rates = (churned.sum(axis=0) - churned + prior) / (others + _PRIOR_ROWS)
        areas.append(_areas(rankdata(rates[folds, codes]), outcome[:, None])[0])
    return np.array(areas)


def _areas(ranks: Floats, outcomes: Floats) -> Floats:
    """AUC of mid-ranks per label, in the better direction (Mann-Whitney); exact, whatever the order of rows."""
    positives = outcomes.sum(axis=0)
    negatives = len(ranks) - positives
    below = (ranks[:, None] * outcomes).sum(axis=0) - positives * (positives + 1) / 2
    areas = below / (positives * negatives)
    return np.asarray(np.maximum(areas, 1 - areas), dtype=np.float64)
