"""Everybody known at a cutoff, one row each: purchases, engagement and attributes from the same history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from pathlib import Path

from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.snapshot.declared import history_at, with_declared
from clv_ml.snapshot.engagement import engagement_features
from clv_ml.snapshot.features import purchase_features
from clv_ml.snapshot.state import State, figures_at
from clv_ml.snapshot.tables import TENURE, Tables, days_since, known_events, starts
from clv_ml.snapshot.window import Window, as_date


def population(engine: Engine, tables: Tables, cutoff: dt.date) -> DataFrame:
    """Describe everybody known at a cutoff.

    Without events and customers these are the buyers; with them also those who signed up or were active and have
    not bought: their purchase features are null. Attributes are null for who signs up after the cutoff.

    Returns
    -------
    DataFrame
        customer_id, first_day (first purchase), start_day, :attr:`Tables.features`, and the date attributes. No
        start_day where there are neither events nor customers.
    """
    described = engine.planned(*_plan(engine, replace(tables, own=()), cutoff))
    if not tables.own:
        return described
    # not planned: a function may do with the cutoff as it likes
    known = history_at(engine, tables.totals, cutoff, events=tables.events, customers=tables.customers)
    return with_declared(engine, described, tables.own, known, columns=tables.columns)


def population_to_parquet(engine: Engine, tables: Tables, cutoff: dt.date, path: Path) -> None:
    """Write what :func:`population` computes to a Parquet file, by customer_id."""
    if tables.own:
        engine.write_parquet(population(engine, tables, cutoff).orderBy("customer_id"), path)
    else:
        engine.planned_to_parquet(*_plan(engine, tables, cutoff), path=path, order="customer_id")


def _plan(
    engine: Engine, tables: Tables, cutoff: dt.date
) -> tuple[Hashable, Mapping[str, DataFrame], dt.date, Callable[[Mapping[str, DataFrame], dt.date], DataFrame]]:
    def build(frames: Mapping[str, DataFrame], day: dt.date) -> DataFrame:
        return _described(engine, tables.with_frames(frames), day)

    return ("population", *tables.settings), tables.frames, cutoff, build


def state_to_parquet(engine: Engine, state: State, tables: Tables, cutoff: dt.date, path: Path) -> None:
    """Write what :func:`population_of_state` computes to a Parquet file, by customer_id."""
    engine.write_parquet(population_of_state(engine, state, tables, cutoff).orderBy("customer_id"), path)


def population_of_state(engine: Engine, state: State, tables: Tables, cutoff: dt.date) -> DataFrame:
    """Describe everybody known at a cutoff as :func:`population` does, from a state and the rows after it.

    Parameters
    ----------
    state
        What is kept of the closed days.
    tables
        Totals and events after the closed day of the state, and the whole table of customers.
    cutoff
        The closed day or later.
    """
    parts = figures_at(engine, state, tables.totals, tables.events, tables.customers, cutoff)
    if tables.purchases_only:
        return parts["purchases"]
    if tables.customers is not None:
        parts["customers"] = tables.customers

    def build(frames: Mapping[str, DataFrame], day: dt.date) -> DataFrame:
        same = tables if tables.customers is None else tables.with_frames({"customers": frames["customers"]})
        return _joined(engine, same, day, frames["known"], frames["purchases"], frames.get("engagement"))

    return engine.planned(f"population of state: {tables.settings}", parts, cutoff, build)


def _described(engine: Engine, tables: Tables, cutoff: dt.date) -> DataFrame:
    history = engine.materialise(Window(cutoff, 1).history(tables.totals))
    bought = purchase_features(history, cutoff)
    if tables.purchases_only:
        return bought
    known = engine.materialise(starts(tables, cutoff))
    engagement = None
    if tables.events is not None:
        events = known_events(tables.events, cutoff)
        engagement = engagement_features(engine, events, known, cutoff, tables.signals, gathered=tables.gathered)
    return _joined(engine, tables, cutoff, known, bought, engagement)


def _joined(
    engine: Engine,
    tables: Tables,
    cutoff: dt.date,
    known: DataFrame,
    bought: DataFrame,
    engagement: DataFrame | None,
) -> DataFrame:
    # planning a join of finished tables is cheap, of queries with a hundred columns it takes seconds
    started = _started(known, cutoff)
    parts = [started if engagement is None else started.drop(TENURE), bought]  # the events tell it as well
    if engagement is not None:
        parts.append(engagement)
    if tables.customers is not None:
        parts.append(_attributes(tables.customers, tables, cutoff))
    found, *others = (engine.materialise(part) for part in parts)
    for other in others:
        found = found.join(other, on="customer_id", how="left")
    return found.select(*tables.columns)


def _started(known: DataFrame, cutoff: dt.date) -> DataFrame:
    f = functions()
    start_day = f.col("started_at").cast("date")
    tenure = f.datediff(as_date(cutoff), start_day).cast("bigint")
    return known.select("customer_id", start_day.alias("start_day"), tenure.alias(TENURE))


def _attributes(customers: DataFrame, tables: Tables, cutoff: dt.date) -> DataFrame:
    f = functions()
    signup = f.col("signup_at")
    # who signs up later has told nothing of himself yet, though he may have bought already
    customers = customers.filter(signup.isNull() | (signup.cast("date") <= as_date(cutoff)))
    since = [f.datediff(as_date(cutoff), f.col(name)).cast("bigint").alias(days_since(name)) for name in tables.dates]
    return customers.select("customer_id", *tables.categories, *tables.numbers, *tables.dates, *since)
