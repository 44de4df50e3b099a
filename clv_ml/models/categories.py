"""Text columns as numbers: a map from category to code that is learnt once and never changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv_ml.errors import DataError

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

MOST_CATEGORIES = 50
MOST_RARE = 10_000  # names that are remembered beyond those; a column with more of them has new ones all the time


@dataclass(frozen=True)
class CategoryMap:
    """The categories of one column as training saw them.

    Attributes
    ----------
    values
        The most frequent ones, most frequent first, equals by name: the code of a category is its position here.
    rare
        The others, by name, at most :data:`MOST_RARE`: all of them share the code after the last, and so do those that
        are not remembered.
    """

    values: tuple[str, ...]
    rare: tuple[str, ...] = ()

    @classmethod
    def learn(cls, column: pd.Series[Any], *, most: int = MOST_CATEGORIES) -> Self:
        """Read the categories of a training column, whatever the order of its rows."""
        counted = _counts(column)
        ranked = sorted(counted, key=lambda name: (-counted[name], name))
        return cls(tuple(ranked[:most]), tuple(sorted(ranked[most : most + MOST_RARE])))

    def encode(self, column: pd.Series[Any]) -> Floats:
        """Return the code of each row, shape (n,): NaN where the category is missing.

        A category that training had not seen gets the code of the rare ones; where there were none, it is missing.
        """
        positions, names = _factorised(column)
        known = {name: float(code) for code, name in enumerate(self.values)}
        other = float(len(self.values)) if self.rare else np.nan
        table = np.array([*(known.get(name, other) for name in names), np.nan])  # position -1 is missing
        return np.asarray(table[positions], dtype=np.float64)

    def unseen(self, column: pd.Series[Any]) -> list[tuple[str, int]]:
        """List the categories that training had not seen and their rows, most frequent first, equals by name.

        None of a column with more names than are remembered: new ones are nothing new there.
        """
        if len(self.rare) == MOST_RARE:
            return []
        seen = {*self.values, *self.rare}
        found = {name: count for name, count in _counts(column).items() if name not in seen}
        return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))

    def to_dict(self) -> dict[str, list[str]]:
        """Return JSON-safe values."""
        return {name: list(values) for name, values in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Sequence[str]]) -> Self:
        """Rebuild a map from :meth:`to_dict`."""
        return cls(tuple(data["values"]), tuple(data["rare"]))


def feature_matrix(rows: pd.DataFrame, features: Sequence[str], maps: Mapping[str, CategoryMap]) -> Floats:
    """Put features side by side, shape (rows, features): categories as codes, NaN where missing.

    Raises
    ------
    DataError
        If a feature that is not among the categories holds something else than numbers.
    """
    matrix = np.empty((len(rows), len(features)), dtype=np.float64)
    for position, name in enumerate(features):
        column = rows[name]
        matrix[:, position] = maps[name].encode(column) if name in maps else numbers(column)
    return matrix


def numbers(column: pd.Series[Any]) -> Floats:
    """Return a column as floats, NaN where missing.

    Raises
    ------
    DataError
        If it holds something else than numbers; the message shows the first such value.
    """
    try:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        numeric = pd.to_numeric(column, errors="coerce")
        strange = column[numeric.isna() & column.notna()]
        example = f" ({strange.iloc[0]!r})" if len(strange) else ""
        raise DataError(
            f"feature {column.name!r} holds {column.dtype} values that are no numbers{example}: "
            "name it among the categories, or leave it out"
        ) from error


def category_codes(column: pd.Series[Any]) -> tuple[Codes, int]:
    """Return the number of each row's category, missing being one of them, and how many there are."""
    positions, names = _factorised(column)
    return np.where(positions < 0, len(names), positions), len(names) + 1


def _counts(column: pd.Series[Any]) -> dict[str, int]:
    positions, names = _factorised(column)
    counts = np.bincount(positions[positions >= 0], minlength=len(names))
    return {name: int(count) for name, count in zip(names, counts, strict=True)}


def _factorised(column: pd.Series[Any]) -> tuple[Codes, list[str]]:
    """Return the position of each row's category in the list of names; -1 where missing or empty."""
    raw, uniques = pd.factorize(column)
    spelled = [_name(value) for value in uniques]
    names = sorted(set(spelled) - {""})
    place = {name: position for position, name in enumerate(names)} | {"": -1}
    table = np.array([*(place[name] for name in spelled), -1], dtype=np.int64)
    return table[raw], names


def _name(value: Any) -> str:
    # whole numbers turn into floats where some are missing: plan 2 must stay plan 2
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)
