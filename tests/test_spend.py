"""The Gamma-Gamma model against the published analysis of the CDNOW sample.

Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value, http://brucehardie.com/notes/025/.
"""

import json

import numpy as np
import pandas as pd
import pytest
from value_data import cdnow_rfm

from clv_ml.errors import DataError
from clv_ml.models.spend import SpendModel


@pytest.fixture(scope="module")
def rfm() -> pd.DataFrame:
    return cdnow_rfm()


@pytest.fixture(scope="module")
def model(rfm: pd.DataFrame) -> SpendModel:
    return SpendModel().fit(rfm)


def test_the_fit_reaches_the_published_parameters(model: SpendModel) -> None:
    assert list(model.params_.values()) == pytest.approx([6.25, 3.74, 15.44], abs=0.005)
    assert model.fit_ is not None
    assert model.fit_.log_likelihood == pytest.approx(-4055.918, abs=5e-4)
    assert model.fit_.n_customers == 946
    assert model.fit_.gradient < 1e-12


def test_expected_spend_is_the_weighted_mean_of_the_note(model: SpendModel, rfm: pd.DataFrame) -> None:
    p, q, v = model.params_.values()
    own = p * rfm["frequency"] / (p * rfm["frequency"] + q - 1)
    by_hand = (1 - own) * p * v / (q - 1) + own * rfm["monetary_value"]
    np.testing.assert_allclose(model.expected_spend(rfm), by_hand, rtol=1e-12)
    assert model.population_mean == pytest.approx(p * v / (q - 1))


def test_lifetimes_takes_the_fitted_model_over(model: SpendModel, rfm: pd.DataFrame) -> None:
    theirs = model.to_lifetimes()
    values = theirs.conditional_expected_average_profit(rfm["frequency"], rfm["monetary_value"])
    np.testing.assert_allclose(values, model.expected_spend(rfm), rtol=1e-12)
    assert theirs.data["weights"].sum() == 946


def test_the_parameters_survive_json(model: SpendModel, rfm: pd.DataFrame) -> None:
    again = SpendModel.from_dict(json.loads(json.dumps(model.to_dict())))
    assert again.fit_ == model.fit_
    pd.testing.assert_series_equal(again.expected_spend(rfm), model.expected_spend(rfm))


def test_an_infinite_mean_is_refused_and_never_negative() -> None:
    heavy = SpendModel.from_params(p=2.0, q=0.9, v=10.0)
    rfm = pd.DataFrame({"frequency": [0, 3], "monetary_value": [0.0, 20.0]}, index=["ann", "bo"])
    with pytest.raises(DataError, match="no finite mean for 1 of 2 customers"):
        heavy.expected_spend(rfm)
    assert heavy.expected_spend(rfm.tail(1)).iloc[0] == pytest.approx(2 * (10 + 60) / (6 + 0.9 - 1))
    assert heavy.population_mean == float("inf")
