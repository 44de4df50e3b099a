"""What a contact is expected to earn, and whom to contact with the room there is.

With p = P(churn), V the value if retained, g the save rate, d the cost of the offer, f that of the contact and psi the
take-up among those who would have stayed, a contact earns ``p g (V - d) - (1 - p) psi d - f``: the profit of a
retention campaign (Neslin et al. 2006, doi:10.1509/jmkr.43.2.204, eq. 1; Verbraken, Verbeke & Baesens 2013,
doi:10.1109/TKDE.2012.50) customer by customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.config import Economics, RiskConfig, SegmentEconomics
from clv_ml.engine.row_names import is_rising
from clv_ml.errors import ConfigError

ECONOMICS = tuple(Economics.model_fields)
STATUSES = ("contact", "control", "over_capacity", "not_profitable", "excluded")
"""What becomes of a customer, in the order in which a list tells of them."""

_CURVE_ALL = 2000  # every number of contacts up to here is a point of the curve
_CURVE_REST = 1000


@dataclass(frozen=True)
class Chosen:
    """Who is contacted.

    Attributes
    ----------
    status
        One of :data:`STATUSES` for each customer, as a category.
    curve
        n, cost, expected_saves, expected_profit, marginal_profit (of the n-th), is_best, is_chosen; n = 0 first.
    best_n, chosen_n
        How many contacts earn most, and how many there are.
    """

    status: pd.Series[Any]
    curve: pd.DataFrame
    best_n: int
    chosen_n: int


def economics_of(customers: pd.DataFrame, config: RiskConfig) -> pd.DataFrame:
    """Return save_rate, take_up, offer_cost and contact_cost of each customer.

    Parameters
    ----------
    customers
        value_tier, risk_band and attributes, whichever the segments of the config name.

    Raises
    ------
    ConfigError
        If a segment names a column that is not there.
    """
    everybody = {name: np.full(len(customers), float(getattr(config.economics, name))) for name in ECONOMICS}
    free = np.full(len(customers), True)
    for segment in config.segments:
        inside = free & _fits(customers, segment)
        free &= ~inside
        for name in ECONOMICS:
            given = getattr(segment, name)
            if given is not None:
                everybody[name][inside] = given
    return pd.DataFrame(everybody, index=customers.index)


def expected_profit(p: pd.Series[float], value: pd.Series[float], economics: pd.DataFrame) -> pd.Series[float]:
    """Return what contacting each customer earns on average, costs included, in currency.

    Parameters
    ----------
    p
        P(churn) within the main horizon.
    value
        Discounted margin if the customer is retained, in currency.
    economics
        As :func:`economics_of` returns it.
    """
    offer = economics["offer_cost"]
    saved = p * economics["save_rate"] * (value - offer)
    return saved - (1 - p) * economics["take_up"] * offer - economics["contact_cost"]


def expected_cost(p: pd.Series[float], economics: pd.DataFrame) -> pd.Series[float]:
    """Return what contacting each customer costs on average: the contact, and the offer where it is taken."""
    taken = p * economics["save_rate"] + (1 - p) * economics["take_up"]
    return economics["contact_cost"] + taken * economics["offer_cost"]


def choose(table: pd.DataFrame, *, capacity: int | None) -> Chosen:
    """Choose the contacts that earn most, as many as there is room for.

    Excluded and control customers take no room. A customer in control who would have been contacted is `control`; one
    beyond the capacity would not have been, and is `over_capacity` like anybody else there.

    Parameters
    ----------
    table
        One row a customer, indexed by customer_id: expected_net_profit (NaN: unknown), expected_saves, expected_cost,
        exclusion_reason (empty where there is none), is_control.
    capacity
        Room for contacts; None: no limit.
    """
    profit = table["expected_net_profit"].to_numpy(dtype=np.float64)
    control = table["is_control"].to_numpy(dtype=bool)
    free = table["exclusion_reason"].eq("").to_numpy(dtype=bool) & ~np.isnan(profit)
    status = np.where(free, STATUSES.index("not_profitable"), STATUSES.index("excluded")).astype(np.int8)
    order = profit_order(table.index, profit, among=np.flatnonzero(free))
    paying = order[profit[order] > 0]
    held = control[paying]
    before = np.cumsum(~held) - ~held  # how many of the others come first
    reached = np.full(len(paying), True) if capacity is None else before < capacity
    codes = [STATUSES.index(name) for name in ("over_capacity", "control", "contact")]
    status[paying] = np.select([~reached, held], codes[:2], default=codes[2])
    best = int((~held).sum())
    chosen = best if capacity is None else min(best, capacity)
    candidates = table[["expected_net_profit", "expected_saves", "expected_cost"]].iloc[order[~control[order]]]
    told = pd.Series(pd.Categorical.from_codes(status, STATUSES), index=table.index, name="action_status")  # type: ignore[call-overload]
    return Chosen(told, capacity_curve(candidates, best=best, chosen=chosen), best, chosen)


def profit_order(
    customer_ids: pd.Index[str], profit: NDArray[np.float64], *, among: NDArray[np.intp] | None = None
) -> NDArray[np.intp]:
    """Return the places of customers by what a contact earns, most first; equals by customer_id, unknown last.

    Parameters
    ----------
    among
        Places of those who are wanted, rising; everybody where None.
    """
    places = np.arange(len(profit)) if among is None else among
    if not is_rising(customer_ids):
        places = places[np.argsort(customer_ids[places].to_numpy(dtype=object), kind="stable")]
    return np.asarray(places[np.argsort(-profit[places], kind="stable")])


def capacity_curve(candidates: pd.DataFrame, *, best: int, chosen: int) -> pd.DataFrame:
    """Return what the first n contacts cost and earn, for every small n and some hundred larger ones.

    Parameters
    ----------
    candidates
        Who may be contacted, most profit first, paying or not: expected_net_profit, expected_saves, expected_cost.
    """
    profit = candidates["expected_net_profit"].to_numpy(dtype=np.float64)
    points = curve_points(len(profit), best=best, chosen=chosen)

    def summed(amounts: np.ndarray) -> np.ndarray:
        return np.concatenate([[0.0], np.cumsum(amounts)])[points]

    return pd.DataFrame(
        {
            "n": points,
            "cost": summed(candidates["expected_cost"].to_numpy(dtype=np.float64)),
            "expected_saves": summed(candidates["expected_saves"].to_numpy(dtype=np.float64)),
            "expected_profit": summed(profit),
            "marginal_profit": np.concatenate([[0.0], profit])[points],
            "is_best": points == best,
            "is_chosen": points == chosen,
        }
    )


def curve_points(candidates: int, *, best: int, chosen: int) -> NDArray[np.int64]:
    """Return the numbers of contacts that the curve tells of: 0, every small one and some hundred larger ones."""
    rest = np.geomspace(_CURVE_ALL, max(candidates, _CURVE_ALL), _CURVE_REST).round()
    points = np.unique([*range(min(candidates, _CURVE_ALL) + 1), best, chosen, *rest]).astype(np.int64)
    return points[points <= candidates]


def _fits(customers: pd.DataFrame, segment: SegmentEconomics) -> np.ndarray:
    inside = np.full(len(customers), True)
    for column, wanted in segment.when.items():
        if column not in customers:
            there = ", ".join(map(str, customers.columns))
            raise ConfigError(f"risk.segments: no column {column!r}; a segment can be told by {there}")
        values = wanted if isinstance(wanted, tuple) else (wanted,)
        inside &= customers[column].isin(values).to_numpy(dtype=bool)
    return inside
