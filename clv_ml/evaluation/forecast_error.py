"""How far past forecasts were off beyond what chance and open parameters explain: the error of the model itself.

It has two parts. One is common to all cohorts of a cutoff (a season, a campaign, a price change); it does not
average out over cohorts. The other is each cohort's own. Both are root mean squares around zero: a forecast that was
always 10 % too high counts as an error of 10 %, and nothing is shifted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from clv_ml.models.cohort_sums import CohortSum, CohortSums

Floats = NDArray[np.float64]

MEASURED = ("purchases", "spend", "churn_rate")
_TOTAL = "all"
# the 95 % band of a normal is so many standard deviations wide
_BAND_WIDTH = 2 * 1.959964


@dataclass(frozen=True)
class ForecastError:
    """Standard deviations of the model error, by quantity and horizon.

    Attributes
    ----------
    parts
        ``parts["purchases"]["90"]`` holds ``common``, ``cohort`` (shares of the forecast; for churn_rate log odds)
        and ``cutoffs``, the number of past cutoffs that taught it. Empty where nothing was measured.
    """

    parts: Mapping[str, Mapping[str, Mapping[str, float]]]

    def relative_sd(self, quantity: str, horizons: Sequence[int], sums: CohortSums) -> Floats:
        """Return the standard deviation for each cohort and horizon, everybody last, shape (n_cohorts + 1, n_horizons).

        A horizon that was never measured takes the error of the longest shorter one, or of the shortest.
        """
        known = self.parts.get(quantity, {})
        of = {"purchases": sums.purchases, "spend": sums.spend, "churn_rate": sums.active}[quantity]
        result = np.zeros_like(of.mean)
        if not known:
            return result
        days = np.array(sorted(map(int, known)))
        for column, horizon in enumerate(horizons):
            nearest = days[max(int(np.searchsorted(days, horizon, side="right")) - 1, 0)]
            part = known[str(nearest)]
            result[:-1, column] = np.hypot(part["common"], part["cohort"])
            result[-1, column] = np.hypot(part["common"], part["cohort"] * _concentration(of, column))
        return result

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {name: {days: dict(part) for days, part in known.items()} for name, known in self.parts.items()}


def measured_error(judged: Sequence[pd.DataFrame]) -> ForecastError:
    """Measure the model error on past cutoffs.

    Parameters
    ----------
    judged
        One table a cutoff, as `clv_ml.evaluation.review.compare` returns it for a forecast made without a model error:
        rows by cohort and horizon, a row ``"all"``, expectations, bands and actual figures.

    Returns
    -------
    ForecastError
        For each quantity and horizon that some table holds. What chance and parameters explain, as told by the
        bands, is taken off the mean square error. Few cutoffs teach little: the common part is enlarged by the 90 %
        quantile of Student's t with n degrees of freedom over that of the normal (2.4 for one cutoff, 1.3 for three).
    """
    parts: dict[str, dict[str, dict[str, float]]] = {}
    for quantity in MEASURED:
        errors = [_errors(table, quantity) for table in judged]
        rows = pd.concat([part.assign(cutoff=number) for number, part in enumerate(errors)]) if errors else None
        if rows is None or rows.empty:
            continue
        for days, some in rows.groupby("horizon_days"):
            parts.setdefault(quantity, {})[str(days)] = _split(some)
    return ForecastError(parts)


def _split(rows: pd.DataFrame) -> dict[str, float]:
    total = rows[rows["cohort"] == _TOTAL].set_index("cutoff")
    own = rows[rows["cohort"] != _TOTAL]
    n = len(total)
    common = max(float((total["error"] ** 2 - total["sd"] ** 2).mean()), 0.0) ** 0.5
    common *= float(stats.t.ppf(0.9, n) / stats.norm.ppf(0.9))
    left = own["error"].to_numpy() - total["error"].reindex(own["cutoff"]).to_numpy()
    weight = own["weight"].to_numpy()
    # the cohort's own chance, less its part in the total's
    excess = float((weight * (left**2 - own["sd"].to_numpy() ** 2)).sum() / weight.sum())
    return {"common": common, "cohort": float(np.sqrt(max(excess, 0.0))), "cutoffs": float(n)}


def _errors(table: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Error, its standard deviation without a model error, and weight of each row, in shares or in log odds."""
    expected, actual = table[quantity].to_numpy(float), table[f"actual_{quantity}"].to_numpy(float)
    low, high = table[f"{quantity}_low95"].to_numpy(float), table[f"{quantity}_high95"].to_numpy(float)
    size = table["customers"].to_numpy(float)
    if quantity == "churn_rate":
        error = _log_odds(actual, size) - _log_odds(expected, size)
        sd = (_log_odds(high, size) - _log_odds(low, size)) / _BAND_WIDTH
        weight = size
    else:
        floor = np.maximum(expected, 1e-12)
        error, sd, weight = (actual - expected) / floor, (high - low) / floor / _BAND_WIDTH, floor
    found = table[["cohort", "horizon_days"]].assign(error=error, sd=sd, weight=weight)
    known: pd.DataFrame = found.loc[np.isfinite(actual) & (size > 0)]
    return known


def _log_odds(share: Floats, size: Floats) -> Floats:
    """Log odds of a share of `size` customers, half a customer away from 0 and 1."""
    edge = 0.5 / (size + 1.0)
    inside = np.clip(share, edge, 1.0 - edge)
    return np.asarray(np.log(inside / (1.0 - inside)))


def _concentration(total: CohortSum, column: int) -> float:
    """Root of the sum of squared shares of the cohorts: 1 for one cohort, 1/sqrt(n) for n equal ones."""
    parts = total.mean[:-1, column]
    everything = parts.sum()
    return float(np.sqrt((parts**2).sum()) / everything) if everything > 0 else 1.0
