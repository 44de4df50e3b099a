"""The modified BG/NBD, whose customers may leave right after the first purchase.

In the BG/NBD a one-time buyer is alive for certain. Where most customers buy once and never again that fits
badly; here everybody has one more chance to leave, at the first purchase.

Batislam, Denizel & Filiztekin (2007), Empirical validation and comparison of models for customer base
analysis, International Journal of Research in Marketing 24(3), 201-209, doi:10.1016/j.ijresmar.2006.12.005.
"""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd

from clv_ml.models import _lifetimes
from clv_ml.models.purchases import PurchaseModel


class ModifiedPurchaseModel(PurchaseModel):
    """MBG/NBD, with every method of `PurchaseModel`: x+1 chances to leave where the BG/NBD has x.

    P(alive | x, t_x, T) = 1 / (1 + a/(b+x) ((alpha+T)/(alpha+t_x))^(r+x)), also for x = 0 (with t_x = 0).

    Examples
    --------
    >>> model = ModifiedPurchaseModel.from_params(r=0.5, alpha=40.0, a=0.9, b=1.2)
    >>> rfm = pd.DataFrame({"frequency": [0], "recency": [0.0], "T": [0.0]}, index=["ann"])
    >>> model.probability_alive(rfm).round(3).to_dict()  # b / (a+b), on the day of the first purchase
    {'ann': 0.571}
    """

    KIND: ClassVar[str] = "mbgnbd"
    _FIRST_CHANCES: ClassVar[int] = 1

    def to_lifetimes(self) -> Any:
        """Return a fitted ``lifetimes.ModifiedBetaGeoFitter`` with these parameters, times in days."""
        return _lifetimes.modified_beta_geo_fitter(self.params_, self._rows, self.fit_)

    def probability_of_count(self, n: int, horizon_days: float) -> float:
        """P(X(t) = n) of a new customer: P(X >= n) - P(X >= n+1)."""
        return chance_by_difference(self, n, horizon_days)


def chance_by_difference(model: PurchaseModel, n: int, horizon_days: float) -> float:
    """P(X >= n) - P(X >= n+1) of a new customer, for models without a closed form of P(X = n)."""
    new = pd.DataFrame({"frequency": [0], "recency": [0.0], "T": [0.0]})
    here, above = (
        model.probability_at_least(new, count=count, horizon_days=horizon_days).iloc[0] for count in (n, n + 1)
    )
    return float(here - above)
