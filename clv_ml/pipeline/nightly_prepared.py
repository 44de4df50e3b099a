"""The data of a score that reads only what is new: as :func:`clv_ml.pipeline.prepared.prepare` gives them.

The history is there where something must look at it, as the orders of a customer who is shown, but describing
everybody, counting rows and telling one state of the data from another look at what was kept of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from clv_ml.config import Config
from clv_ml.data.checked import CheckedData
from clv_ml.data.quality import CheckedTransactions
from clv_ml.data.records import CheckedTable
from clv_ml.engine import DataFrame, Engine, open_engine
from clv_ml.engine.fingerprints import united
from clv_ml.errors import ClvError
from clv_ml.models.training_rows import Progress
from clv_ml.pipeline.nightly_described import Description, describe_rows
from clv_ml.pipeline.nightly_files import cannot_add
from clv_ml.pipeline.nightly_keeping import ASIDE, keep, known_closed
from clv_ml.pipeline.nightly_reading import Reading, read_night
from clv_ml.pipeline.plausibility import require_plausible_totals
from clv_ml.pipeline.prepared import Prepared, fingerprints, plans_of, prepare, row_counts, rows_by_day
from clv_ml.pipeline.spill import own_spill_folder
from clv_ml.snapshot.tables import Tables
from clv_ml.stages import tell


@dataclass(frozen=True)
class PreparedNight(Prepared):
    """Checked data of a night in an open engine: the tables are those of all nights.

    Attributes
    ----------
    checked
        Reports and quarantine are those of all nights, the rows those of open days.
    described
        What was described so far, to be kept.
    """

    config: Config
    reading: Reading
    described: list[Description] = field(default_factory=list)

    def describe(self, day: dt.date, path: Path) -> None:
        """Write the features of everybody known at a day to a Parquet file, by customer_id."""
        self.described.append(describe_rows(self.engine, self.config, self.reading, day, path))

    def fingerprint(self, day: dt.date) -> str:
        """Digest what is known at a day, which is not before the closed one: the text is that of reading everything."""
        later = fingerprints(self.engine, self.reading.tables, day)
        prints = [united(closed.fingerprint, later[name]) for name, closed in known_closed(self.reading).items()]
        return ".".join([*prints, *self.print_of_customers()])

    def rows_by_day(self) -> dict[str, pd.Series[int]]:
        """Count the valid rows of transactions and events by day, those of closed days included."""
        found = {}
        for name, closed in known_closed(self.reading).items():
            counts = pd.Series(closed.by_day, dtype="int64")
            counts.index = pd.DatetimeIndex(counts.index)
            found[name] = pd.concat([counts, rows_by_day(self.engine, self.reading.rows[name].rows)]).sort_index()
        return found


class KeptChecks(CheckedData):
    """What became of every row, of earlier nights too; what was set aside is kept as it came in."""

    def as_it_came(self, engine: Engine, quarantine: DataFrame) -> DataFrame:
        """Return the rows: they were shown when they were read."""
        return quarantine


def data_of(config: Config, *, as_of: dt.date | None, progress: Progress) -> AbstractContextManager[Prepared]:
    """Prepare the data of a score: by what was kept where the config says so, and it can be."""
    if not config.incremental.enabled:
        return prepare(config, progress=progress)
    note = cannot_add(config)
    if config.churn.label == "own_gap":
        note = "`churn.label: own_gap` looks at all rows"
    if note:
        progress(f"reading everything: {note}")
        return prepare(config, progress=progress)
    return prepare_night(config, as_of=as_of, progress=progress)


@contextmanager
def prepare_night(config: Config, *, as_of: dt.date | None, progress: Progress) -> Iterator[PreparedNight]:
    """Read and check what is new, and at the end keep what was described of it.

    That something cannot be kept costs the next night time and nothing else: it is only told.

    Raises
    ------
    DataQualityError
        If more rows of a table are bad than the config allows, or the data end in days that stand alone.
    InputChangedError
        If a file changed while it was read.
    """
    with own_spill_folder(config) as limits, open_engine(limits, plans=plans_of(config)) as engine:
        assert limits.temp_directory is not None
        reading = read_night(engine, config, limits.temp_directory, as_of=as_of, progress=progress)
        tell(progress, rows=row_counts(reading.report.to_dict()), stage_rows=reading.rows_read)
        tables = _all_days(reading)
        require_plausible_totals(engine, tables.totals, reading.report.amount, config.gates)
        checked = _checks(reading)
        night = PreparedNight(engine, tables, checked, limits.temp_directory, config=config, reading=reading)
        yield night
        if night.described:
            try:
                progress("keeping what was described")
                keep(engine, config, reading, night.described[-1])
            except ClvError as error:
                progress(f"the next night reads everything: {error}")


def _all_days(reading: Reading) -> Tables:
    """Return the tables of closed and open days."""
    kept, tables = reading.kept, reading.tables
    if kept is None:
        return tables
    totals = kept.tables["totals"].unionByName(tables.totals)
    events = None if tables.events is None else kept.tables["events"].unionByName(tables.events)
    return replace(tables, totals=totals, events=events)


def _checks(reading: Reading) -> KeptChecks:
    rows, aside = reading.rows, {name: _aside(reading, name) for name in reading.rows}
    others = {name: CheckedTable(rows[name].rows, aside[name], report) for name, report in reading.others.items()}
    return KeptChecks(CheckedTransactions(rows["transactions"].rows, aside["transactions"], reading.report), others)


def _aside(reading: Reading, name: str) -> DataFrame:
    """Return the rows of a table that were set aside in any night."""
    new, stored = reading.rows[name].aside, ASIDE[name]
    if reading.kept is None or (name == "customers" and new is not None):
        assert new is not None
        return new
    before = reading.kept.tables[stored]
    return before if new is None else before.unionByName(new)
