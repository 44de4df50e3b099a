"""Every notebook runs from top to bottom, and is committed without outputs."""

import asyncio
import os
import warnings
from pathlib import Path

import nbformat
import pytest

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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = nbformat.read(path, as_version=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Jupyter's own; the kernel is a process of its own
        from nbclient import NotebookClient

        client = NotebookClient(
            notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
        )
        asyncio.run(client.async_execute(env={**os.environ, "TMPDIR": str(tmp_path)}))
    text = "\n".join(str(output) for cell in notebook.cells for output in cell.get("outputs", []))
    assert "Traceback" not in text
    for words in SAID.get(path.name, ()):
        assert words in text
