"""What a job says while it runs and when it ends, for people or as JSON: one line each, and no secret in any."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
import unicodedata
from collections.abc import Mapping
from typing import Any

import typer

from clv_ml.errors import ClvError
from clv_ml.redaction import redacted
from clv_ml.stages import Stages, peak_memory_bytes

# every JSON line has these keys, in this order; null where a line has no such thing
KEYS = (
    *("time", "level", "event", "command", "run_id", "stage", "message", "elapsed_seconds", "stage_seconds", "rows"),
    *("stage_rows", "remaining_seconds", "peak_memory_bytes", "kind", "exit_code", "stages"),
)
_LONGEST = 4000  # characters of a message


class Reporter:
    """Progress on stderr: a live line in a terminal, one line a stage elsewhere, JSON where asked for.

    With JSON every line is one object with the keys of :data:`KEYS`. ``event`` is ``start`` and ``done`` of a stage,
    ``error``, or ``end``, which comes last and once.

    Parameters
    ----------
    as_json
        Whether for machines.
    command
        Which command it is, for the log.
    """

    def __init__(self, *, as_json: bool, command: str = "") -> None:
        self._as_json = as_json
        self._command = command
        self._started = time.monotonic()
        self._stages = Stages(lambda message: None)
        self._known: dict[str, Any] = {}
        self._status: Any = None
        self._ended = False

    def __call__(self, message: str) -> None:
        """Tell that a stage begins, and how long the one before took."""
        message = plain(message)
        self._end_stage()
        self._stages(message)
        left = self._stages.remaining()
        if self._as_json:
            seconds = None if left is None else round(left)
            self._write("info", "start", stage=self._stages.running, message=message, remaining_seconds=seconds)
        elif sys.stderr.isatty():
            self._live(message, left)
        else:
            typer.echo(f"[{self._elapsed():6.1f} s] {message}{about(left, ' (', ')')}", err=True)

    def know(self, **facts: Any) -> None:
        """Keep facts of the job for the lines to come: run_id, rows by what became of them, what stages need."""
        self._stages.know(**facts)
        self._known.update(facts)

    def stop(self) -> None:
        """End the live line."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def error(self, error: ClvError) -> None:
        """Tell why the job ended."""
        self.stop()
        message = plain(str(error))
        if self._as_json:
            self._write(
                "error",
                "error",
                stage=self._stages.running,
                message=message,
                kind=type(error).__name__,
                exit_code=error.exit_code,
            )
        else:
            typer.echo(f"error: {message}", err=True)
        self._stages.pause()  # it has not been done

    def end(self, exit_code: int) -> None:
        """Tell in one line how the job ended: counts, time, memory and the exit code."""
        if self._ended:
            return
        self._ended = True
        self.stop()
        self._end_stage()
        measured = self._stages.to_dict()
        if self._as_json:
            level = "info" if exit_code == 0 else "error"
            message = self._summary(exit_code)
            self._write(level, "end", message=message, exit_code=exit_code, stages=measured["stages"])
        elif exit_code == 0:  # the line of the error has told what else there is to tell
            typer.echo(f"[{self._elapsed():6.1f} s] {self._summary(exit_code)}", err=True)

    def _summary(self, exit_code: int) -> str:
        parts = [f"{self._command or 'job'} {'done' if exit_code == 0 else 'failed'}"]
        if "run_id" in self._known:
            parts.append(f"run {self._known['run_id']}")
        rows: Mapping[str, int] = self._known.get("rows", {})
        if rows:
            parts.append(f"{rows['in']:,} rows in = {rows['valid']:,} valid + {rows['quarantined']:,} quarantined")
        memory = peak_memory_bytes()
        if memory is not None:
            parts.append(f"{memory / 2**20:,.0f} MiB at most")
        return plain(", ".join([*parts, f"{self._elapsed():.1f} s", f"exit code {exit_code}"]))

    def _end_stage(self) -> None:
        stage = self._stages.running
        seconds = self._stages.pause()
        rows = self._known.pop("stage_rows", None)
        if self._as_json and stage is not None:
            self._write("info", "done", stage=stage, stage_seconds=round(seconds, 3), stage_rows=rows)

    def _write(self, level: str, event: str, **facts: Any) -> None:
        known = {
            "time": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
            "level": level,
            "event": event,
            "command": self._command or None,
            "run_id": self._known.get("run_id"),
            "rows": self._known.get("rows"),
            "elapsed_seconds": round(self._elapsed(), 3),
            "peak_memory_bytes": peak_memory_bytes(),
        } | facts
        typer.echo(json.dumps({key: known.get(key) for key in KEYS}), err=True)

    def _elapsed(self) -> float:
        return time.monotonic() - self._started

    def _live(self, message: str, left: float | None) -> None:
        from rich.console import Console
        from rich.text import Text

        text = Text(message).append(
            f" ({self._elapsed():.0f} s{about(left, ', ')})", style="dim"
        )  # no markup in what is told
        if self._status is None:
            self._status = Console(stderr=True).status(text)
            self._status.start()
        self._status.update(text)


def about(seconds: float | None, before: str = "", after: str = "") -> str:
    """Say how long it still takes, no finer than can be known; nothing where it is not known.

    Examples
    --------
    >>> about(74.0), about(7000.0, ", "), about(None)
    ('about 70 s left', ', about 2 h left', '')
    """
    if seconds is None:
        return ""
    unit, size = ("s", 10) if seconds < 100 else ("min", 60) if seconds < 6000 else ("h", 3600)
    number = max(round(seconds / size), 1) * (10 if unit == "s" else 1)
    return f"{before}about {number} {unit} left{after}"


def plain(text: str) -> str:
    """Return a text as one line without secrets, and without characters that a terminal would act on."""
    line = redacted(" ".join(text[: 2 * _LONGEST].split()))
    shown = "".join(char if unicodedata.category(char) not in _ACTING else f"\\u{ord(char):04x}" for char in line)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


_ACTING = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}  # controls, marks of direction, halves of characters
