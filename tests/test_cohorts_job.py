"""The cohort job end to end on the CDNOW sample: tables, files, what accounts for them, and what is not done twice."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from clv_ml.config import Config, build_config
from clv_ml.data.datasets import load_dataset
from clv_ml.pipeline import CohortsResult, cohorts
from clv_ml.publishing import damage

DAY = dt.date(1998, 6, 30)


def config_in(folder: Path) -> Config:
    tree: dict[str, Any] = {
        "name": "sample",
        "transactions": {"sources": [{"dataset": "cdnow_sample"}]},
        "value": {"margin": 0.30},
        "cohorts": {"acquisition_costs": [{"per_customer": 8.0}]},
        "tracking": {"store": str(folder / "models")},
        "output": {"dir": str(folder / "output")},
    }
    return build_config(tree, environment={})


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return config_in(tmp_path_factory.mktemp("cohorts"))


@pytest.fixture(scope="module")
def result(config: Config) -> CohortsResult:
    return cohorts(config, as_of=DAY)


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    """The sample summed to one row a customer and day, by pandas alone."""
    lines = load_dataset("cdnow_sample")
    lines["day"] = pd.to_datetime(lines["timestamp"]).dt.normalize()
    return lines.groupby(["customer_id", "day"])["amount"].sum().reset_index()


def everybody(table: pd.DataFrame) -> pd.Series[Any]:
    [row] = [row for _, row in table[table["dimension"] == "all"].iterrows()]
    return row


def headline(result: CohortsResult) -> dict[str, float]:
    table = result.tables["scorecard"]
    return dict(zip(table["figure"], table["value"], strict=True))


def test_the_report_is_whole_and_says_what_it_is_made_of(result: CohortsResult) -> None:
    assert damage(result.folder) == ""
    assert result.folder.name == "as_of=1998-06-30"
    manifest = json.loads((result.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == result.manifest
    assert manifest["tables"] == {name: len(table) for name, table in result.tables.items()}
    assert manifest["rows"]["rows_valid"] == 6919
    assert manifest["conventions"]["margin"] == 0.30


def test_every_table_is_there_as_parquet_and_as_csv(result: CohortsResult) -> None:
    for name, table in result.tables.items():
        pd.testing.assert_frame_equal(pd.read_parquet(result.folder / f"{name}.parquet"), table, check_dtype=False)
        assert len(pd.read_csv(result.folder / f"{name}.csv")) == len(table)


def test_the_headline_is_what_pandas_counts(result: CohortsResult, orders: pd.DataFrame) -> None:
    told = headline(result)
    ago = (pd.Timestamp(DAY) - orders["day"]).dt.days
    recent, before = orders[ago < 90], orders[(ago >= 90) & (ago < 180)]
    assert told["customers"] == orders["customer_id"].nunique() == 2357
    assert told["active_customers"] == recent["customer_id"].nunique()
    assert told["repeat_rate"] == pytest.approx((orders.groupby("customer_id").size() > 1).mean())
    gone = ~before["customer_id"].drop_duplicates().isin(recent["customer_id"])
    assert told["churn_90d"] == pytest.approx(gone.mean())
    assert told["new_customers"] == 0


def test_equity_is_the_sum_of_what_customers_are_worth_and_the_bridge_adds_up_to_the_cent(
    result: CohortsResult,
) -> None:
    bridge = everybody(result.tables["bridge"])
    steps = [bridge[step] for step in ("start", "new", "kept", "lost", "value_per_customer")]
    assert all(isinstance(step, Decimal) for step in steps)
    assert sum(steps) == bridge["end"] == everybody(result.tables["equity"])["equity"]
    assert float(bridge["end"]) == headline(result)["equity"]


def test_the_headline_is_compared_with_the_figures_a_week_earlier(config: Config, result: CohortsResult) -> None:
    assert result.manifest["previous_as_of"] == "1998-06-23"
    table = result.tables["scorecard"].set_index("figure")
    assert table.loc["equity", "previous"] == float(everybody(result.tables["bridge"])["start"])


def test_the_model_is_fitted_where_nobody_has_trained_and_the_report_says_so(result: CohortsResult) -> None:
    assert result.manifest["model"] == "fitted for this report"
    assert any("no champion of sample yet" in note for note in result.manifest["notes"])


def test_a_report_that_is_there_is_not_made_again(config: Config, result: CohortsResult) -> None:
    again = cohorts(config, as_of=DAY)
    assert again.repeated
    assert again.manifest == result.manifest
    for name, table in result.tables.items():
        assert len(again.tables[name]) == len(table)


def test_the_run_in_mlflow_holds_headline_page_and_workbook(config: Config, result: CohortsResult) -> None:
    from clv_ml.tracking.store import connected

    assert result.run is not None
    assert result.log_note == ""
    with connected(config) as (mlflow, _):
        client = mlflow.MlflowClient()
        run = client.get_run(result.run.run_id)
        kept = {item.path for item in client.list_artifacts(result.run.run_id)}
    assert run.data.metrics["equity"] == headline(result)["equity"]
    assert run.data.metrics["alerts"] == float(len(result.tables.get("alerts", ())))
    assert {"cohorts.html", "cohorts.xlsx", "manifest.json", "config.yaml"} <= kept


def test_the_workbook_holds_the_tables_as_numbers(result: CohortsResult) -> None:
    book = openpyxl.load_workbook(result.folder / "cohorts.xlsx", read_only=True)
    sheet = [list(row) for row in book["Change of equity"].iter_rows(values_only=True)]
    place = sheet[0].index("Equity now")
    assert Decimal(str(sheet[1][place])) == everybody(result.tables["bridge"])["end"]
    assert book.sheetnames[0] == "Scorecard"
    assert book.sheetnames[-1] == "What the numbers mean"


def test_the_page_names_the_day_and_what_it_is_compared_with(result: CohortsResult) -> None:
    page = (result.folder / "cohorts.html").read_text(encoding="utf-8")
    assert "30 Jun 1998" in page
    assert "changes since 23 Jun 1998" in page
