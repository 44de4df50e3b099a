"""The capacity curve as the page's slider needs it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from clv_ml.errors import missing_columns

_COLUMNS = ("n", "cost", "expected_saves", "expected_profit", "marginal_profit")
_FLAGS = ("is_best", "is_chosen")
_LEAST = 50  # contacts that a slider shows at least, where there are so many customers


def curve_points(curve: pd.DataFrame) -> dict[str, Any] | None:
    """Return the readable part of the curve as lists; None for one without a contact.

    Raises
    ------
    DataError
        If a column is missing.
    """
    kept = readable(curve)
    if len(curve) < 2:
        return None
    n = kept["n"].to_numpy(dtype=np.int64)
    values: dict[str, Any] = {"n": n.tolist()}
    for name in _COLUMNS[1:]:
        figures = kept[name].to_numpy(dtype=float)
        values[name] = [None if not np.isfinite(value) else round(float(value), 2) for value in figures]
    best, chosen = (_largest(kept, flag) for flag in _FLAGS)
    return values | {"best": int(np.searchsorted(n, best)), "chosen": int(np.searchsorted(n, chosen))}


def readable(curve: pd.DataFrame) -> pd.DataFrame:
    """Return the curve by number of contacts, cut where nothing is to be decided any more.

    It reaches to twice the best number, and past the number of the list: further out each contact loses money, and a
    line that falls for ever would hide the part that matters.

    Raises
    ------
    DataError
        If a column is missing.
    """
    absent = [name for name in (*_COLUMNS, *_FLAGS) if name not in curve.columns]
    if absent:
        raise missing_columns("capacity curve", absent, map(str, curve.columns), "See render_page.")
    points = curve.sort_values("n", kind="stable")
    best, chosen = (_largest(points, flag) for flag in _FLAGS)
    return points[points["n"] <= max(2 * best, 1.25 * chosen, _LEAST)]


def _largest(points: pd.DataFrame, flag: str) -> int:
    """Return the largest number of contacts that carries a flag; 0 where none does."""
    return int(points.loc[points[flag].to_numpy(dtype=bool), "n"].max()) if points[flag].any() else 0
