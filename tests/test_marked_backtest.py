"""A backtest whose customers were contacted after the cutoff judges those left alone, and the control for the rest."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from clv_ml.config import Config
from clv_ml.engine import DataFrame, Engine
from clv_ml.evaluation.backtest import Backtest, judge
from clv_ml.evaluation.rivals import Rivals
from clv_ml.models.fitting import FittedModels
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.treatment import Treatment

LISTED_ON = dt.date(1998, 1, 31)


@pytest.fixture(scope="module")
def judged_twice(
    engine: Engine, sample_totals: DataFrame, sample_config: Config, sample_models: FittedModels
) -> tuple[Backtest, Backtest, pd.Series]:
    """The sample's models, judged on everybody; and with a third contacted, and as many held back."""
    tables = Tables(sample_totals)
    none = Rivals(None, None, None)
    everybody = judge(engine, tables, sample_models, none, sample_config, progress=lambda line: None)
    ids = everybody.churned.index
    arm = pd.Series(np.random.default_rng(1).choice(["contact", "control", "alone"], len(ids)), index=ids)
    listed = arm[arm != "alone"]
    stands_for = len(listed) / (listed == "control").sum()
    events = pd.DataFrame(
        {"customer_id": listed.index, "first": pd.Timestamp(LISTED_ON), "last": pd.Timestamp(LISTED_ON)}
    )
    events["counts"] = np.where(listed == "control", stands_for, 0.0)
    marked = dataclasses.replace(tables, treatment=Treatment(events, 30))
    told: list[str] = []
    found = judge(engine, marked, sample_models, none, sample_config, progress=told.append)
    assert any(f"{(arm == 'contact').sum():,} customers are not judged" in line for line in told)
    return everybody, found, arm


def test_nobody_contacted_is_judged_and_the_number_of_customers_stays(
    judged_twice: tuple[Backtest, Backtest, pd.Series],
) -> None:
    everybody, found, arm = judged_twice
    assert found.churned.index.is_unique
    names = set(found.churned.index)
    assert not names & set(arm.index[arm == "contact"])
    assert names >= set(arm.index[arm != "contact"])
    assert len(found.churned) == pytest.approx(len(everybody.churned), abs=1)


def test_where_the_arms_were_drawn_by_lot_the_figures_are_the_same_up_to_chance_and_less_certain(
    judged_twice: tuple[Backtest, Backtest, pd.Series],
) -> None:
    everybody, found, _ = judged_twice

    def line(result: Backtest) -> dict[str, float]:
        table = result.accuracy
        chosen = table[(table["group"] == "all") & (table["score"] == "lightgbm")]
        return {str(name): float(value) for name, value in chosen.select_dtypes("number").iloc[0].items()}

    first, second = line(everybody), line(found)
    assert second["auc"] == pytest.approx(first["auc"], abs=0.03)
    assert second["prevalence"] == pytest.approx(first["prevalence"], abs=0.03)
    # the control counts twice, and its customers come and go together
    assert second["auc_high"] - second["auc_low"] > first["auc_high"] - first["auc_low"]
