"""What if fewer leave, orders are worth more, or a campaign saves some: cohort value and equity under each scenario.

A scenario changes the forecast of the customers of today in three places; everything else stays as fitted.

- ``churn_change`` c: after every purchase to come a customer leaves with a chance whose mean is (1 + c) times what it
  was. In the BG/NBD p ~ Beta(a, b) becomes Beta((1+c) a, a + b - (1+c) a), so that each customer's mean given his past,
  a / (a + b + x), is multiplied by 1 + c and the weight of evidence a + b stays (Fader, Hardie & Lee 2005,
  doi:10.1287/mksc.1040.0098, for the meaning of a and b). In the Pareto/NBD mu ~ Gamma(s, beta) becomes
  Gamma((1+c) s, beta): the mean rate to leave, (s / (beta + T)), is multiplied by 1 + c. Who has left already is gone.
- ``order_value_change`` y: every purchase to come is worth (1 + y) times as much; the cost of an order stays.
- ``save_rate`` z: of the customers who would not buy within the days after which they count as churned, a share z is
  made to stay: instead of what they would be worth after that silence, they are worth what a customer is who is still
  there. This is the gain of the risk list, p x z x V, less the value that the forecast expects of them anyway.

The idea to value customers under changed retention and margin is that of Gupta, Lehmann & Stuart (2004), Valuing
Customers, Journal of Marketing Research 41(1), doi:10.1509/jmkr.41.1.7.25084.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.config import ValueConfig
from clv_ml.config.cohorts import Scenario
from clv_ml.economics.customers import CohortFrames
from clv_ml.economics.equity import money
from clv_ml.economics.predicted import known_buyers
from clv_ml.economics.predicted_groups import KEYS, cohort_groups, future_value
from clv_ml.models.fitting import FittedModels
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.value import customer_lifetime_value

Floats = NDArray[np.float64]

FORECAST = "forecast"
# a mean chance to leave cannot pass 1, and models want one above 0
_MOST, _LEAST = 0.99, 1e-6


def scenario_economics(
    models: FittedModels,
    customers: pd.DataFrame,
    frames: CohortFrames,
    *,
    active_days: int,
    scenarios: Sequence[Scenario] | None = None,
    predicted: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Value every cohort as forecast and under each scenario.

    Parameters
    ----------
    models, customers
        Of the day `frames.as_of`: the fitted models, and frequency, recency, T (days), monetary_value.
    active_days
        Who does not buy within so many days counts as churned: whom a campaign saves.
    scenarios
        Those of `frames.cohorts` where None.
    predicted
        As :func:`clv_ml.economics.predicted.predicted_cohorts` returns it for the same day, for the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a scenario and cohort, the scenario ``"forecast"`` (nothing changed) first: scenario, churn_change,
        order_value_change, save_rate, dimension, cohort, customers, small, clv (currency a customer), equity (Decimal:
        of all of them; values are rounded to the cent one by one), equity_low, equity_high (NaN without `predicted`:
        as far from equity, in its proportion, as those of the forecast), change (Decimal: of equity; None for the
        forecast) and change_share.

    Notes
    -----
    Traps: a scenario is arithmetic on a forecast; it says what a change would be worth, not that anything brings it
    about, and no cost of doing so is in it. Only customers of today are valued. Fewer who leave change nothing before
    their next purchase: with few purchases to come in the horizon the effect is small, and ten percent fewer who leave
    are far from ten percent more value. The interval is that of the forecast, not of the change.
    """
    bought = known_buyers(customers)
    groups = cohort_groups(frames, bought.index)
    value = future_value(frames)
    wanted = (Scenario(name=FORECAST), *(frames.cohorts.scenarios if scenarios is None else scenarios))
    relative = _relative_ends(groups.keys, predicted)
    base: Floats = np.zeros(len(groups.keys))
    parts = []
    for number, scenario in enumerate(wanted):
        each = scenario_value(models.purchases, models.spend, bought, scenario, value=value, active_days=active_days)
        cents = groups.summed(np.rint(100.0 * each))
        if number == 0:
            base = cents
        table = groups.keys.assign(
            clv=cents / 100.0 / groups.size,
            equity=money(cents),
            equity_low=cents / 100.0 * relative[:, 0],
            equity_high=cents / 100.0 * relative[:, 1],
            change=money(cents - base if number else np.full(len(cents), np.nan)),
            change_share=np.divide(
                cents - base, base, out=np.full(len(cents), np.nan), where=(base != 0) & (number > 0)
            ),
        )
        for position, name in enumerate(("scenario", "churn_change", "order_value_change", "save_rate")):
            table.insert(position, name, scenario.name if name == "scenario" else getattr(scenario, name))
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def scenario_value(
    purchases: PurchaseModel,
    spend: SpendModel,
    rfm: pd.DataFrame,
    scenario: Scenario,
    *,
    value: ValueConfig,
    active_days: int,
) -> Floats:
    """Return the expected discounted profit of each customer in a scenario, shape (n,).

    With P the chance to be alive now, V the value of one who is, S the value after `active_days` of silence (both in
    the scenario) and n the chance of that silence: P V + z n max(V - S, 0).
    """
    changed = changed_departures(purchases, scenario.churn_change)
    retained = _retained(changed, spend, rfm, value, value.horizon_days, scenario.order_value_change)
    worth = retained * purchases.probability_alive(rfm).to_numpy(np.float64)
    if scenario.save_rate == 0:
        return worth
    silent = purchases.probability_no_purchase(rfm, horizon_days=active_days).to_numpy(np.float64)
    left = value.horizon_days - active_days
    after = np.zeros(len(rfm))
    if left > 0:
        later = rfm.assign(T=rfm["T"] + active_days)
        alive = purchases.probability_alive(later).to_numpy(np.float64)
        wait = (1.0 + value.annual_discount_rate) ** (-active_days / 365.0)
        after = wait * alive * _retained(changed, spend, later, value, left, scenario.order_value_change)
    return np.asarray(worth + scenario.save_rate * silent * np.maximum(retained - after, 0.0))


def changed_departures(purchases: PurchaseModel, churn_change: float) -> PurchaseModel:
    """Return the model in which the mean chance (Pareto/NBD: rate) to leave is (1 + churn_change) times as large.

    It is for what living customers do; who has left by now, the model before tells. A mean chance above 0.99 is 0.99.
    """
    if churn_change == 0:
        return purchases
    params = dict(purchases.params_)
    factor = max(1.0 + churn_change, _LEAST)
    if "s" in params:
        params["s"] *= factor
    else:
        together = params["a"] + params["b"]
        params["a"] = min(params["a"] * factor, _MOST * together)
        params["b"] = together - params["a"]
    return type(purchases).from_params(**params)


def _retained(
    purchases: PurchaseModel, spend: SpendModel, rfm: pd.DataFrame, value: ValueConfig, days: int, change: float
) -> Floats:
    """Value within some days of one who is alive, orders being worth (1 + change) times as much."""
    table = customer_lifetime_value(
        purchases,
        spend,
        rfm,
        horizon_days=days,
        annual_discount_rate=value.annual_discount_rate,
        margin=max(value.margin * (1.0 + change), 1e-12),
        cost_per_order=value.cost_per_order,
    )
    return table["value_if_retained"].to_numpy(np.float64)


def _relative_ends(keys: pd.DataFrame, predicted: pd.DataFrame | None) -> Floats:
    """Return the ends of the interval of each cohort as shares of its expectation, shape (n_cohorts, 2)."""
    if predicted is None:
        return np.full((len(keys), 2), np.nan)
    found = keys[KEYS].merge(predicted, on=KEYS, how="left", validate="one_to_one")
    middle = found["predicted"].to_numpy(np.float64)
    return np.column_stack([_quotient(found[end].to_numpy(np.float64), middle) for end in ("low", "high")])


def _quotient(part: Floats, whole: Floats) -> Floats:
    """Return part / whole, NaN where the whole is not above 0."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)
