"""The lists a campaign worked through: who was to be contacted, who was held back, and who was contacted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from clv_ml.data.contacted import NOT_REACHED, made_contacts
from clv_ml.errors import ConfigError, missing_columns
from clv_ml.publishing import is_complete

LIST_FILE = "risk_list.parquet"
_STATUS = ["customer_id", "action_status", "value_tier"]
_SHOWN = 10


@dataclass(frozen=True)
class CampaignList:
    """A complete list below the output folder; `refresh_id` is the id of the run that wrote it."""

    refresh_id: str
    as_of: dt.date
    path: Path

    def arms(self, columns: Sequence[str] = ()) -> pd.DataFrame:
        """Read who was listed to contact and who was in control, indexed by customer_id (sorted).

        Returns
        -------
        pandas.DataFrame
            refresh_id, as_of, value_tier, treated (bool), and those of `columns` that the list has.

        Raises
        ------
        DataError
            If the list has no column to tell the arms.
        """
        there = pq.read_schema(self.path).names
        absent = [name for name in _STATUS if name not in there]
        if absent:
            raise missing_columns(str(self.path), absent, there, "An older version wrote the list; score again.")
        wanted = [*_STATUS, *(name for name in columns if name in there and name not in _STATUS)]
        rows = pd.read_parquet(self.path, columns=wanted)
        rows = rows[rows["action_status"].isin(["contact", "control"])]
        known = rows.assign(refresh_id=self.refresh_id, as_of=self.as_of, treated=rows["action_status"].eq("contact"))
        known = known.assign(customer_id=known["customer_id"].astype("string").astype(object))
        return known.drop(columns="action_status").set_index("customer_id").sort_index()

    def customer_ids(self) -> list[str]:
        """Read the ids of everybody on the list, whatever their status."""
        ids = pd.read_parquet(self.path, columns=["customer_id"])["customer_id"]
        return [str(customer) for customer in ids]


def campaign_lists(scores_folder: Path) -> dict[str, CampaignList]:
    """Find the complete lists below the folder of all scores, by refresh_id, the oldest first."""
    found = []
    for path in scores_folder.glob(f"as_of=*/run_id=*/{LIST_FILE}"):
        try:
            day = dt.date.fromisoformat(path.parent.parent.name.removeprefix("as_of="))
        except ValueError:  # nothing that score has written
            continue
        if is_complete(path.parent):
            found.append(CampaignList(path.parent.name.removeprefix("run_id="), day, path))
    return {item.refresh_id: item for item in sorted(found, key=lambda item: (item.as_of, item.refresh_id))}


def named_lists(known: dict[str, CampaignList], contacts: pd.DataFrame | None) -> list[CampaignList]:
    """Return the lists that the contacts name, the oldest first; all with a control where there are no contacts.

    Raises
    ------
    ConfigError
        If a list is not there; the message names those that are.
    """
    if contacts is None:
        return [item for item in known.values() if not item.arms()["treated"].all()]
    named = set(refreshes(contacts).dropna())
    unknown = sorted(named - set(known))
    if unknown:
        newest = [f"{item.refresh_id} ({item.as_of})" for item in list(known.values())[-_SHOWN:]]
        raise ConfigError(
            f"contacts name lists that are not in the output folder: {', '.join(unknown[:_SHOWN])}; known refresh_ids: "
            f"{', '.join(newest) or 'none'}. Give the output.dir that the list was written to; output.keep_runs says "
            "how many lists stay"
        )
    return [item for refresh, item in known.items() if refresh in named]


@dataclass(frozen=True)
class Assigned:
    """Customers of several lists, each with the first that put them into an arm.

    Attributes
    ----------
    customers
        As :meth:`CampaignList.arms` returns them.
    again
        How many later lists named a customer once more, in rows.
    changed
        How many customers were in both arms, one after the other; they stay in the first.
    """

    customers: pd.DataFrame
    again: int
    changed: int


def first_assignments(lists: Sequence[CampaignList], columns: Sequence[str] = ()) -> Assigned:
    """Put every customer into the arm of the first list (by day) that names them: nobody counts twice."""
    every = pd.concat([item.arms(columns) for item in sorted(lists, key=lambda item: (item.as_of, item.refresh_id))])
    first = every[~every.index.duplicated()].sort_index()
    arms = every.groupby(level=0)["treated"].nunique()
    return Assigned(first, len(every) - len(first), int((arms > 1).sum()))


def with_contacts(customers: pd.DataFrame, contacts: pd.DataFrame | None, *, horizon_days: int) -> pd.DataFrame:
    """Add what became of each customer's contacts within the window of their list.

    Parameters
    ----------
    customers
        Of :func:`first_assignments`.
    contacts
        As of :func:`clv_ml.data.contacted.made_contacts`, with refresh_id and offer_cost where known; None: everybody
        listed to contact is taken to have been reached once.
    horizon_days
        Length of the window, in days after the list's.

    Returns
    -------
    pandas.DataFrame
        The same rows with tries (contacts made or tried), contacted (bool: any), reached (bool), offers_given (sum of
        the offer_cost told) and offers_untold (tries without one).
    """
    if contacts is None:
        tries = customers["treated"].astype(int)
        return customers.assign(
            tries=tries, contacted=tries > 0, reached=tries > 0, offers_given=0.0, offers_untold=tries
        )
    made = made_contacts(contacts)
    made = made.assign(refresh=refreshes(made), cost=_numbers(made, "offer_cost"))
    mine = made.join(customers[["refresh_id", "as_of"]].add_prefix("list_"), on="customer_id", how="inner")
    since = (mine["contacted_at"].dt.normalize() - pd.to_datetime(mine["list_as_of"])).dt.days
    # without a time, a row counts for the list that it names
    within = since.between(0, horizon_days) | (since.isna() & mine["refresh"].eq(mine["list_refresh_id"]))
    mine = (
        mine[within]
        .reset_index(drop=True)
        .assign(reached=~mine["outcome"].isin(NOT_REACHED), untold=mine["cost"].isna())
    )
    sums = mine.groupby("customer_id").agg(
        tries=("reached", "size"),
        reached=("reached", "any"),
        offers_given=("cost", "sum"),
        offers_untold=("untold", "sum"),
    )
    found = customers.join(sums)
    tries = found["tries"].fillna(0).astype(int)
    return found.assign(
        tries=tries,
        contacted=tries > 0,
        reached=found["reached"].eq(True),
        offers_given=found["offers_given"].fillna(0.0),
        offers_untold=found["offers_untold"].fillna(0).astype(int),
    )


def costs(customers: pd.DataFrame, *, main_score: str) -> pd.Series[float]:
    """Return what contacting each customer cost: contact_cost of the list a try, and the offers.

    Where no offer_cost was told, the one of the list counts with the chance that it was taken, p g + (1 - p) psi.
    """
    names = ("contact_cost", "offer_cost", "save_rate", "take_up", main_score)
    contact, offer, save, take_up, p = (_numbers(customers, name).fillna(0.0) for name in names)
    expected = offer * (p * save + (1.0 - p) * take_up)
    return customers["tries"] * contact + customers["offers_given"] + customers["offers_untold"] * expected


def refreshes(contacts: pd.DataFrame) -> pd.Series[str]:
    """Return the refresh_id of each contact, without the spaces around it; missing where it says none."""
    if "refresh_id" not in contacts:
        return pd.Series(None, index=contacts.index, dtype=object)
    text = contacts["refresh_id"].astype("string").str.strip()
    return text.where(text.ne("")).astype(object)


def strangers(contacts: pd.DataFrame, customers: pd.DataFrame) -> int:
    """Count the contacted customers who are in no arm of the lists."""
    return len(set(made_contacts(contacts)["customer_id"]) - set(customers.index))


def _numbers(table: pd.DataFrame, name: str) -> pd.Series[float]:
    if name not in table:
        return pd.Series(np.nan, index=table.index)
    return pd.to_numeric(table[name]).astype(float)
