"""A table of everybody in little memory: filled batch after batch, a column that is the same for all held once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def narrow_table(index: pd.Index[Any], batches: Iterable[tuple[slice, pd.DataFrame]]) -> pd.DataFrame:
    """Put batches of rows together without ever holding a second copy of the whole.

    Parameters
    ----------
    index
        Names of all rows.
    batches
        Which rows, and their columns: numbers, marks, or categories, the same ones in every batch. They come in the
        order of the rows, none left out.

    Returns
    -------
    pandas.DataFrame
        What :func:`pandas.concat` of the batches would be.
    """
    size = len(index)
    columns: dict[str, _Column] = {}
    for part, rows in batches:
        for name, values in rows.items():
            columns.setdefault(str(name), _Column(values.dtype, size)).fill(part, values)
    # not copied: pandas would put columns of one type together
    return pd.DataFrame({name: column.values() for name, column in columns.items()}, index=index, copy=False)


class _Column:
    """One column: a single value as long as all rows have the same, else a value a row."""

    def __init__(self, kind: Any, size: int) -> None:
        self._categories = kind.categories if isinstance(kind, pd.CategoricalDtype) else None
        self._size = size
        self._same: NDArray[Any] | None = None
        self._filled: NDArray[Any] | None = None

    def fill(self, part: slice, rows: pd.Series[Any]) -> None:
        values = rows.to_numpy() if self._categories is None else rows.cat.codes.to_numpy()
        if self._filled is None:
            same = values[:1] if self._same is None else self._same
            if (values == same).all():
                self._same = same
                return
            self._filled = np.empty(self._size, dtype=values.dtype)
            self._filled[: part.start] = same
        self._filled[part] = values

    def values(self) -> Any:
        whole = self._filled
        if whole is None:
            assert self._same is not None
            whole = np.broadcast_to(self._same, self._size) if self._size else self._same
        if self._categories is None:
            return whole
        return pd.Categorical.from_codes(whole, self._categories)
