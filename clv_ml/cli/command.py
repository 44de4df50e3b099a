"""The command line itself: its options, and how a job runs and ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from clv_ml.cli.reporter import Reporter
from clv_ml.errors import ClvError

app = typer.Typer(
    name="clv-ml",
    help="Which valuable customers are about to leave, what they are worth, and whom to contact.\n\n"
    "Exit codes: 0 done (also when it was done already), 1 failure, 2 usage or config, 3 data quality, 4 no model, "
    "5 drift.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="YAML config of the job.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="Override one value: key.path=value; repeatable.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Progress and errors as JSON lines on stderr.")]


def main() -> None:
    """Entry point of the ``clv-ml`` command."""
    app()


def run(job: Callable[[Reporter], None], *, as_json: bool) -> None:
    """Run a job; what a user can get wrong ends in one line and an exit code of its own."""
    reporter = Reporter(as_json=as_json)
    try:
        job(reporter)
    except ClvError as error:
        reporter.error(error)
        raise typer.Exit(error.exit_code) from None
    finally:
        reporter.stop()


def parsed_day(text: str | None, name: str) -> dt.date | None:
    """Read the day that an option gives, if it gives one."""
    from clv_ml.snapshot.rfm import parse_day

    return None if text is None else parse_day(text, name)
