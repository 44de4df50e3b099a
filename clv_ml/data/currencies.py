"""Amounts in several currencies: converted by a declared table, or refused."""

from __future__ import annotations

from collections.abc import Mapping

from clv_ml.engine import MONEY, Column, DataFrame, Engine, functions, parsed_number
from clv_ml.errors import DataError

_FOREIGN = "foreign_currency"


def converted(raw: DataFrame, own: str, rates: Mapping[str, float]) -> DataFrame:
    """Bring amounts to one currency, rounded to cents; those without a rate stay as they are.

    Parameters
    ----------
    raw
        With `currency`: null where a source has none (its amounts are in `own`).
    rates
        What one unit of another currency is worth in `own`.
    """
    f = functions()
    number = f.col("amount_number")
    for code, rate in rates.items():
        if code != own:
            # in cents, as engines differ in how they round 1.005 to two places
            own_cents = f.round(f.col("amount_number") * rate * f.lit(100).cast("double"))
            number = f.when(f.col("currency") == code, own_cents / f.lit(100).cast("double")).otherwise(number)
    changed = f.col("currency").isin(*[code for code in rates if code != own], "")
    money = f.when(changed, parsed_number("amount_number", MONEY)).otherwise(f.col("amount"))
    return raw.withColumn("amount_number", number).withColumn("amount", money)


def currency_rules(own: str, rates: Mapping[str, float]) -> list[tuple[Column, str]]:
    """Return the reasons of rows whose amount cannot be brought to one currency."""
    code = functions().col("currency")
    known = code.isin(own, *rates) | code.isNull()
    return [(code == "", "missing_currency"), (~known, "no_exchange_rate" if rates else _FOREIGN)]


def require_rates(engine: Engine, marked: DataFrame, own: str) -> None:
    """Refuse amounts in other currencies where the config has no rates.

    Raises
    ------
    DataError
        The message names the currencies.
    """
    f = functions()
    foreign = marked.filter(f.col("reason") == _FOREIGN)
    counts = foreign.groupBy("currency").agg(f.count(f.lit(1)).cast("bigint").alias("rows")).orderBy("currency")
    found = engine.to_pandas(counts.limit(20))
    if len(found):
        listed = ", ".join(f"{row['currency']} ({row['rows']} rows)" for row in found.to_dict("records"))
        raise DataError(
            f"transactions: amounts in {listed}, and the config's currency is {own}; say what they are worth in "
            "`transactions.exchange_rates`, or set them aside by an `exclude` rule on currency"
        )
