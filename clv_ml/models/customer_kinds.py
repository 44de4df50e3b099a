"""Customers who are alike for the purchase models, counted: what sums over millions of customers are made from.

A purchase model sees frequency, recency and T only, and what a customer will spend enters every sum through the mean
amount m and its square. So customers of one cohort with equal frequency, recency and T are one row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.models._table import Floats, Purchases, read_purchases, read_spend
from clv_ml.models._unique import UniqueRows, unique_rows

# Customers and kinds that are worked on at once.
_PART = 131_072
# Kinds of parts that wait to be put together: to find equal ones takes a hundred bytes for each.
_WAITING = 1_000_000


@dataclass(frozen=True)
class CustomerKinds:
    """Kinds of customers, in ascending order of cohort, frequency, T and recency; each of shape (n,).

    Attributes
    ----------
    member
        The number of the cohort.
    frequency, recency, T
        As in the summaries, in days.
    count
        How many customers are of the kind.
    money, money_square
        Sums over them of monetary_value (0 where frequency is 0), and of its square.
    """

    member: NDArray[np.intp]
    frequency: Floats
    recency: Floats
    T: Floats
    count: Floats
    money: Floats
    money_square: Floats

    def __len__(self) -> int:
        return len(self.member)

    @property
    def purchases(self) -> Purchases:
        """The kinds as the purchase models take them."""
        return Purchases(pd.RangeIndex(len(self)), self.frequency, self.recency, self.T, np.ones(len(self)))

    def parts(self) -> Iterator[CustomerKinds]:
        """Yield the kinds, some at a time."""
        for start in range(0, max(len(self), 1), _PART):
            yield CustomerKinds(*(getattr(self, each.name)[start : start + _PART] for each in fields(self)))


def customer_kinds(rfm: pd.DataFrame, member: NDArray[np.intp]) -> CustomerKinds:
    """Find the kinds among customers.

    The amounts of a kind are added in the order of the rows within each part of 131,072 rows, and then part by part.

    Parameters
    ----------
    rfm
        One row a customer: frequency, recency, T (days) and monetary_value.
    member
        Shape (n,): the number of each customer's cohort.

    Raises
    ------
    DataError
        A column is missing or a value breaks the contract.
    """
    found: list[CustomerKinds] = []
    for start in range(0, max(len(rfm), 1), _PART):
        part = slice(start, start + _PART)
        found.append(_of_part(rfm[part], member[part]))
        if sum(map(len, found[1:])) > len(found[0]) + _WAITING:
            found = [_merged(found)]
    return _merged(found)


def _of_part(rfm: pd.DataFrame, member: NDArray[np.intp]) -> CustomerKinds:
    bought, money = read_purchases(rfm), read_spend(rfm).monetary_value
    distinct = unique_rows(member.astype(np.float64), bought.frequency, bought.T, bought.recency)
    return _of(distinct, np.ones(len(rfm)), money, money**2)


def _merged(parts: list[CustomerKinds]) -> CustomerKinds:
    if len(parts) == 1:
        return parts[0]
    column = {each.name: np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(CustomerKinds)}
    keys = (column[name].astype(np.float64) for name in ("member", "frequency", "T", "recency"))
    return _of(unique_rows(*keys), *(column[name] for name in ("count", "money", "money_square")))


def _of(distinct: UniqueRows, *summed: Floats) -> CustomerKinds:
    cohort, frequency, age, recency = distinct.columns
    return CustomerKinds(cohort.astype(np.intp), frequency, recency, age, *map(distinct.total, summed))
