"""Small, flat and broken tables: a right answer or an error that says which rows, and what to do."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from value_data import cdnow_rfm

from clv_ml.errors import DataError
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.value import customer_lifetime_value


def table(rows: list[tuple[float, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["frequency", "recency", "T"])


def test_nobody_came_back() -> None:
    """1000 customers watched for about a year each without a purchase: next to nothing is expected of them."""
    rfm = table([(0, 0, 300 + day % 100) for day in range(1000)])
    model = PurchaseModel().fit(rfm)
    assert model.fit_ is not None
    assert model.fit_.weak_prior
    assert model.expected_purchases(rfm, horizon_days=365).between(0, 0.005).all()
    assert (model.probability_alive(rfm) == 1).all()


@pytest.mark.parametrize("row", [(0, 0, 300), (3, 200, 300), (1, 300, 300)])
def test_a_single_customer_is_expected_to_go_on_about_as_before(row: tuple[float, float, float]) -> None:
    rfm = table([row])
    expected = PurchaseModel().fit(rfm).expected_purchases(rfm, horizon_days=300).iloc[0]
    assert 0 < expected < row[0] + 1


def test_identical_customers_who_are_certainly_there_keep_their_rate() -> None:
    rfm = table([(5, 300, 300)] * 500)
    model = PurchaseModel().fit(rfm)
    assert model.expected_purchases(rfm, horizon_days=300).iloc[0] == pytest.approx(5.0, rel=0.01)


def test_one_rate_for_all_and_nobody_leaving_is_a_poisson_process() -> None:
    rng = np.random.default_rng(0)
    x = rng.poisson(3.65, 2000)
    rfm = table([(n, 365 * rng.beta(n, 1) if n else 0, 365) for n in x])
    model = PurchaseModel().fit(rfm)
    assert model.expected_purchases(rfm, horizon_days=365).mean() == pytest.approx(x.mean(), rel=0.03)


def test_a_purchase_on_the_day_of_the_cutoff_is_no_exposure_but_no_error() -> None:
    rfm = table([(0, 0, 0), (0, 0, 0), (2, 50, 100), (4, 60, 70)])
    expected = PurchaseModel().fit(rfm).expected_purchases(rfm, horizon_days=30)
    assert np.isfinite(expected).all()
    assert expected.iloc[0] == expected.iloc[1]


def test_everybody_spending_the_same_is_expected_to_spend_that() -> None:
    rfm = pd.DataFrame({"frequency": [0, 1, 2, 9] * 80, "monetary_value": [0.0, 30.0, 30.0, 30.0] * 80})
    np.testing.assert_allclose(SpendModel().fit(rfm).expected_spend(rfm), 30.0, rtol=2e-4)


def test_a_spend_of_zero_is_left_out_of_the_fit_and_counted() -> None:
    rfm = cdnow_rfm()
    rfm.loc[rfm.index[rfm["frequency"] > 0][:3], "monetary_value"] = 0.0
    model = SpendModel().fit(rfm)
    assert model.fit_ is not None
    assert (model.fit_.n_excluded, model.fit_.n_customers) == (3, 943)
    assert (model.expected_spend(rfm) > 0).all()


def test_a_batch_may_be_empty_or_one_row() -> None:
    model = PurchaseModel.from_params(r=0.243, alpha=30.9, a=0.793, b=2.426)
    spend = SpendModel.from_params(p=6.25, q=3.74, v=15.44)
    for size in (0, 1):
        rfm = cdnow_rfm().head(size)
        assert model.expected_purchases(rfm, horizon_days=90).shape == (size,)
        assert model.purchase_quantiles(rfm, horizon_days=90).shape == (size, 2)
        assert customer_lifetime_value(model, spend, rfm).shape == (size, 4)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("frequency", np.nan, r"'frequency' is missing or infinite in 2 of 5 rows \(ids c, e"),
        ("frequency", -1, r"'frequency' is negative in 2 of 5 rows"),
        ("frequency", 1.5, r"'frequency' is not a whole number in 2 of 5 rows"),
        ("recency", np.inf, r"'recency' is missing or infinite in 2 of 5"),
        ("recency", -3, r"'recency' is negative in 2 of 5"),
        ("recency", 500, r"'recency' is greater than T in 2 of 5 rows .* after the cutoff"),
        ("recency", 0, r"'recency' is 0 where frequency is above 0 .* distinct days"),
        ("T", -1, r"'T' is negative in 2 of 5"),
        ("T", "soon", r"'T' has type .*not a number"),
        ("weight", 0, r"'weight' is not a count of 1 or more in 2 of 5"),
    ],
)
def test_a_broken_value_is_refused_with_column_count_and_ids(column: str, value: Any, message: str) -> None:
    rfm = table([(2, 40, 100)] * 5).set_index(pd.Index(list("abcde"))).assign(weight=1).astype(object)
    rfm[column] = rfm[column].where(~rfm.index.isin(["c", "e"]), value)
    for refused in (PurchaseModel().fit, PurchaseModel.from_params(r=1, alpha=1, a=1, b=1).probability_alive):
        with pytest.raises(DataError, match=message):
            refused(rfm)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, r"'monetary_value' is missing or infinite where frequency is above 0 in 1 of 2 rows \(ids 1"),
        (-5.0, r"'monetary_value' is negative in 1 of 2 rows \(ids 1; values -5.0\)"),
    ],
)
def test_a_broken_spend_is_refused(value: float, message: str) -> None:
    rfm = pd.DataFrame({"frequency": [0, 2], "monetary_value": [np.nan, value]})
    with pytest.raises(DataError, match=message):
        SpendModel().fit(rfm)
    with pytest.raises(DataError, match=message):
        SpendModel.from_params(p=6, q=4, v=15).expected_spend(rfm)


def test_a_missing_column_is_named_beside_those_that_are_there() -> None:
    with pytest.raises(DataError, match=r"column 'T' is missing; available: 'frequency', 'recency'.*rfm_summary"):
        PurchaseModel().fit(table([(0, 0, 1)]).drop(columns="T"))


def test_tables_with_nothing_to_learn_from_are_refused() -> None:
    with pytest.raises(DataError, match="no rows"):
        PurchaseModel().fit(table([]).astype(float))
    with pytest.raises(DataError, match=r"'T' is 0 in all 3 rows.*later cutoff"):
        PurchaseModel().fit(table([(0, 0, 0)] * 3))
    with pytest.raises(DataError, match="above 0 in none of the 0 rows"):
        SpendModel().fit(pd.DataFrame({"frequency": [0, 0], "monetary_value": [0.0, 0.0]}))
    with pytest.raises(DataError, match="a pandas DataFrame, or a frame that speaks Arrow, is wanted"):
        PurchaseModel().fit([1, 2])  # type: ignore[arg-type]


positive = st.floats(1e-3, 1e3)


@settings(max_examples=60, deadline=None)
@given(
    params=st.tuples(positive, positive, positive, positive),
    x=st.integers(0, 3000),
    age=st.floats(0.5, 8000),
    share=st.floats(0.01, 1),
    days=st.floats(0.1, 3650),
)
def test_predictions_obey_their_order_for_any_customer(
    params: tuple[float, float, float, float], x: int, age: float, share: float, days: float
) -> None:
    """Chances lie in [0, 1]; a longer horizon never means fewer purchases or a likelier silence.

    Nor is a customer expected to make fewer purchases than the chance of making one.
    """
    r, alpha, a, b = params
    model = PurchaseModel.from_params(r=r, alpha=alpha, a=a, b=b)
    rfm = table([(x, age * share if x else 0.0, age)])
    alive = model.probability_alive(rfm).iloc[0]
    near, far = (model.expected_purchases(rfm, horizon_days=t).iloc[0] for t in (days, 2 * days))
    silent, longer = (model.probability_no_purchase(rfm, horizon_days=t).iloc[0] for t in (days, 2 * days))
    assert 0 <= alive <= 1
    # The two horizons may fall to different quadrature rules, equal to about 1e-12.
    assert 0 <= near <= far * (1 + 1e-11) < np.inf
    assert 0 <= longer <= silent <= 1
    assert silent >= 1 - alive - 1e-12
    assert near >= 1 - silent - 1e-9
    low, high = model.purchase_quantiles(rfm, horizon_days=days).iloc[0]
    assert 0 <= low <= high
