"""Results on disk: whole or not at all, checked, and the pointer moves last."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
from pathlib import Path

import pandas as pd
import pytest

from clv_ml import publishing
from clv_ml.errors import ClvError
from clv_ml.publishing import (
    LOCK,
    SUCCESS,
    TIMINGS,
    aside_of,
    clean,
    damage,
    digest,
    is_complete,
    point_to,
    publish,
    write_csv,
    write_json,
    write_parquet,
)


def names(folder: Path) -> list[str]:
    found = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
    return sorted(name for name in found if not name.endswith(LOCK))


def publish_one(folder: Path, name: str = "a.json") -> None:
    publish(folder, lambda aside: write_json(aside / name, {}))


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_published_folder_is_marked_complete_and_replaces_the_old_one(
    tmp_path: Path, can_exchange: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not can_exchange:
        monkeypatch.setattr(publishing.placing, "_renameat2", lambda: None)
    target = tmp_path / "as_of=2024-01-31" / "run"
    assert not is_complete(target)
    publish_one(target, "old.json")
    assert is_complete(target)
    publish_one(target, "new.json")
    assert names(target.parent) == ["run", f"run/{SUCCESS}", "run/new.json"]


def test_two_folders_change_places_in_one_step_where_linux_can(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if not publishing.exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this system or file system cannot exchange two names")
    assert names(tmp_path) == ["a", "a/b", "b", "b/a"]
    with pytest.raises(OSError, match="No such file"):
        publishing.exchange(tmp_path / "a", tmp_path / "none")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("bug"), KeyboardInterrupt()])
@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_writer_that_fails_leaves_what_was_there(
    tmp_path: Path, error: BaseException, can_exchange: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not can_exchange:
        monkeypatch.setattr(publishing.placing, "_renameat2", lambda: None)
    target = tmp_path / "run"
    publish_one(target, "old.json")

    def fail(aside: Path) -> None:
        write_json(aside / "half.json", {})
        raise error

    expected = ClvError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected, match="No space left on device; make room" if expected is ClvError else "bug|^$"):
        publish(target, fail)
    assert names(tmp_path) == ["run", f"run/{SUCCESS}", "run/old.json"]


def test_a_move_that_fails_half_way_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "run"
    publish_one(target, "old.json")
    monkeypatch.setattr(publishing.placing, "_renameat2", lambda: None)
    rename = Path.rename

    def refuse_the_new(self: Path, other: Path) -> Path:
        if self == aside_of(target):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return rename(self, other)

    monkeypatch.setattr(Path, "rename", refuse_the_new)
    with pytest.raises(ClvError, match="Input/output error"):
        publish_one(target, "new.json")
    assert names(tmp_path) == ["run", f"run/{SUCCESS}", "run/old.json"]


def test_what_the_dead_left_is_removed_or_brought_back(tmp_path: Path) -> None:
    publish_one(tmp_path / "kept")
    for name in (".kept.4711@" + publishing.host_name(), ".kept.previous", ".replaced.previous", ".mine.2024"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / f".latest.json.4711@{publishing.host_name()}").touch()
    told: list[str] = []
    clean(tmp_path, progress=told.append)
    mine = [".mine.2024", ".mine.2024/file"]
    assert names(tmp_path) == [*mine, "kept", "kept/_SUCCESS", "kept/a.json", "replaced", "replaced/file"]
    assert [line.split()[0] for line in told] == ["removed", "removed", "brought"]


def test_work_of_another_host_is_left_alone_for_a_day(tmp_path: Path) -> None:
    other = tmp_path / ".run.4711@another-host"
    other.mkdir()
    clean(tmp_path)
    assert other.exists()
    os.utime(other, (0, 0))
    clean(tmp_path)
    assert not other.exists()


def test_the_mark_knows_every_byte(tmp_path: Path) -> None:
    target = tmp_path / "run"

    def write(aside: Path) -> None:
        write_json(aside / "a.json", {"a": 1})
        (aside / "below").mkdir()
        write_json(aside / "below" / "b.json", {})
        write_json(aside / TIMINGS, {"reading": 0.5})

    publish(target, write)
    assert damage(target) == ""
    listed = json.loads((target / SUCCESS).read_text())["files"]
    assert set(listed) == {"a.json", "below/b.json", TIMINGS}
    assert listed["a.json"]["bytes"] == 12
    (target / "notes.txt").write_text("mine")
    write_json(target / TIMINGS, {"reading": 0.6})
    assert damage(target) == ""
    (target / "a.json").write_text('{\n "a": 2\n}\n')
    assert damage(target) == "a.json is not what was written (SHA-256 differs)"
    (target / "a.json").write_text("{}")
    assert damage(target) == "a.json has 2 bytes, 12 were written"
    write_json(target / "a.json", {"a": 1})
    assert damage(target) == ""
    (target / TIMINGS).unlink()
    assert damage(target) == f"{TIMINGS} is missing"
    (target / "below" / "b.json").unlink()
    assert damage(target) == "below/b.json cannot be read (No such file or directory)"
    (target / SUCCESS).write_text("")
    assert damage(target) == f"its {SUCCESS} does not list the files"
    (target / SUCCESS).unlink()
    assert damage(target) == f"it holds no {SUCCESS}"


@pytest.mark.parametrize(
    ("name", "content"), [("a.parquet", b"PAR1 half"), ("a.parquet", b""), ("a.json", b'{"half": '), ("a.json", b"")]
)
def test_a_file_that_is_not_whole_is_not_published(tmp_path: Path, name: str, content: bytes) -> None:
    def write(aside: Path) -> None:
        (aside / name).write_bytes(content)

    with pytest.raises(ClvError, match=rf"{name} (was written in part only|is not JSON to its end)"):
        publish(tmp_path / "run", write)
    assert names(tmp_path) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ClvError, match=r"cannot write .*file: (Not a directory|File exists)"):
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
