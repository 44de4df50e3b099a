"""Rows in one order on a cluster, with their places and running sums: no step of it needs all rows in one place."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from clv_ml.decisions.cluster_columns import mapped
from clv_ml.engine import DataFrame, Engine, functions

PLACE, PART = "place", "order_part"
"""Columns that an order adds: the place of a row from 1, and the part of the order it came in."""


@dataclass(frozen=True)
class Ordered:
    """Rows in order.

    Attributes
    ----------
    rows
        With :data:`PLACE` and, for each summed column, ``run_<column>``: the sum over this row and all rows before it.
    totals
        The number of rows (:data:`PLACE`) and the sum of each summed column.
    """

    rows: DataFrame
    totals: dict[str, float]


def in_order(engine: Engine, frame: DataFrame, by: Sequence[str], *, sums: Sequence[str] = ()) -> Ordered:
    """Sort rows, number them, and sum columns along the order.

    The rows are parted by ranges of the key, sorted within each part, and numbered and summed there as they stream by;
    one row a part, collected, then says with what each part begins. That is as many rows as Spark has partitions.

    Parameters
    ----------
    by
        Columns of the key, ascending; together they tell every row from the others.
    sums
        Columns of numbers without gaps: bigint, or double.
    """
    f = functions()
    parted = frame.repartitionByRange(*by).sortWithinPartitions(*by).withColumn(PART, f.spark_partition_id())
    kinds = dict(parted.dtypes)
    added = {PLACE: "bigint", **{f"run_{name}": kinds[name] for name in sums}}
    rows = engine.materialise(mapped(parted, functools.partial(summed, names=tuple(sums)), {**kinds, **added}))
    ends = rows.groupBy(PART).agg(*(f.max_by(name, PLACE).alias(f"end_{name}") for name in added))
    known = engine.to_pandas(ends).sort_values(PART, ignore_index=True)
    if known.empty:
        return Ordered(rows.drop(PART), {name.removeprefix("run_"): 0 for name in added})
    so_far = known.drop(columns=PART).cumsum()
    before = so_far.shift(1, fill_value=0).astype(so_far.dtypes.to_dict()).assign(**{PART: known[PART]})
    joined = rows.join(f.broadcast(engine.from_pandas(before)), on=PART)
    placed = joined.select(
        *(name for name in kinds if name != PART),
        *((f.col(name) + f.col(f"end_{name}")).cast(kind).alias(name) for name, kind in added.items()),
    )
    totals = {name.removeprefix("run_"): so_far[f"end_{name}"].iloc[-1].item() for name in added}
    return Ordered(placed, totals)


def summed(batches: Iterator[pa.RecordBatch], *, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Count the rows of one part, which come in their order, and sum columns along it."""
    rows, so_far = 0, dict.fromkeys(names, 0)
    for batch in batches:
        if not batch.num_rows:
            continue
        added = {PLACE: np.arange(rows + 1, rows + batch.num_rows + 1)}
        rows += batch.num_rows
        for name in names:
            values = batch.column(name).to_numpy(zero_copy_only=False)
            # one sum after the other, as if all rows were one batch
            added[f"run_{name}"] = np.cumsum(np.concatenate([[so_far[name]], values]).astype(values.dtype))[1:]
            so_far[name] = added[f"run_{name}"][-1]
        columns = [*batch.columns, *(pa.array(values) for values in added.values())]
        yield pa.RecordBatch.from_arrays(columns, names=[*batch.schema.names, *added])
