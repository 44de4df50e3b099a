"""All tables of a job, read and checked, and what became of every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from clv_ml.config import Config, FilesConfig, SourceConfig
from clv_ml.data.contract import require_known_reasons
from clv_ml.data.customers import check_customers, read_customers
from clv_ml.data.delivered import find_files, names_of
from clv_ml.data.events import check_events, read_events
from clv_ml.data.quality import CheckedTransactions, QualityReport, check_transactions, enforce_limit
from clv_ml.data.records import CheckedTable, TableReport, require_quality
from clv_ml.data.sources import read_raw
from clv_ml.engine import DataFrame, Engine
from clv_ml.stages import tell

Report = TypeVar("Report", QualityReport, TableReport)


@dataclass(frozen=True)
class CheckedData:
    """Transactions, and events and customers by table name where the config has them."""

    transactions: CheckedTransactions
    others: Mapping[str, CheckedTable] = field(default_factory=dict)

    def quality(self) -> dict[str, Any]:
        """Return what became of every row, JSON-safe: transactions at the top, the other tables below."""
        told = self.transactions.report.to_dict()
        others = {name: table.report.to_dict() for name, table in self.others.items()}
        return told | {"other_tables": others} if others else told

    def enforce(self, config: Config) -> None:
        """Stop a job with more bad rows in a table than the config allows.

        Raises
        ------
        DataQualityError
            The message names the table, the share, and the reasons.
        """
        enforce_limit(self.transactions.report, config.transactions)
        for name, section in (("events", config.events), ("customers", config.customers)):
            if section is not None:
                require_quality(self.others[name].report, section)

    def write_quarantine(self, engine: Engine, folder: Path) -> None:
        """Write the rows that were set aside, as they came in: quarantine.parquet, and a file for each other table."""
        tables = {"quarantine": self.transactions.quarantine}
        tables |= {f"quarantine_{name}": table.quarantine for name, table in self.others.items()}
        for name, rows in tables.items():
            ordered = self.as_it_came(engine, rows).orderBy("source_file", "source_line", "original")
            engine.write_parquet(ordered, folder / f"{name}.parquet")

    def as_it_came(self, engine: Engine, quarantine: DataFrame) -> DataFrame:
        """Show rows of a quarantine as they came in."""
        return engine.with_originals(quarantine)


def read_checked(engine: Engine, config: Config, *, progress: Callable[[str], None]) -> CheckedData:
    """Read and check the tables of a config.

    Raises
    ------
    ConfigError
        If a path matches no file, or a rule names an unknown column.
    DataError
        If a file cannot be read, or no transaction is valid.
    """
    require_known_reasons(config)
    with engine.reading():
        progress("reading transactions")
        raw = read_raw(engine, config.transactions)
        transactions = check_transactions(engine, raw, config.transactions, currency=config.currency)
        found = files_of(config.transactions.sources, config.transactions.root)
        transactions = replace(transactions, report=with_files(transactions.report, found))
        tell(progress, stage_rows=transactions.report.rows_in)
        others = {}
        if config.events is not None:
            progress("reading and checking events")
            checked = check_events(engine, read_events(engine, config.events), config.events.rules)
            found = files_of(config.events.sources, config.events.root)
            others["events"] = replace(checked, report=with_files(checked.report, found))
            tell(progress, stage_rows=checked.report.rows_in)
        if config.customers is not None:
            progress("reading and checking customers")
            checked = check_customers(engine, read_customers(engine, config.customers), config.customers)
            found = files_of(config.customers.sources, config.customers.root)
            others["customers"] = replace(checked, report=with_files(checked.report, found))
            tell(progress, stage_rows=checked.report.rows_in)
    return CheckedData(transactions, others)


def files_of(sources: Sequence[FilesConfig | SourceConfig], root: Path) -> list[str]:
    """Return what the files of a table are called in reports."""
    paths = [path for source in sources if source.path is not None for path in find_files(source, root)]
    return list(names_of(paths).values())


def with_files(report: Report, names: Sequence[str]) -> Report:
    """Tell of files without a row, such as that of an empty day, that they held none."""
    return replace(report, by_file={name: {"valid": 0} for name in names} | report.by_file)
