"""Which purchase model to use: the one under which the purchases after the cutoff were likeliest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from clv_ml.errors import ConfigError, DataError
from clv_ml.models.modified import ModifiedPurchaseModel
from clv_ml.models.pareto import ParetoPurchaseModel
from clv_ml.models.purchases import PurchaseModel

PURCHASE_MODELS: Mapping[str, type[PurchaseModel]] = {
    model.KIND: model for model in (PurchaseModel, ModifiedPurchaseModel, ParetoPurchaseModel)
}


def read_purchase_model(data: Mapping[str, Any]) -> PurchaseModel:
    """Build whichever purchase model `to_dict` has written.

    Raises
    ------
    ConfigError
        The model is none of `PURCHASE_MODELS`.
    """
    kind = str(data.get("model"))
    if kind not in PURCHASE_MODELS:
        raise ConfigError(f"model is {kind!r}; one of {', '.join(PURCHASE_MODELS)} is wanted.")
    return PURCHASE_MODELS[kind].from_dict(data)


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
    >>> rfm = pd.DataFrame({"frequency": [0, 2], "recency": [0, 213], "T": [272, 272]}, index=["ann", "bo"])
    >>> bought = pd.Series([0, 1], index=["ann", "bo"])
    >>> known = {"r": 0.243, "alpha": 30.9, "a": 0.793, "b": 2.426}
    >>> models = [PurchaseModel.from_params(**known), ModifiedPurchaseModel.from_params(**known)]
    >>> best, scores = choose_purchase_model(models, rfm, bought, horizon_days=90)
    >>> best.KIND, scores.round(2).to_dict()
    ('mbgnbd', {'bgnbd': -0.78, 'mbgnbd': -0.74})
    """
    if not candidates:
        raise ConfigError("There is no candidate: pass fitted models, as [PurchaseModel().fit(rfm)].")
    scores = [holdout_log_likelihood(model, rfm, future, horizon_days=horizon_days) for model in candidates]
    table = pd.Series(scores, index=[model.KIND for model in candidates], name="holdout_log_likelihood")
    return candidates[int(np.argmax(scores))], table
