"""The BG/NBD against the published analysis of the CDNOW sample.

Fader, Hardie & Lee (2005), doi:10.1287/mksc.1040.0098, work in weeks; the model in days.
"""

import doctest
import importlib
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from value_data import cdnow_rfm

from clv_ml.errors import ConfigError
from clv_ml.models.purchases import PurchaseModel


@pytest.fixture(scope="module")
def rfm() -> pd.DataFrame:
    return cdnow_rfm()


@pytest.fixture(scope="module")
def model(rfm: pd.DataFrame) -> PurchaseModel:
    return PurchaseModel().fit(rfm)


@pytest.fixture
def published() -> PurchaseModel:
    """The parameters as printed in the paper's table 2."""
    return PurchaseModel.from_params(r=0.2425945, alpha=4.4136019 * 7, a=0.7929199, b=2.4258881)


def test_the_sample_has_the_published_size(rfm: pd.DataFrame) -> None:
    assert (len(rfm), (rfm["frequency"] > 0).sum(), rfm["frequency"].sum()) == (2357, 946, 2457)


def test_the_fit_reaches_the_published_parameters(model: PurchaseModel, rfm: pd.DataFrame) -> None:
    weekly = [model.params_["r"], model.params_["alpha"] / 7, model.params_["a"], model.params_["b"]]
    # The seven printed digits carry the stopping rule of whoever printed them; ours is the flat top itself.
    assert weekly == pytest.approx([0.2425945, 4.4136019, 0.7929199, 2.4258881], rel=1e-5)
    assert model.fit_ is not None
    assert model.fit_.gradient < 1e-12
    assert not model.fit_.weak_prior
    in_weeks = model.fit_.log_likelihood + np.log(7) * rfm["frequency"].sum()
    assert in_weeks == pytest.approx(-9582.429, abs=5e-4)


def test_the_holdout_forecast_is_the_published_one(model: PurchaseModel, rfm: pd.DataFrame) -> None:
    expected = model.expected_purchases(rfm, horizon_days=39 * 7)
    capped = rfm["frequency"].clip(upper=7)
    assert expected.sum() == pytest.approx(1653.4, abs=0.05)
    assert rfm["future"].sum() == 1882
    assert expected.groupby(capped).mean().round(3).tolist() == [
        0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157,
    ]  # fmt: skip
    assert rfm["future"].groupby(capped).mean().round(3).tolist() == [
        0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359,
    ]  # fmt: skip


def test_one_customer_of_the_note_on_conditional_expectations(published: PurchaseModel) -> None:
    one = pd.DataFrame({"frequency": [2], "recency": [30.43 * 7], "T": [38.86 * 7]})
    assert published.expected_purchases(one, horizon_days=39 * 7).iloc[0] == pytest.approx(1.226, abs=5e-4)


def test_new_customers_buy_as_published(published: PurchaseModel) -> None:
    values = [published.unconditional_expectation(7 * week) for week in (0.1429, 1, 3, 31.857, 32)]
    assert values == pytest.approx([0.0078, 0.0532, 0.1506, 1.0405, 1.0437], abs=5e-5)
    # For 78 weeks 1.8576 is in print: the hypergeometric series cut after 150 terms gives 1.85762, and in
    # full 1.85796.
    assert published.unconditional_expectation(7 * 78) == pytest.approx(1.857956, abs=5e-7)
    rounded = PurchaseModel.from_params(r=0.243, alpha=4.414 * 7, a=0.793, b=2.426)
    assert rounded.probability_of_count(0, 39 * 7) == pytest.approx(0.5737864, abs=5e-8)


def test_the_probabilities_of_the_counts_sum_to_one_and_to_the_mean(published: PurchaseModel) -> None:
    counts = np.arange(1200)
    chances = np.array([published.probability_of_count(int(n), 365) for n in counts])
    assert chances.sum() == pytest.approx(1.0, abs=1e-12)
    assert chances @ counts == pytest.approx(published.unconditional_expectation(365), rel=1e-10)


def test_standard_errors_and_correlations_are_those_of_the_exact_hessian(model: PurchaseModel) -> None:
    covariance = model.covariance_
    errors = np.sqrt(np.diag(covariance))
    # lifetimes divides by weights inconsistently and reports corr(a, b) = 2.88.
    assert covariance.loc["a", "b"] / (errors[2] * errors[3]) == pytest.approx(0.940, abs=5e-4)
    np.testing.assert_array_equal(covariance, covariance.T)


def test_the_parameters_survive_json(model: PurchaseModel, rfm: pd.DataFrame) -> None:
    again = PurchaseModel.from_dict(json.loads(json.dumps(model.to_dict())))
    assert again.fit_ == model.fit_
    pd.testing.assert_series_equal(
        again.expected_purchases(rfm, horizon_days=90), model.expected_purchases(rfm, horizon_days=90)
    )


def test_lifetimes_takes_the_fitted_model_over(model: PurchaseModel, rfm: pd.DataFrame) -> None:
    theirs = model.to_lifetimes()
    one = rfm.head(50)
    values = theirs.conditional_expected_number_of_purchases_up_to_time(90, one["frequency"], one["recency"], one["T"])
    np.testing.assert_allclose(values, model.expected_purchases(one, horizon_days=90), rtol=1e-8)
    assert list(theirs.summary.index) == ["r", "alpha", "a", "b"]
    assert theirs.data["weights"].sum() == 2357


def test_importing_the_model_is_cheap_and_lifetimes_leaves_no_trace() -> None:
    program = """
import sys, warnings
import pandas as pd
warnings.simplefilter("error")
import clv_ml.models.purchases as purchases
import clv_ml.models.spend, clv_ml.models.value
assert "lifetimes" not in sys.modules and "scipy.optimize" not in sys.modules
filters = list(warnings.filters)
purchases.PurchaseModel.from_params(r=1, alpha=1, a=1, b=1).to_lifetimes()
assert "lifetimes" in sys.modules
assert list(warnings.filters) == filters
warnings.simplefilter("ignore")
assert pd.get_option("mode.chained_assignment") == "warn"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", ["purchases", "spend", "modified"])
def test_the_examples_in_the_docstrings_run(module: str) -> None:
    result = doctest.testmod(importlib.import_module(f"clv_ml.models.{module}"))
    assert result.attempted > 0
    assert result.failed == 0


def test_an_unfitted_model_says_so(rfm: pd.DataFrame) -> None:
    with pytest.raises(ConfigError, match=r"call \.fit\(rfm\) or from_params"):
        PurchaseModel().probability_alive(rfm)
