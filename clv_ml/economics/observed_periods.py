"""What each cohort did in each calendar month: the figures of a period, and who was kept from one to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from clv_ml.economics.customers import CohortFrames, Ints, day_number
from clv_ml.economics.observed import ELIGIBLE_DAYS, ratio
from clv_ml.economics.observed_churn import Bools, Departures, lost_share
from clv_ml.economics.retention_counts import Floats, Grouped, grouped, long_form


def observed_periods(
    frames: CohortFrames, *, horizons_days: Sequence[int] = (30, 60, 90), eligible_days: int = ELIGIBLE_DAYS
) -> pd.DataFrame:
    """Sum up each calendar month from the first purchase in the data on, by cohort.

    Returns
    -------
    pandas.DataFrame
        One row a cohort and month in which it had a customer:

        dimension, cohort, period ("2023-04"), customers (who had bought by its end), small
        first_day, last_day, complete
            A month is complete when it was over on the last day the data speak of, and the data began by its first day.
            All rates of a month that is not complete are NaN; its counts and sums are what is known so far.
        new_customers, active_customers
            Customers whose first purchase was in the month, and who bought in it.
        orders, purchases, spend, profit
            Of the month; a refund is charged to the purchase day it belongs to, so that past months may change.
        order_value, frequency, gross_margin
            ``spend / orders``, ``orders / active_customers``, ``(spend - cost) / spend``.
        repeat_rate
            Share of the active customers who had bought before, or bought on two days of the month.
        start_customers, kept, churn_rate
            Customers who bought in the month before, those of them who bought in this one, and
            ``(start_customers - kept) / start_customers``: who buys every other month is counted as lost each time. NaN
            unless the month before is complete as well.
        churn_Hd
            Of the customers who bought in the `eligible_days` up to the end of the month, the share that did not in the
            H days after it; NaN until those are over.
    """
    months = _Months(frames)
    departures = Departures(frames)
    parts: list[pd.DataFrame] = []
    groups = [grouped(frames, name) for name in frames.every_dimension]
    churn = [_churn(departures, groups, months, horizon, eligible_days) for horizon in horizons_days]
    for position, group in enumerate(groups):
        lost = {f"churn_{horizon}d": found[position] for horizon, found in zip(horizons_days, churn, strict=True)}
        parts.append(_periods(frames, months, group, lost))
    return pd.concat(parts, ignore_index=True)


class _Months:
    """The calendar months of the data, and in which of them everybody bought."""

    def __init__(self, frames: CohortFrames) -> None:
        number = _month_number(frames.purchase_days["day"])
        first = int(number.min())
        self.of_day = number - first
        self.of_first = _month_number(frames.members["first_day"]) - first
        begin = frames.purchase_days["day"].min().to_period("M")
        count = int(pd.Timestamp(frames.known_to).to_period("M").ordinal - begin.ordinal) + 1
        periods = [begin + step for step in range(count)]
        self.names = np.array([str(period) for period in periods], dtype=object)
        self.first_day = [period.start_time.date() for period in periods]
        self.last_day = [period.end_time.date() for period in periods]
        data_start = frames.purchase_days["day"].min().date()
        # the data may have begun before the first purchase in them, but nothing tells
        self.complete = np.array([data_start <= period.start_time.date() for period in periods]) & np.array(
            [last <= frames.known_to for last in self.last_day]
        )
        visits, purchases = np.unique(frames.person * count + self.of_day, return_counts=True)
        self.person, self.month = visits // count, visits % count
        self.returned = (self.month > self.of_first[self.person]) | (purchases > 1)
        self.kept: Bools = np.isin(visits - 1, visits) & (self.month > 0)


def _month_number(moments: pd.Series) -> Ints:
    return moments.to_numpy().astype("datetime64[M]").astype(np.int64)


def _churn(
    departures: Departures, groups: Sequence[Grouped], months: _Months, horizon: int, eligible_days: int
) -> list[Floats]:
    """Return the share lost within a horizon after each month, by dimension: shape (n_cohorts, n_months) each."""
    columns: list[list[Floats]] = [[] for _ in groups]
    for day in months.last_day:
        found = departures.at(day_number(day), within=eligible_days, ahead=horizon)
        for column, group in zip(columns, groups, strict=True):
            column.append(lost_share(found, group)[1])
    return [np.column_stack(column) for column in columns]


def _periods(frames: CohortFrames, months: _Months, group: Grouped, lost: dict[str, Floats]) -> pd.DataFrame:
    days, width = frames.purchase_days, len(months.names)

    def summed(name: str) -> Floats:
        return group.table(frames.person, months.of_day, width, days[name].to_numpy())

    def counted(chosen: Bools) -> Floats:
        return group.table(months.person[chosen], months.month[chosen], width)

    everybody = np.arange(len(frames.members))
    new = group.table(everybody, months.of_first, width)
    there = np.cumsum(new, axis=1)
    active, returned, kept = (
        counted(found) for found in (np.full(len(months.person), True), months.returned, months.kept)
    )
    orders, cents, cost, profit = (summed(name) for name in ("orders", "cents", "cost_cents", "profit"))
    start = np.column_stack([np.zeros(len(group.names)), active[:, :-1]])
    both = months.complete & np.append(False, months.complete[:-1])
    known = months.complete
    tables = {
        "new_customers": new.astype(np.int64),
        "active_customers": active.astype(np.int64),
        "orders": orders.astype(np.int64),
        "purchases": group.table(frames.person, months.of_day, width).astype(np.int64),
        "spend": cents / 100.0,
        "profit": profit,
        "order_value": np.where(known, ratio(cents, orders) / 100.0, np.nan),
        "frequency": np.where(known, ratio(orders, active), np.nan),
        "repeat_rate": np.where(known, ratio(returned, active), np.nan),
        "gross_margin": np.where(known, ratio(cents - cost, cents), np.nan),
        "start_customers": start.astype(np.int64),
        "kept": kept.astype(np.int64),
        "churn_rate": np.where(both, ratio(start - kept, start), np.nan),
        **lost,
    }
    table = long_form(group, there > 0, "period", months.names, **tables)
    position = np.nonzero(there > 0)
    table["customers"] = there[position].astype(np.int64)
    table["small"] = table["customers"] < group.min_customers
    table.insert(3, "complete", known[position[1]])
    table.insert(3, "last_day", pd.to_datetime([months.last_day[column] for column in position[1]]))
    table.insert(3, "first_day", pd.to_datetime([months.first_day[column] for column in position[1]]))
    return table
