"""Engagement features row by row in plain Python, to compare the engine with."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import pandas as pd
from hypothesis import strategies as st

from clv_ml.config import SignalsConfig
from clv_ml.engine import DataFrame, Engine, functions

START = dt.datetime(2023, 1, 1)
Figures = dict[str, dict[str, float]]

SIGNALS = SignalsConfig(
    key_actions=("lesson", "quiz"),
    milestone_hours=(24, 72),
    minutes=("lesson",),
    counted=("quiz", "mail"),
    contacts=("mail", "campaign"),
    responses=("open",),
)


class Event(NamedTuple):
    """One row of events; the value is in ten-thousandths."""

    customer_id: str
    timestamp: dt.datetime
    event_type: str
    value: int | None
    session_id: str | None
    surface: str | None


def moments() -> st.SearchStrategy[dt.datetime]:
    """Few distinct days, so that days coincide, over long enough for every window; within a day down to a
    microsecond."""
    days = st.sampled_from([*range(0, 9), *range(9, 220, 11)])
    clock = st.sampled_from([0, 1, 3_600_000_000, 43_200_000_000, 86_399_999_999])
    return st.builds(lambda day, clock: START + dt.timedelta(days=day, microseconds=clock), days, clock)


def tables(max_size: int = 80) -> st.SearchStrategy[list[Event]]:
    """Small tables with contacts, sessions over several days, sessions without id, values and surfaces left out."""
    event = st.builds(
        Event,
        customer_id=st.sampled_from("abcde"),
        timestamp=moments(),
        event_type=st.sampled_from(["view", "view", "lesson", "lesson", "quiz", "mail", "campaign", "open"]),
        value=st.one_of(st.none(), st.integers(0, 10**6)),
        session_id=st.sampled_from([None, None, "s1", "s2", "s3"]),
        surface=st.sampled_from([None, "p1", "p2", "p3", "p4"]),
    )
    return st.lists(event, max_size=max_size)


def events_of(engine: Engine, events: Sequence[Event]) -> DataFrame:
    """The table as canonical events."""
    f = functions()
    frame = pd.DataFrame(
        {
            "customer_id": pd.Series([event.customer_id for event in events], dtype="string"),
            "timestamp": pd.Series([event.timestamp.isoformat() for event in events], dtype="string"),
            "event_type": pd.Series([event.event_type for event in events], dtype="string"),
            "value": pd.Series(
                [None if event.value is None else str(Decimal(event.value) / 10000) for event in events], dtype="string"
            ),
            "session_id": pd.Series([event.session_id for event in events], dtype="string"),
            "surface": pd.Series([event.surface for event in events], dtype="string"),
        }
    )
    stamp = f.col("timestamp").cast("timestamp_ntz")
    return engine.from_pandas(frame).select(
        "customer_id",
        stamp.alias("timestamp"),
        stamp.cast("date").alias("day"),
        "event_type",
        f.col("value").cast("decimal(18,4)").alias("value"),
        "session_id",
        "surface",
    )


def starts_of(engine: Engine, starts: Mapping[str, dt.datetime]) -> DataFrame:
    """Customers with their starts, as the engine takes them."""
    frame = pd.DataFrame(
        {
            "customer_id": pd.Series(list(starts), dtype="string"),
            "started_at": pd.Series([start.isoformat() for start in starts.values()], dtype="string"),
        }
    )
    started = functions().col("started_at").cast("timestamp_ntz")
    return engine.from_pandas(frame).select("customer_id", started.alias("started_at"))


def engagement_of(
    events: Sequence[Event], starts: Mapping[str, dt.datetime], cutoff: dt.date, signals: SignalsConfig
) -> Figures:
    known = [event for event in events if event.timestamp.date() <= cutoff]
    return {
        customer: _figures([event for event in known if event.customer_id == customer], start, cutoff, signals)
        for customer, start in starts.items()
    }


def _figures(events: list[Event], start: dt.datetime, cutoff: dt.date, signals: SignalsConfig) -> dict[str, float]:
    acts = [event for event in events if event.event_type not in signals.contacts]
    tenure = (cutoff - start.date()).days
    days = sorted({event.timestamp.date() for event in acts})
    later = [(day - start.date()).days for day in days if day > start.date()]
    since = (cutoff - days[-1]).days if days else math.nan
    gap = (days[-1] - days[0]).days / (len(days) - 1) if len(days) > 1 else math.nan
    row = {
        "tenure_days": tenure,
        **_activation(acts, start, cutoff, signals),
        "first_session_minutes": _first_session(acts, signals),
        "returns_first_7d": len([age for age in later if age <= 6]),
        "days_to_return": min(later, default=math.nan),
        "days_since_activity": since,
        "activity_gap_mean": gap,
        "activity_silence_ratio": since / gap,
        **_answers(events, cutoff, signals),
    }
    for n in (1, 3, 7, 14, 30):
        row |= _named(f"first_{n}d", _between(acts, signals, dt.date.min, start.date() + dt.timedelta(days=n - 1)))
    for n in (7, 14, 30, 60, 90):
        row |= _named(f"last_{n}d", _between(acts, signals, cutoff - dt.timedelta(days=n - 1), cutoff))
    for n in (7, 30):
        last = _between(acts, signals, cutoff - dt.timedelta(days=n - 1), cutoff)
        before = _between(acts, signals, cutoff - dt.timedelta(days=2 * n - 1), cutoff - dt.timedelta(days=n))
        ratios = {what: (last[what] + 1) / (before[what] + 1) if tenure >= 2 * n - 1 else math.nan for what in last}
        row |= _named(f"trend_{n}d", ratios)
    for kind in signals.counted:
        of_kind = [event.timestamp.date() for event in events if event.event_type == kind]
        row[f"{kind}_events_first_7d"] = sum((day - start.date()).days < 7 for day in of_kind)
        row[f"{kind}_events_last_30d"] = sum((cutoff - day).days < 30 for day in of_kind)
        row[f"{kind}_events_total"] = len(of_kind)
    return row


def _activation(acts: list[Event], start: dt.datetime, cutoff: dt.date, signals: SignalsConfig) -> dict[str, float]:
    keys = [event.timestamp for event in acts if not signals.key_actions or event.event_type in signals.key_actions]
    waited = max(min(keys) - start, dt.timedelta()) if keys else None
    row: dict[str, float] = {"hours_to_activation": math.nan if waited is None else waited / dt.timedelta(hours=1)}
    end = dt.datetime.combine(cutoff, dt.time()) + dt.timedelta(days=1)
    for hours in signals.milestone_hours:
        length = dt.timedelta(hours=hours)
        in_time = waited is not None and waited < length
        row[f"activated_within_{hours}h"] = 1 if in_time else 0 if start + length <= end else math.nan
    return row


def _sessions(acts: list[Event]) -> list[list[Event]]:
    found: dict[tuple[str | None, dt.date | None], list[Event]] = defaultdict(list)
    for event in sorted(acts, key=lambda event: event.timestamp):
        found[event.session_id, None if event.session_id else event.timestamp.date()].append(event)
    return list(found.values())


def _first_session(acts: list[Event], signals: SignalsConfig) -> float:
    if not acts:
        return math.nan
    first = min(event.timestamp for event in acts)
    begun_then = [session for session in _sessions(acts) if session[0].timestamp == first]
    if signals.minutes:
        return max(_minutes(session, signals) for session in begun_then)
    return max((session[-1].timestamp - first) / dt.timedelta(minutes=1) for session in begun_then)


def _minutes(events: list[Event], signals: SignalsConfig) -> float:
    return sum(event.value or 0 for event in events if event.event_type in signals.minutes) / 10000


def _between(acts: list[Event], signals: SignalsConfig, first: dt.date, last: dt.date) -> dict[str, float]:
    """What was done from one day to another, both included; a session belongs to the day it began."""
    inside = [event for event in acts if first <= event.timestamp.date() <= last]
    begun = [session[0].timestamp.date() for session in _sessions(acts)]
    counts: dict[str, float] = {
        "sessions": sum(first <= day <= last for day in begun),
        "active_days": len({event.timestamp.date() for event in inside}),
        "surfaces": len({event.surface for event in inside} - {None}),
    }
    return counts | ({"minutes": _minutes(inside, signals)} if signals.minutes else {})


def _answers(events: list[Event], cutoff: dt.date, signals: SignalsConfig) -> dict[str, float]:
    row: dict[str, float] = {}
    ages = {
        what: [(cutoff - event.timestamp.date()).days for event in events if event.event_type in kinds]
        for what, kinds in (("contacts", signals.contacts), ("responses", signals.responses))
        if kinds
    }
    for what, ago in ages.items():
        row |= {f"{what}_total": len(ago), f"{what}_last_90d": sum(days < 90 for days in ago)}
    if signals.responses:
        row["days_since_response"] = min(ages["responses"], default=math.nan)
    if signals.contacts and signals.responses:
        sent, answered = row["contacts_total"], row["responses_total"]
        sent_last, answered_last = row["contacts_last_90d"], row["responses_last_90d"]
        row["response_rate"] = _share(answered, sent)
        row["response_rate_decline"] = _share(answered - answered_last, sent - sent_last) - _share(
            answered_last, sent_last
        )
    return row


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _named(window: str, counts: Mapping[str, float]) -> dict[str, float]:
    return {f"{what}_{window}": count for what, count in counts.items()}
