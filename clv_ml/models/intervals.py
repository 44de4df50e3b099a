"""How far the future may be from the forecast: intervals for customers and for whole cohorts.

An interval carries what chance does to each customer (who may be gone, buys at random times, spends random
amounts) and how uncertain the parameters are: every simulated future uses the parameters fitted to another
resample of the customers. It does not carry that the model itself may be wrong; `clv_ml.models.diagnostics`
and a backtest tell. Exact quantiles of the number of purchases, with the parameters taken as known, are
`PurchaseModel.purchase_quantiles`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.data.arrow import AnyFrame
from clv_ml.errors import ConfigError, DataError
from clv_ml.models._forecast import checked_horizons, daily_rate
from clv_ml.models._futures import Earnings, Histories, simulate_futures
from clv_ml.models._quantiles import checked_levels
from clv_ml.models._resample import ParameterDraws, bootstrap_parameters, fixed_parameters
from clv_ml.models._table import Floats, as_summaries, read_purchases, read_spend
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.value import ValueConventions

_QUANTITIES = ("purchases", "revenue", "clv")


def predictive_intervals(
    purchases: PurchaseModel,
    spend: SpendModel,
    rfm: AnyFrame,
    *,
    horizon_days: float = 365,
    levels: Sequence[float] = (0.1, 0.9),
    cohort: pd.Series[str] | None = None,
    annual_discount_rate: float = 0.10,
    margin: float = 1.0,
    cost_per_order: float = 0.0,
    n_futures: int = 400,
    n_parameter_draws: int = 50,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Quantiles of purchases, revenue and value within the horizon, for each customer and for each cohort's total.

    Parameters
    ----------
    purchases, spend
        Fitted models; with ``n_parameter_draws=0`` also models of known parameters.
    rfm
        One row a customer: frequency, recency, T (days) and monetary_value.
    horizon_days
        How far ahead, in days.
    levels
        Quantile levels: (0.1, 0.9) bounds an 80 % interval.
    cohort
        A label for each customer, indexed like `rfm`; by default all are one cohort, ``"all"``.
    annual_discount_rate, margin, cost_per_order
        As in `customer_lifetime_value`.
    n_futures
        Simulated futures a customer. A quantile at level l has a standard error of sqrt(l (1-l) / n_futures)
        in l.
    n_parameter_draws
        Resamples of the customers that the models are fitted to again; 0 takes the parameters as known.
    seed
        Of the random numbers; the same seed gives the same intervals.

    Returns
    -------
    Two DataFrames, of customers (indexed like `rfm`) and of cohorts (indexed by label), both with the columns
    ``purchases_mean``, ``purchases_q10``, ``purchases_q90``, and so on for ``revenue`` (not discounted) and
    ``clv`` (discounted margin). Their ``attrs["conventions"]`` say what a value stands for.

    Raises
    ------
    DataError
        `rfm` breaks the contract, or `cohort` has another index.
    ConfigError
        An argument is out of range, or the models hold no customers to resample.

    Examples
    --------
    >>> import pandas as pd
    >>> purchases = PurchaseModel.from_params(r=0.243, alpha=30.9, a=0.793, b=2.426)
    >>> spend = SpendModel.from_params(p=6.25, q=3.74, v=15.44)
    >>> rfm = pd.DataFrame({"frequency": [2], "recency": [213], "T": [272], "monetary_value": [22.3]}, index=["ann"])
    >>> customers, total = predictive_intervals(purchases, spend, rfm, horizon_days=90, n_parameter_draws=0)
    >>> sorted(customers.columns)[:2]
    ['clv_mean', 'clv_q10']
    """
    conventions = ValueConventions(float(horizon_days), annual_discount_rate, margin, cost_per_order)
    (days,) = checked_horizons([horizon_days])
    wanted = checked_levels(levels)
    if purchases.KIND == "pareto_nbd":
        raise ConfigError("Intervals are simulated for the BG/NBD and its modification, not for the Pareto/NBD.")
    if n_futures < 2 or n_parameter_draws < 0:
        raise ConfigError(
            f"n_futures is {n_futures} (2 or more) and n_parameter_draws {n_parameter_draws} (0 or more)."
        )
    rfm = as_summaries(rfm)
    bought, spent = read_purchases(rfm), read_spend(rfm)
    labels, member = _cohorts(rfm, cohort)
    rng = np.random.default_rng(seed)
    draws = _draws(purchases, spend, n_parameter_draws, rng).repeated(n_futures)
    chances = bought.frequency + purchases._FIRST_CHANCES
    histories = Histories(bought.frequency, chances, bought.recency, bought.T, spent.monetary_value)
    earnings = Earnings(float(days), daily_rate(annual_discount_rate), margin, cost_per_order)

    width = 1 + len(wanted)
    customers = np.zeros((len(rfm), 3 * width))
    totals = np.zeros((3, len(labels), n_futures))
    for part, futures in simulate_futures(histories, draws, earnings, rng):
        for number, values in enumerate((futures.count, futures.revenue, futures.value)):
            customers[part, number * width : (number + 1) * width] = _summary(values, wanted)
            np.add.at(totals[number], member[part], values)
    columns = [f"{name}_{label}" for name in _QUANTITIES for label in ("mean", *map(_label, levels))]
    by_customer = pd.DataFrame(customers, index=rfm.index, columns=columns)
    by_cohort = pd.DataFrame(np.hstack([_summary(total, wanted) for total in totals]), index=labels, columns=columns)
    for table in (by_customer, by_cohort):
        table.attrs["conventions"] = asdict(conventions)
    return by_customer, by_cohort


def _draws(purchases: PurchaseModel, spend: SpendModel, n: int, rng: np.random.Generator) -> ParameterDraws:
    if n == 0:
        return fixed_parameters(purchases, spend)
    return bootstrap_parameters(purchases, spend, n_draws=n, rng=rng)


def _cohorts(rfm: pd.DataFrame, cohort: pd.Series[str] | None) -> tuple[pd.Index[Any], NDArray[np.intp]]:
    if cohort is None:
        return pd.Index(["all"], name="cohort"), np.zeros(len(rfm), dtype=np.intp)
    if not cohort.index.equals(rfm.index):
        raise DataError("cohort is not indexed like rfm: give a label for each customer, in the same order.")
    member, labels = pd.factorize(cohort, sort=True)
    if (member < 0).any():
        raise DataError(f"cohort is missing for {int((member < 0).sum()):,} customers: label them, as 'unknown'.")
    return pd.Index(labels, name=cohort.name or "cohort"), member


def _summary(values: Floats, levels: Floats) -> Floats:
    """Mean and quantiles along the futures, shape (n, 1 + n_levels).

    The inverse of the distribution function, so that a quantile of a count is a count.
    """
    quantiles = np.quantile(values, levels, axis=1, method="inverted_cdf").T
    return np.column_stack([values.mean(axis=1), quantiles])


def _label(level: float) -> str:
    return f"q{100 * level:g}"
