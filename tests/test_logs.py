"""Logs: every JSON line has the same keys, every job ends in one line, and no secret or personal value is in any."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from clv_ml.cli import app
from clv_ml.cli.reporter import KEYS, Reporter, plain
from clv_ml.config import build_config
from clv_ml.errors import ClvError, ConfigError
from clv_ml.redaction import redacted
from clv_ml.stages import Stages, tell
from clv_ml.tracking.record import run_tags, settings

ORDERS = "customer_id,timestamp,amount\na,2024-01-01,1\nb,2024-01-02,2\n,2024-01-03,3\n"


def _job(folder: Path, orders: str = ORDERS, *more: str) -> Path:
    (folder / "orders.csv").write_text(orders)
    columns = "{customer_id: customer_id, timestamp: timestamp, amount: amount}"
    lines = ["name: shop", "transactions:", "  max_bad_share: 0.5", "  sources:", "    - path: orders.csv"]
    text = "\n".join([*lines, f"      columns: {columns}", f"output: {{dir: {folder / 'output'}}}", *more])
    (folder / "job.yaml").write_text(text + "\n")
    return folder / "job.yaml"


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def _lines(result: Result) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in result.stderr.splitlines()]
    assert all(tuple(line) == KEYS for line in found)
    return found


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return _run("validate", "--config", str(_job(tmp_path_factory.mktemp("logs"))), "--json")


def test_each_stage_has_a_beginning_and_an_end_with_its_seconds(validated: Result) -> None:
    lines = _lines(validated)
    stages = [line["stage"] for line in lines if line["event"] == "start"]
    assert stages[0] == "reading_transactions"
    assert [line["stage"] for line in lines if line["event"] == "done"] == stages
    assert all(line["stage_seconds"] >= 0 for line in lines if line["event"] == "done")
    assert {line["command"] for line in lines} == {"validate"}
    elapsed = [line["elapsed_seconds"] for line in lines]
    assert elapsed == sorted(elapsed)


def test_the_last_line_sums_up_with_every_stage_and_the_exit_code(validated: Result) -> None:
    *before, end = _lines(validated)
    assert end["rows"] == {"in": 3, "valid": 2, "quarantined": 1}
    assert (end["event"], end["level"], end["exit_code"]) == ("end", "info", 0)
    assert [item["stage"] for item in end["stages"]] == [line["stage"] for line in before if line["event"] == "start"]
    assert end["peak_memory_bytes"] > 2**20
    assert end["message"].endswith("exit code 0")
    assert {line["event"] for line in before} == {"start", "done"}


def test_an_error_is_a_line_and_the_end_bears_its_code(tmp_path: Path) -> None:
    result = _run("validate", "--config", str(_job(tmp_path, "customer_id,timestamp,amount\n")), "--json")
    *_, error, end = _lines(result)
    assert result.exit_code == 3
    assert (error["event"], error["level"], error["kind"], error["exit_code"]) == ("error", "error", "DataError", 3)
    assert (end["event"], end["level"], end["exit_code"]) == ("end", "error", 3)
    # the stage that failed has not been done
    assert error["stage"] not in {line["stage"] for line in _lines(result) if line["event"] == "done"}


def test_people_get_one_line_at_the_end(tmp_path: Path) -> None:
    done = _run("validate", "--config", str(_job(tmp_path)))
    assert re.search(r"^\[ *[\d.]+ s\] validate done, .*exit code 0$", done.stderr.splitlines()[-1])
    failed = _run("validate", "--config", str(tmp_path / "none.yaml"))
    assert failed.stderr.splitlines()[-1].startswith("error: ")


def test_what_the_job_learns_stands_in_the_lines_after_it(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter(as_json=True, command="score")
    reporter("reading transactions")
    tell(Stages(reporter), run_id="0a1b", rows={"in": 5, "valid": 4, "quarantined": 1})
    reporter("scoring customers as of 2024-01-01")
    reporter.end(0)
    reporter.end(0)  # once is enough
    first, *_, end = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (first["run_id"], first["rows"]) == (None, None)
    assert (end["run_id"], end["rows"]) == ("0a1b", {"in": 5, "valid": 4, "quarantined": 1})
    assert end["message"].startswith("score done, run 0a1b, 5 rows in = 4 valid + 1 quarantined, ")


def test_a_progress_that_keeps_nothing_is_no_error() -> None:
    tell(lambda message: None, run_id="0a1b")


SECRET_ADDRESS = "postgresql://bob:hunter2@db.internal/crm"
SECRETS = {
    "postgresql://bob:hunter2@db.internal/shop": ("hunter2", "bob"),
    "postgresql+psycopg2://u:p@ss/w#1@host:5432/db": ("p@ss", "w#1"),
    "mysql://:hunter2@host/x": ("hunter2",),
    "could not connect: password=hunter2 user=bob": ("hunter2",),
    "{'password': 'hunter two'}": ("hunter", "two"),
    "MLFLOW_TRACKING_TOKEN=abc123def": ("abc123def",),
    "Authorization: Bearer abcdef.ghijkl": ("abcdef",),
    "customer ann.smith+x@example.org stands there twice": ("ann.smith", "example.org"),
    "Ünï@exämple.de has 2 values": ("Ünï", "exämple"),
    "ann%40example.org": ("ann", "example"),
    "'+44 7700 900123' is no number": ("7700", "900123"),
    "+49 (0)30 901820 called": ("901820",),
    "(212) 555-0123 is no number": ("555",),
    "07700900123 is no number": ("07700900123",),
}
HARMLESS = [
    "as of 1997-12-31 08:26:00",
    "2020-01-01T00:00:00+00:00",
    "models:/shop@champion",
    "run_id=012345678901",
    "/data/2024/01/02/orders.csv:1234567890",
    "1,234,567.00 USD, 25.0% of 6,919 rows",
    "churn_30d 0.123456789012",
    "CLV_ML_EXPERIMENT_KEY is not set",
    "config job.yaml: unknown key transactons; did you mean 'transactions'?",
]


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_or_personal_value_is_taken_out(text: str) -> None:
    assert "***" in redacted(text)
    for secret in SECRETS[text]:
        assert secret not in redacted(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_stays(text: str) -> None:
    assert redacted(text) == text


@given(before=st.text(max_size=20), after=st.text(max_size=20))
@example(before="x" * 9, after="")
def test_credentials_are_found_in_any_text(before: str, after: str) -> None:
    assert "hunter2" not in redacted(f"{before} postgresql://bob:hunter2@db/shop {after}")


@given(text=st.text(max_size=300))
def test_a_line_stays_one_line_that_no_terminal_acts_on(text: str) -> None:
    shown = plain(text)
    assert len(shown.splitlines()) <= 1
    assert not set(shown) & set("\x1b\x00\r\n\x07\u202e\u200b\u2028")


@pytest.mark.parametrize("as_json", [True, False])
def test_no_log_line_holds_a_secret_of_the_job(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    for text, secrets in SECRETS.items():
        reporter = Reporter(as_json=as_json, command="score")
        reporter(f"reading {text}")
        reporter.error(ConfigError(f"no use for {text}"))
        reporter.end(2)
        said = capsys.readouterr()
        for secret in secrets:
            assert secret not in said.err + said.out


def test_a_config_error_does_not_show_the_password_of_a_database(tmp_path: Path) -> None:
    config = _job(tmp_path, ORDERS, "tracking: {uri: [postgresql://bob:hunter2@db/mlflow]}")
    result = _run("validate", "--config", str(config))
    assert result.exit_code == 2
    assert "tracking.uri" in result.stderr
    assert "hunter2" not in result.stderr + result.stdout


def test_what_mlflow_keeps_of_a_config_holds_no_password() -> None:
    tree = {
        "name": "shop",
        "transactions": {"sources": [{"dataset": "cdnow_sample"}]},
        "contacts": {"sources": [SECRET_ADDRESS]},
        "tracking": {"uri": SECRET_ADDRESS},
        "handover": {"database": {"address": SECRET_ADDRESS}},
    }
    config = build_config(tree, environment={})
    kept = str(settings(config)) + str(run_tags(config, config.cutoff))
    assert "hunter2" not in kept
    assert "postgresql://***@db.internal/crm" in kept


def test_markup_in_a_message_is_shown_and_not_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    reporter = Reporter(as_json=False)
    reporter("reading [/red][link=http://x]orders[/link].csv")  # would be an error of markup
    reporter.stop()


@pytest.mark.parametrize(
    "text", ["x", "://", "a@", "1 ", "+1", "password", "token=", "=", "(0", "bearer ", "x.", '"', "\n", "é@x.", "-"]
)
def test_no_text_takes_long(text: str) -> None:
    # a search that grows with the square of the length would take hours here, and the test would not end
    plain(text * 1_000_000)
    redacted(text * 4000)


def test_a_very_long_message_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    Reporter(as_json=True).error(ClvError("x" * 1_000_000))
    assert len(capsys.readouterr().err) < 6000
