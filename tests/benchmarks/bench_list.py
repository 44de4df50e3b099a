# ruff: noqa: T201  (the table is printed)
"""What the list costs beside the scores: ``python tests/benchmarks/bench_list.py [CUSTOMERS] [CAPACITY]``.

Simulated orders of so many customers (a million unless told) are written to Parquet; a model is trained on a twentieth
of them, and the real score job runs on all, with workbook, page, audiences, pseudonyms and changes. Its own progress
messages say when each stage began. Printed: seconds of each stage, and the list's share of the scoring's time.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clv_ml import pipeline
from clv_ml.config import Config, build_config

FIRST, DAYS = dt.date(2023, 1, 1), 720
# the first message of each stage, and what it is
STAGES = (
    ("reading", "read and check"),
    ("scoring customers", "score"),
    ("deciding", "decide, explain and list"),
    ("writing scores", "write tables"),
    ("writing the workbook", "write workbook and page"),
    ("writing exports", "write exports"),
    ("logging", "log"),
)


def write_orders(path: Path, customers: int) -> None:
    """Write orders of customers who come, buy at their own rate and leave."""
    rng = np.random.default_rng(3)
    start = rng.integers(0, DAYS - 30, customers)
    rate = rng.gamma(0.7, 1 / 30, customers)
    life = rng.exponential(250, customers)
    counts = 1 + rng.poisson(rate * np.minimum(life, DAYS - start))
    owner = np.repeat(np.arange(customers), counts)
    span = np.minimum(life, DAYS - start)[owner]
    day = start[owner] + np.where(np.arange(len(owner)) == np.cumsum(counts)[owner] - counts[owner], 0, 1)
    day = day + (rng.random(len(owner)) * span).astype(np.int64)
    amount = np.round(rng.gamma(6, rng.gamma(3.7, 2, customers)[owner]), 2) + 0.01
    orders = pd.DataFrame(
        {
            "customer_id": pd.array([f"c{number:08d}" for number in range(customers)], dtype="str").take(owner),
            "timestamp": pd.Timestamp(FIRST) + pd.to_timedelta(np.minimum(day, DAYS), unit="D"),
            "amount": amount,
        }
    )
    orders.to_parquet(path, index=False)
    few = orders[owner < max(customers // 20, 2000)]
    few.to_parquet(path.with_name("few.parquet"), index=False)
    people = orders["customer_id"].drop_duplicates()
    contact = pd.DataFrame({"customer_id": people, "email": people + "@example.org", "consent": "yes"})
    contact.to_parquet(path.with_name("people.parquet"), index=False)


def job(folder: Path, file: str, *, people: bool, capacity: int) -> Config:
    """Return the config of a job on one of the files."""
    names = ("customer_id", "timestamp", "amount")
    tree: dict[str, Any] = {
        "name": "bench",
        "transactions": {"sources": [{"path": str(folder / file), "columns": {name: name for name in names}}]},
        "churn": {"max_snapshots": 3, "horizons_days": [30, 90]},
        "forecast": {"error_cutoffs": 0},
        "backtest": {"periods": 1},
        "risk": {"capacity": capacity},
        "tracking": {"store": str(folder / "models")},
        "output": {"dir": str(folder / "output")},
    }
    if people:
        columns = {name: name for name in ("customer_id", "email", "consent")}
        tree["customers"] = {"sources": [{"path": str(folder / "people.parquet"), "columns": columns}]}
        tree["handover"] = {"audiences": {}, "pseudonym": {}, "changes": True}
    return build_config(tree, environment={})


def main() -> None:
    """Simulate, train, score and print."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    capacity = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
    os.environ.setdefault("CLV_ML_PSEUDONYM_KEY", "a key for the benchmark only")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_orders(folder / "orders.parquet", customers)
        trained = pipeline.train(job(folder, "few.parquet", people=True, capacity=capacity))
        marks: list[tuple[float, str]] = []
        config = job(folder, "orders.parquet", people=True, capacity=capacity)
        result = pipeline.score(
            config,
            model=str(trained.bundle_path),
            progress=lambda message: marks.append((time.perf_counter(), message)),
        )
        end = time.perf_counter()
        found = [(at, label) for at, message in marks for start, label in STAGES if message.startswith(start)]
        firsts: dict[str, float] = {}
        for at, label in found:
            firsts.setdefault(label, at)
        ends = [*list(firsts.values())[1:], end]
        seconds = {label: until - at for (label, at), until in zip(firsts.items(), ends, strict=True)}
        print(f"{customers:,} customers, {result.manifest['customers_listed']:,} listed, capacity {capacity:,}")
        for label, taken in seconds.items():
            print(f"  {label:28s} {taken:7.1f} s")
        scoring = seconds["read and check"] + seconds["score"]
        writing = sum(taken for label, taken in seconds.items() if label.startswith("write"))
        print(
            f"  list, page, workbook and exports take {writing / scoring:.2f} of the scoring's time (reading included)"
        )
        sizes = {path.name: path.stat().st_size for path in result.folder.iterdir()}
        print("  " + ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in sorted(sizes.items())))


if __name__ == "__main__":
    main()
