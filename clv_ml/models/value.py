"""What each customer is worth: purchases to come, times what they spend, times margin, discounted."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from clv_ml.errors import ConfigError
from clv_ml.models._forecast import checked_horizons, daily_rate
from clv_ml.models._table import read_purchases, read_spend
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel


@dataclass(frozen=True)
class ValueConventions:
    """What a lifetime value stands for; every table of values carries it in ``attrs["conventions"]``."""

    horizon_days: float
    annual_discount_rate: float
    margin: float
    discounting: str = (
        "Continuous: a purchase t days after the cutoff counts (1 + annual_discount_rate)^(-t/365); the "
        "value is the integral of that factor over the expected purchases within horizon_days, times "
        "expected spend, times margin."
    )


def customer_lifetime_value(
    purchases: PurchaseModel,
    spend: SpendModel,
    rfm: pd.DataFrame,
    *,
    horizon_days: float = 365,
    annual_discount_rate: float = 0.10,
    margin: float = 1.0,
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
        The horizon, the discount rate or the margin is out of range.
    """
    if not (np.isfinite(margin) and margin > 0):
        raise ConfigError(f"margin is {margin!r}; a positive share of revenue is wanted, as 0.4.")
    horizons = checked_horizons([horizon_days])
    customers = read_purchases(rfm)
    per_purchase = spend._expected(read_spend(rfm))
    alive = purchases._alive(customers)
    forecast = purchases._forecast_alive(customers, horizons, rate=daily_rate(annual_discount_rate))
    retained = forecast.discounted[:, 0] * per_purchase * margin
    table = pd.DataFrame(
        {
            "expected_purchases": forecast.expected[:, 0] * alive,
            "expected_spend": per_purchase,
            "expected_clv": retained * alive,
            "value_if_retained": retained,
        },
        index=customers.index,
    )
    table.attrs["conventions"] = asdict(ValueConventions(float(horizon_days), annual_discount_rate, margin))
    return table
