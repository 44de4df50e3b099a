"""Scores and the list on Spark: those of one machine, whatever the partitions, and nobody collects the customers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from clv_ml.config import Config
from clv_ml.decisions import targeting
from clv_ml.engine import SparkEngine
from clv_ml.evaluation.months import month_of
from clv_ml.models.engagement_score import engagement_by_cohort
from clv_ml.models.fitting import FittedModels
from clv_ml.pipeline.cluster_views import engagement_on_cluster
from spark.cases import engaged_case, sample_case
from spark.list_parity import Case, assert_same_result, at_most, collected, on_one_machine, scored_on


@pytest.fixture(scope="module")
def sample(sample_customers: pd.DataFrame, sample_models: FittedModels, sample_config: Config) -> Case:
    return sample_case(sample_customers, sample_models, sample_config)


def test_the_list_of_cdnow_is_that_of_one_machine_and_nothing_large_is_collected(
    spark: SparkEngine, sample: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a short curve, so that what may be collected is told from the customers by its number
    monkeypatch.setattr(targeting, "_CURVE_ALL", 30)
    monkeypatch.setattr(targeting, "_CURVE_REST", 30)
    one = on_one_machine(sample)
    with at_most(1001, monkeypatch) as seen:
        found = scored_on(spark, sample, parts=3)
    assert len(sample.customers) > 1001
    assert max(seen) > 100  # the steps of the risk percentile were seen by the watch
    assert {"contact", "control", "over_capacity"} <= set(one.listed["action_status"])
    assert {"no_consent", "contacted_recently"} <= set(one.scores["exclusion_reason"])
    assert one.listed["change"].nunique() > 2
    assert_same_result(one, collected(spark, found))


def test_the_list_with_events_and_prospects_is_that_of_one_machine(spark: SparkEngine, tmp_path: Path) -> None:
    engaged = engaged_case(tmp_path)
    assert engaged.customers["frequency"].isna().any()
    one, made = on_one_machine(engaged), scored_on(spark, engaged)
    other = collected(spark, made)
    assert "engagement_score" in other.listed
    assert "not_bought_yet" in set(other.scores["exclusion_reason"])
    assert_same_result(one, other)
    months = month_of(engaged.customers["start_day"])
    by_cohort = engagement_by_cohort(one.scores.set_index("customer_id"), months)
    with spark.active():
        summed = engagement_on_cluster(spark, made)
    assert summed is not None
    pd.testing.assert_frame_equal(summed, by_cohort, check_exact=True)
