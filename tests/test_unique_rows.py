"""Distinct rows with their counts: the same whether rows are looked up or only counted."""

from __future__ import annotations

import numpy as np
import pytest

from clv_ml.models._unique import counted_rows, unique_rows


@pytest.mark.parametrize("largest", [3, 1000, 2**40])
@pytest.mark.parametrize("rows", [1, 500])
def test_rows_are_counted_as_they_are_looked_up(largest: int, rows: int) -> None:
    rng = np.random.default_rng(largest + rows)
    columns = rng.integers(0, largest, (3, rows)) // rng.integers(1, largest, (3, 1))
    columns[:, 0] = largest  # three such numbers do not fit into one of 64 bits where it is 2^40
    found, count = counted_rows(*columns)
    expected = unique_rows(*columns.astype(np.float64))
    for ours, theirs in zip(found, expected.columns, strict=True):
        assert ours.tolist() == theirs.tolist()
    assert count.tolist() == expected.total(np.ones(rows)).tolist()


def test_no_rows_are_no_distinct_rows() -> None:
    (values,), count = counted_rows(np.zeros(0, dtype=np.int64))
    assert len(values) == len(count) == 0
