"""What a customer does between purchases, up to a cutoff: one row a customer, numbers only.

Early engagement is counted in days after the customer's start, recent engagement in days before the cutoff.
"""

from __future__ import annotations

import datetime as dt

from clv_ml.config import SignalsConfig
from clv_ml.engine import Column, DataFrame, Engine, functions, microseconds
from clv_ml.snapshot.engagement_sums import (
    FIRST_DAYS,
    LAST_DAYS,
    RESPONSE_DAYS,
    session_sums,
    surface_sums,
    visit_sums,
)
from clv_ml.snapshot.visits import TREND_DAYS, breadth, located, people, sessions, visits
from clv_ml.snapshot.window import as_date

_HOUR = 3_600_000_000  # microseconds


def engagement_feature_names(signals: SignalsConfig) -> tuple[str, ...]:
    """Name the features that these settings give, in the order of the columns."""
    measures = _measures(signals)
    names = ["tenure_days", *(f"activated_within_{hours}h" for hours in signals.milestone_hours)]
    names += ["hours_to_activation", "first_session_minutes", "returns_first_7d", "days_to_return"]
    names += [f"{measure}_first_{days}d" for days in FIRST_DAYS for measure in measures]
    names += [f"{measure}_last_{days}d" for days in LAST_DAYS for measure in measures]
    names += [f"{measure}_trend_{days}d" for days in TREND_DAYS for measure in measures]
    names += ["days_since_activity", "activity_gap_mean", "activity_silence_ratio"]
    if signals.contacts:
        names += ["contacts_total", f"contacts_last_{RESPONSE_DAYS}d"]
    if signals.responses:
        names += ["responses_total", f"responses_last_{RESPONSE_DAYS}d", "days_since_response"]
    if signals.contacts and signals.responses:
        names += ["response_rate", "response_rate_decline"]
    for kind in signals.counted:
        names += [f"{kind}_events_first_7d", f"{kind}_events_last_30d", f"{kind}_events_total"]
    return tuple(names)


def engagement_features(
    engine: Engine,
    events: DataFrame,
    starts: DataFrame,
    cutoff: dt.date,
    signals: SignalsConfig,
    *,
    gathered: bool = True,
) -> DataFrame:
    """Compute the engagement features of every customer with a known start.

    Parameters
    ----------
    events
        Canonical events known at the cutoff (day <= cutoff): customer_id, timestamp, day, event_type, value,
        session_id, surface. Those of customers not in `starts` are ignored.
    starts
        One row a customer: customer_id, started_at (signup, else the first purchase or activity).
    cutoff
        Last day of the events.
    signals
        What the event types mean.
    gathered
        Whether events are gathered by visit before they are summed, which pays where a visit has several
        (:func:`clv_ml.snapshot.visits.come_in_crowds`); the features are the same.

    Returns
    -------
    DataFrame
        One row for each row of `starts`: customer_id and :func:`engagement_feature_names`, bigint or double; null
        where a figure does not exist, 0 where there was nothing to count.

    Notes
    -----
    Every event is activity unless its type is one of ``signals.contacts``. A session is a session_id of the customer,
    else a day of the customer, and belongs to the day it began.

    ``tenure_days``
        Days from the start to the cutoff.
    ``activated_within_<h>h``
        1 if a key action came less than h hours after the start (or before it), 0 if none did; null while those hours
        are not over and none has.
    ``hours_to_activation``
        Hours from the start to the first key action, 0 where that came first.
    ``first_session_minutes``
        Minutes of the session that began first, of the longest where several began at one moment; the span from its
        first to its last event where no event type is a number of minutes.
    ``<what>_first_<n>d``
        Sessions, active days, minutes, distinct surfaces up to n - 1 days after the day of the start. What came
        before the start counts too.
    ``returns_first_7d``, ``days_to_return``
        Active days 1 to 6 days after the day of the start; days to the first active day after it.
    ``<what>_last_<n>d``
        The same on the last n days, the cutoff included.
    ``<what>_trend_<n>d``
        (last n days + 1) / (the n days before + 1); null until the customer has been there for 2n days.
    ``days_since_activity``, ``activity_gap_mean``, ``activity_silence_ratio``
        Days since the last active day, mean days between active days, and the first over the second.
    ``response_rate``, ``response_rate_decline``
        Responses over contacts; the rate before the last 90 days less the rate since, null without contacts in both.
    """
    described = engine.materialise(people(starts, cutoff))
    placed = located(events, described, cutoff, signals)
    met = visits(placed, signals) if gathered else placed
    sums = (
        visit_sums(met, signals),
        session_sums(sessions(met, signals)),
        surface_sums(breadth(placed, first=max(FIRST_DAYS), last=max(LAST_DAYS))),
    )
    joined = described
    for table in sums:
        joined = joined.join(table, on="person", how="left")
    sums_of_all = engine.named(joined.select(*joined.columns))  # SQLFrame cannot use a column of a join twice
    columns = engagement_columns(cutoff, signals)
    return sums_of_all.select("customer_id", *[column.alias(name) for name, column in columns.items()])


def engagement_columns(cutoff: dt.date, signals: SignalsConfig) -> dict[str, Column]:
    """Return the features by name, from the sums of a customer."""
    columns = _features(cutoff, signals)
    return {name: columns[name] for name in engagement_feature_names(signals)}


def _features(cutoff: dt.date, signals: SignalsConfig) -> dict[str, Column]:
    """Shape the sums of a customer, nulls where nothing happened, to features."""
    measures = _measures(signals)
    features = {"tenure_days": functions().col("tenure").cast("bigint")}
    features |= _activation(cutoff, signals) | _rhythm()
    features["first_session_minutes"] = _double("first_session") / (1.0 if signals.minutes else 60e6)
    for measure in measures:
        number = _double if measure == "minutes" else _whole
        windows = [f"{measure}_first_{n}d" for n in FIRST_DAYS] + [f"{measure}_last_{n}d" for n in LAST_DAYS]
        features |= {name: number(name, 0) for name in windows}
        features |= {f"{measure}_trend_{n}d": _trend(measure, n) for n in TREND_DAYS}
    return features | _responses(signals) | _counted(signals)


def _activation(cutoff: dt.date, signals: SignalsConfig) -> dict[str, Column]:
    f = functions()
    moment = f.col("key_moment")
    # microseconds that every customer has been watched for: to the end of the cutoff
    watched = microseconds(as_date(cutoff + dt.timedelta(days=1)).cast("timestamp_ntz")) - f.col("start_moment")
    features = {
        f"activated_within_{hours}h": f.when(moment < hours * _HOUR, f.lit(1))
        .when(watched >= hours * _HOUR, f.lit(0))
        .cast("bigint")
        for hours in signals.milestone_hours
    }
    hours = f.greatest(moment, f.lit(0)).cast("double") / float(_HOUR)
    return features | {"hours_to_activation": f.when(moment.isNotNull(), hours)}


def _rhythm() -> dict[str, Column]:
    f = functions()
    days, since = f.col("active_days"), f.col("last_ago")
    span = (f.col("first_ago") - since).cast("double")
    gap_mean = f.when(days > 1, span / (days - 1))
    return {
        "returns_first_7d": _whole("returns_first_7d", 0),
        "days_to_return": _whole("days_to_return"),
        "days_since_activity": _whole("last_ago"),
        "activity_gap_mean": gap_mean,
        "activity_silence_ratio": since.cast("double") / gap_mean,
    }


def _trend(measure: str, n: int) -> Column:
    f = functions()
    last = _double(f"{measure}_last_{n}d", 0)
    if measure == "surfaces":
        before = _double(f"surfaces_before_{n}d", 0)
    else:
        before = _double(f"{measure}_last_{2 * n}d", 0) - last
    return f.when(f.col("tenure") >= 2 * n - 1, (last + 1.0) / (before + 1.0))


def _responses(signals: SignalsConfig) -> dict[str, Column]:
    f = functions()
    last = f"last_{RESPONSE_DAYS}d"
    features = {
        f"{what}_{span}": _whole(f"{what}_{span}", 0)
        for what in ("contacts", "responses")
        if getattr(signals, what)
        for span in ("total", last)
    }
    if signals.responses:
        features["days_since_response"] = _whole("response_ago")
    if signals.contacts and signals.responses:
        answered, sent = f.col("responses_total"), f.col("contacts_total")
        answered_last, sent_last = f.col(f"responses_{last}"), f.col(f"contacts_{last}")
        features["response_rate"] = _share(answered, sent)
        earlier = _share(answered - answered_last, sent - sent_last)
        features["response_rate_decline"] = earlier - _share(answered_last, sent_last)
    return features


def _counted(signals: SignalsConfig) -> dict[str, Column]:
    spans = ("first_7d", "last_30d", "total")
    return {f"{kind}_events_{span}": _whole(f"of_{kind}_{span}", 0) for kind in signals.counted for span in spans}


def _share(part: Column, whole: Column) -> Column:
    return functions().when(whole > 0, part.cast("double") / whole)


def _whole(name: str, absent: int | None = None) -> Column:
    f = functions()
    number = f.col(name) if absent is None else f.coalesce(f.col(name), f.lit(absent))
    return number.cast("bigint")


def _double(name: str, absent: int | None = None) -> Column:
    f = functions()
    number = f.col(name).cast("double")
    return number if absent is None else f.coalesce(number, f.lit(float(absent)))


def _measures(signals: SignalsConfig) -> tuple[str, ...]:
    return ("sessions", "active_days", *(("minutes",) if signals.minutes else ()), "surfaces")
