"""The score job killed, starved, stopped and doubled, on real data: one process that knows how forks the victims.

The whole campaign is one command: ``python tests/fault_campaign.py --moments 200``.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from clv_ml.cli import app
from clv_ml.data.checked import read_checked

CAMPAIGN = Path(__file__).with_name("fault_campaign.py")
MOMENTS = 15


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What a short campaign and every other scenario came to, by its name."""
    if not Path("/proc/self/task").is_dir():
        pytest.skip("looks at the threads of a process in /proc, which is not there")
    path = tmp_path_factory.mktemp("faults") / "found.json"
    done = subprocess.run(
        [sys.executable, str(CAMPAIGN), "--quick", "--moments", str(MOMENTS), "--scenarios", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert path.exists(), done.stdout + done.stderr
    return dict(json.loads(path.read_text(encoding="utf-8"))) | {"said": done.stdout.splitlines()}


def _all_well(tries: list[str]) -> None:
    assert [line for line in tries if not line.endswith("ok")] == []


def test_a_job_killed_at_any_write_boundary_or_moment_leaves_a_right_pointer_and_is_done_again(
    found: dict[str, list[str]],
) -> None:
    assert [line for line in found["said"] if line.startswith("NOT SURVIVED")] == []
    [line] = [line for line in found["said"] if line.startswith("faults survived: ")]
    counted = {kind: int(count) for count, kind in re.findall(r"(\d+) at ([a-z ]+)", line)}
    assert counted["random moments"] == MOMENTS
    assert counted["write boundaries"] >= 40


def test_two_scores_at_once_leave_one_result_ten_times(found: dict[str, list[str]]) -> None:
    assert found["two_at_once"] == ["ok"] * 10


def test_a_full_disk_ends_in_one_line_and_keeps_the_pointer(found: dict[str, list[str]]) -> None:
    tries = found["disk_full"]
    _all_well([line for line in tries if not line.startswith("skipped")])
    assert sum("error: cannot write" in line and "make room there" in line for line in tries) >= 1 or any(
        line.startswith("skipped") for line in tries
    )
    assert sum("File too large" in line for line in tries) >= 1


def test_an_output_that_is_read_only_ends_in_one_line_and_keeps_the_pointer(found: dict[str, list[str]]) -> None:
    [line] = found["read_only"]
    if line.startswith("skipped"):
        pytest.skip(line)
    assert re.search(r": 1, error: cannot write .*: (Read-only file system|Permission denied); make it writable", line)
    _all_well([line])


def test_too_little_memory_ends_in_one_line_and_keeps_the_pointer(found: dict[str, list[str]]) -> None:
    tries = found["little_memory"]
    _all_well(tries)
    assert any("error: out of memory; give the job more" in line for line in tries)


def test_an_engine_that_may_use_too_little_memory_says_which_setting(tmp_path: Path) -> None:
    tree = {
        "name": "little",
        "transactions": {"sources": [{"dataset": "cdnow_master"}]},
        "engine": {"memory_limit": "1MB", "threads": 1},
        "output": {"dir": str(tmp_path / "output")},
    }
    (tmp_path / "job.yaml").write_text(yaml.safe_dump(tree))
    result = CliRunner().invoke(app, ["validate", "-c", str(tmp_path / "job.yaml")])
    assert result.exit_code == 1
    [line] = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert re.search(r"Out of Memory Error: .*; raise engine\.memory_limit, or lower engine\.threads$", line)
    assert not (tmp_path / "output" / "validate").exists()


def test_an_input_that_changes_while_it_is_read_ends_the_job_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text("customer_id,timestamp,amount\na,2024-01-01,1\n")
    mapped = {name: name for name in ("customer_id", "timestamp", "amount")}
    tree = {
        "name": "moving",
        "transactions": {"sources": [{"path": "orders.csv", "columns": mapped}]},
        "output": {"dir": str(tmp_path / "output")},
    }
    (tmp_path / "job.yaml").write_text(yaml.safe_dump(tree))

    def read_while_it_grows(*arguments: Any, **options: Any) -> Any:
        found = read_checked(*arguments, **options)
        with orders.open("a") as file:
            file.write("b,2024-01-02,1\n")
        return found

    monkeypatch.setattr("clv_ml.pipeline.prepared.read_checked", read_while_it_grows)
    result = CliRunner().invoke(app, ["validate", "-c", str(tmp_path / "job.yaml")])
    assert result.exit_code == 1
    assert re.search(r"error: .*orders\.csv has changed from 44 to 59 bytes since the job began to read", result.stderr)
    assert not (tmp_path / "output" / "validate").exists()


def test_a_scheduler_or_ctrl_c_stops_the_job_with_a_code_and_nothing_left(found: dict[str, list[str]]) -> None:
    _all_well(found["stopped"])
    assert any(": 143: " in line for line in found["stopped"])
    assert any(": 130: " in line for line in found["stopped"])


def test_an_mlflow_that_is_down_is_a_note_and_the_list_is_there(found: dict[str, list[str]]) -> None:
    [said] = found["mlflow_down"]
    assert re.search(r"note: MLflow at http://127\.0\.0\.1:9: .*Nothing is lost", said)
    assert "Traceback" not in said
