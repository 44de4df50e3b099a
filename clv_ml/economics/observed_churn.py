"""Who was lost after a day: churn within windows, counted on what is over."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from clv_ml.economics.customers import CohortFrames, Ints, day_number, whole_days
from clv_ml.economics.retention_counts import Floats, Grouped

Bools = NDArray[np.bool_]
_NEVER = np.iinfo(np.int64).max // 2


class Departures:
    """Each purchase day beside the next of the same customer: who was there at a day, and when he came back.

    Parameters
    ----------
    frames
        Customers and purchase days.
    """

    def __init__(self, frames: CohortFrames) -> None:
        self.person = frames.person
        self.day = whole_days(frames.purchase_days["day"])
        last = np.append(self.person[1:] != self.person[:-1], True)
        self.next_day = np.where(last, _NEVER, np.append(self.day[1:], _NEVER))
        self.known_to = day_number(frames.known_to)

    def at(self, day: int, *, within: int, ahead: int) -> tuple[Ints, Bools] | None:
        """Return who bought in the `within` days up to a day, and which of them not in the `ahead` days after it.

        Days are whole days since 1970. None where the days ahead are not over: who has not come back may do so still.

        Returns
        -------
        tuple
            Positions of the members, and for each whether he is lost.
        """
        if day + ahead > self.known_to:
            return None
        latest = (self.day <= day) & (self.next_day > day) & (self.day > day - within)
        return self.person[latest], self.next_day[latest] > day + ahead


def churn_within(
    departures: Departures, group: Grouped, day: dt.date, *, within: int, ahead: int
) -> tuple[Ints, Floats]:
    """Return the customers of each cohort at a day, and the share of them that was lost.

    A customer is at risk who bought in the `within` days up to and including the day, and is lost who does not buy in
    the `ahead` days after it. The share is NaN where nobody is at risk, or the days ahead are not over.

    Returns
    -------
    tuple
        At risk (int64) and share lost, each of shape (n_cohorts,).
    """
    return lost_share(departures.at(day_number(day), within=within, ahead=ahead), group)


def lost_share(found: tuple[Ints, Bools] | None, group: Grouped) -> tuple[Ints, Floats]:
    """Return the customers at risk of each cohort, and the share of them that was lost, from :meth:`Departures.at`."""
    width = len(group.names)
    if found is None:
        return np.zeros(width, dtype=np.int64), np.full(width, np.nan)
    person, lost = found
    start = np.bincount(group.number[person], minlength=width).astype(np.int64)
    gone = np.bincount(group.number[person[lost]], minlength=width)
    return start, np.where(start > 0, gone / np.maximum(start, 1), np.nan)
