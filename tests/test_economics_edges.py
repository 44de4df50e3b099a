"""The smallest tables there can be: one customer, one day, nothing spent, nobody back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pandas as pd
import pytest
from economics_data import bought

from clv_ml.config import CohortsConfig
from clv_ml.economics.customers import CohortFrames, frames_of
from clv_ml.economics.drivers import drivers
from clv_ml.economics.formulas_table import formula_table
from clv_ml.economics.observed import observed_cohorts
from clv_ml.economics.observed_periods import observed_periods
from clv_ml.economics.retention import cumulative, retention, second_order
from clv_ml.economics.windowed import windowed_values


def formulas(frames: CohortFrames) -> pd.DataFrame:
    return formula_table(frames, {365: pd.Series(1.0, index=frames.members.index)}, horizon_days=365)


TABLES: list[Callable[[CohortFrames], pd.DataFrame]] = [
    observed_cohorts,
    observed_periods,
    retention,
    cumulative,
    second_order,
    windowed_values,
    formulas,
    drivers,
]
SHOPS = {
    "one customer on one day": [("a", "2023-05-31", 10.0)],
    "nothing spent": [("a", "2023-01-01", 0.0), ("b", "2023-01-01", 0.0), ("a", "2023-02-01", 0.0)],
    "everything returned": [("a", "2023-01-01", 0.0), ("b", "2023-03-01", -5.0)],
    "nobody back": [(name, f"2023-0{month}-01", 5.0) for month, name in enumerate("abcde", start=1)],
}


@pytest.mark.parametrize("compute", TABLES, ids=lambda found: found.__name__)
@pytest.mark.parametrize("shop", SHOPS)
def test_every_table_can_be_made_of_next_to_nothing(shop: str, compute: Callable[[CohortFrames], pd.DataFrame]) -> None:
    rows = bought(*SHOPS[shop])
    least = 2
    found = frames_of(
        rows,
        as_of=dt.date(2023, 5, 31),
        cohorts=CohortsConfig(min_customers=least),
        dimensions=("month", "value_quartile"),
    )
    table = compute(found)
    assert set(table["dimension"]) <= {*found.every_dimension, "second_order_30d", "orders_on_first_day"}
    assert (table["customers"] >= 1).all()
    assert (table["small"] == (table["customers"] < least)).all()
