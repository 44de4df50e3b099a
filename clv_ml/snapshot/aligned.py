"""The same tables with everybody starting on one day, so that a cutoff means an age: what the first days alone tell."""

from __future__ import annotations

import dataclasses
import datetime as dt

from clv_ml.engine import Column, DataFrame, Engine, functions
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.window import as_date

ORIGIN = dt.date(2001, 1, 1)


def cutoff_at_age(days: int) -> dt.date:
    """Return the cutoff of aligned tables at which the first `days` days of everybody are known."""
    return ORIGIN + dt.timedelta(days=days - 1)


def align(engine: Engine, tables: Tables, known: DataFrame) -> Tables:
    """Shift the records of every customer by whole days, so that the day of the start is :data:`ORIGIN`.

    Parameters
    ----------
    known
        customer_id, started_at of everybody (:func:`clv_ml.snapshot.tables.starts`); records of others are left out.
    """
    f = functions()
    started = f.col("started_at").cast("date")
    shifts = engine.materialise(
        known.select("customer_id", f.datediff(started, as_date(ORIGIN)).cast("bigint").alias("shift"))
    )
    totals = tables.totals.join(shifts, on="customer_id").select(
        "customer_id", _earlier_day("day"), "net", "orders", "is_purchase", _earlier("first_at")
    )
    events = customers = None
    if tables.events is not None:
        others = ("event_type", "value", "session_id", "surface")
        events = engine.materialise(
            tables.events.join(shifts, on="customer_id").select(
                "customer_id", _earlier("timestamp"), _earlier_day("day"), *others
            )
        )
    if tables.customers is not None:
        dates = [_earlier_day(name) for name in tables.dates]
        attributes = (*tables.categories, *tables.numbers)
        customers = engine.materialise(
            tables.customers.join(shifts, on="customer_id").select(
                "customer_id", _earlier("signup_at"), *attributes, *dates
            )
        )
    # what was contacted when is told in days that no longer mean anything here
    shifted = {"totals": engine.materialise(totals), "events": events, "customers": customers}
    return dataclasses.replace(tables, **shifted, treatment=None)


def _earlier_day(name: str) -> Column:
    f = functions()
    return f.date_sub(f.col(name), f.col("shift").cast("int")).cast("date").alias(name)


def _earlier(name: str) -> Column:
    """Move a moment by whole days: the shifted day, and the time of day as text."""
    f = functions()
    day = f.date_sub(f.to_date(f.col(name)), f.col("shift").cast("int")).cast("string")
    return f.concat(day, f.substring(f.col(name).cast("string"), 11, 16)).cast("timestamp_ntz").alias(name)
