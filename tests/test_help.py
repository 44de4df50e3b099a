"""The help of every command reads like a page of a manual, and what it shows exists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from clv_ml import __version__
from clv_ml.cli import app
from clv_ml.cli.manual import GROUPS, MANUALS
from clv_ml.errors import EXIT_CODES

GROUP: Any = typer.main.get_command(app)
COMMANDS = sorted(GROUP.commands)


@cache
def page(*arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--help"], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_the_first_page_names_every_command_environment_and_exit_code() -> None:
    text = page()
    for name in COMMANDS:
        assert re.search(rf"^  {name}  ", text, flags=re.MULTILINE), name
    for code, meaning in EXIT_CODES.items():
        assert re.search(rf"^  {code} +{re.escape(meaning.split()[0])}", text, flags=re.MULTILINE)
    assert "CLV_ML_TRACEBACK" in text
    assert {name for names in GROUPS.values() for name in names} >= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_page_is_plain_text_of_eighty_columns(name: str) -> None:
    for line in (page(name) + page()).splitlines():
        assert len(line) <= 80, line
        assert line.isascii(), line
        assert "\x1b" not in line


@pytest.mark.parametrize("name", COMMANDS)
def test_every_page_has_purpose_example_options_and_exit_codes(name: str) -> None:
    text = page(name)
    headings = re.findall(r"^(\w[\w ]+):$", text, flags=re.MULTILINE)
    wanted = ["Options", "Files written", "Exit codes"]
    assert headings[0] in {"Example", "Examples"}
    assert [heading for heading in headings[1:] if heading in wanted] == wanted
    assert text.index("Usage:") < text.index(GROUP.commands[name].help.split()[0]) < text.index("Example")
    for code in MANUALS[name].codes:
        assert re.search(rf"^  {code} ", text, flags=re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_means_and_what_it_is_without_it(name: str) -> None:
    for option in GROUP.commands[name].params:
        assert option.help, option.name
        assert option.help.endswith("."), option.help
        silent = option.required or option.is_flag or option.multiple or option.param_type_name == "argument"
        assert silent or option.show_default or option.default is not None, option.name


@pytest.mark.parametrize("name", COMMANDS)
def test_the_options_of_every_example_exist(name: str) -> None:
    assert MANUALS[name].examples
    for example in MANUALS[name].examples:
        program, command, *given = shlex.split(example)
        assert (program, command) == ("clv-ml", name)
        GROUP.commands[name].make_context(name, given)  # parsed as if it were to run


def test_the_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.stdout == f"clv-ml {__version__}\n"


def test_a_misspelt_command_is_answered_with_what_was_meant() -> None:
    result = CliRunner().invoke(app, ["scor"])
    assert result.exit_code == 2
    assert "Did you mean 'score'?" in result.stderr
    assert result.stderr.isascii()


@pytest.fixture
def shells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the shell instead of having it found among the processes that run."""
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")


def shown_completion(shell: str) -> str:
    return CliRunner().invoke(app, ["--show-completion", shell], prog_name="clv-ml").stdout


_ASK = r"""
COMP_WORDS=({words}) COMP_CWORD={position}
_clv_ml_completion clv-ml
printf '%s\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.usefixtures("shells")
def test_bash_completes_commands_and_values_and_offers_files_itself() -> None:
    script = shown_completion("bash")
    assert "complete -o default" in script  # where nothing is offered, bash offers files
    script += _ASK.format(words="clv-ml sc", position=1)
    script += _ASK.format(words="clv-ml train --promote ''", position=3)
    script += _ASK.format(words="clv-ml train --config sh", position=3)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "--norc", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["score", "never", "if-better", "always"]


@pytest.mark.usefixtures("shells")
@pytest.mark.parametrize(("shell", "declared"), [("zsh", "compdef"), ("fish", "complete --command clv-ml")])
def test_other_shells_are_answered_too(shell: str, declared: str) -> None:
    assert declared in shown_completion(shell)
    asked = {
        "_CLV_ML_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": "clv-ml train --pro",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    assert "--promote" in CliRunner().invoke(app, [], env=asked, prog_name="clv-ml").stdout
