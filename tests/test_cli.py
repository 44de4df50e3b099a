"""The command line: exit codes, one clear line an error, and no traceback for what a user can get wrong."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from job_runs import CUTOFF, JobRun, sample_job, sample_orders
from typer.testing import CliRunner, Result

from clv_ml.cli import app


@pytest.fixture
def job(tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    return sample_job(tmp_path_factory.getbasetemp())


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def _error_line(result: Result) -> str:
    lines = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, result.stderr
    assert "Traceback" not in result.stderr
    return lines[0]


def _config(folder: Path, text: str = "") -> str:
    path = folder / "job.yaml"
    columns = "{customer_id: customer_id, timestamp: timestamp, amount: amount}"
    path.write_text(
        text
        or f"name: orders\ntransactions:\n  sources:\n    - path: orders.csv\n      columns: {columns}\n"
        f"tracking: {{store: {folder / 'models'}}}\noutput: {{dir: {folder / 'output'}}}\n"
    )
    return str(path)


def _with_orders(folder: Path, content: str) -> str:
    (folder / "orders.csv").write_text(content)
    return _config(folder)


def test_a_missing_config_is_a_usage_error(tmp_path: Path) -> None:
    result = _run("train", "--config", str(tmp_path / "none.yaml"))
    assert result.exit_code == 2
    assert "No such file" in _error_line(result)


def test_a_misspelt_key_is_named_with_what_was_meant(tmp_path: Path) -> None:
    result = _run("train", "--config", _config(tmp_path, "name: x\ntransactons: {}\n"))
    assert result.exit_code == 2
    assert "unknown key transactons; did you mean 'transactions'?" in _error_line(result)


def test_a_missing_file_is_named_with_where_it_was_looked_for(tmp_path: Path) -> None:
    result = _run("train", "--config", _config(tmp_path))
    assert result.exit_code == 2
    assert "orders.csv: no such file" in _error_line(result)


def test_a_missing_column_is_named_beside_those_there_are(tmp_path: Path) -> None:
    result = _run("train", "--config", _with_orders(tmp_path, "customer,timestamp,amount\na,2024-01-01,1\n"))
    assert result.exit_code == 3
    assert "'customer_id' is missing; available: 'customer', 'timestamp', 'amount'" in _error_line(result)


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    result = _run("validate", "--config", _with_orders(tmp_path, "customer_id,timestamp,amount\n"))
    assert result.exit_code == 3
    assert "no valid row among 0" in _error_line(result)


def test_a_cutoff_before_the_first_order_is_refused(tmp_path: Path) -> None:
    config = _with_orders(tmp_path, "customer_id,timestamp,amount\na,2024-01-01,1\n")
    result = _run("train", "--config", config, "--cutoff", "2023-12-31")
    assert result.exit_code == 2
    assert "2023-12-31 is before the first day of the data (2024-01-01)" in _error_line(result)


def test_a_day_that_is_none_is_refused(tmp_path: Path) -> None:
    result = _run("score", "--config", _with_orders(tmp_path, ""), "--as-of", "31.12.2024")
    assert result.exit_code == 2
    assert "'31.12.2024' is not a day" in _error_line(result)


def test_a_missing_model_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    config = _with_orders(tmp_path, "customer_id,timestamp,amount\na,2024-01-01,1\n")
    for model in ([], ["--model", str(tmp_path / "nowhere")], ["--model", "models:/orders@champion"]):
        result = _run("score", "--config", config, *model)
        assert result.exit_code == 4
        assert "train" in _error_line(result)


def test_too_many_bad_rows_stop_validate_after_it_told_them(tmp_path: Path) -> None:
    rows = "".join(f"{'a' if number else ''},2024-01-0{number + 1},1\n" for number in range(4))
    result = _run("validate", "--config", _with_orders(tmp_path, "customer_id,timestamp,amount\n" + rows))
    assert result.exit_code == 3
    assert '"missing_customer_id": 1' in result.stdout
    assert "25.0% of 4 rows break the contract" in _error_line(result)


def test_json_logs_are_json_on_stderr_and_results_stay_on_stdout(tmp_path: Path) -> None:
    result = _run(
        "validate", "--config", _with_orders(tmp_path, "customer_id,timestamp,amount\na,2024-01-01,1\n"), "--json"
    )
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert {line["level"] for line in lines} == {"info"}
    assert "quarantine:" in result.stdout


def test_an_error_is_json_too_where_that_was_asked_for(tmp_path: Path) -> None:
    result = _run("validate", "--config", str(tmp_path / "none.yaml"), "--json")
    assert result.exit_code == 2
    error, end = (json.loads(line) for line in result.stderr.splitlines())
    assert (error["kind"], error["exit_code"], end["event"], end["exit_code"]) == ("ConfigError", 2, "end", 2)


def test_score_tells_where_the_list_and_the_page_are(job: JobRun, tmp_path: Path) -> None:
    sample_orders().to_csv(tmp_path / "orders.csv", index=False)
    arguments = ["--as-of", CUTOFF, "--model", str(job.trained.bundle_path)]
    result = _run("score", "--config", _config(tmp_path), *arguments)
    assert result.exit_code == 0
    paths = [
        Path(line.split(":", 1)[1].strip()) for line in result.stdout.splitlines() if line.startswith(("risk", "page"))
    ]
    assert [path.name for path in paths] == ["risk_list.csv", "risk_list.html"]
    assert all(path.is_file() for path in paths)
    again = _run("score", "--config", _config(tmp_path), *arguments)
    assert "already complete" in again.stdout


def test_simulate_tells_where_the_files_are_and_what_to_do_next(tmp_path: Path) -> None:
    folder = tmp_path / "business"
    result = _run("simulate", "--customers", "300", "--out", str(folder), "--days", "300", "--seed", "3")
    assert result.exit_code == 0
    assert "simulated 300 customers with " in result.stdout
    assert "attainable" in result.stdout
    assert f"clv-ml train --config {folder / 'config.yaml'}" in result.stdout
    assert json.loads((folder / "parameters.json").read_text())["days"] == 300
    assert _run("validate", "--config", str(folder / "config.yaml")).exit_code == 0


def test_simulate_can_make_visits_that_know_nothing(tmp_path: Path) -> None:
    arguments = (
        "simulate",
        "--customers",
        "300",
        "--out",
        str(tmp_path),
        "--no-informative",
        "--set",
        "visits_per_day=0.1",
    )
    [line] = [line for line in _run(*arguments).stdout.splitlines() if "attainable" in line]
    attainable, rival = re.findall(r"0\.\d{3}", line)
    assert attainable == rival
    parameters = json.loads((tmp_path / "parameters.json").read_text())
    assert (parameters["informative"], parameters["visits_per_day"]) == (False, 0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--customers", "0"], "customers is 0; it must be from 1"),
        (["--customers", "-3"], "customers is -3; it must be from 1"),
        (["--customers", "10", "--seed", "-1"], "seed is -1"),
        (["--customers", "10", "--days", "0"], "days is 0; it must be a whole number"),
        (["--customers", "10", "--days", "45"], "days is 45; it must be above 60"),
        (["--customers", "10", "--set", "fade_days=-1"], "fade_days is -1.0; it must be above 0"),
        (["--customers", "10", "--set", "fade=1"], "unknown name"),
    ],
)
def test_simulate_refuses_bad_numbers_in_one_line(tmp_path: Path, arguments: list[str], message: str) -> None:
    result = _run("simulate", "--out", str(tmp_path / "none"), *arguments)
    assert result.exit_code == 2
    assert message in _error_line(result)
    assert not (tmp_path / "none").exists()


def test_simulate_wants_a_number_of_customers(tmp_path: Path) -> None:
    assert _run("simulate", "--out", str(tmp_path), "--customers", "many").exit_code == 2
    assert _run("simulate", "--out", str(tmp_path)).exit_code == 2


def test_an_unknown_option_is_a_usage_error() -> None:
    assert _run("train", "--confg", "x").exit_code == 2


def test_the_installed_command_ends_without_noise(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("clv-ml")
    config = _with_orders(tmp_path, "customer_id,timestamp,amount\na,2024-01-01,1\n")
    done = subprocess.run(
        [str(command), "validate", "--config", config],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )
    noise = [line for line in done.stderr.splitlines() if not line.startswith("[")]
    assert noise == []
