"""Mean and spread of a customer's purchases and amounts, against the exact distributions and by simulation."""

import numpy as np
import pandas as pd
import pytest

from clv_ml.models.modified import ModifiedPurchaseModel
from clv_ml.models.moments import amount_moments, purchase_moments
from clv_ml.models.pareto import ParetoPurchaseModel
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel

RFM = pd.DataFrame(
    {
        "frequency": [0, 0, 2, 10, 3, 60],
        "recency": [0.0, 0.0, 100.0, 300.0, 20.0, 350.0],
        "T": [5.0, 300.0, 200.0, 310.0, 300.0, 360.0],
        "monetary_value": [0.0, 0.0, 30.0, 50.0, 10.0, 20.0],
    }
)
HORIZONS = (30, 90, 365)
MODELS = (
    PurchaseModel.from_params(r=0.6, alpha=60, a=0.8, b=2.5),
    PurchaseModel.from_params(r=0.243, alpha=30.9, a=0.793, b=2.426),
    PurchaseModel.from_params(r=0.05, alpha=5, a=0.01, b=0.02),  # a spread over p that leaves no middle
    ModifiedPurchaseModel.from_params(r=0.6, alpha=60, a=0.8, b=2.5),
    ParetoPurchaseModel.from_params(r=0.6, alpha=60, s=0.5, beta=40),
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.KIND}-{model.params_['r']}")
def test_moments_are_those_of_the_exact_distribution(model: PurchaseModel) -> None:
    """E[Y] is the sum of P(Y >= n), E[Y^2] that of (2n-1) P(Y >= n)."""
    moments = purchase_moments(model, RFM, horizons_days=HORIZONS)
    counts = np.arange(1, 400)
    for column, days in enumerate(HORIZONS):
        reached = np.array([model.probability_at_least(RFM, count=int(n), horizon_days=days) for n in counts])
        mean, square = reached.sum(axis=0), ((2 * counts - 1)[:, None] * reached).sum(axis=0)
        np.testing.assert_allclose(moments.mean[:, column], mean, rtol=1e-5)
        np.testing.assert_allclose(moments.variance[:, column], square - mean**2, rtol=1e-4)
        np.testing.assert_allclose(moments.none[:, column], 1 - reached[0], atol=1e-12)


def test_the_variance_is_left_out_on_request() -> None:
    moments = purchase_moments(MODELS[0], RFM, horizons_days=HORIZONS, spread=False)
    assert np.isnan(moments.variance).all()
    np.testing.assert_array_equal(moments.mean, purchase_moments(MODELS[0], RFM, horizons_days=HORIZONS).mean)


def test_amounts_have_the_moments_of_simulated_ones() -> None:
    """Two million draws: the second moments are good to about one percent."""
    model = SpendModel.from_params(p=6.25, q=5.0, v=15.44)
    moments = amount_moments(model, RFM)
    rng = np.random.default_rng(3)
    for row in (0, 2):
        x, m = (float(RFM[name].iloc[row]) for name in ("frequency", "monetary_value"))
        nu = rng.gamma(5.0 + 6.25 * x, 1.0 / (15.44 + x * m), 2_000_000)
        own = 6.25 / nu
        assert moments.mean[row] == pytest.approx(own.mean(), rel=0.005)
        assert moments.own_mean_square[row] == pytest.approx((own**2).mean(), rel=0.02)
        assert moments.within[row] == pytest.approx((6.25 / nu**2).mean(), rel=0.02)


def test_an_infinite_second_moment_is_cut_where_hardly_anybody_is() -> None:
    """With q = 1.5 the second moment of one-time buyers is infinite; over all but 1 in 1,000 it is not."""
    model = SpendModel.from_params(p=6.25, q=1.5, v=15.44)
    moments = amount_moments(model, RFM, rarest=1e-3)
    nu = np.sort(np.random.default_rng(4).gamma(1.5, 1.0 / 15.44, 1_000_000))[1000:]
    assert moments.own_mean_square[0] == pytest.approx(float(np.sum((6.25 / nu) ** 2)) / 1e6, rel=0.03)
    assert np.isfinite(moments.own_mean_square).all()
