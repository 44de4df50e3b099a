"""How customers began, by cohort, against what they were worth later and whether they stayed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clv_ml.economics.customers import CohortFrames, day_number, whole_days
from clv_ml.economics.drivers_statistics import Floats, group_differences, guarded, shrunk
from clv_ml.economics.engagement_cohorts import start_cohorts
from clv_ml.economics.engagement_people import FIRST_DAYS
from clv_ml.economics.observed import ratio
from clv_ml.economics.retention_counts import Grouped

LATER_DAYS = 90
RETURNED, BREADTH = "returned_7d", "breadth"


def engagement(frames: CohortFrames, people: pd.DataFrame, *, later_days: int = LATER_DAYS) -> pd.DataFrame:
    """Tell the first days of each cohort beside its later value and churn.

    Parameters
    ----------
    people
        Of :func:`clv_ml.economics.engagement_people.engagement_people`, for the same `later_days` and day.
    later_days
        Days after the first week in which value and churn are counted.

    Returns
    -------
    pandas.DataFrame
        One row a cohort of everybody who came, buyers or not: by ``start_month`` and the dimensions that need no
        purchase.

        dimension, cohort, customers, small
        activated_24h, activated_3d, activated_7d
            Share with a key action within that time after the start (the milestones of the config), of those for whom
            it is over.
        returned_7d
            Share active again 1 to 6 days after the day of the start, of those whose first week is over.
        breadth
            Mean number of distinct surfaces in the first week.
        observed
            Customers whose first week and `later_days` after it are over.
        later_value
            Their profit in the days after the first week, currency a customer, buyers or not.
        churn_rate
            Share of them that neither bought nor was active in those days.
        complete
            Whether these are figures of the whole cohort; figures of a month that is not over for all are NaN.
    """
    table, groups = _facts(frames, people, later_days), start_cohorts(frames, people["start_day"])
    milestones = [name for name in people if str(name).startswith("activated_")]
    parts = []
    for group in groups:
        told = group.keys()
        for name in [*milestones, RETURNED, BREADTH]:
            told[str(name)] = _mean(group, table[name].to_numpy(float))[0]
        told["observed"] = group.count(table["later_value"].notna().to_numpy())
        told["later_value"], complete = _mean(group, table["later_value"].to_numpy(float))
        told["churn_rate"] = _mean(group, table["churned"].to_numpy(float))[0]
        parts.append(told.assign(later_days=later_days, complete=complete))
    return pd.concat(parts, ignore_index=True)


def engagement_drivers(
    frames: CohortFrames, people: pd.DataFrame, *, later_days: int = LATER_DAYS, level: float = 0.95
) -> pd.DataFrame:
    """Compare later value and churn of those who began in some way with all others.

    Returns
    -------
    pandas.DataFrame
        As :func:`clv_ml.economics.drivers.drivers`, one family of comparisons of its own: dimension is the early
        behaviour (``activated_24h``, ..., ``returned_7d``, ``breadth``: more surfaces than the median), cohort ``yes``,
        outcome ``later_value`` or ``churn``, both counted after the first week, so that nothing is held against itself.
    """
    facts = _facts(frames, people, later_days)
    known = facts["later_value"].notna()
    parts = []
    for name in [str(name) for name in people if str(name).startswith("activated_")] + [RETURNED, BREADTH]:
        signal = facts.loc[known & facts[name].notna(), name].astype(float)
        did = (signal > signal.median() if name == BREADTH else signal > 0).to_numpy()
        if did.all() or not did.any():
            continue  # nobody to compare with
        for outcome, column in (("later_value", "later_value"), ("churn", "churned")):
            values = facts.loc[signal.index, column].to_numpy(float)
            found = group_differences(values, did.astype(np.int64), 2, min_customers=frames.cohorts.min_customers)
            found["shrunk"] = shrunk(found["difference"].to_numpy(), found["standard_error"].to_numpy())
            size = int(did.sum())
            told = found.iloc[[1]].assign(dimension=name, cohort="yes", customers=size)
            small = size < frames.cohorts.min_customers
            parts.append(told.assign(small=small, outcome=outcome, window_days=later_days))
    if not parts:
        return pd.DataFrame()
    table = guarded(
        pd.concat(parts, ignore_index=True), false_discovery_rate=frames.cohorts.false_discovery_rate, level=level
    ).drop(columns=["standard_error", "skewness"])
    keys_first = ["dimension", "cohort", "customers", "small", "outcome", "window_days"]
    return table[[*keys_first, *(name for name in table if name not in keys_first)]]


def _facts(frames: CohortFrames, people: pd.DataFrame, later_days: int) -> pd.DataFrame:
    """Return the signals as shares can be made of them, and value and churn where their days are over."""
    start = whole_days(people["start_day"])
    followed = day_number(frames.known_to) - start
    over = followed >= FIRST_DAYS - 1
    position = people.index.get_indexer(frames.members.index)[frames.person]
    there = position >= 0
    since = np.where(there, whole_days(frames.purchase_days["day"]) - start[position], -1)
    later = (since >= FIRST_DAYS) & (since < FIRST_DAYS + later_days)
    profit = frames.purchase_days["profit"].to_numpy(float)
    value = np.bincount(position[later], weights=profit[later], minlength=len(people))
    bought = np.bincount(position[later], minlength=len(people)) > 0
    watched = followed >= FIRST_DAYS + later_days - 1
    gone = ~(bought | people["active_later"].to_numpy(bool))
    table = people.copy()
    table[RETURNED] = np.where(over, (people["returns_first_7d"] > 0).astype(float), np.nan)
    table[BREADTH] = np.where(over, people["surfaces_first_7d"].astype(float), np.nan)
    table["later_value"] = np.where(watched, value, np.nan)
    table["churned"] = np.where(watched, gone.astype(float), np.nan)
    return table


def _mean(group: Grouped, values: Floats) -> tuple[Floats, np.ndarray]:
    """Return the mean of each cohort over those who have a value, NaN where not complete, and where it is."""
    known = np.isfinite(values)
    n = group.count(known).astype(float)
    total = np.bincount(group.number[known], weights=values[known], minlength=len(group.names))
    complete = group.complete(n[:, None])[:, 0] & (n > 0)
    return np.where(complete, ratio(total, n), np.nan), complete
