"""Equal rows counted once: the likelihoods and predictions depend on a few distinct rows only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clv_ml.models._table import Floats

# Codes are looked up in a table while it stays small beside the data, and sorted otherwise.
_TABLE_CELLS_PER_ROW = 8
_KEY_LIMIT = 2**62


@dataclass(frozen=True)
class UniqueRows:
    """The distinct rows of some columns.

    Attributes
    ----------
    columns
        Values of each column in the distinct rows, each of shape (n_unique,).
    inverse
        Shape (n_rows,): the distinct row that each row equals.
    """

    columns: tuple[Floats, ...]
    inverse: NDArray[np.intp]

    @property
    def n_unique(self) -> int:
        """The number of distinct rows."""
        return len(self.columns[0])

    def total(self, weight: Floats) -> Floats:
        """Sum `weight`, shape (n_rows,), over the rows equal to each distinct row."""
        return np.bincount(self.inverse, weights=weight, minlength=self.n_unique).astype(np.float64, copy=False)


def unique_rows(*columns: Floats) -> UniqueRows:
    """Find the distinct rows of `columns`, each of shape (n_rows,), sorted by the first column first."""
    key, size = _codes(columns[0])
    for column in columns[1:]:
        code, cells = _codes(column)
        if size > _KEY_LIMIT // cells:
            key, size = _compact(key, size)
        key, size = key * cells + code, size * cells
    inverse, n_unique = _compact(key, size)
    first = np.empty(n_unique, dtype=np.intp)
    # Any row of a group will do: they are all equal.
    first[inverse] = np.arange(len(inverse))
    return UniqueRows(tuple(column[first] for column in columns), inverse)


def counted_rows(*columns: NDArray[np.integer]) -> tuple[tuple[Floats, ...], Floats]:
    """Return the distinct rows of columns of whole numbers, 0 or more, sorted, and how often each is there.

    Not to know which row equals which saves most of the time of :func:`unique_rows`: numbers are sorted, not places.
    """
    sizes = [int(column.max(initial=0)) + 1 for column in columns]
    if math.prod(sizes) > _KEY_LIMIT:
        distinct = unique_rows(*(column.astype(np.float64) for column in columns))
        return distinct.columns, distinct.total(np.ones(len(columns[0])))
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column, size in zip(columns, sizes, strict=True):
        key *= size
        key += column
    key.sort()
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])[: len(key)])
    count = np.diff(np.append(first, len(key))).astype(np.float64)
    key = key[first]
    values: list[Floats] = []
    for size in reversed(sizes):
        key, value = np.divmod(key, size)
        values.insert(0, value.astype(np.float64))
    return tuple(values), count


def _codes(values: Floats) -> tuple[NDArray[np.int64], int]:
    """Give each value the number of its place in ascending order, gaps allowed."""
    if values.size == 0:
        return np.zeros(0, dtype=np.int64), 1
    low, high = values.min(), values.max()
    if high - low < max(_TABLE_CELLS_PER_ROW * values.size, 4096):
        whole = (values - low).astype(np.int64)
        if np.array_equal(whole, values - low):
            return whole, int(high - low) + 1
    distinct, code = np.unique(values, return_inverse=True)
    return code.astype(np.int64, copy=False), len(distinct)


def _compact(key: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], int]:
    """Renumber the keys 0, 1, ... in ascending order, without gaps."""
    if size <= max(_TABLE_CELLS_PER_ROW * key.size, 4096):
        there = np.zeros(size, dtype=np.bool_)
        there[key] = True
        number = np.cumsum(there) - 1
        return number[key], int(there.sum())
    distinct, code = np.unique(key, return_inverse=True)
    return code.astype(np.int64, copy=False), len(distinct)
