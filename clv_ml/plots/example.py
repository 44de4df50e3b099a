"""Real customers, fitted and judged, for the examples of the plots: those of CDNOW, or a tenth of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
import pandas as pd

from clv_ml.config import ValueConfig
from clv_ml.data.datasets import DatasetName, load_dataset
from clv_ml.decisions.targeting import capacity_curve
from clv_ml.economics.customers import CohortFrames, frames_of
from clv_ml.economics.payback import payback_curves
from clv_ml.economics.payback_projection import project
from clv_ml.economics.retention import retention
from clv_ml.evaluation.forecast import cohort_forecast
from clv_ml.evaluation.review import cohort_actuals, compare
from clv_ml.models.fitting import FittedModels
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.value import customer_lifetime_value
from clv_ml.snapshot.rfm import rfm_summary

_HORIZONS = (30, 60, 90, 120, 150, 180)
_VALUE = ValueConfig(margin=0.4, horizon_days=365)
_SAVE_RATE, _CONTACT_COST, _SILENT_DAYS = 0.3, 3.0, 180


def example_shop(cutoff: str = "1997-09-30", *, dataset: DatasetName = "cdnow_sample") -> ExampleShop:
    """Return CDNOW as it was known on a day, with what came after it; the same object each time.

    Parameters
    ----------
    cutoff
        Last day of history, up to 1998-01-01; orders are known up to 1998-06-30.
    dataset
        ``cdnow_sample``, 2,357 customers, or ``cdnow_master``, all 23,570.

    Examples
    --------
    >>> shop = example_shop()
    >>> len(shop.rfm), int(shop.later.sum())
    (2357, 1372)
    """
    return _shop(dt.date.fromisoformat(cutoff), dataset)


@cache
def _shop(cutoff: dt.date, dataset: DatasetName) -> ExampleShop:
    return ExampleShop(cutoff, dataset)


@dataclass(frozen=True)
class ExampleShop:
    """Customers of a CD shop who first bought in early 1997; amounts in US dollars, times in days.

    Attributes
    ----------
    cutoff
        Last day of history; orders are known up to 1998-06-30.
    dataset
        Which of the CDNOW data sets.
    horizon_days
        Over which the forecasts of the examples are judged.
    """

    cutoff: dt.date
    dataset: DatasetName = "cdnow_sample"
    horizon_days: int = field(default=180)

    @cached_property
    def orders(self) -> pd.DataFrame:
        """One row an order: customer_id, timestamp, amount; beyond the cutoff too."""
        return load_dataset(self.dataset)

    @cached_property
    def rfm(self) -> pd.DataFrame:
        """Frequency, recency, T and monetary value at the cutoff."""
        return rfm_summary(self.orders, cutoff=self.cutoff)

    @cached_property
    def purchases(self) -> PurchaseModel:
        """BG/NBD, fitted up to the cutoff."""
        return PurchaseModel().fit(self.rfm)

    @cached_property
    def spend(self) -> SpendModel:
        """Gamma-Gamma, fitted up to the cutoff."""
        return SpendModel().fit(self.rfm)

    @property
    def later(self) -> pd.Series[int]:
        """Purchase days of each customer in the horizon after the cutoff."""
        return self._happened[f"purchases_{self.horizon_days}"].astype(int)

    @cached_property
    def judged(self) -> pd.DataFrame:
        """The forecast by week of first purchase beside what happened, for horizons of 30 to 180 days."""
        forecast = cohort_forecast(self._models, self.rfm, horizons_days=_HORIZONS, cohort=self._weeks, value=_VALUE)
        actual = cohort_actuals(self._weeks, self._happened, horizons_days=_HORIZONS, value=_VALUE)
        return compare(forecast, actual)

    @cached_property
    def retention(self) -> pd.DataFrame:
        """Who came back, by week of first purchase, as of the cutoff."""
        return retention(self._frames(None))

    def payback(self, *, cost: float) -> pd.DataFrame:
        """Return profit by age of each month's customers, had winning a customer cost so much."""
        return payback_curves(project(self._models, self.rfm, self._frames(cost)))

    def capacity(self, *, contacts: int) -> pd.DataFrame:
        """Return what so many contacts, and more or fewer, are expected to earn among who bought in 180 days."""
        value = customer_lifetime_value(self.purchases, self.spend, self.rfm, horizon_days=365, margin=_VALUE.margin)
        p = self.purchases.probability_no_purchase(self.rfm, horizon_days=self.horizon_days)
        saves = _SAVE_RATE * p
        profit = (saves * value["value_if_retained"] - _CONTACT_COST).sort_values(ascending=False, kind="stable")
        profit = profit[(self.rfm["T"] - self.rfm["recency"]).loc[profit.index] < _SILENT_DAYS]
        table = pd.DataFrame({"expected_net_profit": profit, "expected_saves": saves, "expected_cost": _CONTACT_COST})
        return capacity_curve(table.loc[profit.index], best=int((profit > 0).sum()), chosen=contacts)

    @property
    def _models(self) -> FittedModels:
        return FittedModels(self.cutoff, self.purchases, self.spend, None, "an example")

    @property
    def _weeks(self) -> pd.Series[str]:
        weeks: pd.Series[str] = self.rfm["first_day"].dt.strftime("%G-W%V").rename("cohort")
        return weeks

    @cached_property
    def _totals(self) -> pd.DataFrame:
        days = self.orders.assign(day=self.orders["timestamp"].dt.normalize(), orders=1)
        totals = days.groupby(["customer_id", "day"], as_index=False)[["amount", "orders"]].sum()
        return totals.rename(columns={"amount": "spend"})

    @cached_property
    def _happened(self) -> pd.DataFrame:
        """purchases_H, spend_H and churned_H of each customer."""
        ahead = (self._totals["day"] - pd.Timestamp(self.cutoff)).dt.days
        columns: dict[str, pd.Series] = {}
        for days in _HORIZONS:
            inside = self._totals[(ahead > 0) & (ahead <= days)].groupby("customer_id")["spend"]
            sums = inside.agg(["size", "sum"]).reindex(self.rfm.index, fill_value=0)
            columns |= {f"purchases_{days}": sums["size"], f"spend_{days}": sums["sum"].astype(np.float64)}
            columns[f"churned_{days}"] = (sums["size"] == 0).astype(int)
        return pd.DataFrame(columns)

    def _frames(self, cost: float | None) -> CohortFrames:
        people = pd.DataFrame({"week": self._weeks, "acquisition_cost": np.nan if cost is None else cost})
        return frames_of(self._totals, people, as_of=self.cutoff, value=_VALUE, dimensions=("month", "week"))
