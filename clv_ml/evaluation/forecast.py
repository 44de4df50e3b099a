"""The promise of a model: what each cohort will buy, spend and earn, how many will leave, and how sure that is.

A band carries three things: what chance does to the customers of the cohort, what the data left open about the
parameters (the covariance of the fits), and how wrong the method has been on past cohorts beyond these two, where
that was measured (:mod:`clv_ml.evaluation.forecast_error`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.config import ValueConfig
from clv_ml.engine.row_names import is_rising
from clv_ml.errors import DataError
from clv_ml.evaluation.bands import LEVELS, Floats, count_bands, money_bands, share_bands, signed_bands
from clv_ml.evaluation.forecast_error import ForecastError
from clv_ml.evaluation.months import month_of
from clv_ml.models.cohort_sums import CohortSum, CohortSums, cohort_sums
from clv_ml.models.fitting import FittedModels
from clv_ml.models.training_rows import buyers

HORIZONS_DAYS = (30, 90, 180, 365)
QUANTITIES = ("purchases", "spend", "margin", "active_customers", "churn_rate")
TOTAL = "all"
Told = TypeVar("Told", pd.DataFrame, "pd.Series[str]")


def cohort_forecast(
    models: FittedModels,
    customers: pd.DataFrame,
    *,
    horizons_days: Sequence[int] = HORIZONS_DAYS,
    cohort: pd.Series[str] | None = None,
    p_churn: pd.DataFrame | None = None,
    value: ValueConfig | None = None,
    error: ForecastError | None = None,
) -> pd.DataFrame:
    """Forecast every cohort, and all customers together, with 80 % and 95 % bands.

    Parameters
    ----------
    models
        The models of one cutoff.
    customers
        Customers known at a cutoff: frequency, recency, T (days), monetary_value, first_day. Those who have not
        bought yet (no frequency) are left out; ``attrs["left_out"]`` says how many.
    horizons_days
        How far ahead, in days.
    cohort
        A label for each customer, indexed like `customers`; the month of the first purchase where None.
    p_churn
        Columns ``p_churn_Hd`` indexed like `customers`, for the horizons where they are to be used; elsewhere the
        purchase model says who leaves.
    value
        Margin and cost of an order.
    error
        What past forecasts missed beyond chance and parameters; the bands leave it out where None.

    Returns
    -------
    pandas.DataFrame
        One row a cohort and horizon, the cohort ``"all"`` last: cohort, horizon_days, customers and for each of
        purchases (purchase days), spend, margin (currency, not discounted), active_customers (who buy at least
        once) and churn_rate (share who do not): the expectation, and the ends of the bands, as ``purchases_low95``,
        ``purchases_low80``, ``purchases_high80``, ``purchases_high95``.

    Raises
    ------
    DataError
        If nobody has bought, or a cohort label is missing or the index of `cohort` is another.
    """
    bought = buyers(customers)
    bought = bought if is_rising(bought.index) else bought.sort_index()
    if bought.empty:
        raise DataError("no customer has bought yet: there is nothing to forecast from")
    labels = monthly_cohort(bought) if cohort is None else _of(_labels(cohort, customers), bought.index)
    member, names = pd.factorize(labels, sort=True)
    horizons = sorted(set(horizons_days))
    value = value or ValueConfig()
    sums = cohort_sums(models.purchases, models.spend, bought, member, n_cohorts=len(names), horizons_days=horizons)
    told = {} if p_churn is None else churn_sums(_of(p_churn, bought.index), member, len(names), horizons)
    table = forecast_of_sums([*map(str, names)], horizons, sums, told, value=value, error=error)
    table.attrs["left_out"] = len(customers) - len(bought)
    return table


def churn_sums(
    p_churn: pd.DataFrame, member: NDArray[np.intp], n_cohorts: int, horizons: Sequence[int]
) -> dict[int, tuple[Floats, Floats]]:
    """Sum a classifier's probabilities over cohorts.

    Returns
    -------
    dict
        By horizon that `p_churn` knows: how many buy at least once, expected and as a variance by chance, each of
        shape (n_cohorts,).
    """
    found = {}
    for days in horizons:
        if f"p_churn_{days}d" in p_churn:
            gone = p_churn[f"p_churn_{days}d"].to_numpy(dtype=np.float64)
            stays, spread = (
                np.bincount(member, weights=terms, minlength=n_cohorts).astype(np.float64)
                for terms in (1.0 - gone, gone * (1.0 - gone))
            )
            found[days] = stays, spread
    return found


def forecast_of_sums(
    cohorts: Sequence[str],
    horizons: Sequence[int],
    sums: CohortSums,
    told: Mapping[int, tuple[Floats, Floats]],
    *,
    value: ValueConfig,
    error: ForecastError | None,
) -> pd.DataFrame:
    """Lay out the forecast of cohorts from the sums over their customers; see :func:`cohort_forecast`.

    Parameters
    ----------
    cohorts
        Names, in the order of the sums.
    told
        What :func:`churn_sums` returns; the purchase model says who leaves where it is empty.
    """
    active = _active(sums, horizons, told)
    return _assemble([*cohorts, TOTAL], horizons, sums, active, value, error or ForecastError({}))


def monthly_cohort(customers: pd.DataFrame) -> pd.Series[str]:
    """Label customers by the month of their first purchase, as ``"1997-03"``."""
    return month_of(customers["first_day"]).rename("cohort")


def _of(told: Told, customer_ids: pd.Index[str]) -> Told:
    """Return the rows of some customers; to look up a million ids takes longer than the rest of a forecast."""
    return told if told.index.equals(customer_ids) else told.loc[customer_ids]


def _labels(cohort: pd.Series[str], customers: pd.DataFrame) -> pd.Series[str]:
    if not cohort.index.equals(customers.index):
        raise DataError("cohort is not indexed like the customers: give a label for each, in the same order")
    if cohort.isna().any():
        raise DataError(f"cohort is missing for {int(cohort.isna().sum()):,} customers: label them, as 'unknown'")
    return cohort if cohort.dtype == "str" else cohort.astype(str)


def _active(
    sums: CohortSums, horizons: Sequence[int], told: Mapping[int, tuple[Floats, Floats]]
) -> tuple[CohortSum, Floats]:
    """Count the customers who buy, with the standard deviation that the parameters leave in the log odds.

    A classifier's probabilities replace those of the purchase model; how uncertain they are is taken from the
    purchase model, whose parameters were fitted to the same customers.
    """
    of_model = sums.active
    share = np.clip(of_model.mean / sums.customers[:, None], 1e-9, 1 - 1e-9)
    slope = sums.customers[:, None] * share * (1.0 - share)
    sd = np.sqrt((of_model.shifts**2).sum(axis=2)) / slope
    mean, variance = of_model.mean.copy(), of_model.variance.copy()
    for column, days in enumerate(horizons):
        for target, parts in zip((mean, variance), told.get(days, ()), strict=False):
            target[:, column] = np.append(parts, parts.sum())
    return CohortSum(mean, variance, of_model.shifts), sd


def _assemble(
    names: Sequence[str],
    horizons: Sequence[int],
    sums: CohortSums,
    active: tuple[CohortSum, Floats],
    value: ValueConfig,
    error: ForecastError,
) -> pd.DataFrame:
    n = len(names) * len(horizons)
    purchases, spend = sums.purchases, sums.spend
    chance = money_variance(value, sums)
    margin = CohortSum(
        value.margin * spend.mean - value.cost_per_order * purchases.mean,
        chance,
        value.margin * spend.shifts - value.cost_per_order * purchases.shifts,
    )
    missed = {name: error.relative_sd(name, horizons, sums) for name in ("purchases", "spend", "churn_rate")}
    nobody = np.exp(sums.log_nobody).reshape(n)
    low_margin = _variance(margin, missed["spend"])
    spent, spent_variance = spend.mean.reshape(n), _variance(spend, missed["spend"])
    customers = np.repeat(sums.customers, len(horizons))
    doubt = np.sqrt(active[1] ** 2 + missed["churn_rate"] ** 2).reshape(n)
    buyers = share_bands(customers, active[0].mean.reshape(n), active[0].variance.reshape(n), doubt)
    spend_bands = money_bands(spent, spent_variance, nobody)
    bands = {
        "purchases": count_bands(purchases.mean.reshape(n), _variance(purchases, missed["purchases"])),
        "spend": spend_bands,
        "margin": value.margin * spend_bands
        if value.cost_per_order == 0
        else signed_bands(margin.mean.reshape(n), low_margin),
        "active_customers": buyers,
        "churn_rate": 1.0 - buyers[:, ::-1] / customers[:, None],
    }
    expected = {
        "purchases": purchases.mean,
        "spend": spend.mean,
        "margin": margin.mean,
        "active_customers": active[0].mean,
        "churn_rate": 1.0 - active[0].mean / sums.customers[:, None],
    }
    table: dict[str, object] = {
        "cohort": np.repeat(np.array(names, dtype=object), len(horizons)),
        "horizon_days": np.tile(np.array(horizons), len(names)),
        "customers": customers.astype(np.int64),
    }
    for name in QUANTITIES:
        table[name] = expected[name].reshape(n)
        table |= {f"{name}_{end}": bands[name][:, column] for column, end in enumerate(LEVELS)}
    return pd.DataFrame(table)


def money_variance(value: ValueConfig, sums: CohortSums) -> Floats:
    """Variance by chance of margin x spend - cost x purchases."""
    both = 2.0 * value.margin * value.cost_per_order * sums.covariance
    return np.asarray(value.margin**2 * sums.spend.variance + value.cost_per_order**2 * sums.purchases.variance - both)


def _variance(total: CohortSum, missed: Floats) -> Floats:
    """Variance of a sum: chance, parameters, and what past forecasts missed, as one row of cells."""
    parameters = (total.shifts**2).sum(axis=2)
    return np.asarray(total.variance + parameters + (missed * total.mean) ** 2).reshape(-1)
