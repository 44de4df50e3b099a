"""Profit of a campaign: against a search over thresholds, by hand, and at the ends of what a score can do."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad
from scipy.stats import beta as beta_distribution

from clv_ml.errors import DataError
from clv_ml.evaluation.metrics import auc
from clv_ml.evaluation.profit import EmpcResult, expected_maximum_profit, maximum_profit

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
SCORES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 0.9, 1.0])  # few, so that ties are everywhere


@st.composite
def scored_customers(draw: st.DrawFn) -> tuple[Floats, Floats]:
    n = draw(st.integers(1, 40))
    y = draw(arrays(np.float64, n, elements=st.sampled_from([0.0, 1.0])))
    return y, draw(arrays(np.float64, n, elements=SCORES))


def best_by_search(y: Floats, score: Floats, g: float, *, clv: float, offer: float, contact: float) -> EmpcResult:
    """Try every threshold, and nobody; of equal profits take the fewest contacts."""
    best = EmpcResult(0.0, 0.0)
    for threshold in sorted(set(score), reverse=True):
        listed = score >= threshold
        leavers, stayers = float(y[listed].sum()), float((1 - y[listed]).sum())
        profit = (g * (clv - offer) - contact) * leavers - (offer + contact) * stayers
        if profit / len(y) > best.profit + 1e-12:
            best = EmpcResult(profit / len(y), float(listed.mean()))
    return best


def expected_by_search(y: Floats, score: Floats, *, alpha: float, beta: float, **costs: float) -> EmpcResult:
    """Integrate over the save rate by the midpoint rule, weighing each cell by its exact probability."""
    edges = np.linspace(0, 1, 2001)
    weight = np.diff(beta_distribution(alpha, beta).cdf(edges))
    found = [best_by_search(y, score, g, **costs) for g in (edges[1:] + edges[:-1]) / 2]
    profit = np.array([result.profit for result in found])
    share = np.array([result.contacted_share for result in found])
    return EmpcResult(float(profit @ weight), float(share @ weight))


@given(scored_customers(), st.floats(0, 1), st.sampled_from([(200.0, 10.0, 1.0), (30.0, 5.0, 0.0), (50.0, 0.0, 3.0)]))
def test_the_maximum_equals_a_search_over_all_thresholds(
    data: tuple[Floats, Floats], g: float, figures: tuple[float, float, float]
) -> None:
    clv, offer, contact = figures
    found = maximum_profit(*data, save_rate=g, clv=clv, offer_cost=offer, contact_cost=contact)
    assert found.profit == pytest.approx(
        best_by_search(*data, g, clv=clv, offer=offer, contact=contact).profit, abs=1e-9
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("figures", [(200.0, 10.0, 1.0, 6.0, 14.0), (40.0, 8.0, 2.0, 2.0, 3.0)])
def test_the_expectation_equals_numerical_integration(
    seed: int, figures: tuple[float, float, float, float, float]
) -> None:
    rng = np.random.default_rng(seed)
    score = np.round(rng.random(60), 1)
    y = (rng.random(60) < 0.1 + 0.5 * score).astype(np.float64)
    clv, offer, contact, alpha, beta = figures
    found = expected_maximum_profit(y, score, clv=clv, offer_cost=offer, contact_cost=contact, alpha=alpha, beta=beta)
    searched = expected_by_search(y, score, alpha=alpha, beta=beta, clv=clv, offer=offer, contact=contact)
    assert found.profit == pytest.approx(searched.profit, rel=1e-5)
    assert found.contacted_share == pytest.approx(searched.contacted_share, abs=1e-3)


def test_two_hull_segments_by_hand() -> None:
    # Contacting the churner at the top pays from g = 1/190 on, the tied pair below from (1 + 11) / 190 on.
    y, score = [1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1]
    density = beta_distribution(6, 14).pdf
    first = quad(lambda g: (190 * g - 1) * density(g), 1 / 190, 1)[0]
    second = quad(lambda g: (190 * g - 1 - 11) * density(g), 12 / 190, 1)[0]
    found = expected_maximum_profit(y, score)
    assert found.profit == pytest.approx((first + second) / 4, rel=1e-9)
    chance = beta_distribution(6, 14).sf
    assert found.contacted_share == pytest.approx((chance(1 / 190) + 2 * chance(12 / 190)) / 4)


def test_a_perfect_score_contacts_the_churners_alone() -> None:
    y = np.repeat([1.0, 0.0], [200, 800])
    found = expected_maximum_profit(y, y)
    # all 200 pay unless g is below 1/190, which has next to no weight: .2 * (200 * (.3 * .95) - 1)
    assert found.profit == pytest.approx(0.2 * (190 * 0.3 - 1), rel=1e-9)
    assert found.contacted_share == pytest.approx(0.2, rel=1e-9)


@pytest.mark.parametrize("churn", [0.02, 0.1, 0.5])
def test_a_useless_score_contacts_everybody_or_nobody(churn: float) -> None:
    y = np.repeat([1.0, 0.0], [round(1000 * churn), 1000 - round(1000 * churn)])
    found = expected_maximum_profit(y, np.zeros(1000))
    needed = (1 + 11 * (1 - churn) / churn) / 190
    density = beta_distribution(6, 14)
    hand = quad(lambda g: (churn * (190 * g - 1) - 11 * (1 - churn)) * density.pdf(g), min(needed, 1), 1)[0]
    assert found.profit == pytest.approx(hand, rel=1e-7, abs=1e-12)
    assert found.contacted_share == pytest.approx(density.sf(needed), abs=1e-12)


@given(scored_customers())
def test_no_score_beats_the_perfect_one_or_loses_to_none(data: tuple[Floats, Floats]) -> None:
    y, score = data
    found = expected_maximum_profit(y, score)
    assert expected_maximum_profit(y, np.zeros(y.size)).profit - 1e-9 <= found.profit
    assert 0 <= found.profit <= expected_maximum_profit(y, y).profit + 1e-9
    assert 0 <= found.contacted_share <= 1


def test_where_churn_is_very_common_even_a_useless_score_is_close_to_perfect() -> None:
    # the reason to show the value at the top of the list beside it
    y = np.repeat([1.0, 0.0], [840, 160])
    useless, perfect = expected_maximum_profit(y, np.zeros(1000)), expected_maximum_profit(y, y)
    assert auc(y, np.zeros(1000)) == 0.5
    assert useless.profit > 0.96 * perfect.profit


def test_a_narrow_save_rate_gives_the_maximum_at_that_rate() -> None:
    rng = np.random.default_rng(5)
    score = rng.random(300)
    y = (rng.random(300) < 0.3 * score).astype(np.float64)
    narrow = expected_maximum_profit(y, score, alpha=0.4e6, beta=0.6e6)
    assert narrow.profit == pytest.approx(maximum_profit(y, score, save_rate=0.4).profit, rel=1e-3)


@given(scored_customers(), st.randoms(use_true_random=False))
def test_row_order_and_the_scale_of_the_score_change_no_bit(
    data: tuple[Floats, Floats], shuffler: random.Random
) -> None:
    y, score = data
    order = list(range(y.size))
    shuffler.shuffle(order)
    assert expected_maximum_profit(y, score) == expected_maximum_profit(y[order], np.exp(score[order]))


def test_one_class_one_row_and_no_row() -> None:
    assert expected_maximum_profit([0, 0], [0.1, 0.2]) == EmpcResult(0.0, 0.0)
    assert maximum_profit([0, 0], [0.1, 0.2]) == EmpcResult(0.0, 0.0)
    assert expected_maximum_profit([1], [0.5]).profit == pytest.approx(56.0, rel=1e-9)
    assert all(map(math.isnan, expected_maximum_profit([], [])))
    assert all(map(math.isnan, maximum_profit([], [])))


def test_a_campaign_without_sense_is_refused() -> None:
    y, score = [0, 1], [0.1, 0.2]
    with pytest.raises(DataError, match=r"clv \(10\) must be above offer_cost \(10\)"):
        expected_maximum_profit(y, score, clv=10)
    with pytest.raises(DataError, match="must not be negative"):
        maximum_profit(y, score, contact_cost=-1)
    with pytest.raises(DataError, match="must be above 0, got 0 and 14"):
        expected_maximum_profit(y, score, alpha=0)
    with pytest.raises(DataError, match="must be finite"):
        expected_maximum_profit(y, score, clv=math.inf)
    with pytest.raises(DataError, match=r"save_rate must lie in \[0, 1\], got 1.5"):
        maximum_profit(y, score, save_rate=1.5)
    with pytest.raises(DataError, match="only 0 and 1"):
        expected_maximum_profit([0, 2], score)
