"""Features that a user declares: learnt from, scored with, told as reasons, and asked for where they are missing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import doctest
import sys
from types import ModuleType
from typing import Any

import numpy as np
import own_features
import pandas as pd
import pytest
from conftest import SAMPLE_CUTOFF

import clv_ml
from clv_ml.config import Config, build_config
from clv_ml.decisions.reasons import reasons
from clv_ml.engine import DataFrame, Engine
from clv_ml.errors import ConfigError, DataError
from clv_ml.models.bundle import Bundle, save_bundle
from clv_ml.models.fitting import fit_models
from clv_ml.models.scoring import contributions, score_customers
from clv_ml.models.training_rows import population_at
from clv_ml.pipeline.nightly_files import cannot_add
from clv_ml.pipeline.table_scoring import require_same_tables, score_transactions
from clv_ml.reports.results import bundle_facts
from clv_ml.snapshot import declared
from clv_ml.snapshot.declared import Feature
from clv_ml.snapshot.declared_modules import load_features, told_of
from clv_ml.snapshot.population import population
from clv_ml.snapshot.tables import Tables

OWN = ("evening_events", "large_days", "orders_a_day", "weekend_share")
ORDERS = pd.DataFrame(
    {
        "customer_id": ["ann", "ann", "ann", "bo"],
        "timestamp": ["2024-01-06", "2024-01-08", "2024-02-04", "2024-01-09"],  # Saturday, Monday, Sunday, Tuesday
        "amount": [30.0, 10.0, 99.0, 5.0],
    }
)
JANUARY = dt.date(2024, 1, 31)


@pytest.fixture(scope="module")
def config(sample_config: Config) -> Config:
    tree = sample_config.model_dump(mode="json") | {"features": {"modules": ["own_features"]}}
    tree["churn"] |= {"max_snapshots": 1}
    return build_config(tree, environment={})


@pytest.fixture(scope="module")
def tables(sample_totals: DataFrame, config: Config) -> Tables:
    return Tables(sample_totals, own=load_features(config.features.modules))


@pytest.fixture(scope="module")
def bundle(engine: Engine, tables: Tables, config: Config, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Models that have learnt from own features, through files and back."""
    models = fit_models(engine, tables, SAMPLE_CUTOFF, config, progress=lambda line: None)
    return save_bundle(models, bundle_facts(config, "", []), tmp_path_factory.mktemp("own"))


def test_a_feature_is_tested_on_a_small_table_and_sees_nothing_after_the_cutoff() -> None:
    told = own_features.weekend_share.table(ORDERS, cutoff=JANUARY)
    assert told["weekend_share"].to_dict() == {"ann": 0.5, "bo": 0.0}
    later = pd.concat([ORDERS, ORDERS.assign(timestamp="2024-02-01", amount=-1000.0)])
    pd.testing.assert_frame_equal(own_features.weekend_share.table(later, cutoff=JANUARY), told)
    sizes = own_features.sizes.table(ORDERS, cutoff=JANUARY)
    assert sizes.loc["ann"].to_dict() == {"large_days": 1.0, "orders_a_day": 1.0}


def test_everybody_has_the_own_features_beside_the_usual_ones(engine: Engine, tables: Tables) -> None:
    usual = dataclasses.replace(tables, own=())
    described, plain = (
        engine.to_pandas(population(engine, kind, SAMPLE_CUTOFF).orderBy("customer_id")) for kind in (tables, usual)
    )
    assert list(described.columns) == [*plain.columns, *OWN] == list(tables.columns)
    pd.testing.assert_frame_equal(described[list(plain.columns)], plain)
    assert described["weekend_share"].between(0, 1).all()
    assert 0.1 < described["weekend_share"].mean() < 0.5
    assert described["evening_events"].isna().all()


def test_the_classifier_learns_from_them_and_scores_with_them(
    engine: Engine, tables: Tables, config: Config, bundle: Bundle
) -> None:
    assert bundle.models.churn is not None
    assert {"weekend_share", "large_days", "orders_a_day"} <= set(bundle.models.churn.features_)
    assert "evening_events" not in bundle.models.churn.features_  # the same for everybody: nothing to learn
    customers = population_at(engine, tables, SAMPLE_CUTOFF, config.churn)
    scores = score_customers(bundle.models, customers, horizons_days=(90,), value=config.value)
    shifted = customers.assign(large_days=customers["large_days"] + 9)
    others = score_customers(bundle.models, shifted, horizons_days=(90,), value=config.value)
    assert (scores["p_churn_90d"] != others["p_churn_90d"]).any()


def test_a_served_table_gives_the_scores_of_the_job(
    engine: Engine, tables: Tables, config: Config, bundle: Bundle, cdnow_sample: pd.DataFrame
) -> None:
    some = cdnow_sample["customer_id"].unique()[:50]
    customers = population_at(engine, tables, SAMPLE_CUTOFF, config.churn).loc[sorted(some.astype(str))]
    wanted = score_customers(bundle.models, customers, horizons_days=config.churn.horizons_days, value=config.value)
    orders = cdnow_sample[cdnow_sample["customer_id"].isin(some)]
    told = score_transactions(bundle, orders, as_of=SAMPLE_CUTOFF)
    np.testing.assert_array_equal(told["p_churn_90d"], wanted["p_churn_90d"])


def test_a_reason_names_an_own_feature_as_its_column_is_called(
    engine: Engine, tables: Tables, config: Config, bundle: Bundle
) -> None:
    customers = population_at(engine, tables, SAMPLE_CUTOFF, config.churn).head(200)
    shares = contributions(bundle.models, customers)
    assert shares is not None
    only = shares * 0.0
    only["weekend_share"] = 1.0
    told = reasons(customers, only)[["reason_1", "reason_2", "reason_3"]]
    named = told.apply(lambda texts: texts.str.fullmatch(r"Weekend share: [\d.]+\.")).any(axis=1)
    assert named.mean() > 0.2
    assert (told["reason_1"] != "").all()


def test_the_bundle_names_the_module_and_is_of_no_use_without_it(
    bundle: Bundle, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = bundle.facts["own_features"]
    assert kept == told_of(load_features(["own_features"]))
    assert kept["own_features"]["columns"] == ["evening_events", "large_days", "orders_a_day", "weekend_share"]
    require_same_tables(bundle, tables)
    with pytest.raises(ConfigError, match=r"module own_features: name it in features\.modules of the config"):
        require_same_tables(bundle, dataclasses.replace(tables, own=()))
    monkeypatch.delitem(sys.modules, "own_features")
    with pytest.raises(ConfigError, match="module own_features: import it before scoring"):
        score_transactions(bundle, ORDERS)
    assert "own_features" not in sys.modules


def test_a_model_without_them_and_a_module_that_has_changed_are_refused(bundle: Bundle, tables: Tables) -> None:
    without = dataclasses.replace(bundle, facts={**bundle.facts, "own_features": {}})
    with pytest.raises(ConfigError, match="the model has learnt nothing of own_features"):
        require_same_tables(without, tables)
    other = {"own_features": bundle.facts["own_features"]["own_features"] | {"code": "0" * 16}}
    changed = dataclasses.replace(bundle, facts={**bundle.facts, "own_features": other})
    with pytest.raises(ConfigError, match="module own_features has changed since the model was trained"):
        require_same_tables(changed, tables)


def test_a_bundle_without_own_features_does_not_speak_of_them(sample_config: Config) -> None:
    assert "own_features" not in bundle_facts(sample_config, "", [])


def test_a_module_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"features\.modules: no_such_module cannot be imported"):
        load_features(["no_such_module"])
    monkeypatch.setitem(sys.modules, "nothing_declared", ModuleType("nothing_declared"))
    with pytest.raises(ConfigError, match=r"nothing_declared declares no feature: put @clv_ml\.feature above"):
        load_features(["nothing_declared"])


def test_names_are_checked_where_they_are_declared_and_against_those_that_are_there(sample_totals: DataFrame) -> None:
    with pytest.raises(ConfigError, match="WeekendShare: a feature has a name of small letters"):
        clv_ml.feature("WeekendShare")(own_features.weekend_share.compute)
    with pytest.raises(ConfigError, match=r"columns gap_mean: clv_ml has a column of this name"):
        Tables(sample_totals, own=(Feature(own_features.weekend_share.compute, ("gap_mean",)),))


def test_a_function_that_returns_something_else_is_told_so() -> None:
    wrong = Feature(own_features.weekend_share.compute, ("share",))
    with pytest.raises(DataError, match=r"feature own_features\.weekend_share: column 'share' is missing"):
        wrong.table(ORDERS, cutoff=JANUARY)

    @clv_ml.feature
    def spend(history: clv_ml.History) -> Any:
        return history.purchases.select("customer_id", "spend")

    with pytest.raises(DataError, match=r"feature .*spend: 3 rows of 2 customers; one row of each is wanted"):
        spend.table(ORDERS, cutoff=JANUARY)


def test_nightly_descriptions_read_everything_where_functions_want_it() -> None:
    files = {"transactions": {"sources": [{"path": "x.csv", "columns": {name: name for name in ORDERS.columns}}]}}
    assert cannot_add(build_config({"name": "x", **files}, environment={})) == ""
    told = cannot_add(build_config({"name": "x", **files, "features": {"modules": ["own_features"]}}, environment={}))
    assert told == "functions of `features.modules` look at all rows"


def test_the_example_of_the_docstring_runs() -> None:
    assert doctest.testmod(declared).failed == 0
