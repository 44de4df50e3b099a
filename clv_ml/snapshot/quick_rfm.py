"""Frequency, recency, T and spend from orders that are sorted, by arithmetic on arrays.

The definitions are those of :mod:`clv_ml.snapshot.window` and :mod:`clv_ml.snapshot.rfm`; the tests hold both ways to
the same numbers.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from clv_ml.engine.sorted_orders import Integers, SortedOrders

# rows at a time: what is made of them stays in the cache of a core
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Summaries:
    """One entry a customer who bought, each of shape (n_customers,).

    Attributes
    ----------
    customer
        Number of the customer, ascending.
    frequency, recency, T
        As in :func:`clv_ml.snapshot.rfm.rfm`, in days.
    repeat_cents
        Spend of the purchase days after the first, net of refunds, in cents.
    """

    customer: Integers
    frequency: NDArray[np.int32]
    recency: NDArray[np.int32]
    T: NDArray[np.int32]
    repeat_cents: Integers

    def part(self, rows: slice) -> Summaries:
        """Return some of the customers."""
        return Summaries(*(getattr(self, field.name)[rows] for field in fields(self)))

    @property
    def monetary_value(self) -> NDArray[np.float64]:
        """Mean spend of the purchase days after the first, in currency, never below 0; 0 where there are none."""
        mean = self.repeat_cents / 100.0 / np.maximum(self.frequency, 1)
        return np.where(self.frequency > 0, np.maximum(mean, 0.0), 0.0)


def summaries(orders: SortedOrders, cutoff: dt.date) -> tuple[Summaries, int]:
    """Summarise every customer at a cutoff.

    Parameters
    ----------
    orders
        Rows up to the cutoff.

    Returns
    -------
    tuple
        The summaries, and how many refunds are dated before the first order of their customer: there is nothing to net
        them against.
    """
    age = (cutoff - orders.first_day).days
    parts, orphans, row = [], 0, 0
    while row < len(orders.packed):
        end = orders.end_of_customer(min(row + _BLOCK, len(orders.packed)) - 1)
        part, refunds = _summarised(*orders.part(slice(row, end)), orders.day_bits, age)
        parts.append(part)
        orphans += refunds
        row = end
    joined = (np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Summaries))
    return Summaries(*joined), orphans


def _summarised(key: Integers, cents: Integers, day_bits: int, age: int) -> tuple[Summaries, int]:
    rows = _starts(key)
    days, net, orphans = key[rows], np.add.reduceat(cents, rows), 0
    if cents.min() < 0:
        ends = _ends(rows, len(cents))
        highest = cents[ends - 1]  # amounts ascend within a day
        orphans = _orphans(days >> day_bits, highest, ends - rows)
        days, net = _net_of_refunds(days, net, highest, day_bits)
    customer, day = days >> day_bits, days & ((1 << day_bits) - 1)
    first = _starts(customer)
    last = _ends(first, len(customer)) - 1
    spent = np.add.reduceat(net, first) - net[first] if len(first) else net
    summary = Summaries(
        customer=customer[first],
        frequency=(last - first).astype(np.int32),
        recency=(day[last] - day[first]).astype(np.int32),
        T=(age - day[first]).astype(np.int32),
        repeat_cents=spent,
    )
    return summary, orphans


def _net_of_refunds(days: Integers, net: Integers, highest: Integers, day_bits: int) -> tuple[Integers, Integers]:
    """Keep the purchase days, and charge every refund to the latest of them up to then.

    A day is a purchase day if its total is positive, or if all it holds are free orders.
    """
    is_purchase = (net > 0) | ((net == 0) & (highest == 0))
    bought = ~_before_first(is_purchase, days >> day_bits)
    days, net, is_purchase = days[bought], net[bought], is_purchase[bought]
    place = np.flatnonzero(is_purchase)
    return days[place], np.add.reduceat(net, place) if len(place) else net


def _orphans(customer: Integers, highest: Integers, rows: Integers) -> int:
    """Count the rows on days before the first on which a customer ordered anything, if only to send it back."""
    return int(rows[_before_first(highest >= 0, customer)].sum())


def _before_first(holds: NDArray[np.bool_], customer: Integers) -> NDArray[np.bool_]:
    """Tell which days are before the first of their customer for which something holds."""
    starts = _starts(customer)
    place = np.arange(len(customer))
    first = np.minimum.reduceat(np.where(holds, place, len(place)), starts)
    return place < np.repeat(first, _ends(starts, len(place)) - starts)


def _starts(sorted_values: Integers) -> NDArray[np.intp]:
    """Return where each value first stands."""
    is_new = np.ones(len(sorted_values), dtype=np.bool_)
    np.not_equal(sorted_values[1:], sorted_values[:-1], out=is_new[1:])
    return np.flatnonzero(is_new)


def _ends(starts: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Return where each of the stretches that begin at `starts` ends."""
    return np.append(starts, size)[1:]
