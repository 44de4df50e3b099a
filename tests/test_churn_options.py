"""What the churn classifier can also learn from or learn: categories, the customer's own gap, tuned settings."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from churn_data import HORIZONS, RICH, fitted, rich_model, rich_snapshots, snapshots

from clv_ml.errors import DataError
from clv_ml.evaluation.metrics import auc
from clv_ml.models.churn import ChurnModel


@pytest.fixture(scope="module")
def rich() -> ChurnModel:
    return rich_model(rich_snapshots(), threads=1)


def test_row_order_and_threads_do_not_change_categories_signs_and_own_gaps_either(rich: ChurnModel) -> None:
    shuffled = rich_model(rich_snapshots().sample(frac=1, random_state=1).reset_index(drop=True), threads=4)
    assert shuffled.to_files() == rich.to_files()
    assert shuffled.to_dict() == rich.to_dict()
    assert sorted(rich.to_files()) == ["churn_30d.txt", "churn_90d.txt", "churn_own.txt"]
    assert rich.facts_[-1].cautious
    assert rich.facts_[-1].log_loss_monotone is not None


def test_tuning_tries_the_main_horizon_and_changes_nothing_else() -> None:
    model = fitted(snapshots(), threads=1)
    tuned = fitted(snapshots(), threads=1, tuning_trials=8)
    assert model.tuning_ is None
    assert tuned.tuning_ is not None
    assert len(tuned.tuning_.trials) == 8
    assert (tuned.to_files()["churn_90d.txt"] == model.to_files()["churn_90d.txt"]) == (not tuned.tuning_.settings)
    assert tuned.to_files()["churn_30d.txt"] == model.to_files()["churn_30d.txt"]
    data = json.loads(json.dumps(tuned.to_dict()))
    assert ChurnModel.from_files(data, tuned.to_files()).tuning_ == tuned.tuning_
    other_way = fitted(snapshots().sample(frac=1, random_state=1), threads=4, tuning_trials=8)
    assert other_way.to_dict() == tuned.to_dict()
    assert other_way.to_files() == tuned.to_files()


def test_the_own_gap_is_one_more_probability_and_always_above_that_of_the_main_horizon(rich: ChurnModel) -> None:
    fresh = rich_snapshots(rows=500, seed=9)
    scores = rich.predict(fresh)
    assert list(scores.columns) == ["p_churn_30d", "p_churn_90d", "p_churn_own"]
    assert (scores["p_churn_own"] > scores["p_churn_90d"]).all()
    assert scores["p_churn_own"].mean() == pytest.approx(fresh["churned_own"].mean(), abs=0.05)
    assert auc(fresh["churned_own"], scores["p_churn_own"]) > auc(fresh["churned_own"], scores["p_churn_90d"]) + 0.02
    assert rich.own_facts_ is not None
    assert rich.own_facts_.learnt_from == "rows with a purchase within 90 days"
    assert rich.own_facts_.rows == (rich_snapshots()["churned_90"] == 0).sum()
    with pytest.raises(DataError, match="snapshots: column 'churned_own' is missing"):
        rich_model(rich_snapshots().drop(columns="churned_own"))


def test_categories_are_learnt_and_unseen_ones_are_named(rich: ChurnModel) -> None:
    fresh = rich_snapshots(rows=500, seed=9)
    without = ChurnModel(horizons_days=HORIZONS).fit(rich_snapshots(), features=RICH[:2])
    churned = fresh["churned_90"]
    assert auc(churned, rich.predict(fresh)["p_churn_90d"]) > auc(churned, without.predict(fresh)["p_churn_90d"])
    assert {name: sorted(known.values) for name, known in rich.categories_.items()} == {"plan": ["free", "paid"]}
    assert rich.unseen(fresh) == {}
    with pytest.raises(DataError, match="features: column 'plan' is missing"):
        rich.unseen(fresh.drop(columns="plan"))
    changed = fresh.assign(plan="gold")
    assert rich.unseen(changed) == {"plan": [("gold", len(fresh))]}
    missing = fresh.assign(plan=None)
    pd.testing.assert_frame_equal(rich.predict(changed), rich.predict(missing), check_exact=True)
    with pytest.raises(DataError, match=r"feature 'plan' holds .* name it among the categories"):
        ChurnModel(horizons_days=HORIZONS).fit(fresh, features=RICH)
