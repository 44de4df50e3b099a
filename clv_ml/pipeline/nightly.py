"""A night: everybody described as of the last day, by reading what is new only.

What is kept of earlier nights is exact (:mod:`clv_ml.snapshot.state`), so the table is that of reading everything, in
every bit. Where it cannot be, everything is read, and the note says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clv_ml.config import Config
from clv_ml.data.quality import QualityReport
from clv_ml.data.records import TableReport
from clv_ml.engine import Engine
from clv_ml.models.training_rows import Progress
from clv_ml.pipeline.nightly_described import describe_rows
from clv_ml.pipeline.nightly_keeping import keep
from clv_ml.pipeline.nightly_reading import read_night
from clv_ml.pipeline.prepared import silent
from clv_ml.pipeline.spill import own_spill_folder


@dataclass(frozen=True)
class Night:
    """What accounts for a description of everybody.

    Attributes
    ----------
    report, others
        What became of every row, of earlier nights too: of the transactions, and of the other tables by name.
    rows_read
        Rows of transactions and events that were read this night.
    note
        Why everything was read; empty where only what is new was.
    """

    as_of: dt.date
    closed_day: dt.date
    report: QualityReport
    others: Mapping[str, TableReport]
    rows_read: int
    note: str


def describe_night(
    engine: Engine, config: Config, path: Path, *, as_of: dt.date | None = None, progress: Progress = silent
) -> Night:
    """Describe everybody, reading only the files that are new since the state was kept; keep the state of this night.

    Parameters
    ----------
    path
        The Parquet file that is written: what :func:`clv_ml.snapshot.population.population` gives, by customer_id.
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
    with own_spill_folder(config) as limits:
        assert limits.temp_directory is not None
        reading = read_night(engine, config, limits.temp_directory, as_of=as_of, progress=progress)
        day = as_of or reading.last_day
        described = describe_rows(engine, config, reading, day, path)
        closed_day = keep(engine, config, reading, described)
    return Night(day, closed_day, reading.report, reading.others, reading.rows_read, reading.note)
