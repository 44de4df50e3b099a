"""The command line itself: how a command is declared, and how its job runs and ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, TypeVar

import typer
from typer.exceptions import TyperException

from clv_ml import __version__
from clv_ml.cli.ending import Stop, explained, stoppable
from clv_ml.cli.manual import MANUALS, Manual, ManualCommand, ManualGroup
from clv_ml.cli.reporter import Reporter

Command = TypeVar("Command", bound=Callable[..., None])

app = typer.Typer(
    name="clv-ml",
    cls=ManualGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    rich_markup_mode=None,  # plain text: boxes break in pipes and logs
    context_settings={"help_option_names": ["-h", "--help"]},
)


def command(
    *, examples: Sequence[str], writes: Mapping[str, str] | None = None, codes: Sequence[int] = (0, 1, 2, 3)
) -> Callable[[Command], Command]:
    """Make a function a command, with what its help shows beside its docstring; see :class:`Manual`."""

    def named(function: Command) -> Command:
        MANUALS[function.__name__] = Manual(examples, writes or {}, codes)
        return app.command(cls=ManualCommand)(function)

    return named


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"clv-ml {__version__}")
        raise typer.Exit


@app.callback()
def everything(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Tell which valuable customers are about to leave, what they are worth, and whom to contact.

    A job is described by a YAML file, its config; every command explains itself with --help.
    """


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
