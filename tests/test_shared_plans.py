"""Plans of one engine serve the next where nothing they depend on differs, and the number of them is limited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest
from counted_build import Counted

from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.engine.plans import Plan, Step
from clv_ml.engine.shared_plans import SharedPlans

DAY = dt.date(2024, 1, 1)


def more(engine: Engine, key: str, numbers: list[Any], build: Any) -> list[Any]:
    rows = engine.from_pandas(pd.DataFrame({"n": numbers}))
    told: list[Any] = engine.to_pandas(engine.planned(key, {"rows": rows}, DAY, build))["more"].tolist()
    return told


def test_a_plan_of_one_engine_runs_on_the_rows_of_another() -> None:
    build = Counted()
    for numbers in ([1, 2], [5]):
        with Engine() as engine:
            engine.from_pandas(pd.DataFrame({"other": numbers}))  # the tables of the two have other names
            assert more(engine, "shared once", numbers, build) == [number + 1 for number in numbers]
    assert build.times == 1


def test_another_key_and_columns_of_another_type_are_planned_anew() -> None:
    build = Counted()
    for key, numbers in (("shared types", [1]), ("shared types", [1.5]), ("shared types, another", [1])):
        with Engine() as engine:
            assert more(engine, key, numbers, build) == [numbers[0] + 1]
    assert build.times == 3


def test_a_plan_that_reads_a_table_of_its_engine_stays_there() -> None:
    for number in (10, 20):
        with Engine() as engine:
            beside = engine.materialise(engine.from_pandas(pd.DataFrame({"n": [1], "told": [number]})))

            def build(frames: Mapping[str, Any], day: dt.date, beside: Any = beside) -> DataFrame:
                joined: DataFrame = frames["rows"].join(beside, on="n", how="left")
                return joined.select("n", functions().col("told").alias("more"))

            assert more(engine, "shared beside", [1], build) == [number]


def plan(query: str) -> Plan:
    return Plan({"rows": "clv_1"}, (Step("clv_2", query),), {"": "clv_2"})


@pytest.mark.parametrize(
    ("query", "alone"),
    [
        ("SELECT * FROM clv_1", True),
        ("SELECT 'clv_7' AS told FROM clv_1", True),
        ("SELECT * FROM clv_1 JOIN clv_7 USING (n)", False),
    ],
)
def test_a_plan_stands_alone_if_it_reads_its_own_tables_only(query: str, alone: bool) -> None:
    assert plan(query).stands_alone == alone
    shelf = SharedPlans()
    shelf.keep("key", plan(query))
    assert (shelf.find("key") is not None) == alone


def test_the_plan_that_was_not_used_for_longest_goes_first() -> None:
    shelf = SharedPlans(most=2)
    for key in ("a", "b"):
        shelf.keep(key, plan("SELECT * FROM clv_1"))
    assert shelf.find("a") is not None
    shelf.keep("c", plan("SELECT * FROM clv_1"))
    assert [shelf.find(key) is not None for key in ("a", "b", "c")] == [True, False, True]
    assert len(shelf) == 2
