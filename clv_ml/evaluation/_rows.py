"""What every metric does first: check its numbers, and put rows of equal score together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clv_ml.errors import DataError

FloatArray = NDArray[np.float64]


def scored(y: ArrayLike, score: ArrayLike, *, probability: bool = False) -> tuple[FloatArray, FloatArray]:
    """Return outcomes (0 or 1) and scores as arrays of one length, or raise DataError."""
    outcome = finite(y, "y")
    scores = finite(score, "score", size=outcome.size)
    wrong = outcome[(outcome != 0) & (outcome != 1)]
    if wrong.size:
        raise DataError(f"y must hold only 0 and 1, got {wrong[0]:g} ({wrong.size} such rows)")
    if probability and scores.size and not (scores.min() >= 0 and scores.max() <= 1):
        raise DataError(f"probabilities must lie in [0, 1], got {scores.min():g} to {scores.max():g}")
    return outcome, scores


def finite(data: ArrayLike, name: str, *, size: int | None = None) -> FloatArray:
    """Return a one-dimensional array of finite numbers, of that size, or raise DataError."""
    try:
        array = np.asarray(data, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must be numbers: {error}") from error
    if array.ndim != 1:
        raise DataError(f"{name} must be one-dimensional, got shape {array.shape}")
    if size is not None and array.size != size:
        raise DataError(f"{name} has {array.size} rows where {size} are expected")
    bad = int(np.count_nonzero(~np.isfinite(array)))
    if bad:
        raise DataError(f"{name} has {bad} missing or infinite numbers of {array.size}; fill or drop them")
    return array


def score_groups(score: FloatArray, amount: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sum `amount` and count rows per distinct score, lowest first; both of shape (groups,)."""
    # A floating-point sum depends on the order of its terms, so the amounts are sorted within a score too.
    order = np.lexsort((amount, score))
    ranked = score[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]][: ranked.size])
    sums = np.add.reduceat(amount[order], starts) if starts.size else np.empty(0)
    return sums, np.diff(np.r_[starts, ranked.size]).astype(np.float64)


def cumulative(counts: FloatArray, sums: FloatArray, at: FloatArray) -> FloatArray:
    """Cumulative sum after the first `at` rows; linear inside a tied group, which shares the group out."""
    return np.interp(at, np.r_[0.0, np.cumsum(counts)], np.r_[0.0, np.cumsum(sums)])
