"""The same figures from two engines, compared column by column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from clv_ml.engine import DataFrame, Engine, SparkEngine

Build = Callable[[Engine], DataFrame]


def both(duck: Engine, spark: SparkEngine, build: Build, *, by: Sequence[str]) -> tuple[Any, Any]:
    """Build a frame on either engine; returns both as Arrow tables in the order of some columns."""
    tables = []
    for engine in (duck, spark):
        with engine.active():
            tables.append(engine.to_arrow(build(engine)).sort_by([(name, "ascending") for name in by]))
    return tables[0], tables[1]


def assert_same(left: Any, right: Any) -> None:
    """Types, nulls, integers, texts, days and money are identical; floats within 1e-12."""
    assert left.schema.names == right.schema.names
    assert [str(kind) for kind in left.schema.types] == [str(kind) for kind in right.schema.types]
    assert left.num_rows == right.num_rows
    for name in left.schema.names:
        one, other = left[name].combine_chunks(), right[name].combine_chunks()
        if not pa.types.is_floating(one.type):
            assert one.equals(other), name
            continue
        assert one.is_null().equals(other.is_null()), name
        known = one.is_valid()
        values = one.filter(known).to_numpy(), other.filter(known).to_numpy()
        np.testing.assert_allclose(*values, rtol=1e-12, atol=0.0, err_msg=name)
