"""What the engine spills: a folder of its own for each process, gone with it or after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from clv_ml.config import Config, build_config
from clv_ml.engine import Engine
from clv_ml.errors import ClvError
from clv_ml.pipeline.spill import own_spill_folder


def _config(folder: Path, **engine: object) -> Config:
    tree = {
        "name": "spill",
        "transactions": {"sources": [{"dataset": "cdnow_sample"}]},
        "engine": engine,
        "output": {"dir": str(folder)},
    }
    return build_config(tree, environment={})


def test_an_engine_that_runs_out_of_memory_spills_to_a_folder_that_is_gone_afterwards(tmp_path: Path) -> None:
    with own_spill_folder(_config(tmp_path, memory_limit="50MB", threads=1)) as config, Engine(config) as engine:
        engine._run("CREATE TABLE big AS SELECT hash(range) AS a, hash(range + 1) AS b FROM range(6000000)")
        assert config.temp_directory is not None
        assert config.temp_directory.parent == tmp_path / ".spill"
        assert list(config.temp_directory.iterdir())
    assert list(tmp_path.iterdir()) == []


def test_two_engines_spill_to_different_folders_and_leave_the_given_one(tmp_path: Path) -> None:
    given = tmp_path / "given"
    (given / "mine").mkdir(parents=True)
    config = _config(tmp_path, temp_directory=str(given))
    with own_spill_folder(config) as first, own_spill_folder(config) as second:
        assert first.temp_directory != second.temp_directory
        assert first.temp_directory is not None
        assert first.temp_directory.parent == given
    assert list(given.iterdir()) == [given / "mine"]


def test_what_a_dead_process_spilled_is_removed_and_what_a_living_one_spills_stays(tmp_path: Path) -> None:
    given = tmp_path / "given"
    dead = given / "spill-4711-abc"
    dead.mkdir(parents=True)
    (dead / "duckdb_temp_storage.tmp").touch()
    (given / "spill-4711-abc.lock").touch()
    config = _config(tmp_path, temp_directory=str(given))
    with own_spill_folder(config) as first:
        assert first.temp_directory is not None
        with own_spill_folder(config):
            assert first.temp_directory.exists()
            assert not dead.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    config = _config(tmp_path, temp_directory=str(tmp_path / "file" / "below"))
    with pytest.raises(ClvError, match=r"cannot write .*below: Not a directory"), own_spill_folder(config):
        raise AssertionError
