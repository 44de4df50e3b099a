"""Simulated customers in monthly cohorts, with what each did after the cutoff."""

import datetime as dt

import numpy as np
import pandas as pd
from value_data import simulated_rfm

from clv_ml.models.fitting import FittedModels
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel

CUTOFF = dt.date(2020, 12, 31)


def population(n: int, *, seed: int, days: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers at the cutoff, and purchases, spend and churn in the `days` after it."""
    rfm = simulated_rfm(n, seed=seed, future_days=days, days=360)
    first = pd.Timestamp(CUTOFF) - pd.to_timedelta(np.floor(rfm["T"]), unit="D")
    customers = rfm[["frequency", "recency", "T", "monetary_value"]].assign(first_day=first)
    happened = pd.DataFrame(
        {
            f"purchases_{days}": rfm["future"],
            f"spend_{days}": rfm["future_amount"],
            f"churned_{days}": (rfm["future"] == 0).astype(int),
        }
    )
    return customers, happened


def fitted(customers: pd.DataFrame) -> FittedModels:
    """The value models, fitted; no classifier."""
    return FittedModels(CUTOFF, PurchaseModel().fit(customers), SpendModel().fit(customers), None, "simulated")
