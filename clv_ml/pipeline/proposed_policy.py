"""What refunds, free rows, rows without a customer and currencies of a delivery ask for, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clv_ml.data.country_money import money_in, money_of
from clv_ml.engine.order_look import OrderLook
from clv_ml.pipeline.commented import Reasoned
from clv_ml.pipeline.proposed_periods import counted

_SPARE = 0.05  # share of other bad rows that is let through, as in every config
_MOST_LETTERS = 3
_RARE = 0.001  # share of rows up to which a kind of order is odd
_BASIS = "revenue, until you put your share of it that is profit here, such as 0.4"


@dataclass(frozen=True)
class Policy:
    """Values with reasons, and what the user should look at."""

    refunds: Reasoned
    zero_amounts: Reasoned
    max_bad_share: Reasoned
    currency: Reasoned
    margin: Reasoned
    doubts: tuple[str, ...]


def choose_policy(engine: OrderLook, columns: Sequence[dict[str, str]], given_currency: str | None) -> Policy:
    """Choose which rows count.

    Parameters
    ----------
    engine
        With the orders set.
    columns
        Canonical column to column, of each source.
    """
    counts = engine.totals()
    doubts: list[str] = []
    currency, doubt = _currency(engine, columns, given_currency)
    doubts += [doubt] if doubt else []
    refunds, doubt = _refunds(engine, counts)
    doubts += [doubt] if doubt else []
    doubts += _odd_orders(engine, counts)
    return Policy(
        refunds=refunds,
        zero_amounts=_zeros(counts),
        max_bad_share=_limit(counts),
        currency=currency,
        margin=_margin(counts),
        doubts=tuple(doubts),
    )


def share_of(part: int, whole: int) -> str:
    """Tell a share in percent, with as many digits as it takes not to be 0.

    Examples
    --------
    >>> share_of(1, 3), share_of(1, 3000), share_of(0, 5)
    ('33.3 %', '0.033 %', '0 %')
    """
    percent = 100 * part / whole if whole else 0.0
    if not percent:
        return "0 %"
    return f"{percent:.1f} %" if percent >= 0.1 else f"{percent:.2g} %"


def _refunds(engine: OrderLook, counts: dict[str, Any]) -> tuple[Reasoned, str]:
    rows, negative = counts["rows"], counts["negative"]
    if not negative:
        return Reasoned("net", f"none of {rows:,} rows is negative; one that comes later is netted against spend"), ""
    what = f"{negative:,} of {rows:,} rows ({share_of(negative, rows)}) are negative"
    if negative * 2 > rows:
        return Reasoned("net", what), (
            f"refunds: {what}: are sales written with a minus? Then the signs must be turned before clv-ml reads them"
        )
    letters = engine.order_letters()
    marked = _mark(letters)
    if marked:
        name, own, bad = marked
        what += f"; {bad:,} of these have an order id that begins with {name}"
        what += f", as {own - bad:,} other rows do" if own > bad else ", as no other row does"
    early = engine.early_refunds()
    if early * 2 > negative:
        why = f"{what}, and {early:,} of them come before the customer's first purchase: nothing to net them against"
        return Reasoned("drop", why), f"refunds: {why}; they are dropped"
    return Reasoned("net", f"{what}: refunds and cancellations, taken off what the customer had spent"), ""


def _mark(letters: Sequence[tuple[str, int, int]]) -> tuple[str, int, int] | None:
    """Return the letters that order ids of refunds begin with, how many rows have them, and negative ones of these."""
    marks = [item for item in letters if 0 < len(item[0]) <= _MOST_LETTERS and item[2] > max(0.5 * item[1], 1)]
    return max(marks, key=lambda item: item[2], default=None)


def _odd_orders(engine: OrderLook, counts: dict[str, Any]) -> list[str]:
    """Tell of the few rows whose order ids begin with letters that refunds do not have: adjustments, tests."""
    letters = engine.order_letters()
    odd = [
        (name, own)
        for name, own, bad in letters
        if 0 < len(name) <= _MOST_LETTERS and own <= _RARE * counts["rows"] and (name, own, bad) != _mark(letters)
    ]
    if not odd or len(odd) > _MOST_LETTERS:  # names of their own rather than marks
        return []
    listed = ", ".join(f"{name} ({counted(own, 'row')})" for name, own in odd)
    rule = f'{{column: order_id, matches: "^{odd[0][0]}", reason: adjustment}}'
    return [f"order_id: few begin with {listed}; if these are no sales, add {rule} to transactions.exclude"]


def _zeros(counts: dict[str, Any]) -> Reasoned:
    rows, zero = counts["rows"], counts["zero"]
    if not zero:
        return Reasoned("keep", "no row has an amount of 0")
    what = f"{zero:,} of {rows:,} rows ({share_of(zero, rows)}) have an amount of 0"
    if counts["zero_price"] * 2 > zero:
        return Reasoned("quarantine", f"{what}: lines with a price of 0 are corrections or gifts, no purchase")
    return Reasoned("keep", f"{what}: paid with a coupon or free, the customer came all the same")


def _limit(counts: dict[str, Any]) -> Reasoned:
    rows, absent = counts["rows"], counts["no_customer"]
    share = absent / rows
    if not absent:
        return Reasoned(_SPARE, "every row has a customer; more bad rows than this stop a job")
    why = (
        f"{absent:,} of {rows:,} rows ({share_of(absent, rows)}) have no customer id: nobody can be scored by them, "
        "they are set aside"
    )
    if share <= 0.01:
        return Reasoned(_SPARE, f"{why}; more bad rows than this stop a job")
    limit = min(math.ceil((share + _SPARE) * 100) / 100, 1.0)
    return Reasoned(
        limit, f"{why}. This limit is that share and {100 * _SPARE:.0f} % more; with more bad rows a job stops"
    )


def _currency(engine: OrderLook, columns: Sequence[dict[str, str]], given: str | None) -> tuple[Reasoned, str]:
    codes = engine.values("currency")
    several = f"{', '.join(f'{code.upper()} {count:,}' for code, count in codes)} rows"
    if given:
        doubt = ""
        if [code for code, _ in codes if code.upper() != given]:
            doubt = f"currency: the files name {several}; without transactions.exchange_rates a job stops there"
        return Reasoned(given, "as given by --currency"), doubt
    if codes:
        found = codes[0][0].upper()
        if len(codes) == 1:
            return Reasoned(found, "the only one that the files name"), ""
        doubt = (
            f"currency: the files name {several}; transactions.exchange_rates must say what others are worth in {found}"
        )
        return Reasoned(found, f"the commonest of the files: {several}"), doubt
    names = [name for mapped in columns for role, name in mapped.items() if role in ("amount", "unit_price")]
    named = {money for name in names if (money := money_in(name))}
    if len(named) == 1:
        return Reasoned(named.pop(), f"by the name of the column {names[0]}"), ""
    countries = engine.values("country", most=1000)
    if countries and (money := money_of(countries[0][0])):
        country, count = countries[0]
        share = share_of(count, sum(rows for _, rows in countries))
        return Reasoned(money, f"{share} of the rows name {country}; the files do not say in what money"), (
            f"currency: {money} is taken, as {share} of the rows name {country}; change it with --currency"
        )
    return Reasoned("USD", "nothing in the files says which; it is a label only, nothing is converted"), (
        "currency: nothing in the files says which, USD is taken; change it with --currency"
    )


def _margin(counts: dict[str, Any]) -> Reasoned:
    sold, cost = counts["sold"], counts["cost"]
    if sold and cost and 0.01 < 1 - cost / sold < 1:
        margin = round(1 - cost / sold, 2)
        return Reasoned(margin, f"amounts sum to {sold:,.0f}, costs to {cost:,.0f}")
    return Reasoned(1.0, f"an assumption: values are {_BASIS}")
