# ruff: noqa: T201  (the table is printed)
"""Fit and value against lifetimes on the same rows, in one run: ``python tests/benchmarks/bench_value.py``.

Daily data of simulated customers, from the RFM table on. Each time is the best of a few runs (of one for
lifetimes at a million customers); memory is the peak of what the steps allocate. Sizes may be given:
``python tests/benchmarks/bench_value.py 20000``.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from value_data import simulated_rfm

from clv_ml.models import _lifetimes
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.value import customer_lifetime_value

MARKS = ("fit purchases", "fit spend", "12-month value")


def daily_rfm(n: int) -> pd.DataFrame:
    """Simulate two years of customers, in whole days and cents."""
    rfm = simulated_rfm(n, seed=0, days=730)
    rfm["T"] = np.ceil(rfm["T"])
    rfm["recency"] = np.minimum(np.ceil(rfm["recency"]), rfm["T"])
    total = (rfm["monetary_value"] * rfm["frequency"]).round(2)
    rfm["monetary_value"] = (total / rfm["frequency"].clip(lower=1)).clip(lower=0.01).where(rfm["frequency"] > 0, 0.0)
    return rfm[["frequency", "recency", "T", "monetary_value"]]


def ours(rfm: pd.DataFrame) -> list[Callable[[], object]]:
    """Return the three steps with this package."""
    purchases, spend = PurchaseModel().fit(rfm), SpendModel().fit(rfm)
    return [
        lambda: PurchaseModel().fit(rfm),
        lambda: SpendModel().fit(rfm),
        lambda: customer_lifetime_value(purchases, spend, rfm, horizon_days=360),
    ]


def theirs(rfm: pd.DataFrame) -> list[Callable[[], object]]:
    """Return the three steps with lifetimes."""
    module = _lifetimes.lifetimes()
    again = rfm[rfm["frequency"] > 0]
    # Fitted by us: only the time of lifetimes' own fit matters, and it is taken below.
    purchases = PurchaseModel().fit(rfm).to_lifetimes()
    spend = SpendModel().fit(rfm).to_lifetimes()
    x, t_x, age = rfm["frequency"], rfm["recency"], rfm["T"]

    def fit_spend() -> None:
        # It may report lost precision at the very top; the work is done by then.
        with contextlib.suppress(module.utils.ConvergenceError), contextlib.redirect_stdout(io.StringIO()):
            module.GammaGammaFitter().fit(again["frequency"], again["monetary_value"])

    return [
        lambda: module.BetaGeoFitter().fit(x, t_x, age),
        fit_spend,
        lambda: spend.customer_lifetime_value(purchases, x, t_x, age, rfm["monetary_value"], time=12, freq="D"),
    ]


def seconds(step: Callable[[], object], repeats: int) -> float:
    """Time the best of `repeats` runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return min(times)


def megabytes(steps: list[Callable[[], object]]) -> float:
    """Highest memory that the steps hold at once beside the table, as Python and numpy allocate it."""
    tracemalloc.start()
    for step in steps:
        step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def main(sizes: list[int]) -> None:
    """Print one line a size and step."""
    warnings.simplefilter("ignore")
    print(f"{'customers':>10} {'step':<16} {'clv_ml':>9} {'lifetimes':>10} {'ratio':>7}")
    for n in sizes:
        rfm = daily_rfm(n)
        unique = len(rfm.drop_duplicates(["frequency", "recency", "T"]))
        repeats = 1 if n > 500_000 else 3
        for mark, mine, other in zip(MARKS, ours(rfm), theirs(rfm), strict=True):
            fast, slow = seconds(mine, 5), seconds(other, repeats)
            print(f"{n:>10,} {mark:<16} {fast:>7.3f} s {slow:>8.3f} s {slow / fast:>6.1f}x")
        small, large = megabytes(ours(rfm)), megabytes(theirs(rfm))
        print(f"{n:>10,} {'memory':<16} {small:>6.0f} MB {large:>7.0f} MB {large / small:>6.1f}x")
        print(f"{n:>10,} {'unique triples':<16} {unique:>9,}")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [20_000, 200_000, 1_000_000])
