"""Whether two arms are what a lot would have made of them: their shares by tier, and what was known before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

ALARM = 1e-3  # chance of an alarm where nothing is wrong


def share_alarm(tier: pd.Series[str], treated: pd.Series[bool], *, control_share: float | None) -> float:
    """Chance of arms as uneven as these by tier if the lot was fair (a sample ratio mismatch): below 0.001 alarms.

    Parameters
    ----------
    control_share
        What the share of control was to be; None: the same in all tiers, whatever it was.

    Returns
    -------
    float
        The p-value of Pearson's chi-square; 1 where there is nothing to compare.

    Notes
    -----
    Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled experiments, KDD,
    doi:10.1145/3292500.3330722. Assignment by a hash makes shares vary by chance only.
    """
    counts = pd.crosstab(tier, treated).reindex(columns=[False, True], fill_value=0).to_numpy(dtype=np.float64)
    totals = counts.sum(axis=1)
    share = counts[:, 0].sum() / totals.sum() if control_share is None else control_share
    freedom = len(counts) - (control_share is None)
    if freedom < 1 or not 0 < share < 1:
        return 1.0
    expected = np.column_stack([totals * share, totals * (1.0 - share)])
    return float(stats.chi2.sf(((counts - expected) ** 2 / expected).sum(), freedom))


def balance(customers: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Compare what was known of the arms when the lot was drawn, within strata.

    Parameters
    ----------
    customers
        stratum, treated (bool), and the columns.

    Returns
    -------
    pandas.DataFrame
        One row a column with two values or more: known_before, treated, control (means, weighted like the treated),
        standardised (difference over the standard deviation), p_value, alarm (p_value below 0.001).
    """
    rows = []
    for name in columns:
        known = customers[customers[name].notna()]
        values = known[name].astype(float)
        if values.nunique() < 2:
            continue
        grouped = values.groupby([known["stratum"], known["treated"]])
        n, mean = (part.unstack() for part in (grouped.size(), grouped.mean()))
        variance = grouped.var(ddof=1).unstack()
        usable = n.reindex(columns=[False, True]).ge(2).all(axis=1)
        if not usable.any():
            continue
        n, mean, variance = n[usable], mean[usable], variance[usable]
        weight = n[True] / n[True].sum()
        difference = float((weight * (mean[True] - mean[False])).sum())
        error = float(np.sqrt((weight**2 * (variance[True] / n[True] + variance[False] / n[False])).sum()))
        p_value = float(2 * stats.norm.sf(abs(difference) / error)) if error > 0 else 1.0
        treated = float((weight * mean[True]).sum())
        rows.append(
            {
                "known_before": name,
                "treated": treated,
                "control": treated - difference,
                "standardised": difference / float(values.std(ddof=1)),
                "p_value": p_value,
                "alarm": p_value < ALARM,
            }
        )
    return pd.DataFrame(rows, columns=["known_before", "treated", "control", "standardised", "p_value", "alarm"])
