"""What a customer may cost: value against acquisition cost, by channel or any other cohort."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from clv_ml.economics.acquisition_costs import UNKNOWN_COST
from clv_ml.economics.payback import LEVEL, payback_period
from clv_ml.economics.payback_projection import Projection
from clv_ml.errors import ConfigError

Floats = NDArray[np.float64]

ABOVE, BELOW, OPEN = "above", "below", "open"


def acquisition_economics(
    projection: Projection, *, target: float, retention_cost: float = 0.0, level: float = LEVEL
) -> pd.DataFrame:
    """Set the lifetime value of each cohort against what winning its customers cost.

    LTV is the profit of the first `projection.horizon_days` days after the first purchase, undiscounted, less the cost
    of keeping a customer so long: observed where that is over, expected where it is not. The ratio is LTV / CAC; the
    allowable cost is LTV / target.

    The interval is for the mean of customers like these, those to come included, not for these alone: Rubin's rules
    with a Bayesian bootstrap of the customers (Rubin 1987, Multiple Imputation for Nonresponse in Surveys, chapter 3;
    1981, doi:10.1214/aos/1176345338), so that it carries who happened to come, what the open futures bring, open
    parameters and, where `project` was given one, the measured error of past forecasts. Few customers widen it by
    Student's t.

    Parameters
    ----------
    projection
        As :func:`clv_ml.economics.payback_projection.project` returns it.
    target
        Value wanted for each unit of cost, such as 3.
    retention_cost
        Cost of keeping a customer, a year, for the column of that name; it is in the projection already.

    Returns
    -------
    pandas.DataFrame
        One row a cohort, everybody first: dimension, cohort, customers, small, horizon_days, ltv, ltv_low, ltv_high,
        retention_cost (of a customer over the horizon), cac, cost_status (``known``, ``partly_known``, ``unknown``,
        ``free``), ratio, ratio_low, ratio_high (NaN where the cost is not known of all, or is 0), target, verdict
        (``above`` or ``below`` the target with its whole interval, else ``open``; ``unknown`` without a ratio),
        allowable_cac, allowable_cac_low, allowable_cac_high; payback_day, payback_low, payback_high, payback_chance
        and payback_status as in :class:`clv_ml.economics.payback.Payback`. Money is in currency a customer. Intervals
        of one customer are NaN: one tells nothing of the spread.

    Notes
    -----
    Traps: LTV ends at the horizon; customers bring more after it, and a ratio of another horizon is another ratio.
    Customers who came and never bought are in the cost, never in the value, and so are in the ratio. CAC is an average:
    the next customer of a channel may cost more. A channel's customers may be those who would have come anyway; only
    an experiment tells what the channel itself brings.

    Raises
    ------
    ConfigError
        `target` is not above 0, or `level` not between 0 and 1.
    """
    if not (np.isfinite(target) and target > 0):
        raise ConfigError(f"ltv_cac_target is {target}; a number above 0 is wanted, as 3")
    if not 0.0 < level < 1.0:
        raise ConfigError(f"level is {level}; a share between 0 and 1 is wanted, as 0.95")
    low, high = _interval(projection, level)
    cac = np.where(projection.cac > 0, projection.cac, np.nan)
    ratio, ratio_low, ratio_high = (value / cac for value in (projection.ltv, low, high))
    # a cohort of one customer has a ratio and no interval: its verdict is open
    verdict = np.where(ratio_low >= target, ABOVE, np.where(ratio_high < target, BELOW, OPEN)).astype(object)
    verdict[~np.isfinite(ratio)] = UNKNOWN_COST
    payback = payback_period(projection, level=level)
    return projection.groups.keys.assign(
        horizon_days=projection.horizon_days,
        ltv=projection.ltv,
        ltv_low=low,
        ltv_high=high,
        retention_cost=retention_cost * projection.horizon_days / 365.0,
        cac=projection.cac,
        cost_status=projection.cost_status,
        ratio=ratio,
        ratio_low=ratio_low,
        ratio_high=ratio_high,
        target=target,
        verdict=verdict,
        allowable_cac=np.maximum(projection.ltv, 0.0) / target,
        allowable_cac_low=np.maximum(low, 0.0) / target,
        allowable_cac_high=np.maximum(high, 0.0) / target,
        payback_day=payback.day,
        payback_low=payback.low,
        payback_high=payback.high,
        payback_chance=payback.chance,
        payback_status=payback.status,
    )


def _interval(projection: Projection, level: float) -> tuple[Floats, Floats]:
    """Quantiles of the bootstrap around the expectation, stretched where customers are few.

    The variance of a Bayesian bootstrap mean is (n-1)/(n+1) of the unbiased one; Student's t with n-1 degrees of
    freedom stands for the spread that is itself estimated.
    """
    size = projection.groups.size
    several = np.maximum(size, 2.0)
    student = stats.t.ppf(0.5 + 0.5 * level, several - 1.0) / stats.norm.ppf(0.5 + 0.5 * level)
    stretch = np.where(size > 1, student * np.sqrt((several + 1.0) / (several - 1.0)), np.nan)
    low, high = np.quantile(projection.ltv_draws, [0.5 - 0.5 * level, 0.5 + 0.5 * level], axis=1)
    ltv = projection.ltv
    # where no future brings a loss, the stretched interval is not to tell of one
    floor = np.where(projection.ltv_draws.min(axis=1) >= 0, 0.0, -np.inf)
    wide_low = np.maximum(ltv - stretch * np.maximum(ltv - low, 0.0), floor)
    return wide_low, ltv + stretch * np.maximum(high - ltv, 0.0)
