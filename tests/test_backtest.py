"""The method judged in the past: cutoffs with a complete future only, and figures that can be checked."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clv_ml.config import Config, build_config
from clv_ml.engine import DataFrame, Engine
from clv_ml.errors import ConfigError, DataError
from clv_ml.evaluation.backtest import Backtest, backtest, backtest_cutoffs, earlier_cutoffs
from clv_ml.evaluation.metrics import auc, brier
from clv_ml.models.training_rows import customers_at, outcomes_at
from clv_ml.snapshot.tables import Tables

LAST_DAY = dt.date(1998, 6, 30)
CUTOFF = dt.date(1998, 3, 31)


def config(**sections: Any) -> Config:
    tree = {"name": "sample", "transactions": {"sources": [{"dataset": "cdnow_sample"}]}}
    return build_config(tree | sections, environment={})


@pytest.fixture(scope="module")
def judged(engine: Engine, sample_totals: DataFrame) -> Backtest:
    quick = config(churn={"max_snapshots": 1, "min_rows_per_class": 50})
    return backtest(engine, Tables(sample_totals), CUTOFF, quick, progress=lambda line: None)


def test_without_wishes_the_latest_cutoffs_with_a_complete_future_are_taken() -> None:
    assert backtest_cutoffs(config(), LAST_DAY) == (dt.date(1998, 4, 1),)
    three = backtest_cutoffs(config(backtest={"periods": 3}), LAST_DAY)
    assert three == (dt.date(1997, 10, 3), dt.date(1998, 1, 1), dt.date(1998, 4, 1))


def test_wished_cutoffs_are_sorted_once_each_and_must_be_mature() -> None:
    wished = config(backtest={"cutoffs": ["1998-01-31", "1997-12-31", "1998-01-31"]})
    assert backtest_cutoffs(wished, LAST_DAY) == (dt.date(1997, 12, 31), dt.date(1998, 1, 31))
    with pytest.raises(
        DataError, match="cutoff 1998-04-02: its 90 days end on 1998-07-01, but the data end on 1998-06"
    ):
        backtest_cutoffs(config(backtest={"cutoffs": ["1998-04-02"]}), LAST_DAY)


def test_a_training_is_judged_only_from_wished_cutoffs_that_are_over_by_then() -> None:
    wished = config(backtest={"cutoffs": ["1997-12-31", "1997-09-30"]})
    assert earlier_cutoffs(wished, dt.date(1998, 3, 31)) == (dt.date(1997, 9, 30), dt.date(1997, 12, 31))
    assert earlier_cutoffs(wished, dt.date(1998, 3, 30)) == (dt.date(1997, 9, 30),)
    assert earlier_cutoffs(wished, dt.date(1997, 12, 1)) == (dt.date(1997, 9, 2),)  # none: the latest that is


def test_a_cutoff_before_the_first_purchase_is_refused(engine: Engine, sample_totals: DataFrame) -> None:
    early = dt.date(1996, 12, 31)
    with pytest.raises(ConfigError, match=r"cutoff 1996-12-31 is before the first purchase in the data .1997-01-01"):
        backtest(engine, Tables(sample_totals), early, config(), progress=lambda line: None)


def test_every_group_and_score_has_its_row(judged: Backtest) -> None:
    pairs = list(zip(judged.accuracy["group"], judged.accuracy["score"], strict=True))
    scores = ("days_since_last", "bgnbd", "logistic", "lightgbm")
    assert pairs == [(group, score) for group in ("all", "eligible", "repeat", "top_clv") for score in scores]
    sizes = judged.accuracy.drop_duplicates("group").set_index("group")["n"]
    assert sizes["all"] == 2357 > sizes["repeat"] > sizes["top_clv"] == 236


def test_the_figures_can_be_computed_again_from_the_probabilities(judged: Backtest) -> None:
    table = judged.accuracy[judged.accuracy["group"] == "all"].set_index("score")
    for score, p in judged.probabilities.items():
        assert table.loc[str(score), "auc"] == pytest.approx(auc(judged.churned, p))
        assert table.loc[str(score), "brier"] == pytest.approx(brier(judged.churned, p))
    assert judged.probabilities.index.equals(judged.churned.index)
    assert table["auc"].between(0.6, 0.95).all()


def test_cohorts_add_up_to_what_happened(judged: Backtest, engine: Engine, sample_totals: DataFrame) -> None:
    happened = outcomes_at(engine, sample_totals, CUTOFF, (30, 60, 90))
    cohorts = judged.cohorts.groupby("horizon_days")[["customers", "actual_purchases", "actual_spend"]].sum()
    assert cohorts["customers"].tolist() == [2357] * 3
    for horizon in (30, 60, 90):
        assert cohorts.loc[horizon, "actual_purchases"] == happened[f"purchases_{horizon}"].sum()
        assert cohorts.loc[horizon, "actual_spend"] == pytest.approx(happened[f"spend_{horizon}"].sum())
    assert judged.main_cohorts()["cohort"].tolist() == ["1997-01", "1997-02", "1997-03"]


def test_the_metrics_are_named_and_finite(judged: Backtest) -> None:
    metrics = judged.metrics()
    wanted = {"all_lightgbm_auc", "top_clv_bgnbd_ece", "repeat_days_since_last_lift_at_10", "value_at_10_by_risk_list"}
    assert wanted | {"cohort_purchases_wape", "cohort_churn_rate_error_points"} <= set(metrics)
    assert np.isfinite(list(metrics.values())).all()
    assert all(name.isidentifier() for name in metrics)


def test_the_list_holds_more_of_the_churners_value_than_churn_alone(judged: Backtest) -> None:
    by = judged.rankings.set_index("ranked_by")["value_at_10"]
    assert by["risk_list"] > by["p_churn"] + 0.2
    assert by.between(0, 1).all()


def test_what_comes_after_the_future_changes_nothing(
    judged: Backtest, engine: Engine, sample_totals: DataFrame
) -> None:
    again = customers_at(engine, sample_totals.filter("day <= date '1998-03-31'"), CUTOFF)
    pd.testing.assert_frame_equal(again, customers_at(engine, sample_totals, CUTOFF), check_exact=True)
    assert again.index.equals(judged.churned.index)


def test_the_curve_on_silence_keeps_its_order(judged: Backtest, engine: Engine, sample_totals: DataFrame) -> None:
    customers = customers_at(engine, sample_totals, CUTOFF)
    by_silence = judged.probabilities["days_since_last"].groupby(customers["days_since_last"]).agg(["min", "max"])
    assert (by_silence["min"] == by_silence["max"]).all()
    assert (by_silence.sort_index()["min"].diff().dropna() > 0).all()
