"""The models as surfaces: spend density, and P(alive) and expected purchases over frequency and recency."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import gammaln

from clv_ml.errors import ConfigError, DataError
from clv_ml.models._table import Floats, read_spend
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel


def frequency_recency_surface(
    model: PurchaseModel, *, age_days: int, max_frequency: int, horizon_days: float, step_days: int = 7
) -> pd.DataFrame:
    """P(alive) and expected purchases of a customer of a given age by frequency and recency, for a heat map.

    Returns
    -------
    DataFrame, one row a cell: frequency, recency (days), p_alive and expected_purchases. Frequency 0 has
    recency 0 only, and the other frequencies recency above 0.
    """
    if age_days <= 0 or max_frequency < 0 or step_days <= 0:
        raise ConfigError(
            f"age_days {age_days} and step_days {step_days} must be above 0, max_frequency {max_frequency} 0 or more."
        )
    recency = np.append(np.arange(step_days, age_days, step_days), age_days)
    frequency = np.arange(1, max_frequency + 1)
    cells = pd.DataFrame(
        {
            "frequency": np.append(0, np.repeat(frequency, len(recency))),
            "recency": np.append(0, np.tile(recency, len(frequency))),
            "T": age_days,
        }
    )
    alive = model.probability_alive(cells)
    expected = model.expected_purchases(cells, horizon_days=horizon_days)
    return cells[["frequency", "recency"]].assign(p_alive=alive, expected_purchases=expected)


def spend_density(model: SpendModel, rfm: pd.DataFrame, *, n_bins: int = 40) -> pd.DataFrame:
    """Mean spend of the repeat buyers, observed and as the model has it, for a plot of two densities.

    The model's is the mean of f(m | x), equation (1a) of Fader & Hardie (2013),
    http://brucehardie.com/notes/025/, over the frequencies of the customers. The bins are of equal width in
    log m; densities are per currency unit.

    Returns
    -------
    DataFrame, one row a bin: monetary_value (its middle), width, actual and expected density.
    """
    customers = read_spend(rfm)
    used = (customers.frequency > 0) & (customers.monetary_value > 0)
    if not used.any():
        raise DataError("rfm: nobody bought again for an amount above 0: there is no spend to show.")
    m, weight = customers.monetary_value[used], customers.weight[used]
    low, high = np.log(m.min()), np.log(m.max())
    edges = np.exp(np.linspace(low - 1e-9, max(high, low + 1e-6) + 1e-9, n_bins + 1))
    width = np.diff(edges)
    actual = np.histogram(m, bins=edges, weights=weight)[0] / weight.sum() / width
    x, count = np.unique(customers.frequency[used], return_inverse=True)
    share = np.bincount(count, weights=weight) / weight.sum()
    middle = np.sqrt(edges[1:] * edges[:-1])
    return pd.DataFrame(
        {
            "monetary_value": middle,
            "width": width,
            "actual": actual,
            "expected": share @ np.exp(_log_density(model, x[:, None], middle[None, :])),
        }
    )


def _log_density(model: SpendModel, x: Floats, m: Floats) -> Floats:
    p, q, v = model.params_.values()
    px = p * x
    constant = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(v)
    return np.asarray(constant + (px - 1) * np.log(m) + px * np.log(x) - (px + q) * np.log(x * m + v))
