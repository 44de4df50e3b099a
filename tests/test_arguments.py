"""What a model was made with can be read, changed and copied as in scikit-learn."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from sklearn.base import clone

from clv_ml import ChurnModel, ModifiedPurchaseModel, ParetoPurchaseModel, PurchaseModel, SpendModel
from clv_ml.errors import ConfigError

RFM = pd.DataFrame({"frequency": [0, 2], "recency": [0, 40], "T": [60, 60]}, index=["ann", "bo"])


@pytest.mark.parametrize("kind", [PurchaseModel, ModifiedPurchaseModel, ParetoPurchaseModel, SpendModel])
def test_a_value_model_can_be_copied_and_told_in_words_that_make_it_anew(kind: Any) -> None:
    model = kind(prior_sd=1.5)
    assert model.get_params() == {"prior_sd": 1.5}
    assert repr(model) == f"{kind.__name__}(prior_sd=1.5)"
    assert repr(kind()) == f"{kind.__name__}()"
    copy = clone(model)
    assert (type(copy), copy.get_params()) == (kind, model.get_params())
    assert copy is not model


def test_the_churn_model_is_copied_whatever_its_horizons_are_written_as() -> None:
    model = ChurnModel(horizons_days=[30, 90], seed=7, own_gap=True)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert list(copy.get_params()) == ["horizons_days", "seed", "threads", "monotone", "own_gap", "tuning_trials"]
    assert repr(copy) == "ChurnModel(horizons_days=(30, 90), seed=7, own_gap=True)"
    assert copy.set_params(seed=8) is copy
    assert (copy.seed, model.seed) == (8, 7)


def test_a_copy_of_a_fitted_model_is_not_fitted() -> None:
    model = PurchaseModel.from_params(r=0.243, alpha=30.9, a=0.793, b=2.426)
    with pytest.raises(ConfigError, match="has no parameters yet"):
        clone(model).expected_purchases(RFM, horizon_days=90)
    assert model.expected_purchases(RFM, horizon_days=90).gt(0).all()


def test_another_argument_forgets_what_was_fitted_and_a_refused_one_changes_nothing() -> None:
    model = PurchaseModel.from_params(r=0.243, alpha=30.9, a=0.793, b=2.426)
    assert model.set_params() is model
    for wrong, told in (
        ({"prior_sd": 0}, "prior_sd is 0"),
        ({"sd": 1}, "PurchaseModel has no argument sd; it has prior"),
    ):
        with pytest.raises(ConfigError, match=told):
            model.set_params(**wrong)
    assert model.params_["r"] == 0.243
    assert model.set_params(prior_sd=3.0) is model
    assert model.prior_sd == 3.0
    with pytest.raises(ConfigError, match="has no parameters yet"):
        _ = model.params_
