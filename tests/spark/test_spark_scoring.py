"""Scores and the list on Spark: those of one machine, whatever the partitions, and nobody collects the customers."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from engagement_runs import CUTOFF, business, read_config, write_config

from clv_ml.config import Config, RiskConfig
from clv_ml.engine import SparkEngine
from clv_ml.models.fitting import FittedModels, fit_models
from clv_ml.models.training_rows import population_at
from clv_ml.pipeline.prepared import prepare
from spark.list_parity import RISK, Case, assert_same_result, on_one_machine, on_spark

SAMPLE_DAY = dt.date(1997, 12, 31)


@pytest.fixture(scope="module")
def sample(sample_customers: pd.DataFrame, sample_models: FittedModels, sample_config: Config) -> Case:
    """CDNOW, with a list before this one and people who were written to."""
    config = sample_config.model_copy(update={"risk": RiskConfig(**RISK)})
    ids = sample_customers.index
    draws = np.random.default_rng(3)
    details = pd.DataFrame(
        {
            "consent": draws.random(800) < 0.9,
            "last_contacted_at": pd.Timestamp(SAMPLE_DAY) - pd.to_timedelta(draws.integers(0, 90, 800), unit="D"),
        },
        index=pd.Index(np.sort(draws.choice(ids.to_numpy(), 800, replace=False)), name="customer_id"),
    )
    earlier = pd.DataFrame({"customer_id": ids[::3], "rank": np.arange(1, len(ids[::3]) + 1)})
    earlier["p_churn_90d"] = draws.random(len(earlier))
    return Case(sample_customers, sample_models, config, SAMPLE_DAY, details, earlier)


@pytest.fixture(scope="module")
def engaged(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A business with events and attributes, where some have not bought yet."""
    folder = tmp_path_factory.mktemp("engaged")
    risk = {**RISK, "capacity": None, "list_rows": 100, "exclude": {"silent_too_long": False}}
    config = read_config(write_config(folder, business(300).tables, churn={"max_snapshots": 3}, risk=risk))
    with prepare(config, progress=lambda line: None) as prepared:
        customers = population_at(prepared.engine, prepared.tables, CUTOFF, config.churn)
        models = fit_models(prepared.engine, prepared.tables, CUTOFF, config, progress=lambda line: None)
    return Case(customers, models, config, CUTOFF)


def test_the_list_of_cdnow_is_that_of_one_machine(spark: SparkEngine, sample: Case) -> None:
    one, other = on_one_machine(sample), on_spark(spark, sample)
    assert {"contact", "control", "over_capacity"} <= set(one.listed["action_status"])
    assert one.listed["change"].nunique() > 2
    assert_same_result(one, other)


def test_the_list_with_events_and_prospects_is_that_of_one_machine(spark: SparkEngine, engaged: Case) -> None:
    assert engaged.customers["frequency"].isna().any()
    one, other = on_one_machine(engaged), on_spark(spark, engaged)
    assert "engagement_score" in other.listed
    assert "not_bought_yet" in set(other.scores["exclusion_reason"])
    assert_same_result(one, other)
