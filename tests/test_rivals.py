"""Scores to beat: fitted on the classifier's own rows, and on one label from the training to the judging."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from engagement_runs import CUTOFF, business, read_config, write_config

from clv_ml.config import Config, build_config
from clv_ml.decisions.exclusions import silence_days
from clv_ml.engine import DataFrame, Engine
from clv_ml.evaluation.backtest import Backtest, judge
from clv_ml.evaluation.logistic import LogisticBaseline
from clv_ml.evaluation.rivals import (
    Rivals,
    fit_rivals,
    main_label,
    main_score,
    rival_probabilities,
)
from clv_ml.models.fitting import FittedModels, fit_with_rows
from clv_ml.models.scoring import own_gap_probability, score_customers
from clv_ml.models.training_rows import population_at, population_outcomes
from clv_ml.pipeline.prepared import prepare
from clv_ml.snapshot.tables import Tables

DAY = dt.date(1998, 3, 31)


def _silent(line: str) -> None:
    """Show no progress."""


def _config(**churn: Any) -> Config:
    tree = {
        "name": "sample",
        "transactions": {"sources": [{"dataset": "cdnow_sample"}]},
        "churn": {"horizons_days": [30, 90], "max_snapshots": 2, "min_rows_per_class": 50, **churn},
    }
    return build_config(tree, environment={})


OWN_GAP = _config(label="own_gap", own_gap_quantile=0.4)


@pytest.fixture(scope="module")
def own_gap_fit(engine: Engine, sample_totals: DataFrame) -> tuple[FittedModels, pd.DataFrame]:
    return fit_with_rows(engine, Tables(sample_totals), DAY, OWN_GAP, progress=_silent)


@pytest.fixture(scope="module")
def own_gap(engine: Engine, sample_totals: DataFrame, own_gap_fit: tuple[FittedModels, pd.DataFrame]) -> Backtest:
    """What `backtest` does, with the fit at hand."""
    models, rows = own_gap_fit
    tables = Tables(sample_totals)
    rivals = fit_rivals(rows, OWN_GAP, tables, progress=_silent)
    return judge(engine, tables, models, rivals, OWN_GAP, progress=_silent)


def test_the_label_names_what_is_judged_and_what_ranks() -> None:
    assert (main_label(_config()), main_score(_config())) == ("churned_90", "p_churn_90d")
    assert (main_label(OWN_GAP), main_score(OWN_GAP)) == ("churned_own", "p_churn_own")


def test_silence_is_counted_from_whatever_was_heard_last() -> None:
    customers = pd.DataFrame(
        {
            "days_since_last": [10, 50, np.nan, np.nan],
            "days_since_activity": [30, 5, 7, np.nan],
            "tenure_days": [90, 90, 90, 40],
        },
        dtype="float64",
    )
    assert silence_days(customers).tolist() == [10, 5, 7, 40]
    assert silence_days(customers[["days_since_last"]].dropna()).tolist() == [10, 50]


def test_without_rows_or_with_one_outcome_alone_there_are_no_rivals(
    own_gap_fit: tuple[FittedModels, pd.DataFrame], sample_totals: DataFrame
) -> None:
    _, rows = own_gap_fit
    for few in (pd.DataFrame(), rows[rows["churned_own"] == 1]):
        assert fit_rivals(few, OWN_GAP, Tables(sample_totals), progress=_silent) == Rivals(None, None, None)


def test_with_the_own_gap_everything_is_learnt_and_judged_by_that_label(
    own_gap: Backtest, engine: Engine, sample_totals: DataFrame
) -> None:
    tables = Tables(sample_totals)
    customers = population_at(engine, tables, DAY, OWN_GAP.churn)
    happened = population_outcomes(engine, tables, DAY, OWN_GAP.churn)
    scores = score_customers(own_gap.models, customers, horizons_days=(30, 90), value=OWN_GAP.value)
    assert (happened["churned_own"] >= happened["churned_90"]).all()
    assert (happened["churned_own"] > happened["churned_90"]).any()
    assert own_gap.churned.tolist() == happened["churned_own"].tolist()
    told = own_gap.probabilities
    assert list(told.columns) == ["days_since_last", "bgnbd", "logistic", "lightgbm"]
    pd.testing.assert_series_equal(told["lightgbm"], scores["p_churn_own"], check_names=False)
    own = own_gap_probability(own_gap.models, customers)
    pd.testing.assert_series_equal(told["bgnbd"], own, check_names=False)
    everybody = own_gap.accuracy[own_gap.accuracy["group"] == "all"].set_index("score")
    assert (everybody["prevalence"] == happened["churned_own"].mean()).all()
    # who learnt from another label would be off by the difference of the two rates
    differ = happened["churned_own"].mean() - happened["churned_90"].mean()
    assert differ > 0.05
    off = told[["logistic", "lightgbm"]].mean() - happened["churned_own"].mean()
    assert off.abs().max() < differ / 2
    assert (everybody["auc"] > 0.6).all()


def test_rivals_learn_from_the_rows_they_are_given(
    own_gap_fit: tuple[FittedModels, pd.DataFrame], sample_totals: DataFrame, engine: Engine
) -> None:
    models, rows = own_gap_fit
    rivals = fit_rivals(rows, OWN_GAP, Tables(sample_totals), progress=_silent)
    assert rivals.purchases_only is None  # no events, no difference
    assert rivals.logistic is not None
    alone = LogisticBaseline.fit(rows.assign(churned_90=rows["churned_own"]), horizon_days=90)
    assert alone is not None
    customers = population_at(engine, Tables(sample_totals), DAY, OWN_GAP.churn)
    pd.testing.assert_series_equal(rivals.logistic.predict(customers), alone.predict(customers))
    turned = fit_rivals(rows.iloc[::-1], OWN_GAP, Tables(sample_totals), progress=_silent)
    scores = score_customers(models, customers, horizons_days=(30, 90), value=OWN_GAP.value)
    pd.testing.assert_frame_equal(
        rival_probabilities(turned, models, customers, scores, OWN_GAP),
        rival_probabilities(rivals, models, customers, scores, OWN_GAP),
    )


def test_the_curve_on_silence_never_falls(own_gap: Backtest, engine: Engine, sample_totals: DataFrame) -> None:
    silence = silence_days(population_at(engine, Tables(sample_totals), DAY, OWN_GAP.churn))
    curve = own_gap.probabilities["days_since_last"].groupby(silence).agg(["min", "max"])
    assert (curve["min"] == curve["max"]).all()
    assert (curve["min"].diff().dropna() > 0).all()
    assert curve.to_numpy().min() >= 0
    assert curve.to_numpy().max() <= 1


def test_with_events_one_rival_does_without_them_and_shares_the_rows(tmp_path: Path) -> None:
    config = read_config(write_config(tmp_path, business().tables), ["churn.max_snapshots=2"])
    with prepare(config, progress=_silent) as prepared:
        models, rows = fit_with_rows(prepared.engine, prepared.tables, CUTOFF, config, progress=_silent)
        rivals = fit_rivals(rows, config, prepared.tables, progress=_silent)
        customers = population_at(prepared.engine, prepared.tables, CUTOFF, config.churn)
        engagement = set(prepared.tables.engagement_features)
    assert models.churn is not None
    assert rivals.purchases_only is not None
    full, poorer = set(models.churn.features_), set(rivals.purchases_only.features_)
    assert poorer == full - engagement
    assert {"channel", "plan", "model_p_alive", "days_since_last"} <= poorer
    assert full & engagement
    assert rivals.purchases_only.facts_[-1].rows == models.churn.facts_[-1].rows == len(rows)
    scores = score_customers(models, customers, horizons_days=(60,), value=config.value)
    told = rival_probabilities(rivals, models, customers, scores, config)
    assert list(told.columns) == ["days_since_last", "bgnbd", "logistic", "lightgbm_purchases", "lightgbm"]
    assert told.index.equals(customers.index)
    assert told.notna().all(axis=None)
    assert customers["frequency"].isna().any()
    assert (told["days_since_last"].groupby(silence_days(customers)).mean().diff().dropna() > 0).all()
    pd.testing.assert_series_equal(told["lightgbm"], scores["p_churn_60d"], check_names=False)
