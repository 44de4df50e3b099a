"""The help of a command as a page of a manual: purpose, examples, options, files written, exit codes.

Plain text of at most 80 columns, so that it reads the same in a terminal, in a pipe and in a log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from typer.core import TyperCommand, TyperGroup

from clv_ml.errors import EXIT_CODES

_SIGNALS = (130, 143, 137)
_WHERE = "OUTPUT is output.dir of the config, STORE is tracking.store."
# in the order in which somebody needs them
GROUPS: Mapping[str, Sequence[str]] = {
    "Begin": ("demo", "init", "validate", "simulate"),
    "Train and score": ("train", "score"),
    "Look back": ("backtest", "review", "measure", "cohorts", "drift"),
    "MLflow": ("upload",),
}
_ENVIRONMENT = (
    ("CLV_ML__SECTION__KEY", "any key of the config, such as CLV_ML__VALUE__MARGIN=0.4; --set goes before"),
    ("CLV_ML_EXPERIMENT_KEY", "secret that draws the control group (risk.control.key_env)"),
    ("CLV_ML_PSEUDONYM_KEY", "secret of the pseudonyms (handover.pseudonym.key_env)"),
    ("CLV_ML_TRACEBACK", "1: show where an unexpected error comes from"),
)


@dataclass(frozen=True)
class Manual:
    """What the help of a command says beyond its purpose and its options.

    Attributes
    ----------
    examples
        Commands that work, the simplest first.
    writes
        File or folder to what it holds; empty where nothing is written.
    codes
        Exit codes of :data:`clv_ml.errors.EXIT_CODES` it can end with, signals apart.
    """

    examples: Sequence[str]
    writes: Mapping[str, str] = field(default_factory=dict)
    codes: Sequence[int] = (0, 1, 2, 3)


MANUALS: dict[str, Manual] = {}


class ManualCommand(TyperCommand):
    """A command whose help is a page of the manual."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        manual = MANUALS[self.name or ""]
        _write_examples(formatter, manual.examples)
        self.format_options(ctx, formatter)
        if manual.writes:
            with formatter.section("Files written"):
                formatter.write_dl(list(manual.writes.items()), col_max=34)
                if any("OUTPUT" in name or "STORE" in name for name in manual.writes):
                    formatter.write_paragraph()
                    formatter.write_text(_WHERE)
        _write_codes(formatter, (*manual.codes, *_SIGNALS))


class ManualGroup(TyperGroup):
    """The command line as a whole: its commands by what they are for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands in the order in which somebody needs them."""
        order = [name for names in GROUPS.values() for name in names]
        return sorted(self.commands, key=lambda name: order.index(name) if name in order else len(order))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the first page of the manual."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        _write_examples(
            formatter,
            [
                "clv-ml demo",
                "clv-ml train --config configs/demo.yaml",
                "clv-ml score --config configs/demo.yaml --as-of 1998-06-30",
                "clv-ml score --help",
            ],
        )
        for heading, names in GROUPS.items():
            rows = [(name, self._purpose(ctx, name)) for name in names if name in self.commands]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)
        records = [param.get_help_record(ctx) for param in self.get_params(ctx)]
        with formatter.section("Options"):
            formatter.write_dl([record for record in records if record])
        with formatter.section("Environment"):
            formatter.write_dl(list(_ENVIRONMENT))
        _write_codes(formatter, tuple(EXIT_CODES))

    def _purpose(self, ctx: Any, name: str) -> str:
        found: Any = self.get_command(ctx, name)
        return str(found.help or "").partition("\n\n")[0].replace("\n", " ")


def _write_examples(formatter: Any, examples: Sequence[str]) -> None:
    with formatter.section("Examples" if len(examples) > 1 else "Example"):
        for line in examples:  # never wrapped: they are there to be copied
            formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


def _write_codes(formatter: Any, codes: Sequence[int]) -> None:
    with formatter.section("Exit codes"):
        formatter.write_dl([(str(code), EXIT_CODES[code]) for code in codes])
