"""Customers of a known population: purchases, visits and e-mails drawn from numbers that are written down.

Purchases follow BG/NBD (Fader, Hardie & Lee 2005, doi:10.1287/mksc.1040.0098) from the first one on, spend
follows Gamma-Gamma, both in continuous time; what a product sees of it by the day differs from the model by
same-day purchases only. Visits and e-mails opened come at rates of the customer's own that fade before the
departure, which BG/NBD puts at a last purchase.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.data._histories import read_histories
from clv_ml.data._optimum import none_bought
from clv_ml.data._simulated_tables import BLOCK, block_tables
from clv_ml.data.simulation_parameters import MAX_CUSTOMERS, SimulationParameters
from clv_ml.errors import ConfigError

TABLES = ("customers", "transactions", "events", "truth")


@dataclass(frozen=True)
class Simulation:
    """Simulated tables and the numbers they were drawn from.

    Attributes
    ----------
    customers
        customer_id, signup_at, channel (drawn at random: it says nothing).
    transactions
        customer_id, timestamp, amount, order_id.
    events
        customer_id, timestamp, event_type (visit, lesson, email_sent, email_open), value (minutes of a visit),
        session_id (of a visit and its lessons, or of an e-mail), surface.
    truth
        What no customer tells: purchase_rate (lambda, a day), leave_chance (p), mean_spend, visit_rate (mu, a day),
        first_purchase_at and died_at (missing where after the end).
    """

    parameters: SimulationParameters
    customers: pd.DataFrame
    transactions: pd.DataFrame
    events: pd.DataFrame
    truth: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {name: getattr(self, name) for name in TABLES}


def simulate(parameters: SimulationParameters, *, customers: int, seed: int = 42) -> Simulation:
    """Simulate customers into memory; the first n are the same however many there are.

    Raises
    ------
    ConfigError
        If the number of customers or the seed is out of range.

    Examples
    --------
    >>> found = simulate(SimulationParameters(), customers=100, seed=1)
    >>> len(found.customers)
    100
    """
    return joined(list(simulated_blocks(parameters, customers=customers, seed=seed)))


def joined(parts: list[Simulation]) -> Simulation:
    """Stack simulations of different customers of one population."""
    stacked = {name: pd.concat([part.tables[name] for part in parts], ignore_index=True) for name in TABLES}
    return Simulation(parts[0].parameters, **stacked)


def simulated_blocks(parameters: SimulationParameters, *, customers: int, seed: int = 42) -> Iterator[Simulation]:
    """Simulate `BLOCK` customers at a time, each block from a seed of its own.

    Raises
    ------
    ConfigError
        If the number of customers or the seed is out of range.
    """
    if not 1 <= customers <= MAX_CUSTOMERS:
        raise ConfigError(f"customers is {customers}; it must be from 1 to {MAX_CUSTOMERS:,}")
    if not 0 <= seed < 2**31:
        raise ConfigError(f"seed is {seed}; it must be from 0 to {2**31 - 1}")
    # checked here and not at the first block, before anything is written
    return _blocks(parameters, customers, seed)


def _blocks(parameters: SimulationParameters, customers: int, seed: int) -> Iterator[Simulation]:
    for number, first in enumerate(range(0, customers, BLOCK)):
        block = Simulation(parameters, **block_tables(parameters, seed=seed, number=number))
        yield block if first + BLOCK <= customers else _only(block, customers - first)


def load_simulation(folder: Path) -> Simulation:
    """Read what ``clv-ml simulate`` wrote.

    Raises
    ------
    ConfigError
        If the folder holds no simulation.
    """
    parameters = SimulationParameters.from_json(folder / "parameters.json")
    try:
        return Simulation(parameters, **{name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES})
    except (OSError, ValueError) as error:  # ValueError: not Parquet
        raise ConfigError(f"{folder}: cannot be read as a simulation: {error}") from error


def attainable_score(simulation: Simulation, *, cutoff: dt.date, horizon_days: int) -> pd.Series[float]:
    """P(no purchase in (cutoff, cutoff + horizon] | everything seen up to the cutoff): on average nothing is better.

    Exact Bayes for one who knows the population but no customer's own numbers; the tables of truth are not read.

    Returns
    -------
    Series named p_no_purchase, indexed by customer_id (sorted): everybody who signed up by the cutoff.

    Raises
    ------
    ConfigError
        If the cutoff is not a simulated day, or the horizon is not a day or more.

    Examples
    --------
    >>> simulation = simulate(SimulationParameters(), customers=100, seed=1)
    >>> scores = attainable_score(simulation, cutoff=dt.date(2024, 12, 31), horizon_days=90)
    >>> len(scores), bool(scores.between(0, 1).all())
    (74, True)
    """
    scores = attainable_scores(simulation, cutoff=cutoff, horizons_days=[horizon_days])
    return scores[f"p_churn_{horizon_days}d"].rename("p_no_purchase")


def attainable_scores(simulation: Simulation, *, cutoff: dt.date, horizons_days: Sequence[int]) -> pd.DataFrame:
    """Return :func:`attainable_score` of several horizons, beside what the purchases alone say and what happened.

    Returns
    -------
    DataFrame
        Indexed by customer_id: frequency, recency, T in exact days (missing where nothing was bought yet), and
        p_churn_Hd and churned_Hd for each horizon H; the latter is missing where H goes beyond the simulation.
    """
    parameters = simulation.parameters
    if not parameters.start <= cutoff <= parameters.end:
        raise ConfigError(f"cutoff is {cutoff}; the simulation goes from {parameters.start} to {parameters.end}")
    for days in horizons_days:
        if days < 1:
            raise ConfigError(f"horizon_days is {days}; it must be 1 or more")
    histories = read_histories(simulation.customers, simulation.transactions, simulation.events, parameters, cutoff)
    values = none_bought(histories, parameters, [float(days) for days in horizons_days])
    scores = histories.purchases()
    for position, days in enumerate(horizons_days):
        scores[f"p_churn_{days}d"] = values[:, position]
    for days in horizons_days:
        scores[f"churned_{days}d"] = _churned(simulation, histories.ids, cutoff, days)
    return scores


def _churned(simulation: Simulation, ids: pd.Index[Any], cutoff: dt.date, days: int) -> pd.Series[Any]:
    """Whether nothing was bought in (cutoff, cutoff + days], missing where that is not known yet."""
    first, last = (pd.Timestamp(cutoff + dt.timedelta(days=number)) for number in (1, days + 1))
    if last > pd.Timestamp(simulation.parameters.end + dt.timedelta(days=1)):
        return pd.Series(pd.NA, index=ids, dtype="boolean")
    at = simulation.transactions["timestamp"]
    bought = simulation.transactions["customer_id"][(at >= first) & (at < last)]
    return pd.Series(~ids.isin(bought), index=ids, dtype="boolean")


def _only(block: Simulation, customers: int) -> Simulation:
    """Return the first so many customers of a block."""
    last = block.customers["customer_id"].iloc[customers - 1]
    return Simulation(
        block.parameters,
        **{name: table[table["customer_id"] <= last].reset_index(drop=True) for name, table in block.tables.items()},
    )
