"""What each customer is worth: purchases to come, times what they spend, times margin, discounted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from clv_ml.config import ValueConfig
from clv_ml.data.arrow import AnyFrame
from clv_ml.errors import ConfigError
from clv_ml.models._forecast import AliveForecast, checked_horizons, daily_rate
from clv_ml.models._table import Floats, Purchases, Spend, as_summaries, read_purchases, read_spend
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel

DISCOUNTING = (
    "Continuous: a purchase t days after the cutoff counts (1 + annual_discount_rate)^(-t/365); the value is the "
    "integral of that factor over the expected purchases within horizon_days, times what a purchase earns: "
    "expected spend times margin, less cost_per_order."
)


@dataclass(frozen=True)
class ValueConventions:
    """What a lifetime value stands for; every table of values carries it in ``attrs["conventions"]``.

    Attributes
    ----------
    horizon_days
        How far ahead; several for a table of windows, None for a residual value without a horizon.
    annual_discount_rate, margin, cost_per_order, discounting
        As given to the function that computed the values, and the rule in words.
    """

    horizon_days: float | tuple[float, ...] | None
    annual_discount_rate: float
    margin: float
    cost_per_order: float = 0.0
    discounting: str = DISCOUNTING

    def __post_init__(self) -> None:
        """Check the numbers that money depends on."""
        if not (np.isfinite(self.margin) and self.margin > 0):
            raise ConfigError(f"margin is {self.margin!r}; a positive share of revenue is wanted, as 0.4.")
        if not (np.isfinite(self.cost_per_order) and self.cost_per_order >= 0):
            raise ConfigError(f"cost_per_order is {self.cost_per_order!r}; an amount of 0 or more is wanted.")

    def earned(self, spend: Floats) -> Floats:
        """Turn amounts of purchases into what they earn."""
        return spend * self.margin - self.cost_per_order


def customer_lifetime_value(
    purchases: PurchaseModel,
    spend: SpendModel,
    rfm: AnyFrame,
    *,
    horizon_days: float = 365,
    annual_discount_rate: float = 0.10,
    margin: float = 1.0,
    cost_per_order: float = 0.0,
) -> pd.DataFrame:
    """Discounted margin of the purchases of each customer within the horizon.

    Fader, Hardie & Lee (2005), RFM and CLV, Journal of Marketing Research 42(4),
    doi:10.1509/jmkr.2005.42.4.415, equation (1), with the BG/NBD for the Pareto/NBD and a finite horizon;
    spend is independent of frequency there.

    Parameters
    ----------
    purchases, spend
        Fitted models.
    rfm
        One row a customer: frequency, recency, T (days) and monetary_value.
    horizon_days
        How far ahead, in days.
    annual_discount_rate
        A purchase t days ahead counts (1 + rate)^(-t/365).
    margin
        Contribution margin as a share of revenue.
    cost_per_order
        What each purchase costs beside, in currency (shipping, handling).

    Returns
    -------
    DataFrame indexed like `rfm`:
        ``expected_purchases`` within the horizon, ``expected_spend`` per purchase, ``expected_clv``
        (discounted margin; it carries the chance that the customer is gone), and ``value_if_retained``, the
        same given that the customer is alive now, computed as such and not as a quotient.

    Raises
    ------
    DataError
        A column is missing or a value breaks the contract.
    ConfigError
        The horizon, the discount rate, the margin or the cost is out of range.

    Examples
    --------
    >>> import pandas as pd
    >>> purchases = PurchaseModel.from_params(r=0.243, alpha=30.9, a=0.793, b=2.426)
    >>> spend = SpendModel.from_params(p=6.25, q=3.74, v=15.44)
    >>> rfm = pd.DataFrame({"frequency": [2], "recency": [213], "T": [272], "monetary_value": [22.3]}, index=["ann"])
    >>> customer_lifetime_value(purchases, spend, rfm, margin=0.3).round(2).loc["ann"].to_dict()
    {'expected_purchases': 1.56, 'expected_spend': 24.62, 'expected_clv': 11.05, 'value_if_retained': 15.2}
    """
    conventions = ValueConventions(float(horizon_days), annual_discount_rate, margin, cost_per_order)
    rfm = as_summaries(rfm)
    customers = read_purchases(rfm)
    forecast = discounted_forecast(purchases, customers, conventions, horizon_days=horizon_days)
    table = value_columns(purchases, spend, customers, read_spend(rfm), forecast, conventions)
    del table["p_alive"]
    return _with_conventions(pd.DataFrame(table, index=customers.index), conventions)


def value_by_config(
    purchases: PurchaseModel, spend: SpendModel, rfm: AnyFrame, value: ValueConfig, *, horizon_days: float | None = None
) -> pd.DataFrame:
    """Return :func:`customer_lifetime_value` by the conventions of a config, within its horizon unless told another."""
    return customer_lifetime_value(
        purchases,
        spend,
        rfm,
        horizon_days=value.horizon_days if horizon_days is None else horizon_days,
        annual_discount_rate=value.annual_discount_rate,
        margin=value.margin,
        cost_per_order=value.cost_per_order,
    )


def discounted_forecast(
    purchases: PurchaseModel, customers: Purchases, conventions: ValueConventions, *, horizon_days: float
) -> AliveForecast:
    """Forecast the purchases of customers who are alive; it depends on frequency and T alone."""
    rate = daily_rate(conventions.annual_discount_rate)
    return purchases._forecast_alive(customers, checked_horizons([horizon_days]), rate=rate)


def value_columns(
    purchases: PurchaseModel,
    spend: SpendModel,
    customers: Purchases,
    money: Spend,
    forecast: AliveForecast,
    conventions: ValueConventions,
) -> dict[str, Floats]:
    """Compute ``p_alive`` and the columns of :func:`customer_lifetime_value` from checked arrays."""
    per_purchase = spend._expected(money)
    alive = purchases._alive(customers)
    retained = forecast.discounted[:, 0] * conventions.earned(per_purchase)
    return {
        "p_alive": alive,
        "expected_purchases": forecast.expected[:, 0] * alive,
        "expected_spend": per_purchase,
        "expected_clv": retained * alive,
        "value_if_retained": retained,
    }


def value_windows(
    purchases: PurchaseModel,
    spend: SpendModel,
    rfm: AnyFrame,
    *,
    horizons_days: Sequence[int] = (30, 90, 180, 365),
    annual_discount_rate: float = 0.10,
    margin: float = 1.0,
    cost_per_order: float = 0.0,
) -> pd.DataFrame:
    """Purchases, revenue and discounted margin within several horizons, in one pass over the customers.

    Returns
    -------
    DataFrame indexed like `rfm`, for each horizon of N days ``expected_purchases_Nd``,
    ``expected_revenue_Nd`` (not discounted), ``expected_clv_Nd`` and ``value_if_retained_Nd`` (as in
    `customer_lifetime_value`).

    Examples
    --------
    >>> import pandas as pd
    >>> purchases = PurchaseModel.from_params(r=0.243, alpha=30.9, a=0.793, b=2.426)
    >>> spend = SpendModel.from_params(p=6.25, q=3.74, v=15.44)
    >>> rfm = pd.DataFrame({"frequency": [2], "recency": [213], "T": [272], "monetary_value": [22.3]}, index=["ann"])
    >>> table = value_windows(purchases, spend, rfm, horizons_days=(90, 365), margin=0.3)
    >>> table[["expected_clv_90d", "expected_clv_365d"]].round(2).loc["ann"].to_dict()
    {'expected_clv_90d': 3.3, 'expected_clv_365d': 11.05}
    """
    days = tuple(int(horizon) for horizon in horizons_days)
    conventions = ValueConventions(days, annual_discount_rate, margin, cost_per_order)
    rfm = as_summaries(rfm)
    customers = read_purchases(rfm)
    per_purchase = spend._expected(read_spend(rfm))
    alive = purchases._alive(customers)
    forecast = purchases._forecast_alive(customers, checked_horizons(days), rate=daily_rate(annual_discount_rate))
    earned = conventions.earned(per_purchase)
    table = {}
    for column, horizon in enumerate(days):
        expected = forecast.expected[:, column] * alive
        retained = forecast.discounted[:, column] * earned
        table[f"expected_purchases_{horizon}d"] = expected
        table[f"expected_revenue_{horizon}d"] = expected * per_purchase
        table[f"expected_clv_{horizon}d"] = retained * alive
        table[f"value_if_retained_{horizon}d"] = retained
    return _with_conventions(pd.DataFrame(table, index=customers.index), conventions)


def residual_lifetime_value(
    purchases: PurchaseModel,
    spend: SpendModel,
    rfm: AnyFrame,
    *,
    annual_discount_rate: float = 0.10,
    margin: float = 1.0,
    cost_per_order: float = 0.0,
) -> pd.DataFrame:
    """Discounted margin of all purchases to come, without a horizon.

    Returns
    -------
    DataFrame indexed like `rfm` with ``expected_clv`` and ``value_if_retained``, as in
    `customer_lifetime_value`.

    Raises
    ------
    ConfigError
        The value is infinite: nothing is discounted, and customers may stay for ever (a is 1 or less).

    Examples
    --------
    >>> import pandas as pd
    >>> purchases = PurchaseModel.from_params(r=0.243, alpha=30.9, a=0.793, b=2.426)
    >>> spend = SpendModel.from_params(p=6.25, q=3.74, v=15.44)
    >>> rfm = pd.DataFrame({"frequency": [2], "recency": [213], "T": [272], "monetary_value": [22.3]}, index=["ann"])
    >>> residual_lifetime_value(purchases, spend, rfm, margin=0.3).round(2).loc["ann"].to_dict()
    {'expected_clv': 47.05, 'value_if_retained': 64.76}
    """
    conventions = ValueConventions(None, annual_discount_rate, margin, cost_per_order)
    rfm = as_summaries(rfm)
    customers = read_purchases(rfm)
    per_purchase = spend._expected(read_spend(rfm))
    count = purchases._residual_alive(customers, rate=daily_rate(annual_discount_rate))
    retained = count * conventions.earned(per_purchase)
    table = {"expected_clv": retained * purchases._alive(customers), "value_if_retained": retained}
    return _with_conventions(pd.DataFrame(table, index=customers.index), conventions)


def _with_conventions(table: pd.DataFrame, conventions: ValueConventions) -> pd.DataFrame:
    table.attrs["conventions"] = asdict(conventions)
    return table
