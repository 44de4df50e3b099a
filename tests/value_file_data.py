"""The straight path to a file of values, and the ordinary way to the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.value import customer_lifetime_value
from clv_ml.models.value_file import ValueFile, write_values
from clv_ml.snapshot.rfm import rfm_summary

COUNTS = ["frequency", "recency", "T"]
VALUES: dict[str, Any] = {"horizon_days": 180, "annual_discount_rate": 0.15, "margin": 0.4, "cost_per_order": 0.5}


def ordinary(orders: pd.DataFrame, cutoff: str) -> pd.DataFrame:
    """The table by way of pandas, indexed by the text of customer_id."""
    rfm = rfm_summary(orders, cutoff=cutoff)
    purchases, spend = PurchaseModel().fit(rfm), SpendModel().fit(rfm)
    table = rfm.drop(columns="first_day").assign(p_alive=purchases.probability_alive(rfm))
    return table.join(customer_lifetime_value(purchases, spend, rfm, **VALUES))


def written(folder: Path, orders: pd.DataFrame, cutoff: str, **options: Any) -> tuple[pd.DataFrame, ValueFile]:
    orders.to_parquet(folder / "orders.parquet")
    found = write_values(folder / "orders.parquet", folder / "values.parquet", cutoff=cutoff, **VALUES, **options)
    return pd.read_parquet(found.path), found


def require_equal(table: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Counts to the bit, all else to 1e-12, in ascending order of the file's own ids."""
    assert list(table.columns) == ["customer_id", *expected.columns]
    assert table["customer_id"].is_monotonic_increasing
    assert table["customer_id"].is_unique
    table = table.set_index(table["customer_id"].astype(str)).sort_index()
    assert list(table.index) == list(expected.index)
    for name in COUNTS:
        assert table[name].dtype == np.int64
        assert (table[name].to_numpy() == expected[name].to_numpy()).all(), name
    assert (table["monetary_value"].to_numpy() == expected["monetary_value"].to_numpy()).all()
    for name in expected.columns[4:]:
        np.testing.assert_allclose(table[name], expected[name], rtol=1e-12, atol=1e-300, err_msg=name)
