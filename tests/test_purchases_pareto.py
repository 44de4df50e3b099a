"""The Pareto/NBD against published values, lifetimes, 50-digit arithmetic and its own definition."""

import mpmath
import numpy as np
import pandas as pd
import pytest
from mpmath import mpf
from value_data import cdnow_rfm

from clv_ml.errors import ConfigError
from clv_ml.models._bgnbd import BgNbdRows
from clv_ml.models._pareto_nbd import mean_negative_log_likelihood
from clv_ml.models.choice import choose_purchase_model
from clv_ml.models.intervals import predictive_intervals
from clv_ml.models.modified import ModifiedPurchaseModel
from clv_ml.models.pareto import ParetoPurchaseModel
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.value import customer_lifetime_value


@pytest.fixture(scope="module")
def rfm() -> pd.DataFrame:
    return cdnow_rfm()


@pytest.fixture(scope="module")
def model(rfm: pd.DataFrame) -> ParetoPurchaseModel:
    return ParetoPurchaseModel().fit(rfm)


def test_the_fit_reaches_the_published_parameters(model: ParetoPurchaseModel, rfm: pd.DataFrame) -> None:
    """Fader, Hardie & Lee (2005, doi:10.1287/mksc.1040.0098), table 2: r, alpha, s, beta in weeks."""
    r, alpha, s, beta = model.params_.values()
    assert [r, alpha / 7, s, beta / 7] == pytest.approx([0.553, 10.578, 0.606, 11.669], abs=6e-4)
    assert model.fit_ is not None
    assert model.fit_.log_likelihood + np.log(7) * rfm["frequency"].sum() == pytest.approx(-9595.0, abs=0.05)


def test_the_derivatives_are_those_of_the_value(rfm: pd.DataFrame) -> None:
    few = rfm.head(200).astype(float)
    rows = BgNbdRows(few["frequency"].to_numpy(), few["recency"].to_numpy(), few["T"].to_numpy(), np.ones(200))
    point, step = np.log([0.5, 70.0, 0.7, 90.0]), 1e-5
    _, gradient, hessian = mean_negative_log_likelihood(point, rows)
    for i, direction in enumerate(np.eye(4) * step):
        up, down = (mean_negative_log_likelihood(point + sign * direction, rows) for sign in (1, -1))
        assert gradient[i] == pytest.approx((up[0] - down[0]) / (2 * step), abs=1e-8)
        np.testing.assert_allclose(hessian[i], (up[1] - down[1]) / (2 * step), atol=1e-8)


def test_predictions_agree_with_lifetimes(model: ParetoPurchaseModel, rfm: pd.DataFrame) -> None:
    theirs = model.to_lifetimes()
    x, t_x, age = rfm["frequency"], rfm["recency"], rfm["T"]
    np.testing.assert_allclose(
        model.probability_alive(rfm), theirs.conditional_probability_alive(x, t_x, age), rtol=1e-7
    )
    np.testing.assert_allclose(
        model.expected_purchases(rfm, horizon_days=90),
        theirs.conditional_expected_number_of_purchases_up_to_time(90, x, t_x, age),
        rtol=1e-7,
    )
    for n in (0, 1, 3):
        chances = theirs.conditional_probability_of_n_purchases_up_to_time(
            n, 90, x.head(40), t_x.head(40), age.head(40)
        )
        at_least = [model.probability_at_least(rfm.head(40), count=c, horizon_days=90) for c in (n, n + 1)]
        np.testing.assert_allclose(at_least[0] - at_least[1], chances, atol=1e-7)


@pytest.mark.parametrize("params", [(0.55, 74.0, 0.61, 82.0), (0.3, 5000.0, 1.0, 0.5), (8.0, 2.0, 1e-3, 4000.0)])
def test_the_chance_to_be_alive_is_exact(params: tuple[float, float, float, float]) -> None:
    rows = [(0, 0, 0), (0, 0, 700), (1, 3, 700), (20, 300, 320), (400, 650, 700), (2000, 699, 700)]
    r, alpha, s, beta = params
    found = ParetoPurchaseModel.from_params(r=r, alpha=alpha, s=s, beta=beta).probability_alive(
        pd.DataFrame(rows, columns=["frequency", "recency", "T"])
    )
    with mpmath.workdps(50):
        for value, (x, t_x, age) in zip(found, rows, strict=True):
            assert value == pytest.approx(float(1 / (1 + odds_gone(params, x, t_x, age))), rel=1e-9)


def odds_gone(params: tuple[float, float, float, float], x: int, t_x: int, age: int) -> mpf:
    """P(gone) / P(alive): the integral over the day u of leaving, on stretches that halve towards t_x."""
    r, alpha, s, beta = map(mpf, params)

    def density(u: mpf) -> mpf:
        return s * ((alpha + age) / (alpha + u)) ** (r + x) * ((beta + age) / (beta + u)) ** s / (beta + u)

    edges = [t_x + (age - t_x) * mpf(2) ** -k for k in range(24, -1, -1)]
    return mpmath.quad(density, [mpf(t_x), *edges]) if age > t_x else mpf(0)


def test_the_chances_of_the_counts_sum_to_one_and_to_the_mean(model: ParetoPurchaseModel) -> None:
    chances = np.array([model.probability_of_count(n, 365) for n in range(250)])
    assert chances.sum() == pytest.approx(1.0, abs=1e-9)
    assert chances @ np.arange(250) == pytest.approx(model.unconditional_expectation(365), rel=1e-7)


def test_silence_is_the_complement_of_a_purchase(model: ParetoPurchaseModel, rfm: pd.DataFrame) -> None:
    silent = model.probability_no_purchase(rfm, horizon_days=90)
    np.testing.assert_allclose(silent, 1 - model.probability_at_least(rfm, count=1, horizon_days=90), rtol=1e-9)
    table = customer_lifetime_value(model, SpendModel().fit(rfm), rfm)
    assert (table["expected_clv"] > 0).all()


def test_the_three_models_are_compared_on_the_holdout(model: ParetoPurchaseModel, rfm: pd.DataFrame) -> None:
    models = [PurchaseModel().fit(rfm), ModifiedPurchaseModel().fit(rfm), model]
    best, scores = choose_purchase_model(models, rfm, rfm["future"], horizon_days=273)
    assert list(scores.index) == ["bgnbd", "mbgnbd", "pareto_nbd"]
    assert scores.idxmax() == best.KIND
    assert scores.between(-1.2, -0.9).all()


def test_intervals_of_the_pareto_nbd_are_refused(model: ParetoPurchaseModel, rfm: pd.DataFrame) -> None:
    with pytest.raises(ConfigError, match="not for the Pareto/NBD"):
        predictive_intervals(model, SpendModel().fit(rfm), rfm)
