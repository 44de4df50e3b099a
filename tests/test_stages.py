"""Stages: named by their messages, with seconds, rows and memory, and with the time left where it can be known."""

from __future__ import annotations

import json

import pytest

from clv_ml.cli.reporter import Reporter
from clv_ml.stages import Stages, stage_of, tell


@pytest.mark.parametrize(
    ("message", "stage"),
    [
        ("reading transactions", "reading_transactions"),
        ("1997-12-31: fitting purchases and spend", "fitting_purchases_and_spend"),
        ("scoring customers as of 1998-06-30", "scoring_customers"),
        ("listing 471 customers, 100 to contact", "listing"),
        ("first days: aligning customers by their start", "first_days"),
        ("comparing with the champion models:/shop@champion", "comparing_with_the_champion"),
        ("/data/out/as_of=1 is damaged", "note"),
        ("", "note"),
    ],
)
def test_a_stage_is_named_by_the_plain_words_of_its_message(message: str, stage: str) -> None:
    assert stage_of(message) == stage


def test_stages_add_up_and_repeated_ones_are_summed() -> None:
    ticks = iter([0.0, 1.0, 3.0, 6.0, 10.0, 10.0])
    told: list[str] = []
    stages = Stages(told.append, clock=lambda: next(ticks))
    stages("reading events")  # 1 to 3
    stages("checking rows")  # 3 to 6
    stages("reading events")  # 6 to 10
    facts = stages.to_dict()
    seconds = [(stage["stage"], stage["seconds"], stage["rows"]) for stage in facts["stages"]]
    assert seconds == [("reading_events", 6.0, None), ("checking_rows", 3.0, None)]
    assert all(stage["peak_memory_bytes"] > 2**20 for stage in facts["stages"])
    assert facts["seconds"] == 10.0
    assert told == ["reading events", "checking rows", "reading events"]


BEFORE = [
    {"stage": "reading_events", "seconds": 10.0, "rows": 1000},
    {"stage": "scoring", "seconds": 20.0, "rows": 50},
    {"stage": "writing", "seconds": 30.0, "rows": None},
]


def test_the_time_left_is_that_of_the_same_stages_before_for_as_many_rows_as_there_are() -> None:
    now = [0.0]
    stages = Stages(lambda message: None, clock=lambda: now[0])
    stages("reading events")
    assert stages.remaining() is None  # nothing is known
    stages.know(expected_stages=BEFORE)
    now[0] = 4.0
    assert stages.remaining() == 6.0 + 20.0 + 30.0
    stages.know(stage_rows=1500)
    assert stages.remaining() == 11.0 + 30.0 + 45.0
    now[0] = 100.0
    assert stages.remaining() == 75.0  # late, but never less than nothing
    stages("scoring")
    assert stages.remaining() == 75.0
    stages("something else")
    assert stages.remaining() is None
    assert [stage["rows"] for stage in stages.to_dict()["stages"]] == [1500, None, None]


def test_people_are_told_how_long_it_takes_only_where_it_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter(as_json=False, command="score")
    reporter("reading events")
    tell(reporter, expected_stages=BEFORE)
    reporter("scoring customers")
    reporter("writing")
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("] ")[2] for line in lines] == [
        "reading events",
        "scoring customers",
        "writing (about 30 s left)",
    ]


def test_a_line_of_json_has_the_rows_of_its_stage_and_the_seconds_left(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter(as_json=True, command="score")
    reporter("reading events")
    tell(reporter, expected_stages=BEFORE, stage_rows=1000)
    reporter("writing")
    reporter.end(0)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = [(line["event"], line["stage_rows"], line["remaining_seconds"]) for line in lines]
    assert told == [("start", None, None), ("done", 1000, None), ("start", None, 30), ("done", None, None), told[-1]]
