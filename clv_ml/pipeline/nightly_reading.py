"""What a night reads: the files that are new since a state was kept, or everything, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clv_ml.config import Config, SignalsConfig
from clv_ml.data.additions import NotAddable
from clv_ml.data.contract import require_known_reasons
from clv_ml.data.quality import QualityReport, enforce_limit
from clv_ml.data.records import TableReport, require_quality
from clv_ml.engine import Engine
from clv_ml.errors import DataError
from clv_ml.models.training_rows import Progress
from clv_ml.pipeline.inputs import unchanged_inputs
from clv_ml.pipeline.nightly_files import Seen, cannot_add, look, why_not_added
from clv_ml.pipeline.nightly_rows import Rows, customers_of_night, events_of_night, transactions_of_night
from clv_ml.pipeline.nightly_state import Kept, load_state
from clv_ml.pipeline.prepared import known, signals_of
from clv_ml.snapshot.declared_modules import load_features
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.window import day_totals

_ANY_DAY = dt.date(2000, 1, 1)


@dataclass(frozen=True)
class Reading:
    """The rows of a night, beside what was kept of earlier ones.

    Attributes
    ----------
    kept
        None where everything was read; `note` then says why.
    rows
        By table: those after the closed day of what was kept.
    tables
        The same as the snapshots see them.
    seen
        The files there are, by table.
    """

    kept: Kept | None
    rows: Mapping[str, Rows]
    tables: Tables
    seen: Mapping[str, Seen]
    note: str

    @property
    def report(self) -> QualityReport:
        """What became of every transaction, of earlier nights too."""
        found: QualityReport = self.rows["transactions"].report
        return found

    @property
    def others(self) -> dict[str, TableReport]:
        """The same of the other tables."""
        return {name: table.report for name, table in self.rows.items() if name != "transactions"}

    @property
    def last_day(self) -> dt.date:
        """Last day of the transactions."""
        return known(self.report.last_day)

    @property
    def rows_read(self) -> int:
        """Rows of transactions and events that were read this night."""
        return sum(table.read for name, table in self.rows.items() if name != "customers")


def read_night(engine: Engine, config: Config, own: Path, *, as_of: dt.date | None, progress: Progress) -> Reading:
    """Read and check what is new, or everything where what was kept is of no use.

    Parameters
    ----------
    own
        A folder of this process that stays as long as the frames are used.
    as_of
        The day to be described; the last day of the transactions where None.

    Raises
    ------
    DataError
        If the data cannot be used.
    DataQualityError
        If more rows of a table, earlier ones included, are bad than the config allows.
    InputChangedError
        If a file changed while it was read.
    """
    require_known_reasons(config)
    with unchanged_inputs(config):
        sections = {"transactions": config.transactions, "events": config.events, "customers": config.customers}
        seen = {name: look(section) for name, section in sections.items() if section is not None}
        kept, note = _usable(engine, config, seen, own, as_of)
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
    return Reading(kept, rows, _tables_of(engine, config, rows), seen, note)


def _usable(
    engine: Engine, config: Config, seen: Mapping[str, Seen], own: Path, as_of: dt.date | None
) -> tuple[Kept | None, str]:
    """Return what was kept, or why it is of no use this night."""
    if note := cannot_add(config):
        return None, note
    kept = load_state(engine, config, own)
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
    with engine.reading():
        return {name: read(engine, config, kept, seen[name]) for name, read in readers.items() if name in seen}


def _tables_of(engine: Engine, config: Config, rows: Mapping[str, Rows]) -> Tables:
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
