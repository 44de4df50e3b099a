"""A night: everybody described as of the last day, by reading what is new only.

What is kept of earlier nights is exact (:mod:`clv_ml.snapshot.state`), so the table is that of reading everything, in
every bit. Where it cannot be, everything is read, and the note says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from clv_ml.config import Config
from clv_ml.data.additions import NotAddable
from clv_ml.data.contract import require_known_reasons
from clv_ml.data.quality import QualityReport, enforce_limit
from clv_ml.data.records import TableReport, require_quality
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.errors import DataError
from clv_ml.models.training_rows import Progress
from clv_ml.pipeline.inputs import unchanged_inputs
from clv_ml.pipeline.nightly_described import Description, describe_open, described_anew, tables_of_rows
from clv_ml.pipeline.nightly_files import Seen, cannot_add, look, why_not_added
from clv_ml.pipeline.nightly_rows import Rows, customers_of_night, events_of_night, transactions_of_night
from clv_ml.pipeline.nightly_state import Kept, load_state, save_state
from clv_ml.pipeline.prepared import known, signals_of, silent
from clv_ml.snapshot.population import population
from clv_ml.snapshot.state import EVENT_TABLES, PURCHASE_TABLES, State, close, empty_state
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.window import as_date


@dataclass(frozen=True)
class Night:
    """Everybody as of a day.

    Attributes
    ----------
    population
        As :func:`clv_ml.snapshot.population.population` gives it.
    report, others
        What became of every row, of earlier nights too: of the transactions, and of the other tables by name.
    rows_read
        Rows of transactions and events that were read this night.
    note
        Why everything was read; empty where only what is new was.
    """

    population: DataFrame
    as_of: dt.date
    closed_day: dt.date
    report: QualityReport
    others: Mapping[str, TableReport]
    rows_read: int
    note: str


def describe_night(
    engine: Engine, config: Config, *, as_of: dt.date | None = None, progress: Progress = silent
) -> Night:
    """Describe everybody, reading only the files that are new since the state was kept; keep the state of this night.

    Parameters
    ----------
    as_of
        Last day of history; the last day of the transactions where None.

    Raises
    ------
    DataError
        If the data cannot be used.
    DataQualityError
        If more rows of a table, earlier ones included, are bad than the config allows.
    InputChangedError
        If a file changed while it was read.
    ClvError
        If the state cannot be written.
    """
    require_known_reasons(config)
    with unchanged_inputs(config):
        sections = {"transactions": config.transactions, "events": config.events, "customers": config.customers}
        seen = {name: look(section) for name, section in sections.items() if section is not None}
        kept, note = _usable(engine, config, seen, as_of)
        progress(f"reading everything: {note}" if kept is None else "reading what is new")
        try:
            rows = _read(engine, config, kept, seen)
        except (NotAddable, DataError) as error:
            if kept is None:
                raise
            kept, note = None, str(error)
            progress(f"reading everything: {note}")
            rows = _read(engine, config, None, seen)
    enforce_limit(rows["transactions"].report, config.transactions)
    for name, section in (("events", config.events), ("customers", config.customers)):
        if section is not None:
            require_quality(rows[name].report, section)
    last_day = known(rows["transactions"].report.last_day)
    day = as_of or last_day
    tables = tables_of_rows(engine, config, rows)
    if kept is None:
        state = empty_state(engine, tables.totals, tables.events, tables.signals)
        described = described_anew(engine, population(engine, tables, day), day)
    else:
        state = _state(config, kept)
        described = describe_open(engine, kept, state, tables, rows, day)
    closed_day = _keep(engine, config, kept, state, tables, rows, described, seen, last_day)
    read = sum(table.read for name, table in rows.items() if name != "customers")
    others: dict[str, TableReport] = {name: table.report for name, table in rows.items() if name != "transactions"}
    return Night(described.population, day, closed_day, rows["transactions"].report, others, read, note)


def _usable(engine: Engine, config: Config, seen: Mapping[str, Seen], as_of: dt.date | None) -> tuple[Kept | None, str]:
    """Return what was kept, or why it is of no use this night."""
    if note := cannot_add(config):
        return None, note
    kept = load_state(engine, config)
    if isinstance(kept, str):
        return None, kept
    if as_of is not None and as_of < kept.closed_day:
        return None, f"the days up to {kept.closed_day} are closed, and {as_of} is before"
    for name in ("transactions", "events"):
        if name in seen and (note := why_not_added(kept.files[name], seen[name])):
            return None, note
    return kept, ""


def _read(engine: Engine, config: Config, kept: Kept | None, seen: Mapping[str, Seen]) -> dict[str, Rows]:
    readers = {"transactions": transactions_of_night, "events": events_of_night, "customers": customers_of_night}
    return {name: read(engine, config, kept, seen[name]) for name, read in readers.items() if name in seen}


def _state(config: Config, kept: Kept) -> State:
    names = PURCHASE_TABLES if config.events is None else (*PURCHASE_TABLES, *EVENT_TABLES)
    signals = None if config.events is None else signals_of(config)
    return State(kept.closed_day, {name: kept.tables[name] for name in names}, signals)


def _keep(
    engine: Engine,
    config: Config,
    kept: Kept | None,
    state: State,
    tables: Tables,
    rows: Mapping[str, Rows],
    described: Description,
    seen: Mapping[str, Seen],
    last_day: dt.date,
) -> dt.date:
    """Close days if enough are open, and write what is not kept yet; return the closed day."""
    limits = config.incremental
    until = last_day - dt.timedelta(days=limits.keep_open_days)
    changed, added = dict(described.whole), dict(described.added)
    closing = kept is None or (until - state.closed_day).days >= limits.close_every_days
    if not closing and not any(table.changed for table in rows.values()):
        return state.closed_day
    if closing:
        state = close(engine, state, tables.totals, tables.events, tables.customers, until)
        changed |= state.tables
    for name, stored in (("transactions", "open_rows"), ("events", "open_events")):
        if name in rows and closing:
            changed[stored] = rows[name].rows.filter(functions().col("day") > as_date(state.closed_day))
        elif name in rows and rows[name].new is not None:
            added[stored] = rows[name].new
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
        seen=seen,
        report=bought.report,
        others={name: table.report for name, table in rows.items() if name != "transactions"},
    )
    return state.closed_day
