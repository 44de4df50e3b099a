"""Tables of values, some customers at a time, and the file they go to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from clv_ml.models._forecast import AliveForecast
from clv_ml.models._table import Floats, Purchases, Spend
from clv_ml.models._unique import counted_rows
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.value import ValueConventions, discounted_forecast, value_columns
from clv_ml.snapshot.quick_rfm import Summaries

COUNTS = ("frequency", "recency", "T")
Ids = Callable[[Any], Any]

_CUSTOMERS = 1 << 17  # in memory at a time, and in a row group


def value_tables(
    found: Summaries,
    ids: Ids,
    purchases: PurchaseModel,
    spend: SpendModel,
    conventions: ValueConventions,
    *,
    horizon_days: float,
) -> Iterator[pa.Table]:
    """Compute the rows of the file, in the order of the summaries.

    Parameters
    ----------
    ids
        From numbers of customers to their ids.
    """

    def forecast(customers: Purchases) -> AliveForecast:
        return discounted_forecast(purchases, customers, conventions, horizon_days=horizon_days)

    forecasts = _Forecasts(found, forecast)
    for first in range(0, len(found.customer), _CUSTOMERS):
        part = found.part(slice(first, first + _CUSTOMERS))
        customers = _customers(*(getattr(part, name).astype(np.float64) for name in COUNTS))
        money = Spend(customers.index, customers.frequency, part.monetary_value, customers.weight)
        values = value_columns(purchases, spend, customers, money, forecasts.of(customers), conventions)
        counts = {name: getattr(part, name).astype(np.int64) for name in COUNTS}
        columns = {"customer_id": ids(part.customer), **counts, "monetary_value": money.monetary_value, **values}
        yield pa.table(columns)


def write_parquet(path: Path, tables: Iterator[pa.Table], facts: Mapping[str, Any]) -> None:
    """Write tables to one file and force it to the disk; one is written while the next is computed."""
    first = next(tables)
    schema = first.schema.with_metadata({"clv_ml": json.dumps(facts)})
    with path.open("wb") as file, ThreadPoolExecutor(1) as pool:
        # few distinct values make a dictionary worth its time
        with pq.ParquetWriter(file, schema, use_dictionary=list(COUNTS)) as writer:
            pending: Future[None] = pool.submit(writer.write_table, first)
            for table in tables:
                pending.result()
                pending = pool.submit(writer.write_table, table)
            pending.result()
        file.flush()
        os.fsync(file.fileno())


class _Forecasts:
    """Forecasts of every distinct frequency and T, each computed once."""

    def __init__(self, found: Summaries, forecast: Callable[[Purchases], AliveForecast]) -> None:
        (frequency, age), _ = counted_rows(found.frequency, found.T)
        self._ages = age.max() + 1.0
        self._keys = frequency * self._ages + age
        self._forecast = forecast(_customers(frequency, np.zeros_like(age), age))

    def of(self, customers: Purchases) -> AliveForecast:
        """Look up the forecasts of customers."""
        row = np.searchsorted(self._keys, customers.frequency * self._ages + customers.T)
        return AliveForecast(self._forecast.expected[row], self._forecast.discounted[row])


def _customers(frequency: Floats, recency: Floats, age: Floats) -> Purchases:
    return Purchases(pd.RangeIndex(len(frequency)), frequency, recency, age, np.ones_like(frequency))
