"""What a job says while it runs: progress and errors, for people or as JSON."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import typer

from clv_ml.errors import ClvError


class Reporter:
    """Progress on stderr: a live line in a terminal, one line a stage elsewhere, JSON where asked for."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._started = time.monotonic()
        self._status: Any = None

    def __call__(self, message: str) -> None:
        """Tell one stage."""
        elapsed = time.monotonic() - self._started
        if self._as_json:
            line = json.dumps({"level": "info", "elapsed_seconds": round(elapsed, 2), "message": message})
            typer.echo(line, err=True)
        elif sys.stderr.isatty():
            self._live(f"{message} [dim]({elapsed:.0f} s)[/dim]")
        else:
            typer.echo(f"[{elapsed:6.1f} s] {message}", err=True)

    def stop(self) -> None:
        """End the live line."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def error(self, error: ClvError) -> None:
        """Tell why the job ended."""
        self.stop()
        message = " ".join(str(error).split())
        if self._as_json:
            typer.echo(json.dumps({"level": "error", "kind": type(error).__name__, "message": message}), err=True)
        else:
            typer.echo(f"error: {message}", err=True)

    def _live(self, text: str) -> None:
        if self._status is None:
            from rich.console import Console

            self._status = Console(stderr=True).status(text)
            self._status.start()
        self._status.update(text)
