"""Which customer is in which cohort, as one sparse matrix: sums over all cohorts of all dimensions in one product."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csc_array

from clv_ml.config import ValueConfig
from clv_ml.economics.customers import CohortFrames
from clv_ml.errors import DataError
from clv_ml.evaluation.forecast_error import ForecastError

Floats = NDArray[np.float64]

KEYS = ["dimension", "cohort"]


@dataclass(frozen=True)
class CohortGroups:
    """The cohorts of some customers.

    Attributes
    ----------
    index
        The customers, in the order of the columns of `matrix`.
    keys
        One row a cohort: dimension, cohort, customers and small; everybody (``"all"``) first.
    matrix
        Shape (n_cohorts, n_customers): 1 where the customer is in the cohort.
    """

    index: pd.Index
    keys: pd.DataFrame
    matrix: csc_array

    @property
    def size(self) -> Floats:
        """Customers of each cohort, shape (n_cohorts,)."""
        return self.keys["customers"].to_numpy(np.float64)

    def summed(self, values: Floats, part: slice | NDArray[np.intp] = slice(None)) -> Floats:
        """Sum values of customers, shape (n,) or (n, k), over each cohort; of those at some positions, if given."""
        return np.asarray(self.matrix[:, part] @ values)

    def smallest(self, values: Floats) -> Floats:
        """Return the smallest value of each cohort, shape (n_cohorts,)."""
        rows = self.matrix.tocsr()
        found = np.full(len(self.keys), np.nan)
        for number in range(len(found)):
            found[number] = values[rows.indices[rows.indptr[number] : rows.indptr[number + 1]]].min()
        return found


def cohort_groups(frames: CohortFrames, index: pd.Index) -> CohortGroups:
    """Group customers by each dimension, and all together.

    Parameters
    ----------
    frames
        The members, their dimensions, and how many customers make a cohort that is not small.
    index
        The customers to group, all of them members; cohorts with none of them are left out.

    Raises
    ------
    DataError
        A customer is no member, or there is no customer.
    """
    position = frames.members.index.get_indexer(index)
    strangers = index[position < 0]
    if len(index) == 0 or len(strangers):
        named = ", ".join(map(str, strangers[:5]))
        raise DataError(
            f"members: {len(strangers):,} of {len(index):,} customers are missing ({named or 'there is nobody'}); "
            "take frames and customers from the same data"
        )
    parts: list[NDArray[np.intp]] = []
    names: list[tuple[str, str]] = []
    for dimension in frames.every_dimension:
        numbers, labels = frames.numbered(dimension)
        there, codes = np.unique(numbers[position], return_inverse=True)
        parts.append(codes + len(names))
        names += [(dimension, labels[number]) for number in there]
    rows, columns = np.concatenate(parts), np.tile(np.arange(len(index)), len(parts))
    matrix = csc_array((np.ones(len(rows)), (rows, columns)), shape=(len(names), len(index)))
    size = np.asarray(matrix.sum(axis=1)).astype(np.int64)
    keys = pd.DataFrame(names, columns=KEYS).assign(customers=size, small=size < frames.cohorts.min_customers)
    return CohortGroups(index, keys, matrix)


def future_value(frames: CohortFrames) -> ValueConfig:
    """Return how purchases to come are valued: with the gross margin so far, where the transactions tell costs.

    One margin for all: that of a small cohort says more of its few orders than of those to come. It is at least a
    thousandth, because a lifetime value needs one.
    """
    cents = int(frames.purchase_days["cents"].sum())
    if not frames.observed_costs or cents <= 0:
        return frames.value
    margin = 1.0 - math.fsum(frames.purchase_days["cost_cents"]) / cents
    return frames.value.model_copy(update={"margin": float(np.clip(margin, 0.001, 1.0))})


def error_factors(
    error: ForecastError | None,
    groups: CohortGroups,
    expected: Floats,
    first_day: pd.Series[pd.Timestamp],
    *,
    horizon_days: int,
    n_futures: int,
    rng: np.random.Generator,
) -> Floats:
    """Draw by how much the model itself may be wrong about what each cohort spends: factors with the mean 1.

    Past errors were measured on cohorts of a month (:mod:`clv_ml.evaluation.forecast_error`): the common part is one
    factor for all, the own parts of the months average out in a cohort of many months.

    Parameters
    ----------
    expected
        What each customer is expected to bring, shape (n,): the weight of the months.
    first_day
        Of each customer, in the order of the groups.

    Returns
    -------
    Floats of shape (n_cohorts, n_futures).
    """
    known = {} if error is None else error.parts.get("spend", {})
    if not known:
        return np.ones((len(groups.keys), n_futures))
    days = np.array(sorted(map(int, known)))
    part = known[str(days[max(int(np.searchsorted(days, horizon_days, side="right")) - 1, 0)])]
    codes, labels = pd.factorize(first_day.dt.strftime("%Y-%m"), sort=True)
    by_month = np.zeros((len(codes), len(labels)))
    by_month[np.arange(len(codes)), codes] = np.maximum(expected, 1e-12)
    share = groups.summed(by_month)
    concentration = np.sqrt((share**2).sum(axis=1)) / share.sum(axis=1)
    common = part["common"] * rng.standard_normal(n_futures)
    own = (part["cohort"] * concentration)[:, None] * rng.standard_normal((len(groups.keys), n_futures))
    variance = part["common"] ** 2 + (part["cohort"] * concentration[:, None]) ** 2
    return np.asarray(np.exp(common + own - 0.5 * variance))
