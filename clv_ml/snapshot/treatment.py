"""Who was contacted when, for leaving them out of what is learnt and judged; never for a feature."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv_ml.errors import missing_columns

_EVENT = ("customer_id", "first", "last", "counts")
_KEYS = ("customer_id", "cutoff")


@dataclass(frozen=True)
class Treatment:
    """Lists worked through and contacts made, by customer.

    Attributes
    ----------
    events
        customer_id (text), first, last (timestamps at midnight: from when to when the contact may have happened), and
        counts: 0 for who was contacted or listed to be, for a customer in control how many customers of their tier of
        the list they stand for.
    effect_days
        For so long after the last day a customer is taken to behave differently.

    Notes
    -----
    A row whose outcome a contact may have changed says nothing of customers left alone, and to drop it is not enough:
    the list chose customers because they had not bought since the row's cutoff, so that the rows that stay would have
    stayed more often. The control was chosen alike and left alone; counted once for each that it stands for, it makes
    the rows what they would have been without the campaign (inverse probability weights whose probability is known;
    Robins, Hernan & Brumback 2000, doi:10.1097/00001648-200009000-00011).
    """

    events: pd.DataFrame
    effect_days: int

    def __post_init__(self) -> None:
        absent = [name for name in _EVENT if name not in self.events]
        if absent:
            raise missing_columns("treatment", absent, self.events.columns, "Build it from lists and contacts.")

    def times(self, rows: pd.DataFrame, horizon_days: int) -> npt.NDArray[np.int64]:
        """Say how many times each row counts.

        Parameters
        ----------
        rows
            customer_id, cutoff (date or timestamp), each pair once.
        horizon_days
            Length of the outcome window after the cutoff.

        Returns
        -------
        Shape (rows,): 0 where a contact may have changed the outcome (its days meet the `effect_days` before the
        cutoff, or the window after it), 1 for customers left alone, more for a control that stands for others. Where a
        control stands for 9.7 customers, seven in ten rows count ten times and the others nine.
        """
        cutoff = pd.to_datetime(rows["cutoff"])
        mine = pd.DataFrame({"customer_id": rows["customer_id"].astype(object), "cutoff": cutoff})
        mine = mine.assign(row=np.arange(len(rows))).merge(self.events[list(_EVENT)], on="customer_id")
        since = mine["cutoff"] - pd.Timedelta(days=self.effect_days)
        until = mine["cutoff"] + pd.Timedelta(days=horizon_days)
        met = mine[(mine["last"] > since) & (mine["first"] <= until)]
        found = met.groupby("row")["counts"].agg(["min", "max"])
        counts = found["max"].where(found["min"] > 0, 0.0).reindex(range(len(rows)), fill_value=1.0)
        return _whole(counts.to_numpy(), pd.DataFrame({"customer_id": rows["customer_id"], "cutoff": cutoff}))


@dataclass(frozen=True)
class Judged:
    """The customers of a cutoff that a judgement looks at, each as often as they count.

    Attributes
    ----------
    positions
        Row numbers in the customers of the cutoff.
    names
        One a row, no two alike, so that rows can be indexed by them.
    ids
        The customers that they are, for intervals by customer.
    left_out
        How many customers are not judged.
    """

    positions: npt.NDArray[np.int64]
    names: pd.Index[str]
    ids: pd.Index[str]
    left_out: int

    def take(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the judged rows of a table of all customers of the cutoff, under their names."""
        return table.iloc[self.positions].set_axis(self.names, axis=0)


def judged(customers: pd.Index[str], treatment: Treatment | None, cutoff: dt.date, horizon_days: int) -> Judged:
    """Choose whom to judge at a cutoff: those left alone, and the control for those who were not."""
    if treatment is None:
        return Judged(np.arange(len(customers)), customers, customers, 0)
    times = treatment.times(pd.DataFrame({"customer_id": customers, "cutoff": pd.Timestamp(cutoff)}), horizon_days)
    positions = np.repeat(np.arange(len(customers)), times)
    ids = customers[positions]
    again = pd.Series(positions).groupby(positions).cumcount().to_numpy()
    names = [f"{name} ({number + 1})" if number else name for name, number in zip(ids, again, strict=True)]
    return Judged(positions, pd.Index(names, name=customers.name), ids, int((times == 0).sum()))


def repeated(rows: pd.DataFrame, times: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return every row as often as it counts, in the same order, numbered anew."""
    return rows.iloc[np.repeat(np.arange(len(rows)), times)].reset_index(drop=True)


def _whole(counts: npt.NDArray[np.float64], rows: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Round counts so that those of a cutoff keep their sum, the same whatever the order of the rows."""
    table = rows.assign(counts=counts, row=np.arange(len(rows)))
    table = table[table["counts"] % 1 != 0].sort_values(list(_KEYS), kind="stable")
    place = table.groupby(["cutoff", "counts"]).cumcount().to_numpy()
    exact = table["counts"].to_numpy()
    whole = np.floor((place + 1) * exact) - np.floor(place * exact)
    result = counts.copy()
    result[table["row"].to_numpy()] = whole
    return result.astype(np.int64)
