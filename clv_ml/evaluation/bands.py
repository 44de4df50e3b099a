"""Bands around a forecast sum: quantiles of the distribution that has its mean and its variance.

A cohort's sum adds many independent customers, so that its first two moments nearly settle it; the family is
chosen for its support: whole numbers from 0 up, money from 0 up, a share between 0 and 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, logit

Floats = NDArray[np.float64]

# quantile levels of the bands, by the name of the column that holds them
LEVELS = {"low95": 0.025, "low80": 0.10, "high80": 0.90, "high95": 0.975}
_TINY = 1e-12


def count_bands(mean: Floats, variance: Floats) -> Floats:
    """Quantiles of a count: negative binomial where it varies more than a Poisson count, else Poisson.

    Parameters
    ----------
    mean, variance
        Shape (n,).

    Returns
    -------
    Whole numbers of shape (n, 4), in the order of `LEVELS`.
    """
    mean, level = np.maximum(mean, _TINY)[:, None], _levels()
    over = np.maximum(variance[:, None] - mean, 1e-9 * mean)
    return np.asarray(stats.nbinom.ppf(level, mean**2 / over, mean / (mean + over)))


def money_bands(mean: Floats, variance: Floats, nothing: Floats) -> Floats:
    """Quantiles of an amount: nothing with its own chance, otherwise Gamma.

    Parameters
    ----------
    mean, variance
        Of the amount, shape (n,).
    nothing
        Chance that nobody spends anything, shape (n,).
    """
    rest = np.maximum(1.0 - nothing, _TINY)[:, None]
    centre = np.maximum(mean[:, None], _TINY) / rest
    spread = np.maximum((variance + mean**2)[:, None] / rest - centre**2, (1e-6 * centre) ** 2)
    inside = np.clip((_levels() - nothing[:, None]) / rest, 0.0, 1.0)
    amount = stats.gamma.ppf(inside, centre**2 / spread, scale=spread / centre)
    return np.where(inside > 0, amount, 0.0)


def signed_bands(mean: Floats, variance: Floats) -> Floats:
    """Quantiles of an amount that may be below 0: normal."""
    return np.asarray(mean[:, None] + np.sqrt(variance)[:, None] * stats.norm.ppf(_levels()))


def share_bands(customers: Floats, mean: Floats, variance: Floats, log_odds_sd: Floats) -> Floats:
    """Quantiles of how many of some customers: by chance a binomial-like count, beside it an error in the log odds.

    Parameters
    ----------
    customers
        How many there are, shape (n,).
    mean, variance
        Of the count by chance alone, shape (n,).
    log_odds_sd
        How uncertain the log odds of the share are, shape (n,).

    Returns
    -------
    Whole numbers between 0 and `customers`, shape (n, 4).
    """
    n = customers[:, None]
    share = np.clip(mean[:, None] / n, 1e-9, 1.0 - 1e-9)
    binomial = share * (1.0 - share)
    # in the log odds the error is symmetric and stays between 0 and 1
    sd = log_odds_sd[:, None]
    moved = 0.5 * (expit(logit(share) + sd) - expit(logit(share) - sd))
    spread = variance[:, None] / n**2 + moved**2
    weight = np.maximum(binomial / np.maximum(spread, 1e-15) - 1.0, 1e-6)
    # half a customer more or less: the Beta law is continuous, a count is not
    level = np.broadcast_to(_levels(), (len(mean), len(LEVELS)))
    count = np.ceil(n * stats.beta.ppf(level, share * weight, (1.0 - share) * weight) - 0.5)
    return np.asarray(np.clip(count, 0.0, n))


def _levels() -> Floats:
    return np.array(list(LEVELS.values()))
