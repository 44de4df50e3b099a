"""Rows of one part of an order: numbered and summed as they stream by, however they are cut into batches."""

import numpy as np
import pyarrow as pa

from clv_ml.decisions.ordering import PLACE, summed


def rows_of(amounts: np.ndarray, *cuts: int) -> list[pa.RecordBatch]:
    whole = pa.RecordBatch.from_pydict({"amount": amounts, "count": np.ones(len(amounts), dtype=np.int64)})
    return [whole.slice(start, end - start) for start, end in zip((0, *cuts), (*cuts, len(amounts)), strict=True)]


def test_sums_do_not_depend_on_how_rows_are_cut_into_batches() -> None:
    amounts = np.random.default_rng(1).normal(0.0, 1e6, 1000)
    for cuts in ((), (1,), (0, 10, 10, 999)):
        found = pa.Table.from_batches(list(summed(iter(rows_of(amounts, *cuts)), names=("amount", "count"))))
        assert found[PLACE].to_pylist() == list(range(1, 1001))
        assert found["run_amount"].to_pylist() == np.cumsum(amounts).tolist()
        assert found["run_count"].to_pylist() == list(range(1, 1001))
        assert found["run_count"].type == pa.int64()


def test_a_part_without_rows_gives_none() -> None:
    assert list(summed(iter(rows_of(np.zeros(0))), names=("amount",))) == []
