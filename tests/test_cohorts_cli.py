"""The command that makes the cohort report: what it tells, and how it ends where it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from cohort_runs import DAY, sample_report
from typer.testing import CliRunner, Result

from clv_ml.cli import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["cohorts", *arguments], catch_exceptions=False)


@pytest.fixture
def config(tmp_path: Path) -> str:
    orders = pd.DataFrame(
        {"customer_id": ["a", "b"], "timestamp": ["2024-01-02", "2024-01-05"], "amount": [10.0, 20.0]}
    )
    orders.to_csv(tmp_path / "orders.csv", index=False)
    path = tmp_path / "job.yaml"
    columns = "{customer_id: customer_id, timestamp: timestamp, amount: amount}"
    path.write_text(
        f"name: orders\ntransactions:\n  sources:\n    - path: orders.csv\n      columns: {columns}\n"
        f"tracking: {{store: {tmp_path / 'models'}}}\noutput: {{dir: {tmp_path / 'output'}}}\n"
    )
    return str(path)


def test_the_headline_and_where_the_page_is_are_told_also_of_a_report_that_is_there(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    settings, made = sample_report(tmp_path_factory.getbasetemp())
    path = tmp_path / "sample.yaml"
    path.write_text(
        "name: sample\ntransactions: {sources: [{dataset: cdnow_sample}]}\nvalue: {margin: 0.30}\n"
        "forecast: {error_cutoffs: 1}\ncohorts: {acquisition_costs: [{per_customer: 8.0}]}\n"
        f"tracking: {{store: {settings.tracking.store}}}\noutput: {{dir: {settings.output.dir}}}\n"
    )
    result = run("--config", str(path), "--as-of", str(DAY))
    assert result.exit_code == 0
    assert "cohorts as of 1998-06-30 (already complete, nothing computed again)" in result.stdout
    assert "Customers: 2,357 (unchanged), who have ever bought" in result.stdout
    assert "alert: To watch: quarter by value of the first order: lowest quarter: value to cost is 1.7" in result.stdout
    assert "note: no champion of sample yet" in result.stdout
    assert f"page:     {made.folder / 'cohorts.html'}" in result.stdout


def test_a_day_that_is_no_day_is_a_usage_error(config: str) -> None:
    result = run("--config", config, "--as-of", "yesterday")
    assert result.exit_code == 2
    assert "--as-of" in result.stderr


def test_a_day_before_the_data_is_a_config_error(config: str) -> None:
    result = run("--config", config, "--as-of", "2023-12-31")
    assert result.exit_code == 2
    assert "2023-12-31 is before the first day of the data (2024-01-02)" in result.stderr


def test_a_model_asked_for_that_is_not_there_ends_with_code_4(config: str) -> None:
    result = run("--config", config, "--model", "models:/orders@champion")
    assert result.exit_code == 4
    assert "run `clv-ml train` first" in result.stderr


def test_a_dimension_that_nobody_knows_is_named_with_those_there_are(config: str) -> None:
    result = run("--config", config, "--set", 'cohorts.by=["mood"]', "--json")
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert result.exit_code == lines[-1]["exit_code"] != 0
    assert lines[-1]["event"] == "end"
    assert lines[-1]["command"] == "cohorts"


def test_too_few_customers_to_fit_end_in_one_line(config: str) -> None:
    result = run("--config", config)
    assert result.exit_code in {1, 3}
    assert len([line for line in result.stderr.splitlines() if line.startswith("error: ")]) == 1
    assert "Traceback" not in result.stderr
