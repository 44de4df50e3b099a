"""Simulated orders in Parquet files of any size, drawn and written a million customers at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CUTOFF = "2023-12-31"
_START, _DAYS = 1_640_995_200, 730  # 2022-01-01 in seconds, and how long the shop has been watched
_BLOCK = 1_000_000
# BG/NBD in days and Gamma-Gamma: about four orders a customer in two years
_R, _ALPHA, _A, _B = 0.6, 30.0, 0.8, 2.5
_P, _Q, _V = 6.25, 3.74, 15.44


def orders_file(folder: Path, customers: int) -> tuple[Path, int]:
    """Return a file of orders, written if it is not there, and its number of rows."""
    path = folder / f"orders_{customers}.parquet"
    if not path.exists():
        aside = path.with_suffix(".writing")
        with pq.ParquetWriter(aside, _block(0, 1).schema) as writer:
            for first in range(0, customers, _BLOCK):
                writer.write_table(_block(first, min(_BLOCK, customers - first)))
        aside.replace(path)
    return path, pq.ParquetFile(path).metadata.num_rows


def _block(first: int, size: int) -> pa.Table:
    """Orders of some customers, by time; ids are whole numbers."""
    rng = np.random.default_rng([7, first])
    rate, leave = rng.gamma(_R, 1 / _ALPHA, size), rng.beta(_A, _B, size)
    scale = rng.gamma(_Q, 1 / _V, size)
    last = rng.geometric(np.maximum(leave, 1e-12))
    clock = rng.uniform(0, _DAYS, size)
    who, when, active, number = [np.arange(size)], [clock.copy()], np.arange(size), 0
    while active.size:
        number += 1
        active = active[last[active] >= number]
        clock[active] += rng.exponential(1 / rate[active])
        active = active[clock[active] < _DAYS]
        who.append(active)
        when.append(clock[active])
    buyer, seconds = np.concatenate(who), (np.concatenate(when) * 86400).astype(np.int64) + _START
    amount = np.maximum(np.round(rng.gamma(_P, 1, len(buyer)) / scale[buyer], 2), 0.01)
    order = np.argsort(seconds, kind="stable")
    columns = {
        "customer_id": buyer[order] + first,
        "timestamp": pa.array(seconds[order]).cast(pa.timestamp("s")).cast(pa.timestamp("us")),
        "amount": amount[order],
    }
    return pa.table(columns)
