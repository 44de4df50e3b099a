"""Who the customers of the cohorts are, and on which days they bought: what all economics are computed from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.config import CohortsConfig, ValueConfig
from clv_ml.config.cohorts import ALL, FIRST, MONTH, VALUE_QUARTILE
from clv_ml.economics.customers_costs import acquisition_costs
from clv_ml.economics.customers_dimensions import largest, merged, texts_of, value_quartile
from clv_ml.errors import ConfigError, DataError, missing_columns

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class CohortFrames:
    """Customers and their purchase days as known at a day; never changed.

    Attributes
    ----------
    as_of
        Last day of the history, inclusive.
    known_to
        Day up to which the data can speak: `as_of`, or their last day where they end earlier than the longest pause
        between two days with purchases explains. A period that is not over by then is incomplete.
    purchase_days
        One row a customer and purchase day, in that order: person (position in `members`), customer_id, day
        (datetime64), cents (int64; net of refunds, which are charged to the latest purchase day up to them), spend
        (currency), orders (int64), profit (currency, before acquisition), cost_cents (float: known and assumed cost
        of the goods).
    members
        Buyers, indexed by customer_id in its order: first_day, last_day (datetime64), purchases (int64: purchase
        days), one text column a dimension (``unknown`` where not known), started_at (datetime64: signup, first
        activity or first purchase), acquisition_cost (float, NaN where none is known).
    prospects
        Everybody else who is known, by customer_id: the same dimensions as far as they do not need a purchase,
        started_at and acquisition_cost.
    dimensions
        Names of the dimensions, without ``all``.
    channel
        The dimension that says how a customer was won; None where there is none.
    observed_costs
        Whether costs of goods come from the transactions, not from the margin.
    value, cohorts
        The conventions of the config: margin and cost per order, windows, minima.
    """

    as_of: dt.date
    known_to: dt.date
    purchase_days: pd.DataFrame
    members: pd.DataFrame
    prospects: pd.DataFrame
    dimensions: tuple[str, ...]
    channel: str | None
    observed_costs: bool
    value: ValueConfig
    cohorts: CohortsConfig

    @property
    def every_dimension(self) -> tuple[str, ...]:
        """``all``, then the dimensions."""
        return (ALL, *self.dimensions)

    def cohort_of(self, dimension: str) -> pd.Series:
        """Return the cohort of each member in a dimension; ``all`` for everybody in ``all``."""
        if dimension == ALL:
            return pd.Series(ALL, index=self.members.index, dtype=object)
        return self.members[dimension]

    def numbered(self, dimension: str) -> tuple[Ints, list[str]]:
        """Return the number of each member's cohort, shape (n_members,), and the names of the cohorts in order."""
        numbers, names = pd.factorize(self.cohort_of(dimension), sort=True)
        return numbers.astype(np.int64), [str(name) for name in names]

    @property
    def age(self) -> Ints:
        """Days from the first purchase to each purchase day, shape (n_purchase_days,)."""
        return whole_days(self.purchase_days["day"]) - whole_days(self.members["first_day"])[self.person]

    @property
    def person(self) -> Ints:
        """Position in `members` of who bought, shape (n_purchase_days,)."""
        return self.purchase_days["person"].to_numpy(np.int64)

    @property
    def followed(self) -> Ints:
        """Days from the first purchase to the last day the data speak of, shape (n_members,)."""
        return day_number(self.known_to) - whole_days(self.members["first_day"])


def frames_of(
    purchase_days: pd.DataFrame,
    people: pd.DataFrame | None = None,
    *,
    as_of: dt.date,
    value: ValueConfig | None = None,
    cohorts: CohortsConfig | None = None,
    dimensions: tuple[str, ...] = (MONTH,),
) -> CohortFrames:
    """Bring purchase days and what is known of people into the form that economics are computed from.

    Parameters
    ----------
    purchase_days
        One row a customer and purchase day: customer_id, day, orders, and spend (currency) or cents; optional
        cost_cents and uncosted_cents (what was spent on lines whose cost is not known), and own_cents (the total of
        the day itself, before later refunds; for value quartiles). Days after `as_of` are left out.
    people
        Indexed by customer_id: text columns for the dimensions, started_at and acquisition_cost where known; who is
        not among the buyers is a prospect.
    value
        margin, where costs are not known, and cost_per_order, which each purchase day costs as in the model.
    dimensions
        Of the result, without ``all``.

    Raises
    ------
    ConfigError
        If a dimension is unknown, or nobody had bought by `as_of`.
    DataError
        If a customer has two rows for one day, or two rows among the people.
    """
    value, cohorts = value or ValueConfig(), cohorts or CohortsConfig()
    days, ids = _ordered(purchase_days, as_of)
    days["cost_cents"] = _costs(days, value.margin)
    days["profit"] = (days["cents"] - days["cost_cents"]) / 100.0 - value.cost_per_order
    members = _summarised(days, ids)
    people = pd.DataFrame(index=pd.Index([], name="customer_id")) if people is None else people
    if people.index.has_duplicates:
        raise DataError(f"people: {people.index[people.index.duplicated()][0]!r} has two rows; give one a customer")
    others = people.loc[~people.index.isin(ids)].sort_index()
    known = people.reindex(ids)
    prospects = pd.DataFrame(index=others.index)
    for name in dimensions:
        members[name] = _cohort_column(name, days, members, known)
        if name not in (MONTH, VALUE_QUARTILE):
            kept = largest(members[name], cohorts.max_cohorts)
            members[name] = merged(members[name], kept)
            if not name.startswith(FIRST):
                prospects[name] = merged(texts_of(others[name]), kept)
    first_day = members["first_day"]
    members["started_at"] = known["started_at"].fillna(first_day) if "started_at" in known else first_day
    prospects["started_at"] = pd.to_datetime(others.get("started_at", pd.Series(pd.NaT, index=others.index)))
    channel = _channel(cohorts, people)
    started_at = pd.concat([members["started_at"], prospects["started_at"]])
    cost = acquisition_costs(pd.concat([known, others]), started_at, cohorts, channel)
    return CohortFrames(
        as_of=as_of,
        known_to=_known_to(days["day"], as_of),
        purchase_days=days[_DAY_COLUMNS],
        members=members.assign(acquisition_cost=cost.reindex(ids)),
        prospects=prospects.assign(acquisition_cost=cost.reindex(others.index)),
        dimensions=tuple(dimensions),
        channel=channel if channel in dimensions else None,
        observed_costs="uncosted_cents" in days,
        value=value,
        cohorts=cohorts,
    )


_EPOCH = dt.date(1970, 1, 1)
_MOST_DAYS = 10_000_000  # more than days from year 1 to 9999
_DAY_COLUMNS = ["person", "customer_id", "day", "cents", "spend", "orders", "profit", "cost_cents"]


def day_number(day: dt.date) -> int:
    """Return a day as days since 1970."""
    return (day - _EPOCH).days


def whole_days(moments: pd.Series) -> Ints:
    """Return moments as whole days since 1970, shape (n,)."""
    return moments.to_numpy().astype("datetime64[D]").astype(np.int64)


def _ordered(purchase_days: pd.DataFrame, as_of: dt.date) -> tuple[pd.DataFrame, pd.Index]:
    """Return the purchase days by customer and day, with the position of the customer, and the customers in order."""
    absent = [name for name in ("customer_id", "day", "orders") if name not in purchase_days]
    if absent or not {"spend", "cents"} & set(purchase_days):
        raise missing_columns("purchase_days", absent or ["spend"], purchase_days.columns, "One row is a purchase day.")
    days = purchase_days.assign(day=pd.to_datetime(purchase_days["day"]))
    days = days[days["day"] <= pd.Timestamp(as_of)]
    if days.empty:
        raise ConfigError(f"{as_of} is before the first purchase in the data")
    # numbers are sorted many times faster than names
    code, names = pd.factorize(days["customer_id"])
    order = np.argsort(np.asarray(names, dtype=object), kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    key = place[code] * _MOST_DAYS + whole_days(days["day"]) + _MOST_DAYS // 2
    sorting = np.argsort(key, kind="stable")
    twice = np.flatnonzero(np.diff(key[sorting]) == 0)
    if len(twice):
        row = days.iloc[sorting[twice[0]]]
        raise DataError(f"purchase_days: {row['customer_id']!r} has two rows for {row['day']:%Y-%m-%d}; give one a day")
    days = days.iloc[sorting].reset_index(drop=True)
    days.insert(0, "person", place[code][sorting])
    if "cents" not in days:
        days["cents"] = np.rint(100.0 * days["spend"].to_numpy(float)).astype(np.int64)
    days = days.assign(spend=days["cents"] / 100.0, orders=days["orders"].astype(np.int64))
    return days, pd.Index(names[order], name="customer_id")


def _costs(days: pd.DataFrame, margin: float) -> pd.Series[float]:
    if "uncosted_cents" not in days:
        return days["cents"] * (1.0 - margin)
    return days["cost_cents"] + days["uncosted_cents"] * (1.0 - margin)


def _summarised(days: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    by_person = days.groupby("person", sort=True)["day"]
    table = pd.DataFrame({"first_day": by_person.min(), "last_day": by_person.max(), "purchases": by_person.size()})
    return table.set_axis(ids, axis=0)


def _cohort_column(name: str, days: pd.DataFrame, members: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    if name == MONTH:
        months: pd.Series = members["first_day"].dt.strftime("%Y-%m").astype(object)
        return months
    if name == VALUE_QUARTILE:
        first = days.drop_duplicates("person")
        return value_quartile(first["own_cents" if "own_cents" in days else "cents"].set_axis(members.index))
    if name not in known:
        raise ConfigError(f"cohorts.by: no dimension {name!r}; known: {', '.join([MONTH, VALUE_QUARTILE, *known])}")
    return texts_of(known[name])


def _channel(cohorts: CohortsConfig, people: pd.DataFrame) -> str | None:
    if cohorts.channel is not None and cohorts.channel not in people:
        raise ConfigError(f"cohorts.channel: no category {cohorts.channel!r} in the table of customers")
    candidates = (cohorts.channel,) if cohorts.channel else ("acquisition_channel", "channel")
    return next((name for name in candidates if name in people), None)


def _known_to(days: pd.Series, as_of: dt.date) -> dt.date:
    """Return how far the data speak: a silence no longer than the longest pause before it is none."""
    bought = np.unique(whole_days(days))
    silence = day_number(as_of) - int(bought[-1])
    pause = int(np.diff(bought).max()) if len(bought) > 1 else 1
    return as_of if silence <= pause else _EPOCH + dt.timedelta(days=int(bought[-1]))
