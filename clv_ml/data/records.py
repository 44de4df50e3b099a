"""What every table of records has in common: a reason for each row that cannot be used, and a report that adds up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clv_ml.config import FilesConfig, Limits, LookupConfig
from clv_ml.data.contract import require_limits
from clv_ml.data.delivered import DUPLICATE, Delivery, deliveries, find_files, format_of
from clv_ml.data.parting import tallied
from clv_ml.data.schema import EVIDENCE, TRACES, traces
from clv_ml.data.values import CONTROL, MANGLED, PLAIN
from clv_ml.engine import AMBIGUOUS, Column, DataFrame, Engine, functions
from clv_ml.errors import ConfigError, DataError


@dataclass(frozen=True)
class TableReport:
    """What came in of one table and what became of it; ``quarantined`` counts rows by reason."""

    table: str
    rows_in: int
    rows_valid: int
    quarantined: dict[str, int]
    customers: int
    first_day: dt.date | None
    last_day: dt.date | None
    by_file: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def faults(self) -> dict[str, int]:
        """Rows that break the contract, by reason."""
        return {reason: count for reason, count in self.quarantined.items() if reason != DUPLICATE}

    @property
    def bad_share(self) -> float:
        """Share of the rows that break the contract; those of a file that came twice do not."""
        return sum(self.faults.values()) / self.rows_in if self.rows_in else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-safe values."""
        return {
            "rows_in": self.rows_in,
            "rows_valid": self.rows_valid,
            "rows_quarantined": sum(self.quarantined.values()),
            "quarantined": self.quarantined,
            "bad_share": round(self.bad_share, 6),
            "customers": self.customers,
            "first_day": self.first_day.isoformat() if self.first_day else None,
            "last_day": self.last_day.isoformat() if self.last_day else None,
            "by_file": self.by_file,
        }


@dataclass(frozen=True)
class CheckedTable:
    """Valid rows, the quarantine, and the report that accounts for every row."""

    rows: DataFrame
    quarantine: DataFrame
    report: TableReport


def read_files(engine: Engine, source: FilesConfig, root: Path, *, delivery: Delivery | None = None) -> DataFrame:
    """Read the files of a source under canonical names, every value text, with where each row came from.

    Parameters
    ----------
    delivery
        The files, where they were found already, together with those of the other sources of the table.

    Returns
    -------
    DataFrame
        The mapped columns and those of :data:`clv_ml.data.schema.TRACES`.
    """
    files = deliveries([source], root)[0] if delivery is None else delivery
    rows = engine.read_files(files.paths, files.file_format, source, names=files.names, faults=files.faults)
    return rows if source.lookup is None else _looked_up(engine, rows, source, source.lookup, root)


def _looked_up(engine: Engine, rows: DataFrame, source: FilesConfig, lookup: LookupConfig, root: Path) -> DataFrame:
    """Add what a small file knows of each row; null where its key is not there."""
    f = functions()
    if lookup.key not in rows.columns:
        raise ConfigError(f"lookup {lookup.path}: its key {lookup.key} is not among the `columns` of the rows")
    files = find_files(FilesConfig(path=lookup.path, columns=lookup.columns), root)
    if len(files) > 1:
        raise ConfigError(f"lookup {lookup.path}: must be one file, found {len(files)}")
    [path] = files
    known_by = source.model_copy(update={"columns": lookup.columns})
    listed = engine.read_files([path], format_of(path), known_by)
    broken = engine.row_count(listed.filter(f.col("source_fault").isNotNull()))
    if broken:
        raise DataError(f"{path}: {broken} rows cannot be parted into fields; a lookup must be whole")
    listed = listed.drop(*TRACES)
    key = f.trim(f.col(lookup.key).cast("string"))
    rows = rows.withColumn(lookup.key, key)
    known = listed.withColumn(lookup.key, key).filter(f.col(lookup.key) != "")  # nothing is found under no key
    repeated = known.groupBy(lookup.key).agg(f.count(f.lit(1)).cast("bigint").alias("rows")).filter(f.col("rows") > 1)
    if engine.row_count(repeated):
        again = engine.to_pandas(repeated.orderBy(lookup.key).limit(1)).iloc[0]
        raise DataError(f"{path}: {lookup.key} {again[lookup.key]!r} stands there {again['rows']} times; keep one row")
    clash = sorted(set(known.columns) & set(rows.columns) - {lookup.key})
    if clash:
        raise ConfigError(f"lookup {lookup.path}: {', '.join(clash)} is mapped in the rows as well")
    return rows.join(known, on=lookup.key, how="left")


def first_reason(rules: Sequence[tuple[Column, str | Column]]) -> Column:
    """Build the reason of a row: that of the first rule that holds, null where none does."""
    f = functions()
    (condition, reason), *others = [(when, f.lit(why) if isinstance(why, str) else why) for when, why in rules]
    chain = f.when(condition, reason)
    for condition, reason in others:
        chain = chain.when(condition, reason)
    return chain


def id_rules() -> list[tuple[Column, str]]:
    """Return what can be wrong with customer_id, as :func:`clv_ml.data.values.identity` gives it."""
    col = functions().col("customer_id")
    odd = ~col.rlike(PLAIN)  # one pattern instead of two for nearly all ids
    return [
        (col.isNull(), "missing_customer_id"),
        (odd & col.rlike(MANGLED), "mangled_customer_id"),
        (odd & col.rlike(CONTROL), "control_character"),
    ]


def moment_rules(*, brief: bool = False) -> list[tuple[Column, str]]:
    """Return what can be wrong with timestamp, beside timestamp_text; in brief, only whether something is."""
    col = functions().col
    if brief:
        return [(col("timestamp").isNull(), "unreadable_timestamp")]
    shown = col("timestamp_text")
    return [
        (shown.isNull() | (shown == ""), "missing_timestamp"),
        (col("timestamp").isNull() & shown.startswith(AMBIGUOUS), "ambiguous_timestamp"),
        (col("timestamp").isNull(), "unreadable_timestamp"),
    ]


def settle(
    engine: Engine,
    fine: DataFrame,
    aside: DataFrame,
    table: str,
    *,
    came_in: dict[str, int],
    columns: Sequence[str],
    texts: Sequence[str],
    day: str,
) -> CheckedTable:
    """Count the rows of a table that were parted.

    Parameters
    ----------
    fine
        Materialised valid rows.
    aside
        Materialised rows with ``reason``, ``source_file`` and ``source_line``.
    came_in
        Rows by file.
    columns
        Of the valid rows.
    texts
        Columns that show a row in the quarantine as it came in.
    day
        Column of `fine` whose first and last day the report tells.

    Raises
    ------
    ClvError
        If valid and quarantined rows are not all that were read: a mistake of this program.
    """
    f = functions()
    facts = engine.to_pandas(
        fine.agg(
            f.count(f.lit(1)).cast("bigint").alias("rows"),
            f.countDistinct("customer_id").cast("bigint").alias("customers"),
            f.min(day).alias("first_day"),
            f.max(day).alias("last_day"),
        )
    ).iloc[0]
    tally = tallied(engine, table, came_in, int(facts["rows"]), aside)
    report = TableReport(
        table=table,
        rows_in=tally.rows_in,
        rows_valid=tally.rows_valid,
        quarantined=tally.quarantined,
        customers=int(facts["customers"]),
        first_day=_date(facts["first_day"]),
        last_day=_date(facts["last_day"]),
        by_file=tally.by_file,
    )
    quarantine = aside.select("source_file", "source_line", "reason", *texts, *traces(aside, EVIDENCE))
    return CheckedTable(fine.select(*columns), quarantine, report)


def require_quality(report: TableReport, limits: Limits) -> None:
    """Stop a job whose table is worse than the config allows.

    Raises
    ------
    DataQualityError
        If the share of rows that break the contract is above the limit, or that of a reason above its own.
    """
    require_limits(report.table, report.rows_in, report.quarantined, report.faults, limits)


def _date(value: Any) -> dt.date | None:
    return value.date() if hasattr(value, "date") and value == value else None
