"""The customers of the cohorts out of the engine: purchase days, attributes, first orders and costs."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from clv_ml.config import Config
from clv_ml.config.cohorts import FIRST, MONTH, VALUE_QUARTILE
from clv_ml.data.values import number, or_null
from clv_ml.economics.customers import CohortFrames, frames_of
from clv_ml.engine import MONEY, DataFrame, Engine, functions
from clv_ml.errors import ConfigError
from clv_ml.snapshot.tables import Tables, starts
from clv_ml.snapshot.window import Window, as_date

_FIRST_BY_DEFAULT = ("product", "category", "promotion", "discount")
_COST_KIND = "decimal(18,4)"


def cohort_frames(
    engine: Engine, tables: Tables, as_of: dt.date, config: Config, *, transactions: DataFrame | None = None
) -> CohortFrames:
    """Take what economics need out of the engine.

    Parameters
    ----------
    tables
        Day totals, and events and customers where there are any; nothing after `as_of` is looked at.
    transactions
        Checked transactions, for columns of the first order and for `cost` (of the whole row, below zero where goods
        came back); without them there are neither.

    Raises
    ------
    ConfigError
        If a dimension of `cohorts.by` is unknown, or nobody had bought by `as_of`.
    """
    columns = list(transactions.columns) if transactions is not None else []
    dimensions = dimensions_of(config, columns)
    days = engine.to_pandas(_purchase_days(engine, tables, as_of, transactions))
    people = _people(engine, tables, as_of)
    wanted = [name.removeprefix(FIRST) for name in dimensions if name not in (*tables.categories, MONTH)]
    firsts = [name for name in wanted if name in columns]
    if transactions is not None and firsts:
        found = engine.to_pandas(_first_orders(engine, transactions, tables, as_of, firsts, config.cohorts.discounts))
        people = people.join(found.set_index("customer_id"), how="outer")
    return frames_of(
        days, people.sort_index(), as_of=as_of, value=config.value, cohorts=config.cohorts, dimensions=dimensions
    )


def dimensions_of(config: Config, columns: list[str]) -> tuple[str, ...]:
    """Return the dimensions that the config asks for.

    Parameters
    ----------
    columns
        Columns of the transactions.

    Raises
    ------
    ConfigError
        If `cohorts.by` asks for one that neither the categories of the customers nor the transactions have.
    """
    built_in = (MONTH, VALUE_QUARTILE)
    categories = config.customers.categories if config.customers is not None else ()
    firsts = [f"{FIRST}{name}" for name in columns]
    asked = config.cohorts.by
    if asked is None:
        usual = [name for name in (f"{FIRST}{column}" for column in _FIRST_BY_DEFAULT) if name in firsts]
        return tuple(dict.fromkeys((MONTH, *categories, VALUE_QUARTILE, *usual)))
    unknown = set(asked) - {*built_in, *categories, *firsts}
    if unknown:
        known = ", ".join((*built_in, *categories, *sorted(firsts)))
        raise ConfigError(f"cohorts.by: no dimension {', '.join(sorted(unknown))}; known: {known}")
    return asked


def _purchase_days(engine: Engine, tables: Tables, as_of: dt.date, transactions: DataFrame | None) -> DataFrame:
    f = functions()
    window = Window(as_of, 1)
    history = window.history(tables.totals).select("customer_id", "day", _cents("spend", "cents"), "orders")
    own = tables.totals.select("customer_id", "day", _cents("net", "own_cents"))
    if transactions is None or "cost" not in transactions.columns:
        return engine.materialise(history).join(own, on=["customer_id", "day"]).orderBy("customer_id", "day")
    # costs are charged like the money they belong to: to the latest purchase day up to them
    cost = number("cost", _COST_KIND)
    per_day = engine.materialise(
        transactions.select(
            "customer_id",
            "day",
            cost.alias("cost"),
            f.when(cost.isNull(), f.col("amount")).otherwise(f.lit(0)).cast(MONEY).alias("uncosted"),
        )
        .groupBy("customer_id", "day")
        .agg(f.sum("cost").cast(MONEY).alias("cost"), f.sum("uncosted").cast(MONEY).alias("uncosted"))
    )
    found = engine.materialise(history).join(own, on=["customer_id", "day"])
    for name in ("cost", "uncosted"):
        amounts = per_day.select("customer_id", "day", f.coalesce(f.col(name), f.lit(0)).cast(MONEY).alias("net"))
        like = tables.totals.select("customer_id", "day", "orders", "is_purchase").join(
            amounts, on=["customer_id", "day"]
        )
        charged = engine.materialise(window.history(engine.materialise(like)))
        found = found.join(
            charged.select("customer_id", "day", _cents("spend", f"{name}_cents")), on=["customer_id", "day"]
        )
    return engine.materialise(found).orderBy("customer_id", "day")


def _people(engine: Engine, tables: Tables, as_of: dt.date) -> pd.DataFrame:
    """Return since when everybody is known, and the attributes of who had signed up."""
    if tables.purchases_only:
        return pd.DataFrame(index=pd.Index([], name="customer_id", dtype=object))
    f = functions()
    known = starts(tables, as_of)
    if tables.customers is not None:
        signup = f.col("signup_at")
        there = tables.customers.filter(signup.isNull() | (signup.cast("date") <= as_date(as_of)))
        cost = ("acquisition_cost",) if "acquisition_cost" in tables.numbers else ()
        names = dict.fromkeys((*tables.categories, *cost))
        known = engine.materialise(known).join(there.select("customer_id", *names), on="customer_id", how="left")
    return engine.to_pandas(known.orderBy("customer_id")).set_index("customer_id")


def _first_orders(
    engine: Engine,
    transactions: DataFrame,
    tables: Tables,
    as_of: dt.date,
    columns: list[str],
    discounts: tuple[str, ...],
) -> DataFrame:
    """Return the columns of the first purchase day: of its dearest line, or whether there was a discount."""
    f = functions()
    col = f.col
    bought = tables.totals.filter(col("is_purchase") & (col("day") <= as_date(as_of)))
    first = bought.groupBy("customer_id").agg(f.min("day").alias("day"))
    bought_lines = transactions.filter(col("amount") >= 0).select("customer_id", "day", "amount", *columns)
    lines = engine.materialise(bought_lines.join(engine.materialise(first), on=["customer_id", "day"]))
    collected = []
    for name in columns:
        if name in discounts:
            size = number(name, "double")
            with_one = f.max(f.when(size.isNotNull(), f.when(size != 0, f.lit(1)).otherwise(f.lit(0))))
            told = f.when(with_one == 1, f.lit("with")).when(with_one == 0, f.lit("without"))
            collected.append(told.alias(f"{FIRST}{name}"))
        else:
            # of lines worth the same, the name that is last in order
            named = or_null(col(name))
            dearest = f.max(f.when(named.isNotNull(), f.struct(col("amount"), named.alias("named"))))
            collected.append(dearest.getField("named").alias(f"{FIRST}{name}"))
    return lines.groupBy("customer_id").agg(*collected)


def _cents(name: str, alias: str) -> object:
    f = functions()
    return (f.col(name) * 100).cast("bigint").alias(alias)
