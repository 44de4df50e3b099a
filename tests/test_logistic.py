"""The logistic baseline: finds known coefficients, minds neither order nor missing figures, and says what is wrong."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from clv_ml.errors import DataError
from clv_ml.evaluation.logistic import INPUTS, LogisticBaseline
from clv_ml.evaluation.metrics import auc


def snapshots(n: int = 4000, *, seed: int = 0, never: float = 0.1) -> pd.DataFrame:
    """Customers whose log odds of churn are -1 + 0.8 log(1 + days) - 0.9 log(1 + orders), or 1 without a purchase."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{number:05d}" for number in range(n)],
            "cutoff": [dt.date(2024, 1, 1 + number % 3) for number in range(n)],
            "frequency": rng.poisson(2, n).astype(float),
            "recency": rng.integers(0, 300, n).astype(float),
            "T": rng.integers(300, 600, n).astype(float),
            "monetary_value": rng.gamma(2, 20, n),
            "days_since_last": rng.integers(0, 300, n).astype(float),
        }
    )
    log_odds = -1 + 0.8 * np.log1p(frame["days_since_last"]) - 0.9 * np.log1p(frame["frequency"])
    bought = rng.random(n) >= never
    frame.loc[~bought, list(INPUTS)] = np.nan
    frame["churned_90"] = (rng.random(n) < 1 / (1 + np.exp(-log_odds.where(bought, 1.0)))).astype(int)
    return frame


def test_known_coefficients_are_found() -> None:
    data = snapshots(20_000)
    model = LogisticBaseline.fit(data, horizon_days=90)
    raw = dict(zip(INPUTS, np.array(model.coefficients[:-1]) / np.array(model.spreads), strict=True))
    assert raw["days_since_last"] == pytest.approx(0.8, abs=0.06)
    assert raw["frequency"] == pytest.approx(-0.9, abs=0.1)
    assert abs(raw["monetary_value"]) < 0.1
    never = data[data["frequency"].isna()]
    assert model.predict(never).iloc[0] == pytest.approx(never["churned_90"].mean(), abs=0.02)


def test_probabilities_are_calibrated_on_the_training_rows_and_rank_well() -> None:
    data = snapshots()
    p = LogisticBaseline.fit(data, horizon_days=90).predict(data.set_index("customer_id"))
    assert p.mean() == pytest.approx(data["churned_90"].mean(), abs=1e-6)  # the score equation of the intercept
    assert auc(data["churned_90"], p) > 0.7
    assert p.name == "p_churn_90d"
    assert p.index.tolist() == data["customer_id"].tolist()


def test_prediction_equals_scikit_learn_on_the_same_inputs() -> None:
    data = snapshots(never=0.0)
    logs = np.log1p(data[list(INPUTS)])
    standard = (logs - logs.mean()) / logs.std(ddof=0)
    expected = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(standard, data["churned_90"])
    p = LogisticBaseline.fit(data, horizon_days=90).predict(data)
    assert p.to_numpy() == pytest.approx(expected.predict_proba(standard)[:, 1], abs=1e-5)


def test_row_order_of_the_snapshots_changes_no_bit() -> None:
    data = snapshots(500)
    model = LogisticBaseline.fit(data, horizon_days=90)
    assert LogisticBaseline.fit(data.sample(frac=1, random_state=1), horizon_days=90) == model
    parts = [model.predict(data.iloc[[row]]).iloc[0] for row in range(20)]
    assert parts == model.predict(data).iloc[:20].tolist()


def test_the_snapshots_are_left_alone() -> None:
    data = snapshots(200)
    before = data.copy(deep=True)
    LogisticBaseline.fit(data, horizon_days=90).predict(data)
    pd.testing.assert_frame_equal(data, before)


def test_no_customer_and_one_customer_are_scored() -> None:
    data = snapshots(200)
    model = LogisticBaseline.fit(data, horizon_days=90)
    assert model.predict(data.head(0)).empty
    assert 0 < model.predict(data.head(1)).iloc[0] < 1


def test_a_constant_input_and_nullable_columns_are_taken() -> None:
    data = snapshots(300).assign(monetary_value=5.0)
    nullable = data.astype({"frequency": "Int64", "days_since_last": "Int64"})
    model = LogisticBaseline.fit(nullable, horizon_days=90)
    assert model == LogisticBaseline.fit(data, horizon_days=90)
    assert model.params_["monetary_value"] == 0
    assert set(model.params_) == {*INPUTS, "missing", "intercept"}


def test_what_cannot_be_learnt_from_is_refused() -> None:
    data = snapshots(50)
    with pytest.raises(DataError, match="column 'T' is missing"):
        LogisticBaseline.fit(data.drop(columns="T"), horizon_days=90)
    with pytest.raises(DataError, match="churned_90 is 1 in all 50 rows"):
        LogisticBaseline.fit(data.assign(churned_90=1), horizon_days=90)
    with pytest.raises(DataError, match="churned_90 has no rows"):
        LogisticBaseline.fit(data.head(0), horizon_days=90)
    with pytest.raises(DataError, match="column 'frequency' is missing"):
        LogisticBaseline.fit(data, horizon_days=90).predict(data.drop(columns="frequency"))
