# ruff: noqa: T201  (the figures are printed)
"""What MLflow costs a training: ``python tests/benchmarks/bench_logging.py``; customers may be given (200000).

Simulated customers (540 days, orders only) are written to Parquet in a temporary folder, and the ordinary training
runs on them with the settings a config has when it says nothing, and with a fresh SQLite store: MLflow's import, the
tables it creates there and the registered model count as logging, as does the scoring of the made-up example. Times
are of the clock and of the processor, all threads of it: on a machine that others use too, look at both.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pandas as pd

from clv_ml.config import Config, build_config
from clv_ml.data.simulate import simulated_blocks
from clv_ml.data.simulation_parameters import SimulationParameters
from clv_ml.pipeline import promoting, train, training

# nobody visits or is written to: the orders are all there is to learn from
ORDERS_ONLY = SimulationParameters(informative=False, visits_per_day=1e-9, email_every_days=1e6)
# what a training would not do without MLflow, and the module that calls it
LOGGING = {
    "champion": promoting,
    "example_records": training,
    "score_transactions": training,
    "training_record": training,
    "log_training": training,
}


@dataclass(frozen=True)
class Spent:
    """Seconds of the clock, and of the processor in all threads."""

    clock: float = 0.0
    processor: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.clock + other.clock, self.processor + other.processor)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.clock - other.clock, self.processor - other.processor)

    def rounded(self) -> dict[str, float]:
        """Both, to be printed."""
        return {"clock": round(self.clock, 2), "processor": round(self.processor, 2)}


def now() -> Spent:
    """What this process has spent so far."""
    return Spent(time.perf_counter(), time.process_time())


def write_orders(path: Path, customers: int) -> int:
    """Simulate orders into a Parquet file; return how many."""
    orders = pd.concat(
        [block.transactions for block in simulated_blocks(ORDERS_ONLY, customers=customers, seed=1)],
        ignore_index=True,
    )
    orders.to_parquet(path, index=False)
    return len(orders)


def orders_config(orders: Path, folder: Path) -> Config:
    """A config that says no more than it must."""
    columns = {name: name for name in ("customer_id", "timestamp", "amount", "order_id")}
    tree = {
        "name": "bench",
        "transactions": {"sources": [{"path": str(orders), "columns": columns}]},
        "tracking": {"store": str(folder / "models")},
        "output": {"dir": str(folder / "output")},
    }
    return build_config(tree, environment={})


@contextmanager
def timed(spent: dict[str, Spent]) -> Iterator[None]:
    """Time the calls of `LOGGING`, without changing them."""

    def wrapped(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timing(*args: Any, **kwargs: Any) -> Any:
            start = now()
            try:
                return call(*args, **kwargs)
            finally:
                spent[name] = spent.get(name, Spent()) + (now() - start)

        return timing

    with ExitStack() as stack:
        for name, module in LOGGING.items():
            stack.enter_context(mock.patch.object(module, name, wrapped(name, getattr(module, name))))
        yield


def measure(customers: int) -> dict[str, Any]:
    """Train once in a temporary folder and return the times in seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        orders = write_orders(folder / "orders.parquet", customers)
        config = orders_config(folder / "orders.parquet", folder)
        spent: dict[str, Spent] = {}
        start = now()
        with timed(spent):
            trained = train(config, progress=lambda line: _told(line, (now() - start).clock))
        whole = now() - start
        files = [path for path in (folder / "models" / "artifacts").rglob("*") if path.is_file()]
    logging = sum(spent.values(), Spent())
    return {
        "customers": customers,
        "orders": orders,
        "cutoff": trained.bundle.models.cutoff.isoformat(),
        "registered_version": trained.run.model_version,
        "files_logged": len(files),
        "training_seconds": whole.rounded(),
        "logging_seconds": logging.rounded(),
        "logging_share": {
            "clock": round(logging.clock / whole.clock, 4),
            "processor": round(logging.processor / whole.processor, 4),
        },
        "logging_by_call": {name: seconds.rounded() for name, seconds in spent.items()},
    }


def _told(line: str, seconds: float) -> None:
    print(f"{dt.timedelta(seconds=round(seconds))} {line}", file=sys.stderr)


def main(customers: int) -> None:
    """Print the figures as JSON and in words."""
    found = measure(customers)
    print(json.dumps(found, indent=1))
    for kind in ("clock", "processor"):
        logging, whole, share = (found[name][kind] for name in ("logging_seconds", "training_seconds", "logging_share"))
        print(f"{customers:,} customers, {kind}: {logging:.1f} s of {whole:.1f} s of training are logging, {share:.1%}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
