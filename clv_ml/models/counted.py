"""Purchase and spend models fitted on counts that the engine makes: no table of customers leaves it."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.errors import ClvError
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.snapshot.counts import purchase_counts, spend_counts

MOST_KINDS = 20_000_000  # rows of counts: 600 MB


def fit_on_counts(
    engine: Engine, customers: DataFrame, purchase_model: type[PurchaseModel] = PurchaseModel
) -> tuple[PurchaseModel, SpendModel]:
    """Fit both models on the kinds of customers there are.

    The likelihoods depend on (frequency, recency, T) and on (frequency, monetary_value) only, so that counts of equal
    customers give the fit on all of them.

    Parameters
    ----------
    customers
        One row a customer: frequency, recency, T, monetary_value.

    Raises
    ------
    DataError, NotConvergedError
        As `fit` of either model.
    ClvError
        If there are more kinds of customers than memory should hold.
    """
    purchases = purchase_model().fit(_collected(engine, purchase_counts(customers), ["frequency", "recency", "T"]))
    spent = _collected(engine, spend_counts(customers), ["frequency", "cents"])
    monetary_value = spent["cents"] / 100.0 / spent["frequency"]
    return purchases, SpendModel().fit(spent[["frequency", "weight"]].assign(monetary_value=monetary_value))


def first_purchase(engine: Engine, customers: DataFrame) -> dt.date | None:
    """Return the day of the very first purchase of described customers; None where nobody has bought."""
    f = functions()
    day = engine.to_pandas(customers.agg(f.min("first_day").alias("day")))["day"].iloc[0]
    return None if pd.isna(day) else pd.Timestamp(day).date()


def _collected(engine: Engine, counts: DataFrame, by: list[str]) -> pd.DataFrame:
    counts = engine.materialise(counts)
    kinds = engine.row_count(counts)
    if kinds > MOST_KINDS:
        raise ClvError(
            f"{kinds:,} kinds of customers by {', '.join(by)}, and {MOST_KINDS:,} are the most that are collected; fit "
            "on a sample of the customers"
        )
    return engine.to_pandas(counts).sort_values(by, ignore_index=True)
