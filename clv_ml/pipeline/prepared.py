"""The data of a job: read, checked, and summed to days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.config import Config, SignalsConfig
from clv_ml.data.checked import CheckedData, read_checked
from clv_ml.data.quality import QualityReport
from clv_ml.data.schema import EVENT_COLUMNS
from clv_ml.engine import DataFrame, Engine, functions, open_engine
from clv_ml.errors import ClvError, ConfigError
from clv_ml.models.training_rows import Progress
from clv_ml.pipeline.inputs import unchanged_inputs
from clv_ml.pipeline.plausibility import require_plausible_totals
from clv_ml.pipeline.spill import own_spill_folder
from clv_ml.publishing import publish
from clv_ml.snapshot.declared_modules import load_features
from clv_ml.snapshot.population import population_to_parquet
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.visits import come_in_crowds
from clv_ml.snapshot.window import as_date, day_totals
from clv_ml.stages import tell

PRINTED = {"transactions": ("customer_id", "day", "net", "orders", "is_purchase"), "events": EVENT_COLUMNS}
"""The columns of day totals and events that the fingerprint of the data is made of."""


def silent(message: str) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class Prepared:
    """Checked data in an open engine."""

    engine: Engine
    tables: Tables
    checked: CheckedData
    spill: Path
    """A folder for what does not fit into memory, emptied when the data are closed."""

    def describe(self, day: dt.date, path: Path) -> None:
        """Write the features of everybody known at a day to a Parquet file, by customer_id."""
        population_to_parquet(self.engine, self.tables, day, path)

    def fingerprint(self, day: dt.date) -> str:
        """Digest what is known at a day, whatever the order of the rows."""
        return ".".join([*fingerprints(self.engine, self.tables, day).values(), *self.print_of_customers()])

    def print_of_customers(self) -> list[str]:
        """Digest the table of customers, where there is one."""
        customers = self.tables.customers
        return [] if customers is None else [self.engine.fingerprint(customers, customers.columns)]

    def rows_by_day(self) -> dict[str, pd.Series[int]]:
        """Count the valid rows of transactions and events by day (:func:`rows_by_day`)."""
        tables = {"transactions": self.checked.transactions.transactions}
        if "events" in self.checked.others:
            tables["events"] = self.checked.others["events"].rows
        return {name: rows_by_day(self.engine, rows) for name, rows in tables.items()}

    @property
    def totals(self) -> DataFrame:
        """Day totals."""
        return self.tables.totals

    @property
    def report(self) -> QualityReport:
        """What became of the transactions."""
        return self.checked.transactions.report

    @property
    def first_day(self) -> dt.date:
        """First day of the transactions."""
        return known(self.report.first_day)

    @property
    def last_day(self) -> dt.date:
        """Last day of the transactions: purchases are known no further."""
        return known(self.report.last_day)


@contextmanager
def prepare(config: Config, *, progress: Progress) -> Iterator[Prepared]:
    """Read and check the tables of a config.

    Raises
    ------
    DataQualityError
        If more rows of a table are bad than the config allows, or the data end in days that stand alone.
    InputChangedError
        If a file changed while it was read.
    """
    with own_spill_folder(config) as limits, open_engine(limits, plans=plans_of(config)) as engine:
        with unchanged_inputs(config):
            checked = read_checked(engine, config, progress=progress)
        tell(progress, rows=row_counts(checked.transactions.report.to_dict()))
        checked.enforce(config)
        progress("summing transactions to days")
        tell(progress, stage_rows=checked.transactions.report.rows_valid)
        tables = tables_of(engine, checked, config)
        require_plausible_totals(engine, tables.totals, checked.transactions.report.amount, config.gates)
        assert limits.temp_directory is not None
        yield Prepared(engine, tables, checked, limits.temp_directory)


def plans_of(config: Config) -> Path:
    """Return the file that keeps the plans of queries from one job to the next; without it they are planned anew."""
    return config.output.dir / ".plans.json"


def tables_of(engine: Engine, checked: CheckedData, config: Config) -> Tables:
    """Bring checked data into the form the snapshots see."""
    totals = engine.materialise(day_totals(checked.transactions.transactions))
    events, customers = checked.others.get("events"), checked.others.get("customers")
    attributes = config.customers
    return Tables(
        totals=totals,
        events=None if events is None else events.rows,
        customers=None if customers is None else customers.rows,
        signals=SignalsConfig() if config.events is None else signals_of(config),
        categories=attributes.categories if attributes else (),
        numbers=attributes.numbers if attributes else (),
        dates=attributes.dates if attributes else (),
        own=load_features(config.features.modules),
        gathered=events is None or come_in_crowds(engine, events.rows),
    )


def signals_of(config: Config) -> SignalsConfig:
    """Return what the events of a config mean, without where they come from."""
    assert config.events is not None
    return SignalsConfig(**{name: getattr(config.events, name) for name in SignalsConfig.model_fields})


def validate(config: Config, *, progress: Progress = silent) -> tuple[CheckedData, Path]:
    """Check the data contract only; write the quarantine, and return what became of every row and where it is.

    Raises
    ------
    DataError
        If the data cannot be used at all.
    """
    folder = config.output.dir / "validate"
    with own_spill_folder(config) as limits, open_engine(limits, plans=plans_of(config)) as engine:
        with unchanged_inputs(config):
            checked = read_checked(engine, config, progress=progress)
        tell(progress, rows=row_counts(checked.transactions.report.to_dict()))
        publish(folder, lambda aside: checked.write_quarantine(engine, aside))
    return checked, folder / "quarantine.parquet"


def row_counts(told: Mapping[str, Any]) -> dict[str, int]:
    """Return how many rows of a table came in, are valid and were set aside, from its report."""
    return {"in": told["rows_in"], "valid": told["rows_valid"], "quarantined": told["rows_quarantined"]}


def fingerprints(engine: Engine, tables: Tables, day: dt.date) -> dict[str, str]:
    """Digest the transactions and the events up to a day, whatever the order of the rows."""
    f = functions()
    frames = {"transactions": tables.totals, "events": tables.events}
    return {
        name: engine.fingerprint(frame.filter(f.col("day") <= as_date(day)), PRINTED[name])
        for name, frame in frames.items()
        if frame is not None
    }


def rows_by_day(engine: Engine, rows: DataFrame) -> pd.Series[int]:
    """Count rows by day; indexed by day, ascending, days without rows left out."""
    f = functions()
    counts = engine.to_pandas(rows.groupBy("day").agg(f.count(f.lit(1)).cast("bigint").alias("rows")).orderBy("day"))
    return pd.Series(counts["rows"].to_numpy(), index=pd.DatetimeIndex(counts["day"]), name="rows")


def require_history(prepared: Prepared, day: dt.date) -> None:
    """Refuse a day before the data begin."""
    if day < prepared.first_day:
        raise ConfigError(f"{day} is before the first day of the data ({prepared.first_day})")


def known(day: dt.date | None) -> dt.date:
    """Return a day of the data, which valid data always have."""
    if day is None:
        raise ClvError("the data hold no valid row")
    return day
