"""Exact quantiles of the number of purchases, from the closed form of its distribution function."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from clv_ml.errors import ConfigError
from clv_ml.models._table import Floats

# P(Y >= n) for counts n of shape (n_rows,), row by row
Survival = Callable[[Floats], Floats]


def checked_levels(levels: Sequence[float]) -> Floats:
    """Quantile levels as an array.

    Raises
    ------
    ConfigError
        One is not strictly between 0 and 1.
    """
    values = np.asarray(levels, dtype=np.float64)
    if values.ndim != 1 or values.size == 0 or not ((values > 0) & (values < 1)).all():
        raise ConfigError(f"levels is {levels!r}; numbers strictly between 0 and 1 are allowed, as (0.1, 0.9).")
    return values


def count_quantiles(survival: Survival, n_rows: int, levels: Floats) -> Floats:
    """Smallest n with P(Y <= n) >= level, i.e. P(Y >= n+1) <= 1 - level, for each row and level.

    Doubling finds a bracket and halving closes it; both work on all rows at once.
    """
    result = np.zeros((n_rows, len(levels)))
    for column, level in enumerate(levels):
        low = np.full(n_rows, -1.0)
        high = np.zeros(n_rows)
        while (above := survival(high + 1.0) > 1.0 - level).any():
            low, high = np.where(above, high, low), np.where(above, 2.0 * high + 1.0, high)
        while ((high - low) > 1.0).any():
            middle = np.floor(0.5 * (low + high))
            # Rows already closed have middle = low and stay as they are.
            enough = (survival(middle + 1.0) <= 1.0 - level) & (middle > low)
            low, high = np.where(enough | (middle <= low), low, middle), np.where(enough, middle, high)
        result[:, column] = high
    return result
