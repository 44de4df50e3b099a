"""Whether the models fit: assumptions with a verdict, and tables of the model against what happened.

Every function returns data, ready to print or plot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_ml.errors import DataError, missing_columns
from clv_ml.models._table import Floats, Purchases, read_purchases, read_spend
from clv_ml.models._unique import unique_rows
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel

# Fader, Hardie & Lee (2005, doi:10.1509/jmkr.2005.42.4.415) accept .06 on CDNOW; beyond .2 spend by frequency
# differs visibly.
_WEAK, _STRONG = 0.1, 0.2


@dataclass(frozen=True)
class Check:
    """One assumption: the number, whether it holds ("ok", "watch" or "bad"), and what it means."""

    name: str
    value: float
    verdict: str
    meaning: str


def check_models(purchases: PurchaseModel, spend: SpendModel, rfm: pd.DataFrame) -> pd.DataFrame:
    """Check what the value of a customer rests on.

    Returns
    -------
    DataFrame indexed by check: value, verdict ("ok", "watch" or "bad") and meaning.
    """
    checks = [spend_independence(rfm), finite_mean_spend(spend), one_time_buyers(rfm), *_fitted(purchases, spend)]
    return pd.DataFrame([vars(check) for check in checks]).set_index("name")


def spend_independence(rfm: pd.DataFrame) -> Check:
    """Correlate frequency and log mean spend of repeat buyers, which the Gamma-Gamma takes to be independent.

    The log keeps a few huge customers from deciding alone.
    """
    customers = read_spend(rfm)
    used = (customers.frequency > 0) & (customers.monetary_value > 0)
    x, log_m, weight = customers.frequency[used], np.log(customers.monetary_value[used]), customers.weight[used]
    if used.sum() < 3 or np.ptp(x) == 0 or np.ptp(log_m) == 0:
        return Check("spend_independence", 0.0, "watch", "Too few different repeat buyers to tell.")
    covariance = np.cov(x, log_m, fweights=weight.astype(np.int64))
    value = float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))
    verdict = "ok" if abs(value) <= _WEAK else "watch" if abs(value) <= _STRONG else "bad"
    direction = "more" if value > 0 else "less"
    meaning = {
        "ok": "Spend per purchase does not depend on frequency, as the Gamma-Gamma assumes.",
        "watch": f"Frequent buyers spend somewhat {direction} per purchase than the Gamma-Gamma assumes.",
        "bad": f"Frequent buyers spend {direction} per purchase: model segments apart, or expect biased values.",
    }
    return Check("spend_independence", value, verdict, meaning[verdict])


def finite_mean_spend(spend: SpendModel) -> Check:
    """Tell how far q is above 1, below which mean spend is infinite; its variance is infinite up to 2."""
    q = spend.params_["q"]
    verdict = "bad" if q <= 1 else "watch" if q <= 2 else "ok"
    meaning = {
        "ok": "Spend has a finite mean and variance (q > 2).",
        "watch": "A few big spenders dominate (q <= 2): the mean is finite, the variance is not.",
        "bad": "Mean spend is infinite (q <= 1): cap or drop huge purchases, or fit more customers.",
    }
    return Check("finite_mean_spend", q, verdict, meaning[verdict])


def one_time_buyers(rfm: pd.DataFrame) -> Check:
    """Share of customers without a second purchase, all of whom the BG/NBD takes to be alive."""
    customers = read_purchases(rfm)
    if len(customers.index) == 0:
        raise DataError("rfm has no rows: there is no share of one-time buyers.")
    value = float(customers.weight[customers.frequency == 0].sum() / customers.weight.sum())
    if value <= 0.8:
        return Check("one_time_buyers", value, "ok", "Enough customers came back to learn from.")
    return Check("one_time_buyers", value, "watch", "Most customers bought once: compare with ModifiedPurchaseModel.")


def _fitted(purchases: PurchaseModel, spend: SpendModel) -> list[Check]:
    checks = []
    for name, model in (("purchases_fit", purchases), ("spend_fit", spend)):
        if model.fit_ is not None:
            weak = model.fit_.weak_prior
            meaning = "A weak prior had to help: the data do not determine the parameters." if weak else "Converged."
            checks.append(Check(name, model.fit_.gradient, "watch" if weak else "ok", meaning))
    return checks


def purchases_by_frequency(
    model: PurchaseModel, rfm: pd.DataFrame, future: pd.Series[int], *, horizon_days: float, cap: int = 7
) -> pd.DataFrame:
    """Mean purchases after the cutoff, actual and expected, by frequency before it (`cap` and more together).

    Returns
    -------
    DataFrame indexed by frequency: customers, actual and expected (means).
    """
    return _by(rfm["frequency"].clip(upper=cap), model, rfm, future, horizon_days)


def purchases_by_recency(
    model: PurchaseModel, rfm: pd.DataFrame, future: pd.Series[int], *, horizon_days: float, width_days: int = 30
) -> pd.DataFrame:
    """Mean purchases after the cutoff, actual and expected, by days since the last purchase.

    Returns
    -------
    DataFrame indexed by the first day of each stretch of `width_days`: customers, actual and expected
    (means).
    """
    since = (rfm["T"] - rfm["recency"]) // width_days * width_days
    return _by(since.rename("days_since_last"), model, rfm, future, horizon_days)


def _by(
    key: pd.Series, model: PurchaseModel, rfm: pd.DataFrame, future: pd.Series[int], horizon_days: float
) -> pd.DataFrame:
    if not future.index.equals(rfm.index):
        raise DataError("future is not indexed like rfm: reindex it by the customers at the cutoff, filling with 0.")
    expected = model.expected_purchases(rfm, horizon_days=horizon_days)
    table = pd.DataFrame({"actual": future, "expected": expected}).groupby(key)
    return table.mean().assign(customers=table.size())[["customers", "actual", "expected"]]


def repeat_counts(model: PurchaseModel, rfm: pd.DataFrame, *, cap: int = 7) -> pd.DataFrame:
    """How many customers made 0, 1, ... repeat purchases up to the cutoff, actual and expected.

    Expected is the sum of P(X(T) = n), equation (8) of Fader, Hardie & Lee (2005,
    doi:10.1287/mksc.1040.0098), over the ages T of the customers.
    """
    customers = read_purchases(rfm)
    ages = unique_rows(customers.T)
    age, count = ages.columns[0], ages.total(customers.weight)
    none = np.zeros_like(age)
    survival = model._survival(Purchases(pd.RangeIndex(len(age)), none, none, none, count), age)
    at_least = np.array([survival(np.full_like(age, n)) for n in range(cap + 1)])
    reached = at_least @ count
    expected = reached - np.append(reached[1:], 0.0)
    capped = np.minimum(customers.frequency, cap).astype(np.int64)
    actual = np.bincount(capped, weights=customers.weight, minlength=cap + 1)
    index = pd.RangeIndex(cap + 1, name="frequency")
    return pd.DataFrame({"actual": actual, "expected": expected}, index=index)


def tracking(
    model: PurchaseModel, purchase_days: pd.DataFrame, *, cutoff: pd.Timestamp | str, period_days: int = 7
) -> pd.DataFrame:
    """Repeat purchases of the customers known at the cutoff over time, actual and expected, before and after it.

    Parameters
    ----------
    model
        Fitted to the time up to `cutoff`.
    purchase_days
        ``customer_id`` and ``day``, also beyond the cutoff; several purchases a day count once.
    cutoff
        Last day of the calibration period.
    period_days
        Length of a period.

    Returns
    -------
    DataFrame, one row a period: end (day), calibration (bool), actual and expected in the period, and both
    cumulated. Expected is the sum of E[X(t)], equation (9), over the customers, t counted from the first
    purchase.
    """
    missing = [name for name in ("customer_id", "day") if name not in purchase_days.columns]
    if missing:
        raise missing_columns("purchase_days", missing, map(str, purchase_days.columns), "Rename the columns.")
    days = purchase_days[["customer_id", "day"]].drop_duplicates()
    first = days.groupby("customer_id")["day"].min()
    known = days[days["customer_id"].map(first) <= pd.Timestamp(cutoff)]
    begins = known["day"] == known["customer_id"].map(first)
    counts = pd.DataFrame({"first": begins, "repeat": ~begins}).groupby(known["day"]).sum()
    return tracking_of_counts(model, counts, cutoff=cutoff, period_days=period_days)


def tracking_of_counts(
    model: PurchaseModel, counts: pd.DataFrame, *, cutoff: pd.Timestamp | str, period_days: int = 7
) -> pd.DataFrame:
    """Track as `tracking` does, from numbers a day and not from customers.

    Parameters
    ----------
    counts
        Indexed by day, of the customers known at the cutoff: ``first``, how many bought for the first time,
        and ``repeat``, how many bought again.
    """
    if not counts["first"].sum():
        raise DataError("purchase_days: nobody bought up to the cutoff. Check the column 'day' and the cutoff.")
    counts = counts.sort_index()
    starts = counts["first"][counts["first"] > 0]
    ends = pd.date_range(counts.index[0], counts.index[-1], freq=f"{period_days}D") + pd.Timedelta(days=period_days - 1)
    since = (ends.to_numpy()[None, :] - starts.index.to_numpy()[:, None]) / np.timedelta64(1, "D")
    distinct, code = np.unique(np.maximum(since, 0.0), return_inverse=True)
    expected = starts.to_numpy(dtype=np.float64) @ _new_customers(model, distinct)[code.reshape(since.shape)]
    upto = np.searchsorted(counts.index.to_numpy(), ends.to_numpy(), side="right")
    actual = counts["repeat"].cumsum().to_numpy(dtype=np.float64)[upto - 1]
    table = pd.DataFrame({"end": ends, "calibration": ends <= pd.Timestamp(cutoff)})
    for name, total in (("actual", actual), ("expected", expected)):
        table[name] = np.diff(total, prepend=0.0)
        table[f"{name}_cumulative"] = total
    return table


def _new_customers(model: PurchaseModel, days: Floats) -> Floats:
    """E[X(t)], equation (9), of shape (n,)."""
    new = read_purchases(pd.DataFrame({"frequency": [0], "recency": [0.0], "T": [0.0]}))
    return np.asarray(model._alive_expectation(new.frequency, new.T, days[None, :])[0] * model._alive(new))
