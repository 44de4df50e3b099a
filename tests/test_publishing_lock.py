"""One writer a folder: who waits, who takes over, and what is told."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from clv_ml.errors import BusyError, ClvError
from clv_ml.publishing import LOCK, host_name, locked, try_lock
from clv_ml.publishing.lock import told

_HOLD = """
import sys
from pathlib import Path
from clv_ml.publishing import locked
with locked(Path(sys.argv[1]), run="scoring 2024-01-31"):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def _end(process: subprocess.Popen[str]) -> None:
    process.communicate()


def test_the_owner_can_be_read_while_it_holds_the_lock_and_not_after(tmp_path: Path) -> None:
    with locked(tmp_path / "new" / "scores", run="scoring 2024-01-31"):
        owner = json.loads((tmp_path / "new" / "scores" / LOCK).read_text())
    assert owner | {"started": ""} == {
        "pid": os.getpid(),
        "host": host_name(),
        "started": "",
        "run": "scoring 2024-01-31",
    }
    assert (tmp_path / "new" / "scores" / LOCK).read_text() == ""


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="bug"), locked(tmp_path):
        raise ValueError("bug")
    told_lines: list[str] = []
    with locked(tmp_path, progress=told_lines.append):
        assert told_lines == []


def test_another_process_that_does_not_finish_is_named_and_a_killed_one_is_taken_over(tmp_path: Path) -> None:
    holder = _holder(tmp_path)
    lines: list[str] = []
    with (
        pytest.raises(BusyError, match=rf"in use by process {holder.pid} \(scoring 2024-01-31, since .*not finished"),
        locked(tmp_path, wait_seconds=0.2, progress=lines.append),
    ):
        raise AssertionError
    assert len(lines) == 1
    assert f"waiting for process {holder.pid} (scoring 2024-01-31, since " in lines[0]
    holder.send_signal(signal.SIGKILL)
    _end(holder)
    with locked(tmp_path, wait_seconds=0, progress=lines.append):
        assert f"taking over the lock of process {holder.pid} (scoring 2024-01-31, since " in lines[1]


def test_who_waits_gets_the_lock_when_it_is_free(tmp_path: Path) -> None:
    holder = _holder(tmp_path)
    timer = threading.Timer(0.2, lambda: _end(holder))
    timer.start()
    lines: list[str] = []
    with locked(tmp_path, wait_seconds=60, progress=lines.append):
        assert len(lines) == 1
    timer.join()


def test_an_owner_on_another_host_is_named_with_a_remedy(tmp_path: Path) -> None:
    handle = try_lock(tmp_path / LOCK)
    assert handle is not None
    owner = {"pid": 7, "host": "node-9", "started": "2024-02-01T02:00:00+00:00", "run": ""}
    os.write(handle, json.dumps(owner).encode())
    with (
        pytest.raises(BusyError, match=r"process 7 on host node-9 \(writing, .*that host is gone .*delete .*lock"),
        locked(tmp_path, wait_seconds=0),
    ):
        raise AssertionError
    os.close(handle)
    assert told("not json") == "another process"


def test_a_lock_whose_file_was_deleted_counts_no_more(tmp_path: Path) -> None:
    with locked(tmp_path):
        (tmp_path / LOCK).unlink()
        with locked(tmp_path, wait_seconds=0):
            assert (tmp_path / LOCK).exists()


def test_a_file_system_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int, operation: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with (
        pytest.raises(ClvError, match=r"cannot be locked there \(No locks available\); keep results on a local"),
        locked(tmp_path),
    ):
        raise AssertionError
