"""The modified BG/NBD, whose customers may leave right after the first purchase, and the choice between the two.

In the BG/NBD a one-time buyer is alive for certain. Where most customers buy once and never again that fits
badly; here everybody has one more chance to leave, at the first purchase.

Batislam, Denizel & Filiztekin (2007), Empirical validation and comparison of models for customer base
analysis, International Journal of Research in Marketing 24(3), 201-209, doi:10.1016/j.ijresmar.2006.12.005.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from clv_ml.errors import ConfigError, DataError
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


def holdout_log_likelihood(
    model: PurchaseModel, rfm: pd.DataFrame, future: pd.Series[int], *, horizon_days: float
) -> float:
    """Mean log chance, a customer, of the purchases made in the `horizon_days` after the cutoff of `rfm`.

    Parameters
    ----------
    model
        Fitted to the time before the cutoff.
    rfm
        One row a customer at the cutoff: frequency, recency, T (days).
    future
        Purchase days of each customer within the horizon, indexed like `rfm`.

    Raises
    ------
    DataError
        `future` is not indexed like `rfm`, or is not a count.
    """
    if not future.index.equals(rfm.index):
        raise DataError("future is not indexed like rfm: reindex it by the customers at the cutoff, filling with 0.")
    counts = future.to_numpy(dtype=np.float64)
    if not ((counts >= 0) & (counts == np.floor(counts))).all():
        raise DataError("future has values that are not counts: it is the number of purchase days in the horizon.")
    total = 0.0
    for count, rows in future.groupby(future).groups.items():
        some = rfm.loc[rows] if rfm.index.is_unique else rfm[(future == count).to_numpy()]
        here, above = (
            model.probability_at_least(some, count=int(str(count)) + more, horizon_days=horizon_days) for more in (0, 1)
        )
        # A count so unlikely that its chance underflows costs 690, not infinity.
        total += float(np.log(np.maximum(here - above, 1e-300)).sum())
    return total / len(rfm)


def choose_purchase_model(
    candidates: Sequence[PurchaseModel], rfm: pd.DataFrame, future: pd.Series[int], *, horizon_days: float
) -> tuple[PurchaseModel, pd.Series[float]]:
    """Pick the model under which the purchases after the cutoff were likeliest.

    Parameters
    ----------
    candidates
        Fitted models, the default first: it wins a tie.
    rfm, future, horizon_days
        As in `holdout_log_likelihood`.

    Returns
    -------
    The winner, and the mean holdout log-likelihood of each candidate by ``KIND``, for the log.

    Examples
    --------
    >>> models = [PurchaseModel().fit(rfm), ModifiedPurchaseModel().fit(rfm)]  # doctest: +SKIP
    >>> best, scores = choose_purchase_model(models, rfm, future, horizon_days=90)  # doctest: +SKIP
    """
    if not candidates:
        raise ConfigError("There is no candidate: pass fitted models, as [PurchaseModel().fit(rfm)].")
    scores = [holdout_log_likelihood(model, rfm, future, horizon_days=horizon_days) for model in candidates]
    table = pd.Series(scores, index=[model.KIND for model in candidates], name="holdout_log_likelihood")
    return candidates[int(np.argmax(scores))], table
