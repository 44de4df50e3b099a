"""Tables of one block of simulated customers, from random draws to timestamps and names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from clv_ml.data._draws import (
    Moments,
    People,
    Whole,
    draw_emails,
    draw_people,
    draw_purchases,
    draw_visits,
    rank_within,
)
from clv_ml.data._fade import Floats
from clv_ml.data.simulation_parameters import SimulationParameters

# Customers drawn from one seed of their own: who they are does not depend on how many are simulated at a time.
BLOCK = 1000
CHANNELS = ("ads", "friends", "partner", "search")
SURFACES = ("app", "mobile_web", "tablet", "web")
_SECONDS = 86400


def block_tables(parameters: SimulationParameters, *, seed: int, number: int) -> dict[str, pd.DataFrame]:
    """Draw customers, transactions, events and truth of one block."""
    rng, first = np.random.default_rng([seed, number]), number * BLOCK
    people = draw_people(rng, parameters, count=BLOCK, channels=len(CHANNELS))
    purchases, death = draw_purchases(rng, people, parameters)
    ids = pd.Series([f"c{first + position:08d}" for position in range(BLOCK)], dtype="str")
    clock = _Clock(parameters)
    return {
        "customers": pd.DataFrame(
            {
                "customer_id": ids,
                "signup_at": clock.stamps(people.signup),
                "channel": pd.Series(CHANNELS, dtype="str").take(people.channel).array,
            }
        ),
        "transactions": _transactions(rng, people, purchases, ids, clock),
        "events": _events(rng, people, death, ids, clock),
        "truth": pd.DataFrame(
            {
                "customer_id": ids,
                "purchase_rate": people.rate,
                "leave_chance": people.leaving,
                "mean_spend": parameters.spend_p / people.spend_scale,
                "visit_rate": people.visit_rate,
                "first_purchase_at": clock.stamps(people.first),
                "died_at": clock.stamps(death),
            }
        ),
    }


class _Clock:
    """Moments in days to timestamps by the second."""

    def __init__(self, parameters: SimulationParameters) -> None:
        self.parameters = parameters

    def stamps(self, at: Floats) -> Any:
        """Timestamps, missing where at or after the end."""
        inside = at < self.parameters.days
        seconds = np.floor(np.where(inside, at, 0.0) * _SECONDS).astype("timedelta64[s]")
        stamps = np.datetime64(self.parameters.started_at, "s") + seconds
        return np.where(inside, stamps, np.datetime64("NaT")).astype("datetime64[us]")


def _transactions(
    rng: np.random.Generator, people: People, purchases: Moments, ids: pd.Series[str], clock: _Clock
) -> pd.DataFrame:
    amount = rng.gamma(clock.parameters.spend_p, 1.0, len(purchases.at)) / people.spend_scale[purchases.owner]
    buyer = ids.take(purchases.owner).reset_index(drop=True)
    return pd.DataFrame(
        {
            "customer_id": buyer,
            "timestamp": clock.stamps(purchases.at),
            # nothing is cheaper than a cent
            "amount": np.maximum(amount.round(2), 0.01),
            "order_id": _numbered(buyer, "-o", rank_within(purchases.owner)),
        }
    )


def _events(
    rng: np.random.Generator, people: People, death: Floats, ids: pd.Series[str], clock: _Clock
) -> pd.DataFrame:
    parameters = clock.parameters
    visits = draw_visits(rng, people, death, parameters)
    minutes = rng.gamma(2.0, parameters.minutes_per_visit / 2.0, len(visits.at)).round(1)
    surface = rng.integers(len(SURFACES), size=len(visits.at))
    lessons = np.repeat(np.arange(len(visits.at)), rng.poisson(parameters.lessons_per_visit, len(visits.at)))
    within = rng.uniform(size=len(lessons)) * minutes[lessons] / 1440.0
    sent, opened_at = draw_emails(rng, people, death, parameters)
    opened = np.flatnonzero(opened_at < parameters.days)
    visit_number, email_number = rank_within(visits.owner), rank_within(sent.owner)
    parts = [
        ("visit", "-s", visits.owner, visits.at, visit_number, minutes, surface),
        (
            "lesson",
            "-s",
            visits.owner[lessons],
            visits.at[lessons] + within,
            visit_number[lessons],
            None,
            surface[lessons],
        ),
        ("email_sent", "-m", sent.owner, sent.at, email_number, None, None),
        ("email_open", "-m", sent.owner[opened], opened_at[opened], email_number[opened], None, None),
    ]
    frame = pd.concat([_event_rows(*part, ids=ids, clock=clock) for part in parts], ignore_index=True)
    frame = frame[frame["timestamp"].notna()]
    return frame.sort_values(["customer_id", "timestamp", "event_type"], kind="stable", ignore_index=True)


def _event_rows(
    event_type: str,
    mark: str,
    owner: Whole,
    at: Floats,
    number: Whole,
    value: Floats | None,
    surface: Whole | None,
    *,
    ids: pd.Series[str],
    clock: _Clock,
) -> pd.DataFrame:
    customer = ids.take(owner).reset_index(drop=True)
    names = pd.Series(SURFACES if surface is not None else (None,), dtype="str")
    return pd.DataFrame(
        {
            "customer_id": customer,
            "timestamp": clock.stamps(at),
            "event_type": pd.Series([event_type], dtype="str").take(np.zeros(len(owner), dtype=np.int64)).array,
            "value": np.full(len(owner), np.nan) if value is None else value,
            "session_id": _numbered(customer, mark, number),
            "surface": names.take(np.zeros(len(owner), dtype=np.int64) if surface is None else surface).array,
        }
    )


def _numbered(ids: pd.Series[str], mark: str, number: Whole) -> pd.Series[str]:
    return ids + mark + pd.Series(number, dtype="int64").astype("str")
