"""What moved customer equity between two days: new customers, kept and lost ones, and what each is worth."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.config.cohorts import ALL
from clv_ml.economics.customers import CohortFrames
from clv_ml.economics.customers_dimensions import UNKNOWN
from clv_ml.economics.equity import Cents, in_cents, money

STEPS = ("new", "kept", "lost", "value_per_customer")
Floats = NDArray[np.float64]


def equity_bridge(
    start: pd.DataFrame, end: pd.DataFrame, frames: CohortFrames, *, from_day: dt.date, to_day: dt.date
) -> pd.DataFrame:
    """Split the change of customer equity between two days.

    A customer's value is the chance q to be active times the value u = expected_clv / q of one who is. With indices 0
    and 1 for the days, the change of q u splits without rest into ::

        presence (q1 - q0) (u0 + u1) / 2    and    value (u1 - u0) (q0 + q1) / 2

    (Bennet 1920, The theory of measurement of changes in cost of living, JRSS 83(3), 455-462; for two factors it is
    also Shapley's). Presence that rose is ``kept``: who was doubtful has bought. Presence that fell is ``lost``: value
    that went because customers fell silent.

    Parameters
    ----------
    start, end
        As :func:`clv_ml.economics.equity.customer_values` returns them for the two days.
    frames
        Cohorts, of `to_day` or later.

    Returns
    -------
    pandas.DataFrame
        One row a cohort, everybody first: dimension, cohort, small, from_day, to_day, customers_start, customers_new,
        customers_end, customers_gone (in `start` and no more in the data), and in currency (Decimal) start, new
        (customers who first bought in between), kept (0 or more), lost (0 or less; with all of who is gone),
        value_per_customer and end: start + new + kept + lost + value_per_customer = end, to the cent.

    Notes
    -----
    Traps: a customer is lost by degrees, no status is needed, and a week is enough to see it. Two days valued with
    different models mix the change of the model into all parts. In short periods of silence nearly everybody loses a
    little: lost is large and kept is large, because each purchase brings back what the silence before it took.
    Seasons are not in the model: after Christmas value is lost that spring brings back.

    Raises
    ------
    DataError
        A value is missing.
    """
    index = start.index.union(end.index)
    cents_start, cents_end = (_aligned(in_cents(values), values.index, index) for values in (start, end))
    there, still = index.isin(start.index), index.isin(end.index)
    presence = _presence(start, end, index, cents_end - cents_start)
    stays = there & still
    parts = {
        "start": cents_start,
        "new": np.where(still & ~there, cents_end, 0),
        "kept": np.where(stays & (presence > 0), presence, 0),
        "lost": np.where(stays & (presence < 0), presence, 0) - np.where(there & ~still, cents_start, 0),
        "value_per_customer": np.where(stays, cents_end - cents_start - presence, 0),
        "end": cents_end,
        "customers_start": there,
        "customers_new": still & ~there,
        "customers_end": still,
        "customers_gone": there & ~still,
    }
    rows = pd.DataFrame({name: column.astype(np.int64) for name, column in parts.items()}, index=index)
    tables = []
    for dimension in frames.every_dimension:
        labels = _labels(frames, dimension, index)
        summed = rows.groupby(labels, sort=True).sum().rename_axis("cohort").reset_index()
        tables.append(summed.assign(dimension=dimension))
    table = pd.concat(tables, ignore_index=True)
    for name in ("start", *STEPS, "end"):
        table[name] = money(table[name].to_numpy(np.int64))
    table["small"] = table[["customers_start", "customers_end"]].max(axis=1) < frames.cohorts.min_customers
    return table.assign(from_day=from_day, to_day=to_day)[_COLUMNS]


_COLUMNS = [
    *("dimension", "cohort", "small", "from_day", "to_day", "customers_start", "customers_new", "customers_end"),
    *("customers_gone", "start", *STEPS, "end"),
]


def _aligned(cents: Cents, index: pd.Index, wanted: pd.Index) -> Cents:
    result = np.zeros(len(wanted), dtype=np.int64)
    result[wanted.get_indexer(index)] = cents
    return result


def _presence(start: pd.DataFrame, end: pd.DataFrame, index: pd.Index, change: Cents) -> Cents:
    """Cents that went or came with the chance to be active; all of the change where one chance is 0."""
    q0, q1 = (values["p_active"].reindex(index).fillna(0.0).to_numpy(np.float64) for values in (start, end))
    v0, v1 = (values["expected_clv"].reindex(index).fillna(0.0).to_numpy(np.float64) for values in (start, end))
    both = (q0 > 0) & (q1 > 0)
    worth = _ratio(v0, q0, both) + _ratio(v1, q1, both)
    moved = np.rint(100.0 * (q1 - q0) * 0.5 * worth)
    # the chance may be tiny where the value is not: no more than was there can go
    bound = np.rint(100.0 * np.maximum(np.abs(v0), np.abs(v1)))
    return np.where(both, np.clip(moved, -bound, bound), change).astype(np.int64)


def _ratio(value: Floats, chance: Floats, both: NDArray[np.bool_]) -> Floats:
    return np.divide(value, chance, out=np.zeros_like(value), where=both)


def _labels(frames: CohortFrames, dimension: str, index: pd.Index) -> pd.Series:
    if dimension == ALL:
        return pd.Series(ALL, index=index, dtype=object)
    return frames.members[dimension].reindex(index).fillna(UNKNOWN)
