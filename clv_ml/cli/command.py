"""The command line itself: its options, and how a job runs and ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from clv_ml.cli.ending import Stop, explained, stoppable
from clv_ml.cli.reporter import Reporter
from clv_ml.errors import EXIT_CODES

app = typer.Typer(
    name="clv-ml",
    help="Which valuable customers are about to leave, what they are worth, and whom to contact.\n\n"
    "Exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES.items()) + ".",
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
    """Run a job; whatever stops it ends in one line and an exit code of :data:`clv_ml.errors.EXIT_CODES`."""
    reporter = Reporter(as_json=as_json, command=job.__qualname__.partition(".")[0])  # jobs stand inside commands
    with stoppable() as asked:
        try:
            job(reporter)
            reporter.end(0)
        except typer.Exit as found:
            reporter.end(found.exit_code)
            raise
        except (TyperException, typer.Abort, BrokenPipeError):
            raise  # usage, and a reader of the output who has gone
        except (Exception, KeyboardInterrupt, Stop) as error:
            reason = explained(error, asked)
            with suppress(OSError):  # a log on a disk that is full
                reporter.error(reason)
                reporter.end(reason.exit_code)
            raise typer.Exit(reason.exit_code) from None
        finally:
            reporter.stop()


def parsed_day(text: str | None, name: str) -> dt.date | None:
    """Read the day that an option gives, if it gives one."""
    from clv_ml.snapshot.rfm import parse_day

    return None if text is None else parse_day(text, name)
