"""Plans in a file serve the next process, and a file that is not as it was written serves nobody."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from counted_build import Counted

from clv_ml.engine import Engine, plan_file, session
from clv_ml.engine.shared_plans import SharedPlans

DAY = dt.date(2024, 1, 1)


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept in the process."""
    _forget(monkeypatch)


def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "OF_PROCESS", SharedPlans())


def job(path: Path, build: Counted, numbers: list[int] | None = None) -> list[int]:
    """What a job gives that keeps its plans in a file."""
    numbers = numbers or [1, 2]
    with Engine(plans=path) as engine:
        rows = engine.from_pandas(pd.DataFrame({"n": numbers}))
        told: list[int] = engine.to_pandas(engine.planned("more", {"rows": rows}, DAY, build))["more"].tolist()
        assert told == [number + 1 for number in numbers]
    return told


def test_a_plan_serves_the_next_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = Counted()
    for numbers in ([1, 2], [7]):
        _forget(monkeypatch)
        job(tmp_path / "plans.json", build, numbers)
    assert build.times == 1
    assert [path.name for path in tmp_path.iterdir()] == ["plans.json"]


def _damaged(told: dict[str, Any]) -> str:
    [plan] = told["plans"].values()
    plan["plan"]["steps"][0][1] = plan["plan"]["steps"][0][1].replace("1", "2")
    return json.dumps(told)


def _forged(told: dict[str, Any]) -> str:
    [plan] = told["plans"].values()
    plan["plan"]["steps"][0][1] = "SELECT n, n + 5 AS more FROM read_csv('/etc/passwd')"
    plan["digest"] = plan_file._digest(json.dumps(plan["plan"]))
    return json.dumps(told)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: "{",
        lambda told: json.dumps({"made_with": told["made_with"], "plans": 3}),
        lambda told: json.dumps(told | {"made_with": "another version"}),
        _damaged,
        _forged,
    ],
    ids=["no JSON", "no plans", "another version", "damaged", "forged"],
)
def test_a_file_that_is_not_ours_costs_planning_again_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Any
) -> None:
    path, build = tmp_path / "plans.json", Counted()
    job(path, build)
    ours = path.read_text()
    path.write_text(change(json.loads(ours)))
    _forget(monkeypatch)
    job(path, build)
    assert build.times == 2
    assert path.read_text() == ours


def test_what_the_process_knows_already_is_written_as_well(tmp_path: Path) -> None:
    build = Counted()
    for name in ("first.json", "second.json"):
        job(tmp_path / name, build)
    assert build.times == 1
    assert (tmp_path / "first.json").read_text() == (tmp_path / "second.json").read_text()


def test_no_folder_is_made_for_plans_and_a_full_disk_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job(tmp_path / "absent" / "plans.json", Counted())
    assert not list(tmp_path.iterdir())

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    _forget(monkeypatch)
    monkeypatch.setattr(Path, "write_text", full)
    job(tmp_path / "plans.json", Counted())
    assert not list(tmp_path.iterdir())


def test_only_the_newest_plans_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_file, "MOST", 2)
    with Engine(plans=tmp_path / "plans.json") as engine:
        rows = engine.from_pandas(pd.DataFrame({"n": [1]}))
        for key in ("a", "b", "c"):
            engine.planned(key, {"rows": rows}, DAY, Counted())
    assert len(json.loads((tmp_path / "plans.json").read_text())["plans"]) == 2
