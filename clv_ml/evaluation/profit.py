"""Profit of contacting the customers with the highest scores: the best threshold at one save rate, and over many.

A campaign contacts the top of the list. Contacting costs `contact_cost` a customer and an offer `offer_cost`. Who
would have stayed takes the offer and brings nothing more; who would have left takes it with probability g, the save
rate, and is then worth `clv`. Nobody knows g: the expected maximum profit averages over g ~ Beta(alpha, beta).

References
----------
Verbraken, Verbeke & Baesens (2013), A Novel Profit Maximizing Metric for Measuring Classification Performance of
Customer Churn Prediction Models, IEEE TKDE 25(5), doi:10.1109/TKDE.2012.50.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression
from scipy.special import betaincc

from clv_ml.errors import DataError
from clv_ml.evaluation._rows import FloatArray, score_groups, scored


class EmpcResult(NamedTuple):
    """Profit per customer of the whole list, in the unit of `clv`, and the share of customers to contact."""

    profit: float
    contacted_share: float


class Campaign(NamedTuple):
    """What a contact costs and brings; the defaults are those of Verbraken et al. (2013).

    `clv`: value of a customer who is kept. `offer_cost`: of an accepted offer. `contact_cost`: of one contact.
    `alpha`, `beta`: of the Beta distribution of the save rate; 6 and 14 give .30 +- .10.
    """

    clv: float = 200.0
    offer_cost: float = 10.0
    contact_cost: float = 1.0
    alpha: float = 6.0
    beta: float = 14.0


def expected_maximum_profit(
    y: ArrayLike,
    score: ArrayLike,
    *,
    clv: float = 200,
    offer_cost: float = 10,
    contact_cost: float = 1,
    alpha: float = 6,
    beta: float = 14,
) -> EmpcResult:
    """Average, over the save rate, the profit at the threshold that is best for each save rate (EMPC).

    Parameters
    ----------
    y : array-like of shape (n,)
        1 for customers who churned, 0 for those who stayed.
    score : array-like of shape (n,)
        Higher for customers more likely to churn; only their order counts, equal scores are contacted together.
    clv, offer_cost, contact_cost, alpha, beta : float
        See :class:`Campaign`; costs and value in one unit.

    Returns
    -------
    EmpcResult
        nan, nan where there are no rows.

    Raises
    ------
    DataError
        If a number is missing or infinite, `y` is not 0 or 1, or the campaign makes no sense.

    Notes
    -----
    The profit at a threshold is ``CLV (g (1 - D) - F) pi0 F0 - CLV (D + F) pi1 F1`` with D = d / CLV, F = f / CLV,
    and the shares F0 of the churners (pi0) and F1 of the stayers (pi1) above it. Counting p churners and q stayers in a
    segment of the convex hull of the ROC curve, contacting the segment pays when
    ``(g (clv - d) - f) p > (d + f) q``, that is from the save rate ``k = (f + (d + f) q / p) / (clv - d)``
    on, and brings ``p (clv - d) (g - k)``. The expectation over g is then a sum over segments of
    ``p (clv - d) E[max(g - k, 0)]``.

    Examples
    --------
    >>> result = expected_maximum_profit([1, 0, 0, 0], [0.9, 0.4, 0.2, 0.1])
    >>> round(result.profit, 4), round(result.contacted_share, 4)
    (14.0, 0.25)
    """
    campaign = Campaign(clv, offer_cost, contact_cost, alpha, beta)
    require_campaign(campaign)
    churned, counts = score_groups(*_descending(y, score))
    return expected_profit_of_groups(churned, counts, campaign)


def maximum_profit(
    y: ArrayLike,
    score: ArrayLike,
    *,
    save_rate: float = 0.3,
    clv: float = 200,
    offer_cost: float = 10,
    contact_cost: float = 1,
) -> EmpcResult:
    """Give the profit at the best threshold for one known save rate (MPC); see :func:`expected_maximum_profit`.

    Examples
    --------
    >>> maximum_profit([1, 0, 0, 0], [0.9, 0.4, 0.2, 0.1], save_rate=0.5)
    EmpcResult(profit=23.5, contacted_share=0.25)
    """
    campaign = Campaign(clv, offer_cost, contact_cost)
    require_campaign(campaign)
    if not 0 <= save_rate <= 1:
        raise DataError(f"save_rate must lie in [0, 1], got {save_rate}")
    churned, counts = score_groups(*_descending(y, score))
    if counts.size == 0:
        return EmpcResult(math.nan, math.nan)
    worth, size, needed = _segments(churned, counts, campaign)
    gain = np.clip(save_rate - needed, 0.0, None)
    total = float(counts.sum())
    return EmpcResult(math.fsum(worth * gain) / total, math.fsum(size[gain > 0]) / total)


def expected_profit_of_groups(churned: FloatArray, counts: FloatArray, campaign: Campaign) -> EmpcResult:
    """Return the expected maximum profit from churners and rows (above 0) per distinct score, highest first."""
    if counts.size == 0:
        return EmpcResult(math.nan, math.nan)
    worth, size, needed = _segments(churned, counts, campaign)
    border = np.clip(needed, 0.0, 1.0)
    alpha, beta = campaign.alpha, campaign.beta
    above = betaincc(alpha, beta, border)
    # E[max(g - k, 0)] = E[g; g > k] - k P(g > k), where g weighs the density to Beta(alpha + 1, beta)
    excess = alpha / (alpha + beta) * betaincc(alpha + 1, beta, border) - border * above
    total = float(counts.sum())
    return EmpcResult(math.fsum(worth * np.maximum(excess, 0.0)) / total, math.fsum(size * above) / total)


def require_campaign(campaign: Campaign) -> None:
    """Refuse a campaign without sense.

    Raises
    ------
    DataError
        If a figure is not finite, a cost is negative, the offer costs as much as it can bring, or a parameter of the
        save rate is not positive.
    """
    if not all(math.isfinite(value) for value in campaign):
        raise DataError(f"campaign figures must be finite, got {campaign}")
    if campaign.offer_cost < 0 or campaign.contact_cost < 0:
        raise DataError(f"offer_cost and contact_cost must not be negative, got {campaign}")
    if campaign.clv <= campaign.offer_cost:
        raise DataError(f"clv ({campaign.clv:g}) must be above offer_cost ({campaign.offer_cost:g})")
    if campaign.alpha <= 0 or campaign.beta <= 0:
        raise DataError(f"alpha and beta must be above 0, got {campaign.alpha:g} and {campaign.beta:g}")


def _descending(y: ArrayLike, score: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return scores and outcomes such that the highest score comes first when sorted upwards."""
    outcome, scores = scored(y, score)
    return -scores, outcome


def _segments(churned: FloatArray, counts: FloatArray, campaign: Campaign) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return worth at a save rate of 1, rows, and the save rate from which on it pays, per segment of the hull.

    Segments without a churner never pay and are left out. The slopes of the convex hull of the ROC curve
    belong to the best decreasing fit to the churn rates (pooling adjacent violators), so its blocks are the segments.
    """
    blocks = isotonic_regression(churned / counts, weights=counts, increasing=False).blocks
    leavers = np.add.reduceat(churned, blocks[:-1])
    size = np.add.reduceat(counts, blocks[:-1])
    some = leavers > 0
    leavers, size = leavers[some], size[some]
    kept = campaign.clv - campaign.offer_cost
    cost = campaign.offer_cost + campaign.contact_cost
    return kept * leavers, size, (campaign.contact_cost + cost * (size - leavers) / leavers) / kept
