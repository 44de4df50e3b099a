"""The night in sh and the crontab do what they say: run with a stand-in for the command, and once for real."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from operations_data import OPERATIONS, REVIEW, SCORE, Stub, environment, make_shop

from clv_ml.cli.reporter import KEYS
from clv_ml.errors import EXIT_CODES


def _night(stub: Stub) -> int:
    done = subprocess.run(["/bin/sh", str(OPERATIONS / "nightly.sh")], env=stub.environment, check=False)
    return done.returncode


@pytest.mark.parametrize(
    ("codes", "ended", "calls", "alerts"),
    [
        ((0, 0), 0, [SCORE, REVIEW], []),
        ((0, 1), 0, [SCORE, REVIEW], ["clv-ml review: exit code 1"]),
        ((1, 0, 0), 0, [SCORE, SCORE, REVIEW], []),
        ((137, 0, 0), 0, [SCORE, SCORE, REVIEW], []),
        ((1, 1), 1, [SCORE, SCORE], ["clv-ml score: failed twice (exit code 1)"]),
        ((1, 3), 3, [SCORE, SCORE], ["clv-ml score: the data were refused, the list of before stays (exit code 3)"]),
        ((2,), 2, [SCORE], ["clv-ml score: the config, an argument or the environment is wrong (exit code 2)"]),
        ((3,), 3, [SCORE], ["clv-ml score: the data were refused, the list of before stays (exit code 3)"]),
        ((4,), 4, [SCORE], ["clv-ml score: there is no model, run clv-ml train (exit code 4)"]),
        ((143,), 143, [SCORE], []),
        ((130,), 130, [SCORE], []),
    ],
)
def test_the_night_tries_again_only_where_that_can_help(
    tmp_path: Path, codes: Sequence[int], ended: int, calls: list[str], alerts: list[str]
) -> None:
    stub = Stub(tmp_path, *codes)
    assert _night(stub) == ended
    assert stub.calls == calls
    assert stub.alerts == alerts


def test_the_night_needs_a_config_and_no_alert(tmp_path: Path) -> None:
    stub = Stub(tmp_path, 3)
    del stub.environment["CLV_ML_ALERT"]
    assert _night(stub) == 3
    del stub.environment["CLV_ML_CONFIG"]
    assert _night(stub) not in (0, 1, 3)
    assert len(stub.calls) == 1


def test_the_page_of_operations_names_every_exit_code() -> None:
    page = (OPERATIONS / "README.md").read_text(encoding="utf-8")
    for code in EXIT_CODES:
        assert f"| {code} |" in page or f"{code}, " in page or f", {code}" in page, code
    for key in KEYS:
        assert f"`{key}`" in page, key


def _crontab() -> tuple[dict[str, str], list[str]]:
    """Return the environment and the commands of the crontab, as cron would read them."""
    settings, commands = {}, []
    for line in (OPERATIONS / "crontab").read_text(encoding="utf-8").splitlines():
        first = line.split(maxsplit=1)[:1]
        if not first or line.startswith("#"):
            continue
        name, mark, value = line.partition("=")
        if (mark and name.isupper()) or (mark and name.replace("_", "").isupper()):
            settings[name] = value
            continue
        *when, command = line.split(maxsplit=5)
        assert len(when) == 5
        for field, limits in zip(when, ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7)), strict=True):
            assert field == "*" or limits[0] <= int(field) <= limits[1]
        assert "%" not in command  # cron would make a line end of it
        commands.append(command)
    return settings, commands


def test_each_line_of_the_crontab_runs_in_sh_with_what_it_declares(tmp_path: Path) -> None:
    settings, commands = _crontab()
    assert len(commands) == 3
    assert settings.pop("SHELL") == "/bin/sh"
    stub = Stub(tmp_path)
    assert {*settings} <= {*stub.environment}
    for command in commands:
        assert subprocess.run(["/bin/sh", "-c", command], env=stub.environment, check=False).returncode == 0
    config = "--config /etc/my shop.yaml --json"
    assert stub.calls == [f"{name} {config}" for name in ("score", "review", "train", "drift")]
    assert stub.alerts == []
    assert {path.name for path in tmp_path.iterdir()} >= {"nightly.out", "nightly.jsonl", "train.jsonl", "drift.jsonl"}


def test_a_line_of_the_crontab_alerts_with_the_exit_code(tmp_path: Path) -> None:
    *_, drift = _crontab()[1]
    stub = Stub(tmp_path, 5)
    assert subprocess.run(["/bin/sh", "-c", drift], env=stub.environment, check=False).returncode == 0
    assert stub.alerts == ["clv-ml drift: exit code 5"]


def test_a_night_of_the_crontab_leaves_a_complete_list_and_its_log(tmp_path: Path) -> None:
    nightly, *_ = _crontab()[1]
    shop = make_shop(tmp_path / "shop")
    given = environment(
        tmp_path,
        CLV_ML=str(shop / "with-model"),
        CLV_ML_CONFIG=str(shop / "shop.yaml"),
        CLV_ML_ALERT=str(shop / "alert"),
        CLV_ML_HOME=str(OPERATIONS),
        CLV_ML_LOGS=str(tmp_path),
    )
    done = subprocess.run(["/bin/sh", "-c", nightly], env=given, cwd=tmp_path, check=False)
    log = [json.loads(line) for line in (tmp_path / "nightly.jsonl").read_text().splitlines()]
    assert done.returncode == 0, log[-3:]
    ends = [line for line in log if line["event"] == "end"]
    assert [(line["command"], line["exit_code"]) for line in ends] == [("score", 0)]
    latest = json.loads((shop / "output" / "scores" / "latest.json").read_text())
    run = shop / "output" / "scores" / latest["folder"]
    assert (run / "_SUCCESS").is_file()
    assert {line["run_id"] for line in log[-3:]} == {latest["run_id"]}
    assert ends[0]["rows"] == {"in": 40, "valid": 40, "quarantined": 0}
    health, timings = (json.loads((run / name).read_text()) for name in ("health.json", "timings.json"))
    assert (health["complete"], health["run_id"], health["data_age_days"]) == (
        True,
        latest["run_id"],
        {"transactions": 0},
    )
    assert health["rows"]["transactions"]["in"] == 40
    assert health["model"]["age_days"] == (dt.date.fromisoformat(latest["as_of"]) - dt.date(2020, 12, 31)).days
    assert timings["seconds"] >= sum(stage["seconds"] for stage in timings["stages"]) - 0.01
    assert [stage["stage"] for stage in timings["stages"]][:2] == ["loading_the_model", "reading_transactions"]
    assert "risk list:" in (tmp_path / "nightly.out").read_text()
    assert not (shop / "alerts").exists()
