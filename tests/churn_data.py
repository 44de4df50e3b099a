"""Snapshots with a known truth and small classifiers of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from clv_ml.models.churn import ChurnModel

FEATURES = ("silence", "orders", "noise")
HORIZONS = (30, 90)


def snapshots(rows: int = 300, cutoffs: int = 8, seed: int = 0) -> pd.DataFrame:
    """Customers whose chance to stay away rises with silence and falls with orders."""
    rng = np.random.default_rng(seed)
    parts = []
    for step in range(cutoffs):
        silence, orders = rng.exponential(60, rows), rng.poisson(3, rows)
        log_odds = silence / 40 - orders / 2
        wait = rng.exponential(60 * np.exp(log_odds / 2))
        part = pd.DataFrame({"silence": silence, "orders": orders, "noise": rng.normal(size=rows)})
        part["noise"] = part["noise"].mask(rng.random(rows) < 0.2)
        part["customer_id"] = [f"c{number}" for number in range(rows)]
        part["cutoff"] = dt.date(2024, 1, 1) + dt.timedelta(days=30 * step)
        parts.append(part.assign(**{f"churned_{h}": (wait > h).astype(int) for h in HORIZONS}))
    return pd.concat(parts, ignore_index=True)


def rich_snapshots(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """With a category that matters, a name of a feature whose sign is known, and an own horizon of each customer."""
    frame = snapshots(rows, seed=seed)
    rng = np.random.default_rng(seed + 1)
    usual = rng.integers(10, 60, len(frame))
    away = frame["churned_90"].eq(1) | (frame["churned_30"].eq(1) & (usual < 40))
    plan = np.where(frame["churned_90"].eq(1) ^ (rng.random(len(frame)) < 0.3), "free", "paid")
    return frame.assign(
        days_since_last=frame["silence"], plan=plan, own_horizon_days=usual, churned_own=away.astype(int)
    )


RICH = ("days_since_last", "orders", "plan", "own_horizon_days")


def fitted(rows: pd.DataFrame, **arguments: Any) -> ChurnModel:
    return ChurnModel(horizons_days=HORIZONS, **arguments).fit(rows, features=FEATURES)


def rich_model(rows: pd.DataFrame, **arguments: Any) -> ChurnModel:
    model = ChurnModel(horizons_days=HORIZONS, own_gap=True, **arguments)
    return model.fit(rows, features=RICH, categories=("plan", "not among the features"))
