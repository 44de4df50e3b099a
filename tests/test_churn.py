"""The churn classifier: the same model whatever the row order and threads, and honest probabilities."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from churn_data import FEATURES, HORIZONS, fitted, rich_model, rich_snapshots, snapshots
from scipy.special import logit

from clv_ml.config import Config, build_config
from clv_ml.errors import DataError
from clv_ml.evaluation.metrics import auc
from clv_ml.models.churn import ChurnModel
from clv_ml.models.fitting import CHURN_FEATURES, FittedModels, fit_churn


@pytest.fixture(scope="module")
def model() -> ChurnModel:
    return fitted(snapshots(), threads=1)


def test_row_order_and_threads_do_not_change_the_model_text(model: ChurnModel) -> None:
    shuffled = snapshots().sample(frac=1, random_state=1).set_index("noise", drop=False)
    other = fitted(shuffled, threads=4)
    assert other.to_files() == model.to_files()
    assert other.to_dict() == model.to_dict()


def test_another_seed_gives_another_model(model: ChurnModel) -> None:
    assert fitted(snapshots(), seed=7).to_files() != model.to_files()


def test_probabilities_never_increase_with_the_horizon(model: ChurnModel) -> None:
    rng = np.random.default_rng(5)
    wild = pd.DataFrame(rng.normal(0, 1000, (500, 3)), columns=list(FEATURES)).mask(rng.random((500, 3)) < 0.2)
    scores = model.predict(wild)
    assert list(scores.columns) == ["p_churn_30d", "p_churn_90d"]
    assert (scores["p_churn_90d"] < scores["p_churn_30d"]).all()  # nor do they tie
    assert scores.ge(0).all(axis=None)
    assert scores.le(1).all(axis=None)


def test_it_learns_what_there_is_to_learn(model: ChurnModel) -> None:
    fresh = snapshots(rows=2000, cutoffs=1, seed=9)
    scores = model.predict(fresh)
    for horizon in HORIZONS:
        known = fresh["silence"] / 40 - fresh["orders"] / 2
        truth = auc(fresh[f"churned_{horizon}"], known)
        assert auc(fresh[f"churned_{horizon}"], scores[f"p_churn_{horizon}d"]) > truth - 0.03
        assert scores[f"p_churn_{horizon}d"].mean() == pytest.approx(fresh[f"churned_{horizon}"].mean(), abs=0.05)
    assert model.importance().index[0] == "silence"
    assert model.importance().sum() == pytest.approx(1.0)


def test_the_facts_tell_how_the_model_came_about(model: ChurnModel) -> None:
    rows = snapshots()
    for fact in model.facts_:
        assert fact.rounds_from == "early stopping on a later cutoff"
        assert fact.fit_cutoffs[-1] == "2024-01-31"
        assert (fact.stop_cutoff, fact.judge_cutoff) == ("2024-04-30", "2024-07-29")
        assert (fact.calibrated, fact.log_loss_raw, fact.monotone) == (False, None, [])
    month, main = model.facts_
    assert (main.horizon_days, main.learnt_from, main.rows) == (90, "all rows", 2400)
    assert main.churned_share == rows["churned_90"].mean()
    back = rows[rows["churned_90"] == 0]
    assert (month.horizon_days, month.learnt_from) == (30, "rows with a purchase within 90 days")
    assert (month.rows, month.churned_share) == (len(back), back["churned_30"].mean())


def test_one_cutoff_is_enough_for_a_model_without_early_stopping() -> None:
    fact = fitted(snapshots(cutoffs=1)).facts_[0]
    assert (fact.rounds_from, fact.stop_cutoff, fact.judge_cutoff, fact.calibrated) == ("default", None, None, False)


def test_a_shorter_horizon_with_nobody_to_tell_apart_keeps_a_distance_to_the_longer_one() -> None:
    rows = snapshots(cutoffs=2)
    nobody = fitted(rows.assign(churned_30=1))
    fact = nobody.facts_[0]
    assert (fact.rounds, fact.rounds_from) == (0, "a constant: too few rows to tell apart")
    scores = nobody.predict(rows)
    assert (scores["p_churn_30d"] > scores["p_churn_90d"]).all()
    assert scores["p_churn_30d"].min() > 0.99
    everybody = fitted(rows.assign(churned_30=rows["churned_90"])).predict(rows)
    assert (everybody["p_churn_30d"] > everybody["p_churn_90d"]).all()
    assert everybody["p_churn_30d"].mean() == pytest.approx(everybody["p_churn_90d"].mean(), abs=0.01)
    copy = ChurnModel.from_files(json.loads(json.dumps(nobody.to_dict())), nobody.to_files())
    pd.testing.assert_frame_equal(copy.predict(rows), scores, check_exact=True)


@pytest.mark.parametrize("rich", [False, True])
def test_files_and_numbers_rebuild_the_same_model(model: ChurnModel, rich: bool) -> None:
    rows = rich_snapshots(rows=50, seed=3).set_index("customer_id")
    model = rich_model(rich_snapshots()) if rich else model
    data = json.loads(json.dumps(model.to_dict()))
    copy = ChurnModel.from_files(data, model.to_files())
    pd.testing.assert_frame_equal(copy.predict(rows), model.predict(rows), check_exact=True)
    pd.testing.assert_frame_equal(copy.contributions(rows), model.contributions(rows), check_exact=True)
    assert copy.to_dict() == model.to_dict()
    assert copy.facts_ == model.facts_


def test_one_row_and_no_row_can_be_scored(model: ChurnModel) -> None:
    rows = snapshots(rows=5, cutoffs=1).set_index("customer_id")
    one = model.predict(rows.tail(1))
    pd.testing.assert_frame_equal(one, model.predict(rows).tail(1), check_exact=True)
    none = model.predict(rows.head(0))
    assert none.shape == (0, 2)
    assert model.contributions(rows.head(0)).shape == (0, 4)


def test_contributions_add_up_to_the_log_odds(model: ChurnModel) -> None:
    rows = snapshots(rows=50, cutoffs=1).set_index("customer_id")
    shares = model.contributions(rows)
    assert list(shares.columns) == [*FEATURES, "base_value"]
    np.testing.assert_allclose(shares.sum(axis=1), logit(model.predict(rows)["p_churn_90d"]))


def test_what_cannot_be_learnt_from_is_named(model: ChurnModel) -> None:
    rows = snapshots(rows=20, cutoffs=2)
    with pytest.raises(DataError, match="snapshots: column 'orders', 'churned_90' is missing; available: 'silence'"):
        fitted(rows.drop(columns=["orders", "churned_90"]))
    with pytest.raises(DataError, match="snapshots: churned_90 is 1 in all 40 rows, nothing to tell apart"):
        fitted(rows.assign(churned_90=1))
    first = rows.index == int(np.flatnonzero(rows["churned_90"])[0])
    wrong = rows.assign(churned_30=rows["churned_30"].mask(first, 0))
    with pytest.raises(DataError, match="churned_30 is 0 and churned_90 is 1 in 1 rows, but who bought within the"):
        fitted(wrong)
    with pytest.raises(DataError, match="snapshots: there are no rows to learn from"):
        fitted(rows.head(0))
    with pytest.raises(DataError, match="features: column 'noise' is missing"):
        model.predict(rows.drop(columns="noise"))


def small_config(least: int) -> Config:
    tree = {"name": "shop", "transactions": {"sources": [{"dataset": "cdnow_sample"}]}}
    churn = {"horizons_days": [90], "min_rows_per_class": least}
    return build_config(tree | {"churn": churn}, environment={})


def test_few_rows_fall_back_on_the_purchase_model_and_say_why() -> None:
    rows = snapshots(rows=30, cutoffs=1)
    smaller = min(rows["churned_90"].sum(), 30 - rows["churned_90"].sum())
    told: list[str] = []
    churn, note = fit_churn(rows, small_config(100), progress=told.append)
    assert churn is None
    assert note.startswith(f"only {smaller} training rows in the smaller class at 90 days, fewer than churn.min_rows")
    assert note.endswith("churn probabilities come from the BG/NBD")
    assert fit_churn(pd.DataFrame(), small_config(1), progress=told.append)[0] is None
    assert told == []


def test_on_real_customers_it_reads_every_feature_and_beats_chance(
    sample_models: FittedModels, sample_customers: pd.DataFrame
) -> None:
    assert sample_models.churn is not None
    assert sample_models.churn_note == ""
    assert sample_models.churn.features_ == CHURN_FEATURES
    purchases = sample_models.purchases
    featured = sample_customers.assign(
        model_p_alive=purchases.probability_alive(sample_customers),
        model_p_no_purchase=purchases.probability_no_purchase(sample_customers, horizon_days=90),
        model_expected_purchases=purchases.expected_purchases(sample_customers, horizon_days=90),
    )
    scores = sample_models.churn.predict(featured)
    assert scores.index.equals(sample_customers.index)
    assert 0.7 < scores["p_churn_90d"].mean() < 0.95  # 84 % stayed away
