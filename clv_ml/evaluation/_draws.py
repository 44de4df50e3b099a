"""Draws of customers with repetition, and the metrics of a score under a draw, with no sorting in between."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from clv_ml.errors import DataError
from clv_ml.evaluation._rows import FloatArray, finite, scored
from clv_ml.evaluation.profit import Campaign, expected_profit_of_groups

METRICS = ("auc", "pr_auc", "brier", "ece", "lift_at_10", "value_at_10", "empc")

_TOP_SHARE = 0.10
_BINS = 10
_CAMPAIGN = Campaign()


@dataclass(frozen=True)
class Rows:
    """The data in an order that does not depend on the order given; `customer` numbers the groups from 0."""

    y: FloatArray
    scores: dict[str, FloatArray]
    value: FloatArray
    customer: NDArray[np.intp] | None
    customers: int

    @classmethod
    def of(
        cls, y: ArrayLike, scores: Mapping[str, ArrayLike], value: ArrayLike | None, groups: ArrayLike | None
    ) -> Self:
        """Check the data and bring them into that order."""
        if not scores:
            raise DataError("there is no score to judge; give at least one by name")
        arrays = {str(name): scored(y, score)[1] for name, score in scores.items()}
        outcome = finite(y, "y")
        worth = np.ones(outcome.size) if value is None else finite(value, "value", size=outcome.size)
        codes = np.zeros(outcome.size, dtype=np.intp)
        customers = outcome.size
        if groups is not None:
            codes, known = pd.factorize(np.asarray(groups), sort=True)
            customers = len(known)
            if codes.size != outcome.size:
                raise DataError(f"groups has {codes.size} rows where {outcome.size} are expected")
            if (codes < 0).any():
                raise DataError(f"groups has {int((codes < 0).sum())} missing customer ids; fill or drop them")
        # rows equal in all of this may change places without anything changing
        order = np.lexsort([worth, outcome, *(arrays[name] for name in sorted(arrays)), codes])
        return cls(
            y=outcome[order],
            scores={name: array[order] for name, array in arrays.items()},
            value=worth[order],
            customer=None if groups is None else codes[order],
            customers=customers,
        )

    def draws(self, seed: int, resamples: int) -> Iterator[FloatArray]:
        """Yield how often each row is in each draw of as many customers as there are."""
        rng = np.random.default_rng(seed)
        for _ in range(resamples):
            drawn = rng.integers(0, self.customers, self.customers) if self.customers else np.empty(0, dtype=np.intp)
            times = np.bincount(drawn, minlength=self.customers).astype(np.float64)
            yield times if self.customer is None else times[self.customer]


@dataclass(frozen=True)
class RankedScore:
    """One score, sorted once.

    Attributes
    ----------
    order, starts
        The rows, lowest score first, and where each distinct score starts among them.
    levels
        The distinct scores.
    squares
        Squared errors, in the order of the data; None for a score that is no probability.
    """

    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    levels: FloatArray
    squares: FloatArray | None

    @classmethod
    def of(cls, score: FloatArray, y: FloatArray) -> Self:
        """Sort a score."""
        order = np.argsort(score, kind="stable")
        ranked = score[order]
        starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]][: ranked.size])
        probability = not ranked.size or (ranked[0] >= 0 and ranked[-1] <= 1)
        return cls(order, starts, ranked[starts], (score - y) ** 2 if probability else None)

    def auc_and_brier(self, times: FloatArray, churned: FloatArray) -> tuple[float, float]:
        """Return both for rows repeated `times`; `churned`: times x outcome."""
        return _auc(self._sums(times), self._sums(churned)), self._brier(times)

    def metrics(self, times: FloatArray, churned: FloatArray, lost: FloatArray) -> list[float]:
        """Return :data:`METRICS` for rows repeated `times`; `churned`, `lost`: times x outcome, and x value."""
        rows, leavers, worth = self._sums(times), self._sums(churned), self._sums(lost)
        # the drawn scores, highest first
        some = np.flatnonzero(rows)[::-1]
        rows, leavers, worth, levels = rows[some], leavers[some], worth[some], self.levels[some]
        listed, found = np.cumsum(rows), np.cumsum(leavers)
        total, positives = (float(sums[-1]) if sums.size else 0.0 for sums in (listed, found))
        top = np.array([_TOP_SHARE * total])
        lift = _cut(listed, found, top)[0] / positives / _TOP_SHARE if positives else math.nan
        lost_up_to = np.cumsum(worth)
        all_lost = float(lost_up_to[-1]) if worth.size else 0.0
        ece = math.nan
        if self.squares is not None and total:
            edges = total * np.arange(_BINS + 1) / _BINS
            gaps = np.diff(_cut(listed, np.cumsum(rows * levels), edges) - _cut(listed, found, edges))
            ece = float(np.abs(gaps).sum() / total)
        return [
            _auc(rows[::-1], leavers[::-1]),
            float((found / listed * leavers).sum()) / positives if positives else math.nan,
            self._brier(times),
            ece,
            lift,
            _cut(listed, lost_up_to, top)[0] / all_lost if all_lost else math.nan,
            expected_profit_of_groups(leavers, rows, _CAMPAIGN).profit,
        ]

    def _brier(self, times: FloatArray) -> float:
        total = times.sum()
        if self.squares is None or not total:
            return math.nan
        # not a matrix product, whose last digits depend on the number of threads
        return float((times * self.squares).sum() / total)

    def _sums(self, amount: FloatArray) -> FloatArray:
        ranked = amount[self.order]
        return ranked if self.starts.size == ranked.size else np.add.reduceat(ranked, self.starts)


def _auc(rows: FloatArray, leavers: FloatArray) -> float:
    """Return the AUC from rows and leavers per distinct score, lowest first."""
    stayers = rows - leavers
    pairs = float(leavers.sum() * stayers.sum())
    return float((leavers * (np.cumsum(stayers) - stayers / 2)).sum()) / pairs if pairs else math.nan


def _cut(listed: FloatArray, up_to: FloatArray, at: FloatArray) -> FloatArray:
    """Read a cumulative sum after the first `at` rows; equal scores share theirs."""
    return np.interp(at, np.r_[0.0, listed], np.r_[0.0, up_to])
