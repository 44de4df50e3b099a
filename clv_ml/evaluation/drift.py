"""Has the world moved since the training? Features and scores against then, each cohort's churn against its own past.

The population stability index compares how customers fall into bins that held equal shares at the training::

    PSI = sum over the bins of (share now - share then) * ln(share now / share then)

Siddiqi (2006), Credit Risk Scorecards, chapter 8: below 0.1 no change, 0.1 to 0.25 worth a look, above 0.25 a change.
Those borders are for large samples; two samples of one population differ by chance alone by about
(bins - 1) * (1/n + 1/m), which is reported beside it and taken off before it alerts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from clv_ml.config import DriftConfig

# where a bin is empty, half a customer stands in, so that the logarithm exists
_HALF = 0.5
MISSING = "missing"


@dataclass(frozen=True)
class Reference:
    """How one column was spread over the customers of the training.

    Attributes
    ----------
    edges
        Borders between the bins of a number, ascending, the outer ones open; empty for a category.
    labels
        The categories, empty for a number.
    counts
        Customers in each bin or category, and last those without a value (and, for a category, other ones).
    """

    edges: tuple[float, ...]
    labels: tuple[str, ...]
    counts: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {name: list(values) for name, values in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Reference:
        """Read what `to_dict` wrote."""
        return cls(tuple(data["edges"]), tuple(data["labels"]), tuple(data["counts"]))


def references(table: pd.DataFrame, *, bins: int) -> dict[str, Reference]:
    """Describe every column of a table: numbers by bins of equal share, everything else by its 20 largest categories.

    Parameters
    ----------
    table
        One row a customer; dates are left out.
    """
    found = {}
    for name in table.columns:
        column = table[name]
        if pd.api.types.is_datetime64_any_dtype(column.dtype):
            continue
        if pd.api.types.is_numeric_dtype(column.dtype):
            found[str(name)] = _number_reference(column, bins)
        elif pd.api.types.is_string_dtype(column.dtype) or isinstance(column.dtype, pd.CategoricalDtype):
            found[str(name)] = _category_reference(column)
    return found


def stability(
    reference: Mapping[str, Reference], table: pd.DataFrame | Mapping[str, pd.Series[Any]], config: DriftConfig
) -> pd.DataFrame:
    """Compare customers with those of the training, column by column; see :func:`stability_of_counts`."""
    counts = {name: bin_counts(table[name], known) for name, known in reference.items() if name in table}
    return stability_of_counts(counts, reference, config)


def stability_of_counts(
    counts: Mapping[str, np.ndarray], reference: Mapping[str, Reference], config: DriftConfig
) -> pd.DataFrame:
    """Compare counts of customers with those of the training.

    Parameters
    ----------
    counts
        What :func:`bin_counts` returns for the columns that are there; those of some customers and of others add up.

    Returns
    -------
    pandas.DataFrame
        One row a column, the most changed first: column, psi, by_chance (what two samples of one population differ
        by), then and now (customers), missing_then and missing_now (shares), alert. A column that is gone has a
        psi of infinity and alerts.
    """
    rows = []
    for name, known in reference.items():
        then = np.array(known.counts, dtype=np.float64)
        if name not in counts:
            rows.append({"column": name, "psi": math.inf, "then": int(then.sum()), "now": 0, "alert": True})
            continue
        now = counts[name].astype(np.float64)
        psi = population_stability(then, now)
        chance = (int((then + now > 0).sum()) - 1) * (1.0 / max(then.sum(), 1.0) + 1.0 / max(now.sum(), 1.0))
        rows.append(
            {
                "column": name,
                "psi": psi,
                "by_chance": chance,
                "then": int(then.sum()),
                "now": int(now.sum()),
                "missing_then": then[-1] / max(then.sum(), 1.0),
                "missing_now": now[-1] / max(now.sum(), 1.0),
                "alert": bool(psi - chance >= config.psi_alert),
            }
        )
    columns = ["column", "psi", "by_chance", "then", "now", "missing_then", "missing_now", "alert"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["psi", "column"], ascending=[False, True], ignore_index=True
    )


def population_stability(then: Sequence[float] | np.ndarray, now: Sequence[float] | np.ndarray) -> float:
    """PSI of two lists of counts over the same bins; bins empty in both are left out.

    Examples
    --------
    >>> round(population_stability([50, 50], [75, 25]), 4)
    0.2747
    """
    first, second = np.asarray(then, dtype=np.float64), np.asarray(now, dtype=np.float64)
    some = (first + second) > 0
    if not first.sum() or not second.sum():
        return math.nan
    first, second = np.maximum(first[some], _HALF), np.maximum(second[some], _HALF)
    p, q = first / first.sum(), second / second.sum()
    return math.fsum((q - p) * np.log(q / p))


def churn_alerts(current: pd.DataFrame, baseline: pd.DataFrame, config: DriftConfig) -> pd.DataFrame:
    """Compare each cohort's latest churn rate with its own past, horizon by horizon.

    Parameters
    ----------
    current
        cohort, horizon_days, customers, churn_rate: of the latest cutoff whose horizon is over.
    baseline
        The same at earlier cutoffs, with a column cutoff.

    Returns
    -------
    pandas.DataFrame
        cohort, horizon_days, customers, churn_rate, baseline (mean over the earlier cutoffs, weighted by customers),
        cutoffs (how many), points (difference in percentage points), by_chance (95 % of differences by chance alone
        are within), alert. A cohort without a past, or smaller than `min_customers`, never alerts.
    """
    weighted = baseline.assign(churned=baseline["churn_rate"] * baseline["customers"])
    past = weighted.groupby(["cohort", "horizon_days"]).agg(
        churned=("churned", "sum"), seen=("customers", "sum"), cutoffs=("cutoff", "nunique")
    )
    past["baseline"] = past["churned"] / past["seen"]
    columns = ["cohort", "horizon_days", "customers", "churn_rate"]
    table = current[columns].merge(past.reset_index(), on=["cohort", "horizon_days"], how="left")
    rate = table["baseline"].clip(lower=1e-9, upper=1 - 1e-9)
    table["points"] = 100.0 * (table["churn_rate"] - table["baseline"])
    # the same customers are in the past too, so that this is rather too wide than too narrow
    spread = np.sqrt(rate * (1 - rate) * (1.0 / table["customers"] + 1.0 / table["seen"]))
    table["by_chance"] = 100.0 * float(stats.norm.ppf(0.975)) * spread
    far = table["points"].abs() > table["by_chance"] + config.churn_points
    table["alert"] = (far & (table["customers"] >= config.min_customers)).astype(bool)
    table["cutoffs"] = table["cutoffs"].fillna(0).astype(int)
    return table[[*columns, "baseline", "cutoffs", "points", "by_chance", "alert"]]


def _number_reference(column: pd.Series[Any], bins: int) -> Reference:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    known = values[np.isfinite(values)]
    levels = np.arange(1, bins) / bins
    edges = np.unique(np.quantile(known, levels, method="inverted_cdf")).tolist() if known.size else []
    empty = Reference(tuple(edges), (), ())
    return Reference(empty.edges, (), tuple(map(int, bin_counts(column, empty))))


def _category_reference(column: pd.Series[Any]) -> Reference:
    sizes = column.astype("string").value_counts()
    largest = sorted(sizes.items(), key=lambda item: (-item[1], str(item[0])))[:20]
    empty = Reference((), tuple(sorted(str(label) for label, _ in largest)), ())
    return Reference((), empty.labels, tuple(map(int, bin_counts(column, empty))))


def bin_counts(column: pd.Series[Any], known: Reference) -> np.ndarray:
    """Count customers in each bin, a value on a border in the lower one, and last those without a value."""
    if known.labels:
        codes = pd.Index(known.labels).get_indexer(pd.Index(column.astype("string").fillna(MISSING).astype(str)))
        codes = np.where(codes < 0, len(known.labels), codes)
        return np.bincount(codes, minlength=len(known.labels) + 1)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bins = len(known.edges) + 1
    place = np.where(np.isfinite(values), np.searchsorted(np.array(known.edges), values, side="left"), bins)
    return np.bincount(place, minlength=bins + 1)
