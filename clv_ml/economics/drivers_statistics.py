"""Differences of groups from all others: intervals, and what guards against winners by chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from clv_ml.economics.customers import Ints

Floats = NDArray[np.float64]


def group_differences(values: Floats, number: Ints, n_groups: int, *, min_customers: int) -> pd.DataFrame:
    """Compare the mean of each group with that of everybody else; spend with a long tail is allowed for.

    Groups, or all others, with fewer than `min_customers` are told and not compared.

    Parameters
    ----------
    values
        Of each customer, shape (n,).
    number
        Group of each customer, 0 to n_groups - 1, shape (n,).

    Returns
    -------
    pandas.DataFrame
        One row a group: observed (customers), mean, others_mean, difference, standard_error (variances may differ),
        skewness (of the difference), p_value (NaN where not compared).

    Notes
    -----
    The p-value asks how often a group drawn at random from all customers, as large as this one, would differ as much:
    the permutation test of the mean, whose first three moments are exact; its tail is the longer of the normal one and
    that of Pearson's type III (Mielke & Berry 2007, Permutation Methods, 2nd ed., section 2.3), so that it errs to the
    safe side. With a t-test a group that lacks the few big spenders has a low mean and a small variance at once, and
    wins far too often.
    """
    centre = float(np.mean(values)) if len(values) else 0.0  # sums of powers around it keep their digits
    x = values - centre
    n, total, square, cube = (
        np.bincount(number, weights=weight, minlength=n_groups).astype(float)
        for weight in (np.ones(len(x)), x, x**2, x**3)
    )
    others, whole = n.sum() - n, np.bincount(number, weights=values, minlength=n_groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, variance, third = _moments(n, total, square, cube)
        rest = _moments(others, total.sum() - total, square.sum() - square, cube.sum() - cube)
        error = np.sqrt(variance / (n - 1) + rest[1] / (others - 1))
        skewness = (third / n**2 - rest[2] / others**2) / error**3
        p_value = _permuted(x, n, mean)
        own_mean, others_mean = whole / n, (whole.sum() - whole) / others
    compared = (np.minimum(n, others) >= max(min_customers, 3)) & (error > 0)
    figures = {"standard_error": error, "skewness": skewness, "p_value": p_value}
    return pd.DataFrame(
        {
            "observed": n.astype(np.int64),
            "mean": own_mean,
            "others_mean": others_mean,
            "difference": own_mean - others_mean,
            **{name: np.where(compared, column, np.nan) for name, column in figures.items()},
        }
    )


def guarded(differences: pd.DataFrame, *, false_discovery_rate: float, level: float = 0.95) -> pd.DataFrame:
    """Say which of many differences are notable, with intervals that hold for those picked.

    Parameters
    ----------
    differences
        Of :func:`group_differences`, all comparisons that are looked at together.
    false_discovery_rate
        Of those called notable, the share that may be chance on average.
    level
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        The columns of `differences`, and p_adjusted, notable, low and high, and interval_level.

    Notes
    -----
    ``p_adjusted`` is the smallest rate at which the comparison would be notable by Benjamini & Hochberg (1995),
    Controlling the False Discovery Rate, JRSS B 57(1), doi:10.1111/j.2517-6161.1995.tb02031.x. Of R notable among m
    comparisons the intervals are at level ``1 - R (1 - level) / m``, so that of the intervals of those picked no more
    than ``1 - level`` miss on average (Benjamini & Yekutieli 2005, False Discovery Rate-Adjusted Multiple Confidence
    Intervals, JASA 100(469), doi:10.1198/016214504000001907); the others have plain intervals. A notable difference
    also has an interval without 0.
    """
    p_value = differences["p_value"].to_numpy(float)
    adjusted = false_discovery_adjusted(p_value)
    compared = int(np.isfinite(p_value).sum())
    picked = adjusted <= false_discovery_rate  # NaN is not
    while True:
        levels = np.where(picked, 1.0 - (1.0 - level) * int(picked.sum()) / max(compared, 1), level)
        low, high = skewed_interval(differences, levels)
        still = picked & ((low > 0.0) | (high < 0.0))
        if (still == picked).all():
            break
        picked = still
    return differences.assign(
        p_adjusted=adjusted,
        notable=picked,
        low=low,
        high=high,
        interval_level=np.where(np.isfinite(p_value), levels, np.nan),
    )


def skewed_interval(differences: pd.DataFrame, levels: Floats) -> tuple[Floats, Floats]:
    """Return intervals of differences of means that allow for skewness.

    Zhou & Dinh (2005), Nonparametric Confidence Intervals for the One- and Two-Sample Problems, Biostatistics 6(2),
    doi:10.1093/biostatistics/kxi002, with Hall's (1992) transformation T1: of two samples as of one, with the skewness
    of the difference.

    Parameters
    ----------
    levels
        Of each interval, shape (n,).
    """
    difference, error, skewness = (
        differences[name].to_numpy(float) for name in ("difference", "standard_error", "skewness")
    )
    reach = stats.norm.ppf(0.5 + levels / 2.0)

    def moved(z: Floats) -> Floats:
        flat = np.abs(skewness) < 1e-8
        s = np.where(flat, 1.0, skewness)
        return np.where(flat, z, 3.0 / s * (np.cbrt(1.0 + s * (z - s / 6.0)) - 1.0))

    return difference - moved(reach) * error, difference - moved(-reach) * error


def false_discovery_adjusted(p_values: Floats) -> Floats:
    """Adjust p-values for the false discovery rate (Benjamini & Hochberg 1995); NaN is no comparison."""
    known = np.isfinite(p_values)
    order = np.argsort(p_values[known], kind="stable")
    m = len(order)
    raised = p_values[known][order] * m / np.arange(1, m + 1)
    adjusted = np.full(len(p_values), np.nan)
    places = np.flatnonzero(known)[order]
    adjusted[places] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return adjusted


def shrunk(difference: Floats, standard_error: Floats) -> Floats:
    """Return what of each difference is likely to be seen again.

    Differences of a family spread around 0 by chance and in truth; the truth's variance is the mean of ``d^2 - s^2``,
    and each is shrunk by its share (Efron & Morris 1975, Data Analysis Using Stein's Estimator, JASA 70(350),
    doi:10.1080/01621459.1975.10479864). All 0 where chance alone would spread them as far.
    """
    known = np.isfinite(difference) & np.isfinite(standard_error)
    if not known.any():
        return np.full(len(difference), np.nan)
    variance = standard_error**2
    truth = max(float(np.mean((difference**2 - variance)[known])), 0.0)
    found: Floats = np.where(known, difference * truth / (truth + np.where(known, variance, 1.0)), np.nan)
    return found


def _moments(n: Floats, total: Floats, square: Floats, cube: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean, variance and third central moment of each group, from sums around a common centre."""
    mean = total / n
    variance = np.maximum(square / n - mean**2, 0.0)
    return mean, variance, cube / n - 3.0 * mean * square / n + 2.0 * mean**3


def _permuted(x: Floats, n: Floats, mean: Floats) -> Floats:
    """Two-sided p-value of the mean of n of all values drawn without repetition; `x` sums to 0."""
    size = float(len(x))
    second, third = (float(np.mean(x**power)) if len(x) else 0.0 for power in (2, 3))
    if size < 3.0 or second == 0.0:
        return np.full(len(n), np.nan)  # nothing differs
    spread = np.sqrt(second / n * (size - n) / (size - 1.0))
    # skewness of a mean of n out of N (Sukhatme 1944); that of the rest is its negative
    skew = third / second**1.5 * (size - 2.0 * n) / (size - 2.0) * np.sqrt((size - 1.0) / (n * (size - n)))
    z = mean / spread
    # type III ends abruptly on the short side of a long tail, where the normal tail is the longer one
    above = np.maximum(stats.pearson3.sf(z, skew), stats.norm.sf(z))
    below = np.maximum(stats.pearson3.cdf(z, skew), stats.norm.cdf(z))
    both: Floats = 2.0 * np.minimum(np.minimum(above, below), 0.5)
    return both
