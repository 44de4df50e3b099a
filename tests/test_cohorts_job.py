"""The cohort job end to end on the CDNOW sample: tables, files, what accounts for them, and what is not done twice."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import openpyxl
import pandas as pd
import pytest
from cohort_runs import DAY, sample_report

from clv_ml.config import Config
from clv_ml.data.datasets import load_dataset
from clv_ml.language import words
from clv_ml.pipeline import CohortsResult, cohorts
from clv_ml.publishing import damage
from clv_ml.reports.cohorts_headings import columns_of
from clv_ml.reports.cohorts_labels import sheet_names


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, CohortsResult]:
    return sample_report(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def config(report: tuple[Config, CohortsResult]) -> Config:
    return report[0]


@pytest.fixture(scope="module")
def result(report: tuple[Config, CohortsResult]) -> CohortsResult:
    return report[1]


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


def test_the_triangle_is_what_pandas_counts_and_is_open_where_not_all_are_old_enough(
    result: CohortsResult, orders: pd.DataFrame
) -> None:
    first = orders.groupby("customer_id")["day"].min().rename("first")
    rows = orders.join(first, on="customer_id")
    rows = rows[rows["first"].dt.strftime("%Y-%m") == "1997-02"].assign(
        age=lambda table: (table["day"] - table["first"]).dt.days // 30
    )
    own = result.tables["retention"].query("dimension == 'month' and cohort == '1997-02'").set_index("age_period")
    for age in (1, 6, 14):
        assert own.loc[age, "rate"] == pytest.approx(rows[rows["age"] == age]["customer_id"].nunique() / 857)
    last = (pd.Timestamp(DAY) - pd.Timestamp("1997-02-28")).days
    over = own.index < (last + 1) // 30
    assert own["complete"].to_list() == over.tolist()
    assert own.loc[~own["complete"], "rate"].isna().all()


def test_value_to_cost_is_the_observed_profit_of_a_year_over_the_declared_cost(
    result: CohortsResult, orders: pd.DataFrame
) -> None:
    first = orders.groupby("customer_id")["day"].transform("min")
    year = orders[(orders["day"] - first).dt.days < 365]
    profit = 0.30 * year["amount"].sum() / orders["customer_id"].nunique()
    row = everybody(result.tables["acquisition"])
    assert row["cac"] == 8.0
    assert row["ratio"] == pytest.approx(profit / 8.0, rel=1e-6)
    assert headline(result)["ltv_cac"] == row["ratio"]


def test_every_table_that_is_made_has_a_sheet_and_a_heading_for_what_people_read(result: CohortsResult) -> None:
    w = words("en")
    assert set(result.tables) <= set(sheet_names(w))
    for name, table in result.tables.items():
        names = list(map(str, table.columns))
        if name != "scorecard":
            assert set(names) == set(columns_of(name, names, w)), name


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
