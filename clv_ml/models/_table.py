"""The boundary of the value models: a table in, checked arrays out, the table never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.data.arrow import AnyFrame, as_pandas
from clv_ml.errors import DataError, missing_columns

Floats = NDArray[np.float64]

_SUMMARY = "Build the table with clv_ml.rfm_summary."
_SHOWN = 5


@dataclass(frozen=True)
class Purchases:
    """Checked purchase summaries, one entry a row of the table; times in days."""

    index: pd.Index
    frequency: Floats
    recency: Floats
    T: Floats
    weight: Floats


@dataclass(frozen=True)
class Spend:
    """Checked spend summaries, one entry a row of the table; ``monetary_value`` is 0 where frequency is 0."""

    index: pd.Index
    frequency: Floats
    monetary_value: Floats
    weight: Floats


def as_summaries(rfm: AnyFrame) -> pd.DataFrame:
    """Return summaries as pandas, indexed by customer_id where another library's frame has that column.

    A function that reads a table more than once does this first: a stream is there once.
    """
    return as_pandas(rfm, index="customer_id")


def read_purchases(rfm: AnyFrame) -> Purchases:
    """Check frequency, recency and T (and weight, when there is one).

    Raises
    ------
    DataError
        A column is missing or not numeric, or a value breaks the contract; the message names the column, how
        many rows are wrong, the first ids and the remedy.
    """
    rfm = as_summaries(rfm)
    _require(rfm, ("frequency", "recency", "T"))
    frequency, weight = _counts(rfm)
    recency, age = _numbers(rfm, "recency"), _numbers(rfm, "T")
    once = frequency == 0
    _reject(rfm, "recency", recency < 0, "is negative", "It is the days from first to last purchase.")
    _reject(rfm, "T", age < 0, "is negative", "Drop customers whose first purchase is after the cutoff.")
    _reject(rfm, "recency", recency > age, "is greater than T", "Drop purchases after the cutoff.")
    _reject(rfm, "recency", once & (recency != 0), "is not 0 where frequency is 0", _SUMMARY)
    _reject(
        rfm,
        "recency",
        ~once & (recency == 0),
        "is 0 where frequency is above 0",
        "Orders of one day are one purchase: count distinct days.",
    )
    return Purchases(rfm.index, frequency, recency, age, weight)


def read_spend(rfm: AnyFrame) -> Spend:
    """Check frequency and monetary_value (and weight, when there is one).

    A missing monetary value is accepted where frequency is 0: nothing has been averaged there.

    Raises
    ------
    DataError
        As for `read_purchases`.
    """
    rfm = as_summaries(rfm)
    _require(rfm, ("frequency", "monetary_value"))
    frequency, weight = _counts(rfm)
    money = _as_float(rfm, "monetary_value")
    money = np.where(frequency == 0, 0.0, money)
    _reject(
        rfm,
        "monetary_value",
        ~np.isfinite(money),
        "is missing or infinite where frequency is above 0",
        "It is the mean of the day totals after the first purchase day.",
    )
    _reject(
        rfm,
        "monetary_value",
        money < 0,
        "is negative",
        "Drop refunds before averaging, or clip it at 0 if such customers are worth nothing to you.",
    )
    return Spend(rfm.index, frequency, money, weight)


def _require(rfm: pd.DataFrame, columns: Sequence[str]) -> None:
    if not isinstance(rfm, pd.DataFrame):
        raise DataError(
            f"rfm is a {type(rfm).__name__}; a pandas DataFrame, or a frame that speaks Arrow, is wanted. {_SUMMARY}"
        )
    missing = [name for name in columns if name not in rfm.columns]
    if missing:
        raise missing_columns("rfm", missing, map(str, rfm.columns), _SUMMARY)
    doubled = [name for name in columns if list(rfm.columns).count(name) > 1]
    if doubled:
        raise DataError(f"rfm: column {doubled[0]!r} is there more than once. Keep one.")


def _counts(rfm: pd.DataFrame) -> tuple[Floats, Floats]:
    frequency = _numbers(rfm, "frequency")
    _reject(rfm, "frequency", frequency < 0, "is negative", "It counts purchase days after the first.")
    whole = frequency == np.floor(frequency)
    _reject(rfm, "frequency", ~whole, "is not a whole number", "It counts purchase days after the first.")
    if "weight" not in rfm.columns:
        return frequency, np.ones(len(rfm))
    weight = _numbers(rfm, "weight")
    bad = (weight < 1) | (weight != np.floor(weight))
    _reject(rfm, "weight", bad, "is not a count of 1 or more", "It counts identical customers.")
    return frequency, weight


def _numbers(rfm: pd.DataFrame, column: str) -> Floats:
    values = _as_float(rfm, column)
    _reject(rfm, column, ~np.isfinite(values), "is missing or infinite", f"Drop these rows. {_SUMMARY}")
    return values


def _as_float(rfm: pd.DataFrame, column: str) -> Floats:
    try:
        return rfm[column].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"rfm: column {column!r} has type {rfm[column].dtype}, not a number. "
            "Convert it; durations are numbers of days."
        ) from error


def _reject(rfm: pd.DataFrame, column: str, bad: NDArray[np.bool_], what: str, remedy: str) -> None:
    count = int(bad.sum())
    if count == 0:
        return
    rows = np.flatnonzero(bad)[:_SHOWN]
    ids = ", ".join(str(label) for label in rfm.index[rows])
    values = ", ".join(f"{value}" for value in rfm[column].iloc[rows])
    more = ", ..." if count > _SHOWN else ""
    raise DataError(
        f"rfm: column {column!r} {what} in {count:,} of {len(rfm):,} rows "
        f"(ids {ids}{more}; values {values}{more}). {remedy}"
    )
