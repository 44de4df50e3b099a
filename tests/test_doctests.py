"""The examples in docstrings say what they say, and every public function has one."""

from __future__ import annotations

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import clv_ml

PACKAGE = Path(clv_ml.__file__).parent
# these read a trained model (tests/test_commands.py), or are run with their picture (tests/test_gallery.py)
ELSEWHERE = {"clv_ml.models.bundle", "clv_ml.pipeline.table_scoring"}
DRAWN = "clv_ml.plots"
# whole jobs on a config, which clv-ml runs: the guides and the README show them
JOBS = {"cohorts", "score", "train"}


def modules_with_examples() -> list[str]:
    names = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            names.append(".".join(parts).removesuffix(".__init__"))
    return [name for name in names if name not in ELSEWHERE and not name.startswith(DRAWN)]


@pytest.mark.parametrize("name", modules_with_examples())
def test_the_examples_of_a_module_say_what_they_say(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert result.failed == 0
    assert result.attempted > 0


def test_every_public_function_has_an_example() -> None:
    public = {name: getattr(clv_ml, name) for name in clv_ml.__all__}
    functions = {name for name, found in public.items() if inspect.isfunction(found)}
    without = {name for name in functions if ">>> " not in (inspect.getdoc(public[name]) or "")}
    assert without <= JOBS
