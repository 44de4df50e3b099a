"""Snapshots split by time: fit < stop < judge, with a full horizon between the parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TimeFolds:
    """Row numbers of each part; `stop` and `judge` are empty where the history is too short for them."""

    fit: Rows
    stop: Rows
    judge: Rows
    fit_cutoffs: tuple[dt.date, ...]
    stop_cutoff: dt.date | None
    judge_cutoff: dt.date | None

    def within(self, chosen: npt.NDArray[np.bool_]) -> TimeFolds:
        """Return the same split of the chosen rows alone, numbered anew; `chosen` has one entry a row."""
        number = np.cumsum(chosen) - 1
        fit, stop, judge = (number[part[chosen[part]]] for part in (self.fit, self.stop, self.judge))
        return replace(self, fit=fit, stop=stop, judge=judge)


def split_by_time(cutoffs: Sequence[dt.date], *, embargo_days: int) -> TimeFolds:
    """Split snapshot rows so that every label of a part is complete when the next part begins.

    Parameters
    ----------
    cutoffs
        Cutoff of each row.
    embargo_days
        Length of the label window: a cutoff belongs before another only if it is at least this much earlier.

    Returns
    -------
    TimeFolds
        judge: the latest cutoff; stop: the latest one a full horizon before it; fit: those a full horizon
        before stop. With room for two parts only, judge is empty; with room for one, all rows are fit.
    """
    days = sorted(set(cutoffs))
    gap = dt.timedelta(days=embargo_days)
    judge: dt.date | None = days[-1]
    stop = max((day for day in days if day + gap <= days[-1]), default=None)
    fit = [day for day in days if stop is not None and day + gap <= stop]
    if stop is not None and not fit:
        stop, judge, fit = days[-1], None, [day for day in days if day + gap <= days[-1]]
    elif stop is None:
        judge, fit = None, days
    by_row = np.array([day.toordinal() for day in cutoffs], dtype=np.int64)

    def rows(chosen: Sequence[dt.date | None]) -> Rows:
        return np.flatnonzero(np.isin(by_row, [day.toordinal() for day in chosen if day is not None]))

    return TimeFolds(rows(fit), rows([stop]), rows([judge]), tuple(fit), stop, judge)


def past_cutoffs(
    cutoff: dt.date, first_day: dt.date, *, horizon_days: int, every_days: int, at_most: int
) -> tuple[dt.date, ...]:
    """List the cutoffs a model at `cutoff` may learn from: those whose horizon is complete by then.

    The latest is one horizon before the cutoff, the others `every_days` apart, none within `every_days` of
    the first day of the data (there is no history to learn from yet).
    """
    latest = cutoff - dt.timedelta(days=horizon_days)
    days = [latest - dt.timedelta(days=every_days * step) for step in range(at_most)]
    return tuple(sorted(day for day in days if day - dt.timedelta(days=every_days) >= first_day))
