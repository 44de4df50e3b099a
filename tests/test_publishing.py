"""Results on disk: whole or not at all, and the pointer moves last."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest

from clv_ml.errors import ClvError
from clv_ml.publishing import SUCCESS, digest, is_complete, point_to, publish, write_csv, write_json, write_parquet


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_published_folder_is_marked_complete_and_replaces_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "as_of=2024-01-31" / "run"
    assert not is_complete(target)
    publish(target, lambda aside: write_json(aside / "old.json", {}))
    assert is_complete(target)
    publish(target, lambda aside: write_json(aside / "new.json", {}))
    assert names(target) == [SUCCESS, "new.json"]
    assert names(target.parent) == ["run", f"run/{SUCCESS}", "run/new.json"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("bug"), KeyboardInterrupt()])
def test_a_writer_that_fails_leaves_what_was_there(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "run"
    publish(target, lambda aside: write_json(aside / "old.json", {}))

    def fail(aside: Path) -> None:
        write_json(aside / "half.json", {})
        raise error

    expected = ClvError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected, match="No space left on device" if isinstance(error, OSError) else "bug|^$"):
        publish(target, fail)
    assert names(tmp_path) == ["run", f"run/{SUCCESS}", "run/old.json"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ClvError, match=r"cannot write .*file/run: (Not a directory|File exists)"):
        publish(tmp_path / "file" / "run", lambda aside: None)
    with pytest.raises(ClvError, match=r"cannot write .*latest\.json: "):
        point_to(tmp_path / "file" / "latest.json", {})


def test_the_pointer_is_replaced_and_nothing_else_stays(tmp_path: Path) -> None:
    latest = tmp_path / "latest.json"
    point_to(latest, {"run_id": "a"})
    point_to(latest, {"run_id": "b", "as_of": dt.date(2024, 1, 31)})
    assert json.loads(latest.read_text()) == {"run_id": "b", "as_of": "2024-01-31"}
    assert names(tmp_path) == ["latest.json"]


def test_a_digest_depends_on_every_part_and_not_on_key_order() -> None:
    assert digest({"a": 1, "b": [2]}, "x") == digest({"b": [2], "a": 1}, "x")
    parts = [("x",), ("y",), ("x", None), (["x"],), ({"x": 1},), ({"x": 2},), (dt.date(2024, 1, 1),), ()]
    assert len({digest(*part) for part in parts}) == len(parts)
    assert len(digest("x")) == 12


def test_json_is_stable_and_readable(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": "é"})
    assert (tmp_path / "a.json").read_bytes() == b'{\n "a": "\\u00e9",\n "b": 1\n}\n'


def test_csv_is_rounded_for_people_and_parquet_keeps_every_digit(tmp_path: Path) -> None:
    table = pd.DataFrame({"customer_id": ["007"], "expected_clv": [1 / 3], "p_churn_90d": [2 / 3], "other": [1 / 3]})
    write_csv(tmp_path / "a.csv", table)
    assert (tmp_path / "a.csv").read_text().splitlines()[1] == "007,0.33,0.6667,0.3333333333333333"
    write_parquet(tmp_path / "a.parquet", table)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "a.parquet"), table, check_exact=True)
    write_csv(tmp_path / "empty.csv", table.head(0))
    assert (tmp_path / "empty.csv").read_bytes() == b"customer_id,expected_clv,p_churn_90d,other\n"
