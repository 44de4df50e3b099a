"""Orders as sorted numbers: customer, day and amount in the bits of one integer.

To sort integers takes a tenth of the time that grouping rows does, and eight bytes a row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

BITS = 63  # of an integer that is 0 or more


@dataclass(frozen=True)
class SortedOrders:
    """Rows sorted by customer, day and amount.

    Attributes
    ----------
    packed
        Shape (n,): number of the customer, day since `first_day`, and, where `cents` is None, cents above `lowest`,
        each in its own bits.
    cents
        Shape (n,); None where they are in `packed`.
    day_bits, cents_bits
        How many bits of `packed` the day and the cents take.
    ids
        From numbers of customers to their ids, which ascend with them.
    """

    packed: Integers
    cents: Integers | None
    day_bits: int
    cents_bits: int
    first_day: dt.date
    lowest: int
    ids: Callable[[Integers], Any]

    def part(self, rows: slice) -> tuple[Integers, Integers]:
        """Return customer and day of some rows (in the bits of one number), and their cents."""
        packed = self.packed[rows]
        if self.cents is not None:
            return packed, self.cents[rows]
        return packed >> self.cents_bits, (packed & ((1 << self.cents_bits) - 1)) + self.lowest

    def end_of_customer(self, row: int) -> int:
        """Return the row after the last of the customer that a row belongs to."""
        bits = self.day_bits + self.cents_bits
        following = ((int(self.packed[row]) >> bits) + 1) << bits
        if following >= 2**BITS:
            return len(self.packed)
        return int(np.searchsorted(self.packed, following))

    def repeated(self) -> Integers:
        """Return the numbers of customers with two rows of the same day and amount."""
        same = self.packed[1:] == self.packed[:-1]
        if self.cents is not None:
            same &= self.cents[1:] == self.cents[:-1]
        return np.unique(self.packed[1:][same] >> (self.day_bits + self.cents_bits))
