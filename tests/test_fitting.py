"""Everything fitted at one cutoff, with the purchase model of the config's choice."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from job_runs import CUTOFF, job_config

from clv_ml.errors import ConfigError
from clv_ml.models.bundle import load_bundle, save_bundle
from clv_ml.models.fitting import best_purchase_model, fit_models
from clv_ml.models.scoring import score_customers
from clv_ml.models.training_rows import customers_at
from clv_ml.pipeline import prepare, silent

DAY = dt.date.fromisoformat(CUTOFF)


def test_the_best_purchase_model_is_the_one_under_which_the_holdout_was_likeliest(tmp_path: Path) -> None:
    config = job_config(tmp_path)
    with prepare(config, progress=silent) as prepared:
        kind, scores = best_purchase_model(prepared.engine, prepared.totals, DAY, dt.date(1997, 1, 1), 90)
    assert set(scores.index) == {"bgnbd", "mbgnbd", "pareto_nbd"}
    assert scores[kind] == scores.max()
    assert (scores < 0).all()


def test_without_a_past_to_try_on_the_bgnbd_is_chosen(tmp_path: Path) -> None:
    with prepare(job_config(tmp_path), progress=silent) as prepared:
        kind, scores = best_purchase_model(
            prepared.engine, prepared.totals, dt.date(1997, 3, 1), dt.date(1997, 1, 1), 90
        )
    assert kind == "bgnbd"
    assert scores.empty


def test_another_purchase_model_goes_through_fit_bundle_and_scores(tmp_path: Path) -> None:
    # a cutoff too early for the classifier, so that the churn probability is the purchase model's own
    config = job_config(tmp_path, overrides=["value.purchase_model=mbgnbd"])
    day = dt.date(1997, 4, 15)
    with prepare(config, progress=silent) as prepared:
        models = fit_models(prepared.engine, prepared.tables, day, config, progress=silent)
        customers = customers_at(prepared.engine, prepared.totals, day)
    assert models.purchases.KIND == "mbgnbd"
    loaded = save_bundle(models, {"name": "x"}, tmp_path / "bundle").models
    assert type(loaded.purchases) is type(models.purchases)
    scores = score_customers(models, customers, horizons_days=(30, 60, 90), value=config.value)
    again = score_customers(
        load_bundle(tmp_path / "bundle").models, customers, horizons_days=(30, 60, 90), value=config.value
    )
    pd.testing.assert_frame_equal(scores, again, check_exact=True)
    assert set(scores["score_source"]) == {"mbgnbd"}
    one_time = customers["frequency"] == 0
    assert (scores.loc[one_time, "p_alive"] < 1).all()  # under the BG/NBD they could not have left


def test_a_cost_an_order_lowers_the_value_by_that_cost_for_every_expected_order(tmp_path: Path) -> None:
    config = job_config(tmp_path)
    day = dt.date(1997, 4, 15)
    free = config.value.model_copy(update={"annual_discount_rate": 0.0})
    costly = free.model_copy(update={"cost_per_order": 2.0})
    with prepare(config, progress=silent) as prepared:
        models = fit_models(prepared.engine, prepared.tables, day, config, progress=silent)
        customers = customers_at(prepared.engine, prepared.totals, day)
    without, with_cost = (
        score_customers(models, customers, horizons_days=(90,), value=value) for value in (free, costly)
    )
    expected = without["expected_clv"] - 2.0 * without["expected_purchases"]
    pd.testing.assert_series_equal(with_cost["expected_clv"], expected, check_names=False)


def test_an_unknown_purchase_model_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'bgnbd', 'mbgnbd', 'pareto_nbd' or 'best'"):
        job_config(tmp_path, overrides=["value.purchase_model=poisson"])
