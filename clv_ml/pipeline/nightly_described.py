"""Everybody as of a night: the customers that something changed for are described again, the others carried on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from clv_ml.config import Config, SignalsConfig
from clv_ml.engine import DataFrame, Engine
from clv_ml.pipeline.nightly_rows import Rows
from clv_ml.pipeline.nightly_state import Kept
from clv_ml.pipeline.prepared import signals_of
from clv_ml.snapshot.carried import Described, carried, stamped, theirs, touched
from clv_ml.snapshot.declared_modules import load_features
from clv_ml.snapshot.population import population_of_state
from clv_ml.snapshot.state import State
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.window import day_totals

_MOST_CHANGES = 0.5  # of the rows of the base; more are read more slowly than a new base is written
_ANY_DAY = dt.date(2000, 1, 1)
_OPEN = {"transactions": "open_rows", "events": "open_events"}


@dataclass(frozen=True)
class Description:
    """Everybody as of a day, and what must be kept of it: whole tables of the state, or rows that are added to some."""

    population: DataFrame
    day: dt.date
    whole: Mapping[str, DataFrame] = field(default_factory=dict)
    added: Mapping[str, DataFrame] = field(default_factory=dict)


def describe_open(
    engine: Engine, kept: Kept, state: State, tables: Tables, rows: Mapping[str, Rows], day: dt.date
) -> Description:
    """Describe everybody as of the closed day of a state or later, from what was kept and the rows after that day."""
    if not kept.closed_day <= kept.described_day <= day:
        return described_anew(engine, population_of_state(engine, state, tables, day), day, kept.night + 1)
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
    everybody = carried(engine, before, tables, again, found, day)
    changes = engine.row_count(found) + (0 if before.changes is None else engine.row_count(before.changes))
    if changes > _MOST_CHANGES * engine.row_count(before.base):
        return described_anew(engine, everybody, day, kept.night + 1)
    return Description(everybody, day, added={"changes": stamped(engine, found, day, kept.night + 1)})


def described_anew(engine: Engine, population: DataFrame, day: dt.date, night: int = 0) -> Description:
    """Keep everybody, in place of what was kept before."""
    return Description(population, day, whole={"base": stamped(engine, population, day, night)})


def tables_of_rows(engine: Engine, config: Config, rows: Mapping[str, Rows]) -> Tables:
    """Bring the rows after the closed day into the form the snapshots see."""
    frames = {name: table.rows for name, table in rows.items()}
    inputs = {"rows": frames["transactions"]}
    key = f"state: totals of {', '.join(inputs['rows'].columns)}"
    attributes = config.customers
    return Tables(
        engine.planned(key, inputs, _ANY_DAY, lambda frames, _: day_totals(frames["rows"])),
        events=frames.get("events"),
        customers=frames.get("customers"),
        signals=SignalsConfig() if config.events is None else signals_of(config),
        categories=attributes.categories if attributes else (),
        numbers=attributes.numbers if attributes else (),
        dates=attributes.dates if attributes else (),
        own=load_features(config.features.modules),
    )


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
