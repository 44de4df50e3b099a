"""Each command that the README and the guides show is run in a clean copy of the repository, in the order of the pages.

The first of them, `make demo`, trains the model that the others look at; pictures are left out, because other tests
draw them. What is not run here, and why, is in `page_commands.py`.
"""

from __future__ import annotations

import ast
import datetime as dt
import doctest
import importlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import warnings
from collections.abc import Iterator
from contextlib import chdir
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import typer.main
from page_commands import ELSEWHERE, PAGES, ROOT, SMALLER, TAKEN_FOR_GRANTED, PageCommand, page_commands
from test_doctests import ELSEWHERE as ELSEWHERE_TESTED
from test_guides import AFTER_COMMANDS, FLAGS, python_of
from typer.testing import CliRunner
from undrawn import undrawn

from clv_ml.cli import app
from clv_ml.config import load_config
from clv_ml.data.contact_words import column_words
from clv_ml.data.datasets import load_dataset
from clv_ml.language import words

COMMANDS = page_commands()
GROUP: Any = typer.main.get_command(app)
# a model of purchases and spend alone, from one look back
QUICK = {
    "CLV_ML__CHURN__MIN_ROWS_PER_CLASS": "1000000",
    "CLV_ML__CHURN__MAX_SNAPSHOTS": "1",
    "CLV_ML__CHURN__HORIZONS_DAYS": "[90]",
    "CLV_ML__FORECAST__ERROR_CUTOFFS": "0",
    "CLV_ML__ENGINE__THREADS": "2",
}
DRIFTED = 5


def copy_of_the_repository(folder: Path) -> None:
    """Write what is committed into a folder."""
    try:
        packed = subprocess.run(["git", "archive", "--format=tar", "HEAD"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs git, to know which files are part of the repository")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")


def fill(workbook: Path) -> None:
    """Fill the list in as a team would, as far as a measurement wants it."""
    book = openpyxl.load_workbook(workbook)
    sheet = book.worksheets[0]
    [place] = [cell.column for cell in sheet[1] if cell.value == column_words(words("en"))["contacted_at"]]
    for row in range(2, 12):
        sheet.cell(row, place).value = dt.date(1998, 7, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(workbook)


@cache
def run_command(text: str) -> str:
    """Run a command of clv-ml where this process stands, and return what it says; the same command only once."""
    program, *arguments = shlex.split(text)
    assert program == "clv-ml"
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    allowed = {0, DRIFTED} if arguments[0] == "drift" else {0}
    assert result.exit_code in allowed, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A clean copy of the repository where `make demo` has been run, and the process stands."""
    folder = tmp_path_factory.mktemp("clone")
    copy_of_the_repository(folder)
    demo = folder / "configs" / "demo.yaml"
    demo.write_text(demo.read_text(encoding="utf-8").replace("cdnow_master", "cdnow_sample"), encoding="utf-8")
    for name, like in TAKEN_FOR_GRANTED.items():
        shutil.copyfile(folder / like, folder / name)
    load_dataset("cdnow_sample").to_csv(folder / "orders.csv", index=False)
    with pytest.MonkeyPatch.context() as patch, chdir(folder), undrawn():
        for name, value in QUICK.items():
            patch.setenv(name, value)
        said = run_command("clv-ml demo")
        assert "risk list:" in said
        latest = json.loads(Path("output/demo/scores/latest.json").read_text(encoding="utf-8"))
        shutil.copyfile(Path("output/demo/scores", latest["folder"], "risk_list.xlsx"), "risk_list.xlsx")
        fill(folder / "risk_list.xlsx")
        yield folder


RUN_HERE = [command for command in COMMANDS if not command.elsewhere]
TRIED_ELSEWHERE = [command for command in COMMANDS if command.elsewhere]


def parsed(arguments: list[str]) -> dict[str, Any]:
    """What a command line says, without running it."""
    name, *rest = arguments
    values: dict[str, Any] = GROUP.commands[name].make_context(name, rest).params
    return values


@pytest.mark.parametrize("command", RUN_HERE, ids=lambda command: command.plain)
def test_a_command_does_what_its_page_says(command: PageCommand, clone: Path) -> None:
    text = command.smaller
    for name, like in TAKEN_FOR_GRANTED.items():  # copies of each other
        text = re.sub(rf"(?<=--config ){name}", like, " ".join(text.split()))
    assert run_command(text)


@pytest.mark.parametrize("command", TRIED_ELSEWHERE, ids=lambda command: command.plain)
def test_a_command_that_is_run_elsewhere_is_there(command: PageCommand) -> None:
    assert (ROOT / command.elsewhere).exists()
    program, *arguments = shlex.split(command.plain.split(">")[0])
    if program == "clv-ml":
        values = parsed(arguments)
        config = ROOT / TAKEN_FOR_GRANTED.get(str(values["config"]), str(values["config"]))
        assert load_config(config, overrides=values["overrides"] or (), environment={}).name
    elif program == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert all(re.search(rf"^{target}:", makefile, flags=re.MULTILINE) for target in arguments)
    elif program == "python" and arguments[0] != "-m":
        ast.parse((ROOT / arguments[0]).read_text(encoding="utf-8"))


def test_the_copy_alone_is_enough_in_a_real_shell(clone: Path) -> None:
    (clone / ".venv").symlink_to(sys.prefix)
    script = ".venv/bin/clv-ml validate --config configs/demo.yaml && .venv/bin/python -c '{}'"
    script = script.format("import clv_ml; print(clv_ml.__file__)")
    environment = os.environ | {"PYTHONPATH": str(clone)}
    done = subprocess.run(
        ["bash", "-c", script], cwd=clone, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == str(clone / "clv_ml" / "__init__.py")
    assert "quarantine.parquet" in done.stdout


@pytest.mark.parametrize("name", sorted(AFTER_COMMANDS))
def test_the_examples_of_a_guide_read_what_commands_left(name: str, clone: Path) -> None:
    code = python_of((ROOT / "clv_ml" / "guides" / f"{name}.md").read_text(encoding="utf-8"))
    told: list[str] = []
    found = doctest.DocTestParser().get_doctest(code, {}, name, name, 0)
    result = doctest.DocTestRunner(optionflags=FLAGS).run(found, out=told.append)
    assert result.failed == 0, "".join(told)


def test_the_examples_of_functions_that_want_a_model_say_what_they_say(clone: Path) -> None:
    for name in sorted(ELSEWHERE_TESTED):
        result = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)
        assert (result.failed, result.attempted > 0) == (0, True)


def test_the_page_of_models_loads_the_model_both_ways(clone: Path) -> None:
    page = (ROOT / "models" / "README.md").read_text(encoding="utf-8")
    [bundle] = Path("models/bundles").glob("cdnow-*")
    names: dict[str, Any] = {"orders": load_dataset("cdnow_sample")}
    for code in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL):
        lines = re.sub(r"models/bundles/cdnow-[\w.-]+", str(bundle), code).strip().splitlines()
        exec("\n".join(lines[:-1]), names)
        names["result"] = eval(lines[-1].split("#")[0], names)
        assert len(names["result"]) == names["orders"]["customer_id"].nunique()


def test_every_exception_is_one_for_a_command_that_is_there() -> None:
    known = [command.plain for command in COMMANDS]
    known_smaller = [command.smaller for command in COMMANDS]
    for said, *_ in SMALLER:
        assert any(re.search(said, text) for text in known), said
    for said, *_ in ELSEWHERE:
        kept = re.search(said, "make spark make docs make lock") or any(re.search(said, text) for text in known_smaller)
        assert kept or said.startswith("^make"), said


def test_a_command_that_nobody_knows_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\nrm -rf output\n```\n")
    monkeypatch.setattr("page_commands.PAGES", [page])
    monkeypatch.setattr("page_commands.ROOT", tmp_path)
    with pytest.raises(AssertionError, match="no command that the tests know"):
        page_commands()
    assert PAGES
