"""Values: what is missing, what is a number, what is safe to show."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clv_ml.language.values import finite, is_missing, plain


@pytest.mark.parametrize(
    "value", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT"), "", " \n"]
)
def test_missing_is_missing_in_every_form(value: Any) -> None:
    assert is_missing(value)
    assert finite(value) is None
    assert plain(value) == ""


@pytest.mark.parametrize("value", [0, 0.0, False, "x", "nan", np.int64(0), pd.Timestamp("2026-01-01"), Decimal(0)])
def test_nothing_else_is_missing(value: Any) -> None:
    assert not is_missing(value)
    assert plain(value) != ""


@pytest.mark.parametrize("value", [3, 3.0, np.int8(3), np.float32(3), Decimal("3")])
def test_numbers_of_every_kind_are_numbers(value: Any) -> None:
    assert finite(value) == 3.0


@pytest.mark.parametrize("value", ["3", True, float("inf"), -np.inf, Decimal("NaN"), pd.Timestamp("2026-01-01")])
def test_text_and_truth_and_infinity_are_no_numbers(value: Any) -> None:
    assert finite(value) is None


def test_unfit_characters_are_replaced_and_names_are_kept() -> None:
    assert plain("a\x00b\ud800c\u202ed") == "a\ufffdb\ufffdc\ufffdd"
    assert plain("Zoë سارة 😀\n") == "Zoë سارة 😀\n"
