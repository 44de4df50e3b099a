"""The runs of score: a pointer that never goes back, what is kept, and what a damaged run becomes."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from clv_ml.config import Config, build_config
from clv_ml.errors import BusyError, ClvError
from clv_ml.pipeline.runs import Run, kept_runs, latest_run, open_runs
from clv_ml.publishing import host_name, write_json

DAY = dt.date(2024, 1, 31)


def _config(folder: Path, **output: object) -> Config:
    tree = {
        "name": "runs",
        "transactions": {"sources": [{"dataset": "cdnow_sample"}]},
        "output": {"dir": str(folder), **output},
    }
    return build_config(tree, environment={})


def _write(folder: Path) -> None:
    write_json(folder / "manifest.json", {})


def _do(config: Config, days: int, run_id: str = "a") -> tuple[str, list[str]]:
    told: list[str] = []
    run = Run(DAY + dt.timedelta(days=days), run_id)
    with open_runs(config, "scoring", progress=told.append) as runs:
        if not runs.is_finished(run):
            runs.publish(run, _write)
        return runs.finish(run), told


def _days(folder: Path) -> list[int]:
    return [(run.as_of - DAY).days for run in kept_runs(folder / "scores")]


def test_the_latest_points_to_the_newest_day_and_never_back(tmp_path: Path) -> None:
    config = _config(tmp_path)
    assert latest_run(tmp_path / "scores") is None
    for days, run_id in ((0, "a"), (1, "a"), (1, "b")):
        assert _do(config, days, run_id)[0] == ""
    note, _ = _do(config, 0, "c")
    assert note == "latest.json stays at 2024-02-01: this run is of an earlier day, 2024-01-31"
    assert latest_run(tmp_path / "scores") == Run(DAY + dt.timedelta(days=1), "b")
    latest = json.loads((tmp_path / "scores" / "latest.json").read_text())
    assert latest == {"as_of": "2024-02-01", "run_id": "b", "folder": "as_of=2024-02-01/run_id=b"}


@pytest.mark.parametrize(
    "content", ["", "{}", '{"as_of": "2024-02-01", "run_id": "none"}', '{"as_of": 3, "run_id": 1}']
)
def test_a_pointer_to_nothing_is_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "latest.json").write_text(content)
    assert _do(_config(tmp_path), 0)[0] == ""
    assert latest_run(tmp_path / "scores") == Run(DAY, "a")


def test_a_finished_run_is_left_and_a_damaged_one_done_again(tmp_path: Path) -> None:
    config = _config(tmp_path)
    _do(config, 0)
    manifest = tmp_path / "scores" / Run(DAY, "a").name / "manifest.json"
    before = manifest.stat().st_ino
    assert _do(config, 0)[1] == []
    assert manifest.stat().st_ino == before
    manifest.write_text("{")
    _, told = _do(config, 0)
    assert "manifest.json has 1 bytes, 3 were written; doing it again" in told[0]
    assert manifest.read_text() == "{}\n"


def test_old_runs_go_and_those_that_are_needed_stay(tmp_path: Path) -> None:
    for days in range(6):
        _do(_config(tmp_path, keep_runs=4), days)
    assert _days(tmp_path) == [2, 3, 4, 5]
    assert sorted(path.name for path in (tmp_path / "scores").iterdir() if not path.name.startswith(".")) == [
        *(f"as_of={DAY + dt.timedelta(days=days)}" for days in (2, 3, 4, 5)),
        "latest.json",
    ]
    # an old day done again stays until the next run, though there are enough newer ones
    _, told = _do(_config(tmp_path, keep_runs=4), 0)
    assert (_days(tmp_path), told) == ([0, 2, 3, 4, 5], [])
    _, told = _do(_config(tmp_path, keep_runs=4), 6)
    assert _days(tmp_path) == [3, 4, 5, 6]
    assert told[0] == "removing the old run as_of=2024-02-02/run_id=a (output.keep_runs is 4)"


def test_the_last_three_days_stay_however_often_the_last_is_done_again(tmp_path: Path) -> None:
    for days in range(4):
        _do(_config(tmp_path, keep_runs=None), days)
    assert len(_days(tmp_path)) == 4
    for run_id in "bcde":
        _do(_config(tmp_path, keep_runs=1), 3, run_id)
    assert _days(tmp_path) == [1, 2, 3]
    assert latest_run(tmp_path / "scores") == Run(DAY + dt.timedelta(days=3), "e")


def test_the_run_the_pointer_names_stays_whatever_is_newer(tmp_path: Path) -> None:
    for days in range(5):
        _do(_config(tmp_path), days)
    write_json(tmp_path / "scores" / "latest.json", {"as_of": DAY, "run_id": "a"})
    with open_runs(_config(tmp_path, keep_runs=1), "", progress=lambda line: None) as runs:
        runs._prune({latest_run(tmp_path / "scores") or Run(DAY, "")})
    assert _days(tmp_path) == [0, 2, 3, 4]


def test_what_the_dead_left_is_gone_before_a_run_begins(tmp_path: Path) -> None:
    scores = tmp_path / "scores"
    half = scores / "as_of=2024-01-31" / f".run_id=a.4711@{host_name()}"
    half.mkdir(parents=True)
    (half / "scores.parquet").write_text("half")
    (scores / f".latest.json.4711@{host_name()}").write_text("half")
    (scores / "as_of=notes").mkdir()
    with open_runs(_config(tmp_path), "", progress=lambda line: None):
        assert sorted(path.name for path in scores.iterdir()) == [".lock"]


def test_a_run_waits_for_another_one_as_long_as_the_config_says(tmp_path: Path) -> None:
    config = _config(tmp_path, lock_wait_seconds=0.1)
    with (
        open_runs(config, "scoring 2024-01-31", progress=lambda line: None),
        pytest.raises(BusyError, match=r"scores is in use by process \d+ \(scoring 2024-01-31, .*finished in 0\.1 s"),
        open_runs(config, "", progress=lambda line: None),
    ):
        raise AssertionError


def test_an_output_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "scores").touch()
    with (
        pytest.raises(ClvError, match=r"cannot write .*scores: File exists"),
        open_runs(_config(tmp_path), "", progress=lambda line: None),
    ):
        raise AssertionError
