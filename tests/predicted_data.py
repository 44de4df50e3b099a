"""A simulated shop with known truth: what was known on a day, the models fitted to it, and what came after."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_ml.config import CohortsConfig, ValueConfig
from clv_ml.data.simulate import simulate
from clv_ml.data.simulation_parameters import SimulationParameters
from clv_ml.economics.customers import CohortFrames, frames_of
from clv_ml.models.fitting import FittedModels
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel

START = dt.date(2024, 1, 1)
VALUE = ValueConfig(margin=0.4, horizon_days=180)


@dataclass(frozen=True)
class World:
    """What was known on a day, and everything."""

    parameters: SimulationParameters
    as_of: dt.date
    known: CohortFrames
    later: CohortFrames
    customers: pd.DataFrame
    models: FittedModels


def world(
    n: int,
    *,
    seed: int,
    days: int = 540,
    as_of_day: int = 300,
    value: ValueConfig = VALUE,
    cohorts: CohortsConfig | None = None,
    cost: float | None = 12.0,
) -> World:
    """Simulate `n` customers (those who have not bought included) and fit on what was known after `as_of_day` days."""
    parameters = SimulationParameters(start=START, days=days, visits_per_day=0.001, email_every_days=1000.0)
    simulation = simulate(parameters, customers=n, seed=seed)
    as_of = START + dt.timedelta(days=as_of_day - 1)
    orders = simulation.transactions
    orders = orders.assign(day=orders["timestamp"].dt.normalize())
    totals = orders.groupby(["customer_id", "day"]).agg(spend=("amount", "sum"), orders=("amount", "size"))
    people = simulation.customers.set_index("customer_id")[["channel"]]
    people["acquisition_cost"] = np.nan if cost is None else cost
    bought = orders.loc[orders["day"] <= pd.Timestamp(as_of), "customer_id"].unique()
    frames = [
        frames_of(
            totals.reset_index(),
            people.loc[people.index.isin(bought)],
            as_of=day,
            value=value,
            cohorts=cohorts,
            dimensions=("month", "channel"),
        )
        for day in (as_of, parameters.end)
    ]
    customers = rfm_of(frames[0])
    return World(parameters, as_of, frames[0], frames[1], customers, fitted(customers, as_of))


def rfm_of(frames: CohortFrames) -> pd.DataFrame:
    """Summarise purchase days to frequency, recency, T and monetary_value."""
    members = frames.members
    totals = frames.purchase_days.groupby("customer_id")["cents"].agg(["sum", "first", "size"])
    repeats = totals["size"] - 1
    return pd.DataFrame(
        {
            "frequency": repeats,
            "recency": (members["last_day"] - members["first_day"]).dt.days,
            "T": (pd.Timestamp(frames.as_of) - members["first_day"]).dt.days,
            "monetary_value": ((totals["sum"] - totals["first"]) / 100.0 / repeats.clip(lower=1)).clip(lower=0.0),
            "first_day": members["first_day"],
        },
        index=members.index,
    )


def fitted(customers: pd.DataFrame, as_of: dt.date) -> FittedModels:
    """The value models; no classifier."""
    return FittedModels(as_of, PurchaseModel().fit(customers), SpendModel().fit(customers), None, "simulated")
