"""Every notebook runs from top to bottom, and is committed without outputs."""

import asyncio
import os
import textwrap
import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest
from plans_of_workers import PlansOfWorkers

from clv_ml.engine import session

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
# what a reader takes home from a notebook
SAID = {
    "01_quickstart.ipynb": ("forecast 1,653.4, actual 1,882", "12% too low"),
    "02_value_models.ipynb": ("Repeat purchases over time", "Who is still a customer"),
    "03_engagement.ipynb": ("How early can we know?", "Which score tells best who leaves?"),
    "04_were_we_right.ipynb": ("score 1997-09-30", "review/1998-06-30/cohorts_180d.svg", "outside the band"),
    "05_from_list_to_campaign.ipynb": ("Too few to tell", ": too few to tell", ": success", "What more or fewer"),
}


def test_the_notebooks_are_these() -> None:
    assert {path.name for path in NOTEBOOKS} == set(SAID)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the cells of every notebook show, each begun with no name known and in a folder of its own.

    One kernel runs them all, as its imports take seconds; it shares the plans of queries with the tests.
    """
    base = tmp_path_factory.mktemp("notebooks")
    startup = base / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "share.py").write_text(_sharing(), encoding="utf-8")
    parts = {path.name: _part(path, base / path.stem) for path in NOTEBOOKS}
    together: Any = nbformat.read(NOTEBOOKS[0], as_version=4)
    together.cells = [cell for cells in parts.values() for cell in cells]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Jupyter's own; the kernel is a process of its own
        from nbclient import NotebookClient

        client = NotebookClient(together, timeout=600, kernel_name="python3", allow_errors=True)
        asyncio.run(client.async_execute(env={**os.environ, "TMPDIR": str(base), "IPYTHONDIR": str(base / "ipython")}))
    return {
        name: "\n".join(str(output) for cell in cells for output in cell.get("outputs", []))
        for name, cells in parts.items()
    }


def _part(path: Path, folder: Path) -> list[Any]:
    folder.mkdir()
    begin = f"%reset -f\nimport os; os.chdir({str(folder)!r}); del os"
    return [nbformat.v4.new_code_cell(begin), *nbformat.read(path, as_version=4).cells]


def _sharing() -> str:
    shared = vars(session)["OF_PROCESS"]
    assert isinstance(shared, PlansOfWorkers)
    program = f"""\
        def share():
            import sys
            from pathlib import Path
            from clv_ml.engine import session
            sys.path.append({str(Path(__file__).parent)!r})
            from plans_of_workers import PlansOfWorkers
            session.OF_PROCESS = PlansOfWorkers(Path({str(shared.folder)!r}))
            sys.path.pop()
        share()
        """
    return textwrap.dedent(program)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs(path: Path, shown: dict[str, str]) -> None:
    text = shown[path.name]
    assert "Traceback" not in text, text[-3000:]
    assert "'output_type': 'error'" not in text
    for words in SAID[path.name]:
        assert words in text
