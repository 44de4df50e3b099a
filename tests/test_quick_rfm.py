"""Summaries of sorted orders: those of a plain Python count, wherever the blocks end."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from order_reference import START, Order, purchase_days, rfm_of, tables

from clv_ml.engine.sorted_orders import SortedOrders
from clv_ml.snapshot import quick_rfm
from clv_ml.snapshot.quick_rfm import summaries

CENTS_BITS, DAY_BITS, LOWEST = 15, 9, -9000


def packed(orders: list[Order], *, together: bool) -> SortedOrders:
    """The rows as numbers; customer "a" is 0."""
    rows = sorted((ord(order.customer_id) - ord("a"), (order.day - START).days, order.cents) for order in orders)
    who, day, cents = np.array(rows, dtype=np.int64).T
    key = who << DAY_BITS | day
    both = key << CENTS_BITS | cents - LOWEST
    ids = np.array(list("abcdefg"))
    if together:
        return SortedOrders(both, None, DAY_BITS, CENTS_BITS, START, LOWEST, ids.take)
    return SortedOrders(key, cents, DAY_BITS, 0, START, 0, ids.take)


@given(orders=tables(), block=st.sampled_from([1, 7, 1 << 16]), together=st.booleans())
def test_the_summary_equals_a_plain_python_count(orders: list[Order], block: int, together: bool) -> None:
    cutoff = START + dt.timedelta(days=420)
    sorted_orders = packed(orders, together=together)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quick_rfm, "_BLOCK", block)
        found, orphans = summaries(sorted_orders, cutoff)
    expected = rfm_of(purchase_days(orders), cutoff)
    assert list(sorted_orders.ids(found.customer)) == sorted(expected)
    for place, customer in enumerate(sorted(expected)):
        row = {name: getattr(found, name)[place] for name in expected[customer]}
        assert row == pytest.approx(expected[customer])
    first: dict[str, dt.date] = {}
    for order in orders:
        if order.cents >= 0:
            first[order.customer_id] = min(first.get(order.customer_id, order.day), order.day)
    early = [row for row in orders if row.cents < 0 and row.day < first.get(row.customer_id, dt.date.max)]
    assert orphans == len(early)


@given(orders=tables())
def test_only_customers_with_two_equal_rows_of_a_day_are_suspected_of_copies(orders: list[Order]) -> None:
    rows = [(order.customer_id, order.day, order.cents) for order in orders]
    expected = sorted({row[0] for row in rows if rows.count(row) > 1})
    for together in (True, False):
        sorted_orders = packed(orders, together=together)
        assert list(sorted_orders.ids(sorted_orders.repeated())) == expected
