"""The baseline any analyst would try first: logistic regression on recency, frequency, T and monetary value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.errors import DataError, missing_columns

FloatArray = NDArray[np.float64]

INPUTS = ("frequency", "recency", "T", "monetary_value", "days_since_last")

_PENALTY = 1.0  # of the squared coefficients of standardised inputs, against a sum over customers


@dataclass(frozen=True)
class LogisticBaseline:
    """A fitted logistic regression on the logarithms of :data:`INPUTS`.

    Attributes
    ----------
    horizon_days
        Of P(no purchase).
    means, spreads
        Of log(1 + input) over the rows that have it, in the order of :data:`INPUTS`.
    coefficients
        Of the standardised inputs, and last of "an input is missing" (customers who never bought).
    intercept
        Log odds of an average customer.
    """

    horizon_days: int
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    coefficients: tuple[float, ...]
    intercept: float

    @classmethod
    def fit(cls, snapshots: pd.DataFrame, *, horizon_days: int) -> Self:
        """Learn from customers seen at past cutoffs, in any order of rows.

        Parameters
        ----------
        snapshots
            One row a customer and cutoff: customer_id, cutoff, :data:`INPUTS` (NaN for who never bought) and
            churned_H (0 or 1).
        horizon_days
            H.

        Raises
        ------
        DataError
            If a column is missing, or all customers of the snapshots end alike.
        """
        label = f"churned_{horizon_days}"
        _require(snapshots, ["customer_id", "cutoff", *INPUTS, label], "snapshots")
        # sums depend on the order of their terms in the last digits
        rows = snapshots.sort_values(["cutoff", "customer_id"], kind="stable")
        churned = rows[label].to_numpy(dtype=np.float64)
        if len(np.unique(churned)) < 2:
            told = f"is {churned[0]:.0f} in all {len(rows)} rows" if len(rows) else "has no rows"
            raise DataError(f"snapshots: {label} {told}, nothing to tell apart")
        logs = _logs(rows)
        known = ~np.isnan(logs)
        counts = np.maximum(known.sum(axis=0), 1)
        means = np.where(known, logs, 0.0).sum(axis=0) / counts
        variances = np.where(known, (logs - means) ** 2, 0.0).sum(axis=0) / counts
        spreads = np.where(variances > 0, np.sqrt(variances), 1.0)  # a constant input is 0 once centred
        from sklearn.linear_model import LogisticRegression  # takes a second, which scoring need not wait for

        model = LogisticRegression(C=1 / _PENALTY, solver="newton-cholesky", tol=1e-8, max_iter=200)
        model.fit(_design(logs, means, spreads), churned)
        return cls(
            horizon_days=horizon_days,
            means=tuple(means.tolist()),
            spreads=tuple(spreads.tolist()),
            coefficients=tuple(model.coef_[0].tolist()),
            intercept=float(model.intercept_[0]),
        )

    def predict(self, customers: pd.DataFrame) -> pd.Series[float]:
        """Return P(no purchase in the next `horizon_days`) of each customer.

        Parameters
        ----------
        customers
            One row a customer, with :data:`INPUTS`.

        Returns
        -------
        pandas.Series
            In (0, 1), indexed like `customers`, named p_churn_Hd.

        Raises
        ------
        DataError
            If a column is missing.
        """
        _require(customers, INPUTS, "customers")
        design = _design(_logs(customers), np.array(self.means), np.array(self.spreads))
        # not a matrix product, whose last digits depend on the other rows
        log_odds = self.intercept + sum(
            design[:, place] * coefficient for place, coefficient in enumerate(self.coefficients)
        )
        return pd.Series(1 / (1 + np.exp(-log_odds)), index=customers.index, name=f"p_churn_{self.horizon_days}d")

    @property
    def params_(self) -> Mapping[str, float]:
        """Coefficient of each standardised input by name, and the intercept."""
        return dict(zip((*INPUTS, "missing"), self.coefficients, strict=True)) | {"intercept": self.intercept}


def _require(frame: pd.DataFrame, columns: list[str] | tuple[str, ...], name: str) -> None:
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        raise missing_columns(name, absent, map(str, frame.columns), "See clv_ml.snapshot.features.")


def _logs(rows: pd.DataFrame) -> FloatArray:
    inputs = rows[list(INPUTS)].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(np.log1p(np.maximum(inputs, 0.0)))


def _design(logs: FloatArray, means: FloatArray, spreads: FloatArray) -> FloatArray:
    """Standardise; a missing input is set to the mean and marked in a column of its own."""
    missing = np.isnan(logs)
    standard = np.where(missing, 0.0, (logs - means) / spreads)
    return np.column_stack([standard, missing.any(axis=1).astype(np.float64)])
