"""A simulated shop with known truth: what was known on a day, the models fitted to it, and what came after."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_ml.config import CohortsConfig, ValueConfig
from clv_ml.data.simulate import simulate
from clv_ml.data.simulation_parameters import SimulationParameters
from clv_ml.economics.acquisition import acquisition_economics
from clv_ml.economics.customers import CohortFrames, frames_of
from clv_ml.economics.payback_projection import project
from clv_ml.models.fitting import FittedModels
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel

_PERIODS = 17
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


def coverage(n_populations: int, n_customers: int, *, cost: float = 40.0, first_seed: int = 0) -> pd.DataFrame:
    """Whether each cohort's intervals hold the truth: one row a cohort and population.

    Columns: dimension, customers, payback (whether the day on which these customers paid back lies within its
    interval; NA where it was observed), observed (whether it was, and rightly), ltv and ratio (whether the mean of the
    population, known from the parameters of the simulation, lies within), width (of the ratio's, as a share of it).
    """
    parts = []
    for seed in range(first_seed, first_seed + n_populations):
        shop = world(n_customers, seed=seed, cost=cost)
        projection = project(shop.models, shop.customers, shop.known)
        table = acquisition_economics(projection, target=3.0)
        day = _truly_paid(shop, table, cost=cost)
        truth = population_ltv(shop.parameters, shop.known.value)
        found = table["payback_status"] == "observed"
        beyond = 30.0 * (projection.projected_periods + 1)
        inside = (table["payback_low"].fillna(beyond) <= day) & (day <= table["payback_high"].fillna(np.inf))
        parts.append(
            table[["dimension", "cohort", "customers"]].assign(
                payback=inside.astype("boolean").mask(found),
                observed=(table["payback_day"] == day).astype("boolean").mask(~found),
                ltv=(table["ltv_low"] <= truth) & (truth <= table["ltv_high"]),
                ratio=(table["ratio_low"] <= truth / cost) & (truth / cost <= table["ratio_high"]),
                width=(table["ratio_high"] - table["ratio_low"]) / table["ratio"],
                error=table["ltv"] / truth - 1.0,
            )
        )
    return pd.concat(parts, ignore_index=True)


def population_ltv(parameters: SimulationParameters, value: ValueConfig) -> float:
    """Mean profit of the first value.horizon_days of a customer, from the parameters of the simulation."""
    law = PurchaseModel.from_params(r=parameters.r, alpha=parameters.alpha, a=parameters.a, b=parameters.b)
    amount = parameters.spend_p * parameters.spend_v / (parameters.spend_q - 1.0)
    # the first day is over at midnight: half a day of it on average
    orders = 1.0 + law.unconditional_expectation(value.horizon_days - 0.5)
    return orders * amount * value.margin


def _truly_paid(shop: World, table: pd.DataFrame, *, cost: float) -> pd.Series[float]:
    """End of the age period in which each cohort paid back, from all data; infinite where it did not."""
    days = shop.later.purchase_days
    first = days["customer_id"].map(shop.later.members["first_day"])
    age = (days["day"] - first).dt.days
    found = []
    for dimension, cohort in zip(table["dimension"], table["cohort"], strict=True):
        labels = shop.known.members.assign(all="all")[dimension]
        ids = labels.index[labels == cohort]
        own = days["customer_id"].isin(ids)
        paid = [
            30.0 * (k + 1)
            for k in range(_PERIODS)
            if days["profit"][own & (age < 30 * (k + 1))].sum() / len(ids) >= cost - 1e-9
        ]
        found.append(paid[0] if paid else np.inf)
    return pd.Series(found, index=table.index)


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
