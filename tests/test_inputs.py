"""Input files are the same before and after they are read, or the job ends."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clv_ml.config import Config, build_config
from clv_ml.errors import DataError, InputChangedError
from clv_ml.pipeline.inputs import input_files, unchanged_inputs

_MAPPED = {"customer_id": "c", "timestamp": "t", "amount": "a"}


def _config(folder: Path) -> Config:
    tree: dict[str, Any] = {
        "name": "inputs",
        "transactions": {
            "root": str(folder),
            "sources": [{"path": "orders/*.csv", "columns": _MAPPED}, {"dataset": "cdnow_sample"}],
        },
        "events": {
            "root": str(folder),
            "sources": [
                {
                    "path": "events.parquet",
                    "columns": {"customer_id": "c", "surface": "k"},
                    "event_type": "mail",
                    "lookup": {"path": "days.csv", "key": "surface", "columns": {"surface": "k", "timestamp": "t"}},
                }
            ],
        },
        "customers": {"root": str(folder), "sources": [{"path": "gone.csv", "columns": {"customer_id": "c"}}]},
    }
    orders = folder / "orders"
    orders.mkdir()
    for path in (orders / "1.csv", orders / "2.csv", folder / "events.parquet", folder / "days.csv"):
        path.write_text("x" * 200_000)
    return build_config(tree, environment={})


def _append(path: Path) -> None:
    with path.open("a") as file:
        file.write("y")


def _replace(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_text("x" * 200_000)
    other.replace(path)


def _overwrite(path: Path) -> None:
    before = path.stat()
    with path.open("r+") as file:
        file.write("y")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _add(path: Path) -> None:
    path.with_name("3.csv").touch()


def test_every_file_of_a_config_is_watched_lookups_too(tmp_path: Path) -> None:
    found = [path.relative_to(tmp_path).as_posix() for path in input_files(_config(tmp_path))]
    assert found == ["days.csv", "events.parquet", "orders/1.csv", "orders/2.csv"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_append, r"2\.csv has changed from 200,000 to 200,001 bytes"),
        (_replace, r"2\.csv was replaced"),
        (_overwrite, r"2\.csv was written to"),
        (os.utime, r"2\.csv was written to"),
        (Path.unlink, r"2\.csv is gone"),
        (_add, r"3\.csv is new"),
    ],
)
def test_a_file_that_changes_while_it_is_read_is_named(
    tmp_path: Path, change: Callable[[Path], None], told: str
) -> None:
    config = _config(tmp_path)
    with (
        pytest.raises(InputChangedError, match=told + " since the job began to read: run again"),
        unchanged_inputs(config),
    ):
        change(tmp_path / "orders" / "2.csv")


def test_a_change_explains_the_error_that_came_of_it(tmp_path: Path) -> None:
    config = _config(tmp_path)

    def read() -> None:
        (tmp_path / "orders" / "2.csv").unlink()
        raise DataError("2.csv: cannot be read")

    with pytest.raises(InputChangedError, match=r"2\.csv is gone"), unchanged_inputs(config):
        read()
    with pytest.raises(DataError, match="bad row"), unchanged_inputs(config):
        raise DataError("bad row")


def test_files_that_stay_as_they_are_pass(tmp_path: Path) -> None:
    with unchanged_inputs(_config(tmp_path)):
        (tmp_path / "orders" / "1.csv").read_text()
