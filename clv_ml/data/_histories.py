"""What can be seen of each customer up to a cutoff, as the likelihood needs it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from clv_ml.data._draws import Whole
from clv_ml.data._fade import Floats
from clv_ml.data.simulation_parameters import SimulationParameters

DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Traces:
    """Visits, or e-mails of one outcome: the customer's position and the days on the clock."""

    owner: Whole
    at: Floats


@dataclass(frozen=True)
class Histories:
    """One entry a customer, in the order of `ids`; moments in days from the start of the simulation.

    Attributes
    ----------
    signup, first, last
        Moments of signup, first and last purchase; the latter are nan for those who have not bought.
    repeats
        Purchases after the first.
    visits
        Visits after the one at signup.
    seen_visits, opened, unopened
        When they were; for e-mails the moment of sending, for one unopened also the chance that an open would have
        come by the cutoff (`opened_by_now`).
    """

    ids: pd.Index[Any]
    cutoff: float
    signup: Floats
    first: Floats
    last: Floats
    repeats: Floats
    visits: Floats
    seen_visits: Traces
    opened: Traces
    unopened: Traces
    opened_by_now: Floats

    @property
    def bought(self) -> Any:
        """Who has bought at least once."""
        return ~np.isnan(self.first)

    def purchases(self) -> pd.DataFrame:
        """Frequency, recency and T in exact days, where the product counts whole ones; nan before a purchase."""
        frequency = np.where(self.bought, self.repeats, np.nan)
        columns = {"frequency": frequency, "recency": self.last - self.first, "T": self.cutoff - self.first}
        return pd.DataFrame(columns, index=self.ids)


def read_histories(
    customers: pd.DataFrame,
    transactions: pd.DataFrame,
    events: pd.DataFrame,
    parameters: SimulationParameters,
    cutoff: dt.date,
) -> Histories:
    """Collect what customers who signed up by the cutoff had done by then; nothing later is looked at."""
    start, end = pd.Timestamp(parameters.started_at), parameters.days_until_end_of(cutoff)

    def known(table: pd.DataFrame, column: str) -> pd.DataFrame:
        at = (table[column] - start) / DAY
        return table.assign(at=at)[at < end]

    people = known(customers, "signup_at").sort_values("customer_id")
    ids = pd.Index(people["customer_id"], name="customer_id")
    orders = known(transactions, "timestamp").groupby("customer_id")["at"].agg(["min", "max", "size"])
    orders = orders.reindex(ids)
    seen = known(events, "timestamp")
    visits, sent, opens = (seen[seen["event_type"] == kind] for kind in ("visit", "email_sent", "email_open"))
    seen_visits = _traces(visits, ids)
    answered = sent["session_id"].isin(opens["session_id"])
    unopened = _traces(sent[~answered], ids)
    return Histories(
        ids=ids,
        cutoff=end,
        signup=people["at"].to_numpy(dtype=float),
        first=orders["min"].to_numpy(dtype=float),
        last=orders["max"].to_numpy(dtype=float),
        repeats=np.fmax(orders["size"].to_numpy(dtype=float) - 1.0, 0.0),
        visits=np.bincount(seen_visits.owner, minlength=len(ids)).astype(np.float64) - 1.0,
        seen_visits=seen_visits,
        opened=_traces(sent[answered], ids),
        unopened=unopened,
        opened_by_now=np.minimum(end - unopened.at, 1.0),
    )


def _traces(rows: pd.DataFrame, ids: pd.Index[Any]) -> Traces:
    return Traces(ids.get_indexer(pd.Index(rows["customer_id"])).astype(np.int64), rows["at"].to_numpy(dtype=float))
