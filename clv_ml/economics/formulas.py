"""The simple formulas of customer value, one line each: cross-checks that a person can redo on paper.

Every function returns NaN where its denominator is 0: there is no such figure. Textbook: Farris, Bendle, Pfeifer &
Reibstein, Marketing Metrics (3rd ed. 2016), chapters 2 and 5; Gupta & Lehmann, Customers as Assets, Journal of
Interactive Marketing 17(1) (2003), doi:10.1002/dir.10045, for the value under constant churn.
"""

from __future__ import annotations

import math


def repeat_purchase_rate(repeaters: float, customers: float) -> float:
    """Share of customers who bought more than once: ``repeaters / customers``.

    Trap: an open cohort has had less time to come back; compare rates within the same days after the first purchase.

    Examples
    --------
    >>> repeat_purchase_rate(120, 1_000)
    0.12
    """
    return _ratio(repeaters, customers)


def average_order_value(revenue: float, orders: float) -> float:
    """Currency an order: ``revenue / orders``.

    Trap: revenue is net of refunds, and a refunded order still is an order.
    """
    return _ratio(revenue, orders)


def purchase_frequency(orders: float, customers: float) -> float:
    """Orders a customer in the period: ``orders / customers who ordered in it``.

    Trap: of those who ordered. With everybody below the line, who has left long ago too, it is a different figure.
    """
    return _ratio(orders, customers)


def gross_margin(revenue: float, cost: float) -> float:
    """Share of revenue that is left after the cost of the goods: ``(revenue - cost) / revenue``."""
    return _ratio(revenue - cost, revenue)


def churn_rate(start: float, kept: float) -> float:
    """Share of the customers at the start of a period who are gone at its end: ``(start - kept) / start``.

    Trap: `kept` are customers of the start; who came during the period is in neither.
    """
    return _ratio(start - kept, start)


def lifespan(churn: float) -> float:
    """Mean life of a customer in periods: ``1 / churn``, where churn is the same in each period.

    Trap: infinite where nobody left, which tells of a short period rather than of a long life (NaN is returned). Where
    some leave early and others stay for long, as nearly everywhere, it is too short for those who are still there.
    """
    return _ratio(1.0, churn)


def simple_value(*, order_value: float, frequency: float, margin: float, lifespan: float) -> float:
    """Value of a customer, undiscounted: ``order value x frequency x margin x lifespan``.

    `frequency` counts orders a period, `lifespan` the same periods.

    Examples
    --------
    >>> simple_value(order_value=25, frequency=4, margin=0.40, lifespan=10)
    400.0
    """
    return order_value * frequency * margin * lifespan


def subscription_value(*, price: float, periods_per_year: float, years: float, margin: float = 1.0) -> float:
    """Value of a subscriber, undiscounted: ``price x periods a year x years x margin``.

    Examples
    --------
    >>> subscription_value(price=10, periods_per_year=12, years=3)
    360.0
    """
    return price * periods_per_year * years * margin


def windowed_value(*, order_value: float, purchases: float, margin: float) -> float:
    """Value of a customer in a window: ``order value x purchases in the window x margin``."""
    return order_value * purchases * margin


def customer_equity(mean_value: float, customers: float) -> float:
    """Value of all customers: ``mean value x customers``, before what they cost to win and to keep."""
    return mean_value * customers


def annual_contribution(*, order_value: float, frequency: float, margin: float) -> float:
    """Currency a customer and year: ``order value x orders a year x margin``."""
    return order_value * frequency * margin


def value_within(annual: float, *, churn: float, years: float, discount: float = 0.0) -> float:
    """Value of a customer who earns `annual` a year while there, within some years.

    Continuous form of Gupta & Lehmann's margin multiple: who leaves at the constant hazard ``-ln(1 - churn)`` a year is
    worth ``annual x (1 - exp(-(h + d) years)) / (h + d)`` with ``d = ln(1 + discount)``; `annual` times the years where
    both are 0.

    Parameters
    ----------
    churn
        Share that leaves in a year, in [0, 1]; with 1 the value is 0.
    discount
        Annual rate.
    """
    if churn >= 1.0:
        return 0.0
    hazard = -math.log1p(-churn) + math.log1p(discount)
    return annual * (years if hazard == 0.0 else -math.expm1(-hazard * years) / hazard)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
