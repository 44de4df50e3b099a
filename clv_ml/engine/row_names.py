"""The texts that name the rows of a table: millions of them, which stay in Arrow."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def is_rising(names: pd.Index[Any]) -> bool:
    """Tell whether names are in order, equals included.

    pandas would make a Python text of each name for this and keep them all: ten million take a gigabyte.
    """
    if not isinstance(names.dtype, pd.StringDtype):
        return bool(names.is_monotonic_increasing)
    texts = pa.chunked_array([pa.array(names)]) if len(names) > 1 else None
    return texts is None or bool(pc.all(pc.less_equal(texts[:-1], texts[1:])).as_py())
