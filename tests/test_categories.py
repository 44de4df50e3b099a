"""Categories: the codes of training are kept for good, whatever comes later."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv_ml.errors import DataError
from clv_ml.models.categories import CategoryMap, feature_matrix, numbers

NAMES = st.lists(st.sampled_from(["a", "b", "c", "d", "e", None]), min_size=1, max_size=40)


def column(*values: Any) -> pd.Series[Any]:
    found: pd.Series[Any] = pd.Series(list(values), dtype="object", name="country")
    return found


def test_the_most_frequent_come_first_and_equals_by_name() -> None:
    learnt = CategoryMap.learn(column("x", "b", "a", "x", "a", "b", "z", None), most=2)
    assert learnt == CategoryMap(("a", "b"), ("x", "z"))
    np.testing.assert_array_equal(learnt.encode(column("b", "a", "z", "x", None)), [1, 0, 2, 2, np.nan])


def test_namibia_is_a_country_and_an_empty_text_is_none() -> None:
    learnt = CategoryMap.learn(column("NA", "DE", "", None, "NA", np.nan))
    assert learnt.values == ("NA", "DE")
    np.testing.assert_array_equal(learnt.encode(column("NA", "", "DE", np.nan)), [0, np.nan, 1, np.nan])


def test_an_unseen_category_is_one_of_the_rare_or_missing_where_there_were_none() -> None:
    assert CategoryMap(("a",), ("r",)).encode(column("new"))[0] == 1
    assert np.isnan(CategoryMap(("a",)).encode(column("new"))[0])
    assert CategoryMap(("a",), ("r",)).unseen(column("z", "new", "a", "r", "new", None, "b")) == [
        ("new", 2),
        ("b", 1),
        ("z", 1),
    ]


@given(names=NAMES, seed=st.integers(0, 99), most=st.integers(1, 6))
def test_row_order_and_the_type_of_the_column_do_not_matter(names: list[str | None], seed: int, most: int) -> None:
    plain = column(*names)
    shuffled = plain.sample(frac=1, random_state=seed)
    learnt = CategoryMap.learn(plain, most=most)
    assert CategoryMap.learn(shuffled, most=most) == learnt
    for dtype in ("category", "str"):
        other = plain.astype(dtype)
        assert CategoryMap.learn(other, most=most) == learnt
        np.testing.assert_array_equal(learnt.encode(other), learnt.encode(plain))
    assert learnt.unseen(shuffled) == []


def test_whole_numbers_stay_the_same_category_when_a_missing_one_makes_them_floats() -> None:
    learnt = CategoryMap.learn(pd.Series([1, 2, 2]))
    assert learnt.values == ("2", "1")
    np.testing.assert_array_equal(learnt.encode(pd.Series([1, 2, None])), [1, 0, np.nan])
    assert CategoryMap.learn(pd.Series([True, False, True])).values == ("True", "False")


def test_a_map_survives_json_and_an_empty_table() -> None:
    learnt = CategoryMap.learn(column("x", "y", "x"), most=1)
    assert CategoryMap.from_dict(json.loads(json.dumps(learnt.to_dict()))) == learnt
    assert learnt.encode(column()).shape == (0,)
    assert CategoryMap.learn(column(None, None)) == CategoryMap(())


def test_a_matrix_has_numbers_and_codes_side_by_side() -> None:
    rows = pd.DataFrame({"paying": [True, False], "country": ["DE", None], "other": ["x", "y"]})
    rows["orders"] = pd.array([None, 2], dtype="Int64")
    matrix = feature_matrix(rows, ("country", "orders", "paying"), {"country": CategoryMap(("FR", "DE"))})
    np.testing.assert_array_equal(matrix, [[1, np.nan, 1], [np.nan, 2, 0]])


def test_a_text_column_that_is_no_category_is_named() -> None:
    rows = pd.DataFrame({"country": ["12", "DE"]})
    with pytest.raises(DataError, match=r"feature 'country' holds .* no numbers \('DE'\): name it among the categor"):
        feature_matrix(rows, ("country",), {})
    np.testing.assert_array_equal(numbers(pd.Series([None, 2.5])), [np.nan, 2.5])
