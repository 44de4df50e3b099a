"""CDNOW, as it comes with the lifetimes package."""

from __future__ import annotations

import importlib.util
import sys

import pandas as pd
import pytest

from clv_ml.data.datasets import load_dataset
from clv_ml.errors import DataError


def test_the_master_file_has_its_known_size() -> None:
    master = load_dataset("cdnow_master")
    assert (len(master), master["customer_id"].nunique()) == (69659, 23570)
    assert master["timestamp"].min() == pd.Timestamp("1997-01-01")
    assert master["timestamp"].max() == pd.Timestamp("1998-06-30")
    assert (master["amount"] == 0).sum() == 80


def test_the_sample_has_its_known_size(cdnow_sample: pd.DataFrame) -> None:
    assert (len(cdnow_sample), cdnow_sample["customer_id"].nunique()) == (6919, 2357)
    assert list(cdnow_sample.columns) == ["customer_id", "timestamp", "amount"]
    assert cdnow_sample["customer_id"].iloc[0] == "0001"  # text: leading zeros stay


def test_lifetimes_itself_is_not_imported() -> None:
    if "lifetimes" not in sys.modules:
        load_dataset("cdnow_sample")
        assert "lifetimes" not in sys.modules


def test_without_lifetimes_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="data set cdnow_master: comes with the lifetimes package, which is not"):
        load_dataset("cdnow_master")
