"""Customer tables for the tests of the value models."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

CALIBRATION_END = pd.Timestamp("1997-09-30")


@cache
def cdnow_days() -> pd.DataFrame:
    """Day totals of the 1/10 sample that the papers analyse."""
    spec = find_spec("lifetimes")
    assert spec is not None
    assert spec.origin is not None
    # find_spec does not import the package, as importlib.resources.files would.
    path = Path(spec.origin).parent / "datasets" / "CDNOW_sample.txt"
    names = ["master_id", "customer_id", "day", "quantity", "amount"]
    lines = pd.read_csv(path, sep=r"\s+", names=names, dtype={"day": str})
    lines["day"] = pd.to_datetime(lines["day"], format="%Y%m%d")
    return lines.groupby(["customer_id", "day"])["amount"].sum().reset_index()


def cdnow_rfm() -> pd.DataFrame:
    """Return the RFM table at the end of the calibration period, with the days bought after in ``future``."""
    days = cdnow_days()
    rfm = rfm_of_days(days, CALIBRATION_END)
    after = days[days["day"] > CALIBRATION_END].groupby("customer_id").size()
    rfm["future"] = after.reindex(rfm.index).fillna(0).astype(int)
    return rfm


def rfm_of_days(days: pd.DataFrame, cutoff: str | pd.Timestamp) -> pd.DataFrame:
    """Summarise customer_id, day, amount (several rows a day are one purchase) up to the cutoff."""
    end = pd.Timestamp(cutoff)
    totals = days[days["day"] <= end].groupby(["customer_id", "day"])["amount"].sum().reset_index()
    span = totals.groupby("customer_id")["day"].agg(["min", "max", "count"])
    rfm = pd.DataFrame(
        {
            "frequency": span["count"] - 1,
            "recency": (span["max"] - span["min"]).dt.days,
            "T": (end - span["min"]).dt.days,
        }
    )
    repeats = totals[totals["day"] > totals["customer_id"].map(span["min"])]
    rfm["monetary_value"] = repeats.groupby("customer_id")["amount"].mean().reindex(rfm.index).fillna(0.0)
    return rfm


def simulated_rfm(
    n: int,
    *,
    seed: int,
    params: tuple[float, float, float, float] = (0.6, 60.0, 0.8, 2.5),
    spend: tuple[float, float, float] = (6.25, 3.74, 15.44),
    days: int = 540,
    future_days: int = 90,
    may_leave_at_first: bool = False,
) -> pd.DataFrame:
    """Customers who keep the assumptions of the BG/NBD and Gamma-Gamma, in whole numbers for the counts only.

    Columns: the four of an RFM table; ``future`` purchases and ``future_amount`` within `future_days`;
    ``alive``.
    """
    rng = np.random.default_rng(seed)
    r, alpha, a, b = params
    rate = rng.gamma(r, 1.0 / alpha, n)
    leaves = rng.beta(a, b, n)
    age = rng.uniform(1.0, days, n)
    # The number of the purchase after which the customer leaves.
    last = rng.geometric(np.maximum(leaves, 1e-12)) - may_leave_at_first
    p, q, v = spend
    scale = rng.gamma(q, 1.0 / v, n)
    frequency, future = np.zeros(n, dtype=int), np.zeros(n, dtype=int)
    recency, clock = np.zeros(n), np.zeros(n)
    active = last > 0
    for number in range(1, 100_000):
        rows = np.flatnonzero(active)
        if rows.size == 0:
            break
        clock[rows] += rng.exponential(1.0 / rate[rows])
        known, ahead = clock[rows] <= age[rows], clock[rows] <= age[rows] + future_days
        frequency[rows] += known
        recency[rows] = np.where(known, clock[rows], recency[rows])
        future[rows] += ahead & ~known
        active[rows] = ahead & (last[rows] > number)
    alive = last > frequency
    return pd.DataFrame(
        {
            "frequency": frequency,
            "recency": recency,
            "T": age,
            "monetary_value": _mean_amount(rng, p, scale, frequency),
            "future": future,
            "future_amount": _mean_amount(rng, p, scale, future) * future,
            "alive": alive,
        },
        index=pd.RangeIndex(1, n + 1, name="customer_id"),
    )


def _mean_amount(
    rng: np.random.Generator, p: float, scale: NDArray[np.float64], count: NDArray[np.int_]
) -> NDArray[np.float64]:
    total = rng.gamma(p * np.maximum(count, 1)) / scale
    return np.where(count > 0, total / np.maximum(count, 1), 0.0)
