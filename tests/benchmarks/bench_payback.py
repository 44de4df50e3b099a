# ruff: noqa: T201  (the table is printed)
"""How often the intervals of payback and LTV:CAC hold simulated truth: ``python tests/benchmarks/bench_payback.py``.

Customers of a shop with known parameters (:mod:`clv_ml.data.simulate`), watched for 300 days and followed for 240
more. Payback: the day on which the cohort's own customers had paid back. LTV and its ratio: the mean of the population
they were drawn from. Populations and customers may be given: ``bench_payback.py 100 1000``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from predicted_data import coverage


def main(populations: int, sizes: list[int]) -> None:
    """Print shares inside the 95 % intervals, by size of the shop and kind of cohort."""
    for size in sizes:
        start = time.process_time()
        found = coverage(populations, size, first_seed=1000)
        columns = ["payback", "observed", "ltv", "ratio"]
        shares = found.groupby("dimension")[columns].mean().astype(float)
        counts = found.groupby("dimension")[["payback", "ratio"]].count().add_prefix("n_")
        middle = found.groupby("dimension")[["customers", "width", "error"]].median()
        print(f"{size} people, {populations} populations, {time.process_time() - start:.0f} s of CPU")
        print(pd.concat([middle, counts, shares], axis=1).round(3).to_string(), flush=True)


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    main(given[0] if given else 60, given[1:] or [300, 1000])
