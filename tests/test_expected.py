"""Expected stages: those of the latest complete run, and nothing where nothing is known."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from clv_ml.pipeline.expected import expected_stages
from clv_ml.pipeline.runs import Run
from clv_ml.publishing import TIMINGS, place, point_to

STAGES = [{"stage": "reading_transactions", "seconds": 2.5, "rows": 7, "peak_memory_bytes": None}]


def published(folder: Path, timings: str) -> Path:
    run = Run(dt.date(2024, 1, 2), "0a1b")

    def write(aside: Path) -> None:
        (aside / TIMINGS).write_text(timings)

    place(folder / run.name, write)
    point_to(folder / "latest.json", {"run_id": run.run_id, "as_of": run.as_of, "folder": run.name})
    return folder


def test_the_stages_are_those_of_the_latest_run(tmp_path: Path) -> None:
    assert expected_stages(tmp_path) == []
    assert expected_stages(published(tmp_path, json.dumps({"stages": STAGES}))) == STAGES


@pytest.mark.parametrize("timings", ["[]", '{"stages": [{"stage": "x"}]}', '{"stages": [{"stage": 1, "seconds": 2}]}'])
def test_timings_that_say_nothing_are_no_error(tmp_path: Path, timings: str) -> None:
    assert expected_stages(published(tmp_path, timings)) == []
