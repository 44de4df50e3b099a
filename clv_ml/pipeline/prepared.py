"""The data of a job: read, checked, and summed to days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clv_ml.config import Config
from clv_ml.data.quality import QualityReport, check_transactions, enforce_limit
from clv_ml.data.sources import read_raw
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.errors import ClvError, ConfigError
from clv_ml.models.fitting import Progress
from clv_ml.publishing import publish
from clv_ml.snapshot.window import as_date, day_totals


def silent(message: str) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class Prepared:
    """Checked data in an open engine."""

    engine: Engine
    totals: DataFrame
    transactions: DataFrame
    quarantine: DataFrame
    report: QualityReport

    @property
    def first_day(self) -> dt.date:
        """First day of the data."""
        return known(self.report.first_day)

    @property
    def last_day(self) -> dt.date:
        """Last day of the data."""
        return known(self.report.last_day)


@contextmanager
def prepare(config: Config, *, progress: Progress) -> Iterator[Prepared]:
    """Read and check the transactions of a config.

    Raises
    ------
    DataQualityError
        If more rows are bad than the config allows.
    """
    progress("reading transactions")
    with Engine(config.engine) as engine:
        raw = read_raw(engine, config.transactions)
        progress("checking rows")
        checked = check_transactions(engine, raw, config.transactions)
        enforce_limit(checked.report, config.transactions.max_bad_share)
        totals = engine.materialise(day_totals(checked.transactions))
        yield Prepared(engine, totals, checked.transactions, checked.quarantine, checked.report)


def validate(config: Config, *, progress: Progress = silent) -> tuple[QualityReport, Path]:
    """Check the data contract only; write the quarantine and return the report.

    Raises
    ------
    DataError
        If the data cannot be used at all.
    """
    folder = config.output.dir / "validate"
    progress("reading transactions")
    with Engine(config.engine) as engine:
        raw = read_raw(engine, config.transactions)
        progress("checking rows")
        checked = check_transactions(engine, raw, config.transactions)
        publish(folder, lambda aside: engine.write_parquet(checked.quarantine, aside / "quarantine.parquet"))
    return checked.report, folder / "quarantine.parquet"


def fingerprint(prepared: Prepared, day: dt.date) -> str:
    """Digest the day totals known at a day, whatever the order of the rows."""
    known = prepared.totals.filter(functions().col("day") <= as_date(day))
    return prepared.engine.fingerprint(known, ["customer_id", "day", "net", "orders", "is_purchase"])


def require_history(prepared: Prepared, day: dt.date) -> None:
    """Refuse a day before the data begin."""
    if day < prepared.first_day:
        raise ConfigError(f"{day} is before the first day of the data ({prepared.first_day})")


def known(day: dt.date | None) -> dt.date:
    """Return a day of the data, which valid data always have."""
    if day is None:
        raise ClvError("the data hold no valid row")
    return day
