"""Names of rows: whether they are in order, told as Python would."""

import pandas as pd
import pytest

from clv_ml.engine.row_names import is_rising


@pytest.mark.parametrize(
    "names", [[], ["a"], ["a", "a", "b"], ["b", "a"], ["a", "é", "z"], ["z", "é", "中", "🎈"], ["B", "a"], ["10", "9"]]
)
def test_names_are_in_order_where_python_says_so(names: list[str]) -> None:
    for kind in ("str", "object"):
        assert is_rising(pd.Index(names, dtype=kind)) == (names == sorted(names))


def test_numbers_name_rows_too() -> None:
    assert is_rising(pd.RangeIndex(3))
    assert not is_rising(pd.Index([2, 1]))
