"""Everybody as of a night: the customers that something changed for are described again, the others carried on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from clv_ml.config import Config
from clv_ml.engine import DataFrame, Engine
from clv_ml.pipeline.nightly_reading import Reading
from clv_ml.pipeline.nightly_rows import Rows
from clv_ml.pipeline.nightly_state import Kept
from clv_ml.pipeline.prepared import signals_of
from clv_ml.snapshot.carried import Described, carried_to_parquet, stamped, theirs, touched
from clv_ml.snapshot.population import population_of_state, population_to_parquet, state_to_parquet
from clv_ml.snapshot.state import EVENT_TABLES, PURCHASE_TABLES, State, empty_state

_MOST_CHANGES = 0.5  # of the rows of the base; more are read more slowly than a new base is written
_OPEN = {"transactions": "open_rows", "events": "open_events"}


@dataclass(frozen=True)
class Description:
    """Everybody as of a day, and what must be kept of it: whole tables of the state, or rows that are added to some.

    Attributes
    ----------
    population
        Read from the file that it was written to.
    """

    population: DataFrame
    day: dt.date
    whole: Mapping[str, DataFrame] = field(default_factory=dict)
    added: Mapping[str, DataFrame] = field(default_factory=dict)


def describe_rows(engine: Engine, config: Config, reading: Reading, day: dt.date, path: Path) -> Description:
    """Write everybody as of a day to a Parquet file: from what was kept and the rows since, or from all rows."""
    kept, tables, rows = reading.kept, reading.tables, reading.rows
    if kept is None:
        population_to_parquet(engine, tables, day, path)
        return _anew(engine, path, day)
    state = state_of(engine, config, reading)
    if not kept.closed_day <= kept.described_day <= day:
        state_to_parquet(engine, state, tables, day, path)
        return _anew(engine, path, day, kept.night + 1)
    before = Described(kept.described_day, kept.tables["base"], kept.tables.get("changes"))
    open_rows = {_OPEN[name]: table.rows for name, table in rows.items() if name != "customers"}
    frames = {
        **open_rows,
        **{name: state.tables[name] for name in ("tallies", "recent", "days") if name in state.tables},
    }
    frames["new"] = _new(kept, rows)
    if "customers" in rows and rows["customers"].changed:
        frames["customers_before"] = kept.tables["customers"]
    again = touched(engine, before, tables, frames, day)
    own = tables.with_frames(_attributes(engine, rows, again))
    found = population_of_state(engine, replace(state, only=again), own, day)
    carried_to_parquet(engine, before, tables, again, found, day, path)
    changes = engine.row_count(found) + (0 if before.changes is None else engine.row_count(before.changes))
    if changes > _MOST_CHANGES * engine.row_count(before.base):
        return _anew(engine, path, day, kept.night + 1)
    return Description(engine.scan(path), day, added={"changes": stamped(engine, found, day, kept.night + 1)})


def _anew(engine: Engine, path: Path, day: dt.date, night: int = 0) -> Description:
    """Keep everybody, in place of what was kept before."""
    everybody = engine.scan(path)
    return Description(everybody, day, whole={"base": stamped(engine, everybody, day, night)})


def state_of(engine: Engine, config: Config, reading: Reading) -> State:
    """Return the state that was kept; the empty one where everything was read."""
    kept, tables = reading.kept, reading.tables
    if kept is None:
        return empty_state(engine, tables.totals, tables.events, tables.signals)
    names = PURCHASE_TABLES if config.events is None else (*PURCHASE_TABLES, *EVENT_TABLES)
    signals = None if config.events is None else signals_of(config)
    return State(kept.closed_day, {name: kept.tables[name] for name in names}, signals)


def _attributes(engine: Engine, rows: Mapping[str, Rows], customers: DataFrame) -> dict[str, DataFrame]:
    """Return the rows that some customers have in the table of customers; nothing where there is none."""
    return theirs(engine, {"customers": rows["customers"].rows}, customers) if "customers" in rows else {}


def _new(kept: Kept, rows: Mapping[str, Rows]) -> DataFrame:
    """Return the customers of the rows that were read this night."""
    parts = [table.new.select("customer_id") for name, table in rows.items() if table.new is not None]
    every = parts[0] if parts else kept.tables["open_rows"].select("customer_id").limit(0)
    for part in parts[1:]:
        every = every.unionByName(part)
    return every
