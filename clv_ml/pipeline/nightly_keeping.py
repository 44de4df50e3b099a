"""What is kept of a night for the next one: the tables that changed, and the days that are closed now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from clv_ml.config import Config
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.engine.fingerprints import NO_ROWS, united
from clv_ml.pipeline.nightly_described import Description, state_of
from clv_ml.pipeline.nightly_reading import Reading
from clv_ml.pipeline.nightly_state import ClosedRows, save_state
from clv_ml.pipeline.prepared import PRINTED, fingerprints, rows_by_day
from clv_ml.snapshot.state import close
from clv_ml.snapshot.window import as_date

ASIDE = {"transactions": "aside", "events": "aside_events", "customers": "aside_customers"}


def keep(engine: Engine, config: Config, reading: Reading, described: Description) -> dt.date:
    """Close days if enough are open, and write what is not kept yet; return the closed day.

    Raises
    ------
    ClvError
        If it cannot be written.
    """
    kept, rows, tables = reading.kept, reading.rows, reading.tables
    limits = config.incremental
    state = state_of(engine, config, reading)
    until = reading.last_day - dt.timedelta(days=limits.keep_open_days)
    changed, added = dict(described.whole), dict(described.added)
    closing = kept is None or (until - state.closed_day).days >= limits.close_every_days
    if not closing and not any(table.changed for table in rows.values()):
        return state.closed_day
    if closing:
        state = close(engine, state, tables.totals, tables.events, tables.customers, until)
        changed |= state.tables
        added |= _history(reading, until)
    for name, stored in (("transactions", "open_rows"), ("events", "open_events")):
        if name in rows and closing:
            changed[stored] = rows[name].rows.filter(functions().col("day") > as_date(state.closed_day))
        elif name in rows and rows[name].new is not None:
            added[stored] = rows[name].new
    for name, table in rows.items():
        if table.aside is not None:
            (changed if name == "customers" else added)[ASIDE[name]] = table.aside
    if "customers" in rows and rows["customers"].changed:
        changed["customers"] = rows["customers"].rows
    bought = rows["transactions"]
    if bought.orphans is not None:
        changed["orphans"] = bought.orphans
    if bought.hashes is not None:
        added["hashes"] = bought.hashes
    save_state(
        engine,
        config,
        kept,
        closed_day=state.closed_day,
        described_day=described.day,
        tables=changed,
        added=added,
        seen=reading.seen,
        report=reading.report,
        others=reading.others,
        closed=closed_rows(engine, reading, until) if closing else known_closed(reading),
    )
    return state.closed_day


def _history(reading: Reading, until: dt.date) -> dict[str, DataFrame]:
    """Return the days that are closed now, of what describing does not look at again."""
    f = functions()
    frames = {"totals": reading.tables.totals, "events": reading.tables.events}
    return {name: frame.filter(f.col("day") <= as_date(until)) for name, frame in frames.items() if frame is not None}


def known_closed(reading: Reading) -> Mapping[str, ClosedRows]:
    """Return what is known of the rows of closed days."""
    before = {} if reading.kept is None else reading.kept.closed
    return {name: before.get(name, ClosedRows({}, NO_ROWS)) for name in PRINTED if name in reading.rows}


def closed_rows(engine: Engine, reading: Reading, until: dt.date) -> dict[str, ClosedRows]:
    """Tell the same of all rows up to a day that is not before the closed day."""
    f = functions()
    told = fingerprints(engine, reading.tables, until)
    found = {}
    for name, before in known_closed(reading).items():
        counts = rows_by_day(engine, reading.rows[name].rows.filter(f.col("day") <= as_date(until)))
        by_day = dict(zip(pd.DatetimeIndex(counts.index).strftime("%Y-%m-%d"), map(int, counts), strict=True))
        found[name] = ClosedRows({**before.by_day, **by_day}, united(before.fingerprint, told[name]))
    return found
