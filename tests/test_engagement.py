"""Engagement features: as a plain-Python count has them, and the same bytes whatever row order and threads."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pytest
from event_reference import SIGNALS, START, Event, engagement_of, events_of, moments, starts_of, tables
from hypothesis import given, settings
from hypothesis import strategies as st

from clv_ml.config import EngineConfig, SignalsConfig
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.snapshot.engagement import engagement_feature_names, engagement_features
from clv_ml.snapshot.visits import come_in_crowds
from clv_ml.snapshot.window import as_date

PLAIN = SignalsConfig(milestone_hours=(1,))


@settings(settings.get_profile("engine"), max_examples=12)
@given(
    events=tables(),
    starts=st.dictionaries(st.sampled_from("abcdf"), moments(), min_size=1),
    cut=st.integers(0, 230),
    signals=st.sampled_from([SIGNALS, SIGNALS, PLAIN]),
    gathered=st.booleans(),
)
def test_features_equal_a_plain_python_count(
    engine: Engine,
    events: list[Event],
    starts: dict[str, dt.datetime],
    cut: int,
    signals: SignalsConfig,
    gathered: bool,
) -> None:
    cutoff = START.date() + dt.timedelta(days=cut)
    known = {customer: start for customer, start in starts.items() if start.date() <= cutoff}
    expected = engagement_of(events, known, cutoff, signals)
    found = features(engine, events, known, cutoff, signals, gathered=gathered)
    table = found.to_pandas().set_index("customer_id").astype("float64")
    assert set(table.index) == set(expected)
    for customer, row in expected.items():
        assert set(row) == set(engagement_feature_names(signals))
        for name, value in row.items():
            got = table[name].loc[customer]
            assert (math.isnan(got) and math.isnan(value)) or got == pytest.approx(value, rel=1e-12, abs=1e-9), name


def features(
    engine: Engine,
    events: list[Event],
    starts: dict[str, dt.datetime],
    cutoff: dt.date,
    signals: SignalsConfig = SIGNALS,
    *,
    gathered: bool = True,
) -> pa.Table:
    def build(frames: Mapping[str, DataFrame], day: dt.date) -> DataFrame:
        seen = frames["events"].filter(functions().col("day") <= as_date(day))
        return engagement_features(engine, seen, frames["starts"], day, signals, gathered=gathered)

    # planned once, as it takes longer than to count
    known = {"events": events_of(engine, events), "starts": starts_of(engine, starts)}
    frame = engine.planned(f"engagement: {signals} {gathered}", known, cutoff, build)
    return engine.to_arrow(frame.orderBy("customer_id"))


def at(day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return START + dt.timedelta(days=day, hours=hour, minutes=minute)


BY_HAND = [
    Event("a", at(0, 10), "view", None, "s1", "home"),
    Event("a", at(0, 10, 5), "lesson", 12_5000, "s1", "algebra"),
    Event("a", at(0, 23, 50), "lesson", 20_0000, "s2", "algebra"),
    Event("a", at(1, 0, 20), "lesson", 10_0000, "s2", "geometry"),  # of the session of the evening before
    Event("a", at(4, 8), "quiz", None, None, "algebra"),
    Event("a", at(50, 8), "lesson", 30_0000, "s3", "algebra"),
    Event("a", at(5, 9), "mail", None, None, "mailbox"),
    Event("a", at(6, 9), "open", None, None, None),
    Event("a", at(95, 9), "campaign", None, None, None),
]


def test_one_customer_worked_by_hand(engine: Engine) -> None:
    table = features(engine, BY_HAND, {"a": at(0, 9)}, at(99).date())
    row = table.to_pylist()[0]
    assert row["tenure_days"] == 99
    assert (row["activated_within_24h"], row["activated_within_72h"]) == (1, 1)
    assert row["hours_to_activation"] == pytest.approx(65 / 60)  # from 09:00 to the lesson of 10:05
    assert row["first_session_minutes"] == 12.5
    assert (row["sessions_first_1d"], row["minutes_first_1d"], row["surfaces_first_1d"]) == (2, 32.5, 2)
    assert (row["sessions_first_3d"], row["active_days_first_3d"], row["minutes_first_3d"]) == (2, 2, 42.5)
    assert (row["sessions_first_7d"], row["active_days_first_7d"], row["surfaces_first_7d"]) == (4, 4, 3)
    assert (row["returns_first_7d"], row["days_to_return"]) == (3, 1)  # days 1, 4 and 6; the mail of day 5 is ours
    assert (row["active_days_last_30d"], row["minutes_last_30d"]) == (0, 0.0)
    assert (row["active_days_last_60d"], row["minutes_last_60d"], row["surfaces_last_60d"]) == (1, 30.0, 1)
    assert (row["active_days_trend_30d"], row["minutes_trend_30d"]) == (1 / 2, 1 / 31)
    assert (row["sessions_trend_30d"], row["surfaces_trend_30d"], row["active_days_trend_7d"]) == (1 / 2, 1 / 2, 1.0)
    assert (row["days_since_activity"], row["activity_gap_mean"]) == (49, 50 / 4)  # five active days, 0 to 50
    assert row["activity_silence_ratio"] == pytest.approx(49 / 12.5)
    assert (row["contacts_total"], row["contacts_last_90d"]) == (2, 1)
    assert (row["responses_total"], row["responses_last_90d"], row["days_since_response"]) == (1, 0, 93)
    assert (row["response_rate"], row["response_rate_decline"]) == (0.5, 1.0)  # 1 of 1 before, 0 of 1 since
    assert (row["quiz_events_first_7d"], row["quiz_events_last_30d"], row["quiz_events_total"]) == (1, 0, 1)
    assert table.column_names == ["customer_id", *engagement_feature_names(SIGNALS)]
    assert {str(kind) for kind in table.schema.types[1:]} == {"int64", "double"}


def test_a_milestone_stays_open_until_its_hours_are_over(engine: Engine) -> None:
    starts = {"late": at(9, 12), "early": at(9), "quick": at(9, 12)}
    events = [Event("quick", at(9, 13), "lesson", None, None, None), Event("early", at(9, 1), "view", None, None, None)]
    rows = features(engine, events, starts, at(9).date()).to_pylist()
    within = {row["customer_id"]: (row["activated_within_24h"], row["activated_within_72h"]) for row in rows}
    # the day 9 is over: 24 hours for who came at midnight, 12 for who came at noon
    assert within == {"late": (None, None), "early": (0, None), "quick": (1, 1)}


def test_what_came_before_the_start_counts_as_early(engine: Engine) -> None:
    events = [Event("a", at(3), "lesson", 5_0000, None, "p1"), Event("a", at(8), "lesson", 5_0000, None, "p1")]
    row = features(engine, events, {"a": at(7)}, at(20).date()).to_pylist()[0]
    assert (row["hours_to_activation"], row["activated_within_24h"]) == (0.0, 1)
    assert (row["active_days_first_1d"], row["minutes_first_3d"], row["surfaces_first_30d"]) == (1, 10.0, 1)
    assert (row["returns_first_7d"], row["days_to_return"]) == (1, 1)


def test_without_minutes_the_first_session_lasts_from_its_first_to_its_last_event(engine: Engine) -> None:
    row = features(engine, BY_HAND, {"a": at(0, 9)}, at(99).date(), PLAIN).to_pylist()[0]
    assert row["first_session_minutes"] == 5.0
    assert not any(name.startswith(("minutes", "contacts", "responses")) for name in row)
    assert row["days_since_activity"] == 4  # without settings the campaign counts as activity


def test_customers_without_events_have_counts_of_0_and_no_dates(engine: Engine) -> None:
    row = features(engine, [], {"a": at(0)}, at(99).date()).to_pylist()[0]
    absent = {"hours_to_activation", "first_session_minutes", "days_to_return", "days_since_activity"}
    absent |= {"activity_gap_mean", "activity_silence_ratio", "days_since_response"}
    absent |= {"response_rate", "response_rate_decline"}
    assert {name for name, value in row.items() if value is None} == absent
    assert row["active_days_trend_30d"] == 1.0
    others = set(row) - absent - {"customer_id", "tenure_days"}
    assert {row[name] for name in others if "_trend_" not in name} == {0}


def test_nobody_to_describe_gives_a_table_without_rows(engine: Engine) -> None:
    table = features(engine, BY_HAND, {}, at(99).date())
    assert table.num_rows == 0
    assert table.column_names == ["customer_id", *engagement_feature_names(SIGNALS)]


def test_customers_who_are_not_described_change_nothing(engine: Engine) -> None:
    strangers = [event._replace(customer_id="b") for event in BY_HAND] + [
        event._replace(customer_id="0") for event in BY_HAND
    ]
    starts = {"a": at(0, 9)}
    alone = features(engine, BY_HAND, starts, at(99).date())
    assert features(engine, strangers + BY_HAND, starts, at(99).date()).equals(alone)


def test_row_order_and_threads_change_no_byte() -> None:
    rng = np.random.default_rng(5)
    kinds = ["view", "view", "lesson", "quiz", "mail", "open"]
    events = [
        Event(
            f"c{rng.integers(60)}",
            START + dt.timedelta(days=int(rng.integers(150)), minutes=int(rng.integers(0, 1440, endpoint=False))),
            kinds[rng.integers(6)],
            int(rng.integers(10**6)),
            f"s{rng.integers(500)}" if rng.random() < 0.8 else None,
            f"p{rng.integers(9)}",
        )
        for _ in range(3000)
    ]
    starts = {f"c{number}": at(int(rng.integers(140))) for number in range(60)}
    shuffled = [events[place] for place in rng.permutation(len(events))]
    turned = dict(reversed(starts.items()))
    with Engine(EngineConfig(threads=1)) as one:
        expected = digest(features(one, events, starts, at(149).date()))
    with Engine(EngineConfig(threads=4)) as four:
        assert digest(features(four, shuffled, turned, at(149).date())) == expected


def digest(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue())


def test_gathered_events_and_single_ones_give_the_same_bytes(engine: Engine) -> None:
    starts = {"a": at(0, 9)}
    gathered, single = (features(engine, BY_HAND, starts, at(99).date(), gathered=each) for each in (True, False))
    assert gathered.equals(single)


@pytest.mark.parametrize(("events_of_a_visit", "crowds"), [(1, False), (2, True)])
def test_the_last_days_tell_whether_visits_hold_several_events(
    engine: Engine, events_of_a_visit: int, crowds: bool
) -> None:
    late = [at(99, 10, minute) for minute in range(events_of_a_visit)]
    long_before = [Event("a", at(1, hour), "view", None, f"s{hour}", None) for hour in range(20)]
    events = [*long_before, *(Event("a", moment, "view", None, "s", None) for moment in late)]
    assert come_in_crowds(engine, events_of(engine, events)) == crowds
    assert come_in_crowds(engine, events_of(engine, []))
