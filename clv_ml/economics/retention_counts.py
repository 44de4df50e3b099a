"""How many customers of a cohort have been watched for how long: what every curve by age is divided by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.config.cohorts import MONTH
from clv_ml.economics.customers import CohortFrames, Ints

AGE_DAYS = 30
"""Length of an age period: period k is the days 30 k to 30 k + 29 after the first purchase."""

START_MONTH = "start_month"
"""Month in which a customer came, by signup, first activity or first purchase."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grouped:
    """The cohorts of one dimension.

    Attributes
    ----------
    dimension
        ``all``, ``month``, ...
    names
        Of the cohorts, in order.
    number
        Cohort of each member, shape (n_members,).
    customers
        Members of each cohort, shape (n_cohorts,).
    min_customers
        Cohorts with fewer are small.
    """

    dimension: str
    names: list[str]
    number: Ints
    customers: Ints
    min_customers: int

    def keys(self) -> pd.DataFrame:
        """Return one row a cohort: dimension, cohort, customers, small."""
        return pd.DataFrame(
            {
                "dimension": self.dimension,
                "cohort": pd.Series(self.names, dtype=object),
                "customers": self.customers,
                "small": self.customers < self.min_customers,
            }
        )

    def count(self, members: NDArray[np.bool_]) -> Ints:
        """Count those of the members that are marked, by cohort."""
        return np.bincount(self.number[members], minlength=len(self.names)).astype(np.int64)

    def table(self, member: Ints, column: Ints, width: int, weights: Ints | Floats | None = None) -> Floats:
        """Count or sum up by cohort and column, shape (n_cohorts, width); columns beyond are left out.

        Parameters
        ----------
        member
            Position of the member of each row, shape (n_rows,).
        """
        inside = (column >= 0) & (column < width)
        cell = self.number[member[inside]] * width + column[inside]
        weights = None if weights is None else weights[inside]
        return np.bincount(cell, weights=weights, minlength=len(self.names) * width).reshape(-1, width).astype(float)

    def complete(self, observed: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Say which figures may be shown as they are, shape of `observed` (n_cohorts, n).

        Parameters
        ----------
        observed
            Customers of each cohort for whom the period is over.

        Notes
        -----
        A month of first purchase is complete when the period is over for all of its customers. Customers never stop
        coming into a channel or a country; there the figure is of those for whom the period is over, and is complete
        when they are all, or no fewer than `min_customers`.
        """
        customers = self.customers[:, None]
        everybody: NDArray[np.bool_] = observed == customers
        if self.dimension in (MONTH, START_MONTH):
            return everybody
        return everybody | (observed >= self.min_customers)


def grouped(frames: CohortFrames, dimension: str) -> Grouped:
    """Return the cohorts of a dimension."""
    number, names = frames.numbered(dimension)
    customers = np.bincount(number, minlength=len(names)).astype(np.int64)
    return Grouped(dimension, names, number, customers, frames.cohorts.min_customers)


def observed_within(group: Grouped, followed: Ints, days: Ints) -> Floats:
    """Count the customers of each cohort who have been followed for at least so many days, shape (n_cohorts, n)."""
    return np.column_stack([group.count(followed >= limit) for limit in days]).astype(float)


def long_form(
    group: Grouped, rows: NDArray[np.bool_], column: str, values: NDArray[Any], **tables: NDArray[Any]
) -> pd.DataFrame:
    """Write tables of cohorts by something as one row a cell.

    Parameters
    ----------
    rows
        Which cells to write, shape (n_cohorts, n).
    column, values
        What the columns of the tables are, shape (n,).
    """
    cohort, position = np.nonzero(rows)
    table = group.keys().iloc[cohort].reset_index(drop=True)
    table.insert(2, column, values[position])
    return table.assign(**{name: found[cohort, position] for name, found in tables.items()})
