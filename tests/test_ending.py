"""How a job ends that does not reach its end: one line, a documented code, no traceback."""

from __future__ import annotations

import errno
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from clv_ml.cli import Reporter, app
from clv_ml.cli.command import run
from clv_ml.cli.ending import TRACEBACK, Stop, Stopping, explained, stoppable
from clv_ml.errors import EXIT_CODES, ClvError, ConfigError, DataError, cannot_write


def _ended(job: Callable[[Reporter], None], *, as_json: bool = False) -> int:
    try:
        run(job, as_json=as_json)
    except typer.Exit as end:
        return end.exit_code
    return 0


def _raise(error: BaseException) -> Callable[[Reporter], None]:
    def job(reporter: Reporter) -> None:
        raise error

    return job


def _send(number: int) -> Callable[[Reporter], None]:
    return lambda reporter: os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ConfigError("bad key"), 2, "error: bad key"),
        (DataError("bad row"), 3, "error: bad row"),
        (MemoryError(), 1, "error: out of memory; give the job more memory, or set engine.memory_limit"),
        (RuntimeError("std::bad_alloc"), 1, "error: out of memory; give the job more memory"),
        (
            ClvError("data engine: Out of Memory Error: could not allocate block (1 GiB/1 GiB used)"),
            1,
            "error: data engine: Out of Memory Error: could not allocate block (1 GiB/1 GiB used); raise engine.memory",
        ),
        (OSError(errno.ENOSPC, "", "/out/a.svg"), 1, "error: /out/a.svg: No space left on device; make room there"),
        (OSError(errno.EROFS, "", "/out"), 1, "error: /out: Read-only file system; make it writable"),
        (ClvError("data engine: No space left on device"), 1, "error: data engine: No space left on device; make room"),
        (ValueError("No space left on device"), 1, "error: No space left on device; make room there"),
        (OSError(errno.ENOENT, "", "/a"), 1, "error: /a: No such file or directory"),
        (KeyError("alice@example.com"), 1, "error: unexpected KeyError in clv_ml/cli/command.py:"),
        (OSError("strange"), 1, "error: unexpected OSError in clv_ml/cli/command.py:"),
        (KeyboardInterrupt(), 130, "error: stopped by SIGINT; what was not complete is removed"),
    ],
)
def test_whatever_goes_wrong_ends_in_one_line_and_a_documented_code(
    error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _ended(_raise(error)) == code
    assert code in EXIT_CODES
    written = capsys.readouterr().err
    assert written.startswith(line)
    assert written.count("\n") == 1
    assert "alice" not in written


def test_no_space_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert _ended(_raise(cannot_write(Path("/out"), full))) == 1
    assert capsys.readouterr().err.count("make room") == 1


def test_the_traceback_is_there_for_who_asks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(TRACEBACK, "1")
    assert _ended(_raise(KeyError("here"))) == 1
    written = capsys.readouterr().err
    assert "Traceback" in written
    assert "KeyError: 'here'" in written


@pytest.fixture
def listening() -> Iterator[None]:
    """Signals as a shell leaves them to a job in the foreground: one in the background is started to ignore SIGINT."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("listening")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_stops_the_job_after_it_has_cleaned_up(
    number: int, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    cleaned: list[int] = []
    before = signal.getsignal(number)

    def job(reporter: Reporter) -> None:
        try:
            with suppress(Exception):  # nothing on the way holds it up
                _send(number)(reporter)
        finally:
            cleaned.append(1)

    assert _ended(job) == code
    assert cleaned == [1]
    assert capsys.readouterr().err.startswith(f"error: stopped by {signal.Signals(number).name}; ")
    assert signal.getsignal(number) == before


def test_an_error_that_a_signal_has_caused_in_a_library_is_told_as_the_signal() -> None:
    assert explained(RuntimeError("Query interrupted"), Stopping(signal.SIGTERM)).exit_code == 143


def test_the_same_signal_again_would_end_the_process_at_once() -> None:
    with stoppable():
        with suppress(Stop):
            os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_signal_that_is_to_be_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        assert _ended(_send(signal.SIGTERM)) == 0
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_job_in_a_thread_runs_without_handlers() -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(_ended(_raise(DataError("bad")))))
    thread.start()
    thread.join()
    assert codes == [3]


def test_usage_errors_and_a_reader_that_has_gone_are_left_to_the_command_line() -> None:
    for error in (typer.BadParameter("no"), typer.Exit(5), BrokenPipeError()):
        with pytest.raises(type(error)):
            run(_raise(error), as_json=False)


def test_a_log_on_a_full_disk_does_not_hide_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "")

    monkeypatch.setattr(typer, "echo", full)
    assert _ended(_raise(DataError("bad"))) == 3


def test_the_kind_of_an_error_stands_in_the_json_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert _ended(_raise(MemoryError()), as_json=True) == 1
    error, end = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (error["kind"], error["exit_code"], end["exit_code"]) == ("ResourceError", 1, 1)


def test_the_help_names_every_exit_code() -> None:
    told = " ".join(CliRunner().invoke(app, ["--help"]).stdout.replace("│", " ").split())
    for code, meaning in EXIT_CODES.items():
        assert f"{code} {meaning}" in told
