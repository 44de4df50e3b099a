"""The churn classifier as scikit-learn knows estimators: its own checks, and the tools that people put around it."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pandas as pd
import pytest
from churn_data import RICH, rich_snapshots
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.estimator_checks import parametrize_with_checks

from clv_ml import ChurnClassifier, ChurnModel
from clv_ml.models import churn_classifier

# scikit-learn's name of a check to the reason why it cannot pass; the docstring of the class says that there is none
EXPECTED_TO_FAIL: dict[str, str] = {}


@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [ChurnClassifier(threads=1)], expected_failed_checks=lambda estimator: EXPECTED_TO_FAIL
)
def test_every_check_of_scikit_learn_passes(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """By cutoff and customer, as the churn model sorts them."""
    return rich_snapshots(rows=80).sort_values(["cutoff", "customer_id"], kind="stable", ignore_index=True)


@pytest.fixture(scope="module")
def features(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[list(RICH)]


@pytest.fixture(scope="module")
def numeric(features: pd.DataFrame) -> pd.DataFrame:
    return features.drop(columns="plan")


def test_with_the_cutoffs_it_gives_the_main_probability_of_the_churn_model(
    rows: pd.DataFrame, features: pd.DataFrame
) -> None:
    model = ChurnModel(horizons_days=(90,), threads=1).fit(rows, features=RICH, categories=("plan",))
    same = ChurnClassifier(horizon_days=90, threads=1).fit(features, rows["churned_90"], cutoffs=rows["cutoff"])
    assert same.facts_ == model.facts_[0]
    assert same.facts_.stop_cutoff is not None
    np.testing.assert_array_equal(same.predict_proba(features)[:, 1], model.predict(features)["p_churn_90d"])
    np.testing.assert_array_equal(same.feature_importances_, model.importance()[list(RICH)])
    assert list(same.feature_names_in_) == list(RICH)
    assert same.n_features_in_ == len(RICH)


def test_columns_of_texts_are_categories_also_where_pandas_calls_them_so(
    rows: pd.DataFrame, features: pd.DataFrame
) -> None:
    texts = ChurnClassifier(threads=1).fit(features, rows["churned_90"])
    assert list(texts.categories_) == ["plan"]
    kinds = features.assign(plan=features["plan"].astype("category"))
    chances = ChurnClassifier(threads=1).fit(kinds, rows["churned_90"]).predict_proba(kinds)
    np.testing.assert_array_equal(texts.predict_proba(features), chances)
    with pytest.raises(ValueError, match=r"a frame is wanted: columns plan hold categories"):
        texts.predict_proba(features.to_numpy())


def test_the_classes_are_those_of_y_in_their_order(rows: pd.DataFrame, numeric: pd.DataFrame) -> None:
    words = np.where(rows["churned_90"] == 1, "stays away", "buys")
    model = ChurnClassifier(threads=1).fit(numeric, words)
    assert list(model.classes_) == ["buys", "stays away"]
    chances = model.predict_proba(numeric)
    assert chances.shape == (len(numeric), 2)
    np.testing.assert_allclose(chances.sum(axis=1), 1.0)
    assert set(model.predict(numeric)) == {"buys", "stays away"}
    assert model.score(numeric, words) > 0.7


def test_it_stands_in_a_pipeline_whose_columns_keep_their_names(rows: pd.DataFrame, features: pd.DataFrame) -> None:
    shaped = ColumnTransformer(
        [
            ("plan", OneHotEncoder(sparse_output=False), ["plan"]),
            ("numbers", SimpleImputer(), ["days_since_last", "orders"]),
        ],
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    pipeline = make_pipeline(shaped, ChurnClassifier(threads=1)).fit(features, rows["churned_90"])
    assert list(pipeline[-1].feature_names_in_) == ["plan_free", "plan_paid", "days_since_last", "orders"]
    assert pipeline.predict_proba(features).shape == (len(features), 2)


def test_it_can_be_validated_in_the_order_of_time_tuned_and_calibrated(
    rows: pd.DataFrame, numeric: pd.DataFrame
) -> None:
    model, away, split = ChurnClassifier(threads=1), rows["churned_90"], TimeSeriesSplit(2)
    scores = cross_val_score(
        model, numeric, away, cv=split, scoring="roc_auc", params={"cutoffs": rows["cutoff"].to_numpy()}
    )
    assert (scores > 0.7).all()
    search = GridSearchCV(model, {"monotone": [True, False]}, cv=split, scoring="neg_log_loss").fit(numeric, away)
    assert search.best_estimator_.predict_proba(numeric).shape == (len(numeric), 2)
    calibrated = CalibratedClassifierCV(model, cv=2).fit(numeric, away)
    assert calibrated.predict_proba(numeric)[:, 1].mean() == pytest.approx(away.mean(), abs=0.05)


def test_days_that_are_missing_or_of_other_rows_are_refused(rows: pd.DataFrame, numeric: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="cutoffs: 1 days for 640 rows"):
        ChurnClassifier().fit(numeric, rows["churned_90"], cutoffs=rows["cutoff"][:1])


def test_one_class_and_a_third_one_are_refused(numeric: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="y is 1 in all 640 rows: that is one class"):
        ChurnClassifier().fit(numeric, np.ones(len(numeric)).astype(int))
    with pytest.raises(ValueError, match=r"Only binary classification is supported.*multiclass"):
        ChurnClassifier().fit(numeric, np.arange(len(numeric)) % 3)


def test_a_clone_draws_the_same_numbers(rows: pd.DataFrame, numeric: pd.DataFrame) -> None:
    model = ChurnClassifier(threads=1, random_state=np.random.RandomState(3))
    first, second = (clone(model).fit(numeric, rows["churned_90"]).predict_proba(numeric) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_the_example_of_the_docstring_runs() -> None:
    told = doctest.testmod(churn_classifier)
    assert (told.attempted, told.failed) == (4, 0)
