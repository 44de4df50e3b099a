"""Which cutoff, horizon and windows suit a history: from its last complete day, its span, and the gaps in it."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from clv_ml.models.folds import past_cutoffs

Day = tuple[dt.date, int, int]
"""A day, how many rows it has, and the minute of the day of the last one."""

QUANTILES = (0.5, 0.8)
_HORIZONS = {7: (7,), 14: (14,), 30: (30,), 60: (30, 60), 90: (30, 60, 90), 180: (60, 90, 180), 365: (90, 180, 365)}
_SPANS = 4  # horizons that a history should have: two with outcomes, two to learn from and look back on
_LONELY_DAYS, _LONELY_SHARE = 90, 0.001
_WEEKS = 8
_LEAST_ROWS = 10  # in a usual day: fewer come and go by chance
_LATE = 90  # minutes by which the last order of an unfinished day is early
_MOST_TAKEN_OFF = 3
_MOST_SNAPSHOTS = 12


@dataclass(frozen=True)
class Ends:
    """The days a history goes from and to; `complete` is the last one that is whole, and why that is so.

    Attributes
    ----------
    first, last
        Without the few rows that stand alone long before or after all others.
    before, after
        How many rows those are.
    """

    first: dt.date
    last: dt.date
    complete: dt.date
    why: str
    before: int = 0
    after: int = 0


@dataclass(frozen=True)
class Periods:
    """Horizons and windows in days, each with its reason; `note` is what a history is too short for."""

    horizons: tuple[int, ...]
    why_horizons: str
    every: int
    snapshots: int
    why_snapshots: str
    judged_from: dt.date
    eligible: int
    note: str = ""


def find_ends(days: Sequence[Day]) -> Ends:
    """Find the first and last day of a history, and the last that is complete.

    Parameters
    ----------
    days
        Ascending, at least one.
    """
    total = sum(rows for _, rows, _ in days)
    start, stop = 0, len(days)
    for place in range(1, len(days)):
        if (days[place][0] - days[place - 1][0]).days <= _LONELY_DAYS:
            continue
        before, after = (sum(rows for _, rows, _ in part) for part in (days[:place], days[place:]))
        if before <= _LONELY_SHARE * total:
            start = place
        elif after <= _LONELY_SHARE * total:
            stop = place
            break
    kept = list(days[start:stop])
    taken: list[str] = []
    while len(taken) < _MOST_TAKEN_OFF and (reason := _unfinished(kept)):
        taken.append(reason)
        kept.pop()
    complete = kept[-1][0]
    why = "the last day with orders" if not taken else f"the last complete day: {taken[-1]}"
    before, after = (sum(rows for _, rows, _ in part) for part in (days[:start], days[stop:]))
    return Ends(days[start][0], days[stop - 1][0], complete, why, before, after)


def _unfinished(days: Sequence[Day]) -> str:
    """Say why the last day is not complete; empty where it is, or nobody can tell."""
    last, rows, minute = days[-1]
    same = [r for day, r, _ in days[:-1] if 0 < (last - day).days <= 7 * _WEEKS and (last - day).days % 7 == 0]
    if len(same) < 3 or statistics.median(same) < _LEAST_ROWS:
        return ""
    usual = statistics.median(same)
    if rows < usual / 2:
        return f"{last} has {rows:,} rows where {last:%A}s have {usual:,.0f}"
    minutes = [minute for day, _, minute in days[-15:-1] if (last - day).days <= 21]
    if len(minutes) >= 5 and minute + _LATE < min(minutes):
        return f"{last} ends at {_clock(minute)}, the days before it at {_clock(min(minutes))} or later"
    return ""


def counted(number: int, noun: str) -> str:
    """Say how many there are of something.

    Examples
    --------
    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun}" + ("s" if number != 1 else "")


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def choose_periods(ends: Ends, gaps: Sequence[float], *, again: int, customers: int) -> Periods:
    """Choose the horizons, the windows, and the past cutoffs to learn from.

    Parameters
    ----------
    gaps
        Quantiles :data:`QUANTILES` of the days between two purchase days of a customer; empty where nobody came back.
    again
        Customers who bought on two days or more.
    """
    span = (ends.complete - ends.first).days + 1
    wanted = next((days for days in _HORIZONS if days >= 30 and gaps and days >= gaps[1]), 90 if not gaps else 365)
    main = max((days for days in _HORIZONS if days <= wanted and days * _SPANS <= span), default=min(_HORIZONS))
    why = (
        f"Four of five gaps between two purchases of a customer are at most {gaps[1]:.0f} days long (half of them "
        f"{gaps[0]:.0f}; {again:,} of {customers:,} customers came back): a longer silence means something"
        if gaps
        else "Nobody has bought on two days, so no habit can be seen"
    )
    why = f"Churned = no purchase in the {main} days after a day. {why}"
    if main < wanted:
        why += f"; {wanted} days would suit, but a history of {span:,} days leaves no room to learn and to judge"
    every = 30 if main >= 30 and span >= main * _SPANS + 90 else 15 if main >= 30 else 7
    latest = ends.complete - dt.timedelta(days=main)
    learnt = past_cutoffs(latest, ends.first, horizon_days=main, every_days=every, at_most=_MOST_SNAPSHOTS)
    note = ""
    if span < 3 * main + every or not learnt:
        note = (
            f"{counted(span, 'day')} of history ({ends.first} to {ends.complete}) is too little to judge a {main}-day "
            "forecast: deliver a longer history"
        )
    told = f"{len(learnt)} past cutoffs, {learnt[0]} to {learnt[-1]}" if learnt else "no past cutoff"
    return Periods(
        horizons=_HORIZONS[main],
        why_horizons=why,
        every=every,
        snapshots=_MOST_SNAPSHOTS,
        why_snapshots=f"the judged model learns from {told}",
        judged_from=latest,
        eligible=2 * main,
        note=note,
    )
