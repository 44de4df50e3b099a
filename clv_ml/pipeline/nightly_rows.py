"""The rows of a night: those of open days that were kept, and those of the files that are new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from clv_ml.config import Config
from clv_ml.data.additions import Earlier, NotAddable, added, added_reports, check_additions, nothing_earlier
from clv_ml.data.checked import Report, with_files
from clv_ml.data.customers import check_customers, read_customers
from clv_ml.data.events import check_events, read_events
from clv_ml.data.records import TableReport
from clv_ml.data.schema import AMOUNT_FACTORS, REQUIRED
from clv_ml.data.sources import read_raw
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.pipeline.nightly_files import Seen, in_order, of_new_files
from clv_ml.pipeline.nightly_state import Kept
from clv_ml.snapshot.window import as_date

_NO_FILES: Mapping[str, Any] = {"names": {}, "facts": {}, "faults": {}}
_ROW = ("customer_id", "timestamp", "day", "amount", "order_id")


@dataclass(frozen=True)
class Rows:
    """Valid rows of one table after the closed day, and what became of all that ever came.

    Attributes
    ----------
    read
        Rows that were read this night.
    changed
        Whether there is anything that the state does not hold.
    new
        Those of `rows` that were read this night; None where the state holds none of them, or all.
    aside
        Rows that were read this night and set aside, as they came in, with their reason; None where there are none of a
        later night.
    hashes, orphans
        What transactions add to :class:`clv_ml.data.additions.Earlier`.
    """

    rows: DataFrame
    report: Any
    read: int
    changed: bool
    new: DataFrame | None = None
    aside: DataFrame | None = None
    hashes: DataFrame | None = None
    orphans: DataFrame | None = None


def transactions_of_night(engine: Engine, config: Config, kept: Kept | None, seen: Seen) -> Rows:
    """Read and check transactions: those of the new files where something was kept, else all.

    Raises
    ------
    NotAddable
        If a row is of a closed day, or changes what became of earlier rows.
    """
    before = _NO_FILES if kept is None else kept.files["transactions"]
    section = config.transactions if kept is None else of_new_files(config.transactions, before, seen)
    if section is None:
        assert kept is not None
        return Rows(kept.tables["open_rows"], _named(kept.report, seen), 0, changed=False)
    raw = engine.materialise(_aligned(read_raw(engine, section), config))
    if kept is not None and not engine.row_count(raw):  # the files of an empty day
        return Rows(kept.tables["open_rows"], _named(kept.report, seen), 0, changed=True)
    earlier = nothing_earlier(raw) if kept is None else _earlier(kept, raw)
    found = check_additions(
        engine, raw, section, earlier, currency=config.currency, in_order=kept is None or in_order(before, seen)
    )
    rows = found.rows
    rows = engine.materialise(rows.select(*[name for name in _ROW if name in rows.columns]))
    report, orphans = found.report, found.orphans
    read, new = report.rows_in, None
    if kept is not None:
        _require_open(report.first_day, kept.closed_day, "transactions")
        new, rows = rows, kept.tables["open_rows"].unionByName(rows)
        orphans = kept.tables["orphans"].unionByName(orphans)
        report = added_reports(kept.report, report, _customers_of(engine, kept.tables["tallies"], rows))
    aside = _aside(engine, found.quarantine, first=kept is None)
    return Rows(rows, _named(report, seen), read, True, new, aside, found.hashes, engine.materialise(orphans))


def events_of_night(engine: Engine, config: Config, kept: Kept | None, seen: Seen) -> Rows:
    """Read and check events: those of the new files where something was kept, else all.

    Raises
    ------
    NotAddable
        If an event is of a closed day.
    """
    assert config.events is not None
    before = _NO_FILES if kept is None else kept.files["events"]
    section = config.events if kept is None else of_new_files(config.events, before, seen)
    if section is None:
        assert kept is not None
        return Rows(kept.tables["open_events"], _named(kept.others["events"], seen), 0, changed=False)
    checked = check_events(engine, read_events(engine, section), section.rules)
    report, rows = checked.report, engine.materialise(checked.rows)
    read, new = report.rows_in, None
    if kept is not None:
        _require_open(report.first_day, kept.closed_day, "events")
        new, rows = rows, kept.tables["open_events"].unionByName(rows)
        report = _added(kept.others["events"], report, _customers_of(engine, kept.tables["event_tallies"], rows))
    return Rows(rows, _named(report, seen), read, True, new, _aside(engine, checked.quarantine, first=kept is None))


def customers_of_night(engine: Engine, config: Config, kept: Kept | None, seen: Seen) -> Rows:
    """Read the table of customers if its files are not those that were kept: it is no history.

    Raises
    ------
    NotAddable
        If a signup up to the closed day is not what it was, of a customer with closed events.
    """
    assert config.customers is not None
    if kept is not None and kept.files["customers"] == seen.to_dict():
        return Rows(kept.tables["customers"], kept.others["customers"], 0, changed=False)
    checked = check_customers(engine, read_customers(engine, config.customers), config.customers)
    rows = engine.materialise(checked.rows)
    if kept is not None and "event_tallies" in kept.tables:
        _require_same_starts(engine, kept, rows)
    aside = _aside(engine, checked.quarantine, first=True)
    return Rows(rows, _named(checked.report, seen), checked.report.rows_in, True, aside=aside)


def _aside(engine: Engine, quarantine: DataFrame, *, first: bool) -> DataFrame | None:
    return engine.with_originals(quarantine) if first or engine.row_count(quarantine) else None


def _aligned(raw: DataFrame, config: Config) -> DataFrame:
    """Add the columns that other sources have: what is checked does not depend on which files are new."""
    f = functions()
    mapped = {name for source in config.transactions.sources for name in source.columns}
    absent = sorted(mapped - {*raw.columns, *REQUIRED, *AMOUNT_FACTORS})
    return raw.select("*", *[f.lit(None).cast("string").alias(name) for name in absent])


def _earlier(kept: Kept, raw: DataFrame) -> Earlier:
    known = kept.tables
    hashes = known["hashes"] if "hashes" in known else nothing_earlier(raw).hashes
    return Earlier(
        hashes, known["tallies"].select("customer_id", "first_sale_day"), known["open_rows"], known["orphans"]
    )


def _require_open(first_day: dt.date | None, closed_day: dt.date, table: str) -> None:
    if first_day is not None and first_day <= closed_day:
        raise NotAddable(f"{table}: a new row is of {first_day}, and the days up to {closed_day} are closed")


def _require_same_starts(engine: Engine, kept: Kept, rows: DataFrame) -> None:
    f = functions()
    closed = f.col("signup_at").cast("date") <= as_date(kept.closed_day)
    before, now = (
        table.filter(closed).select("customer_id", "signup_at") for table in (kept.tables["customers"], rows)
    )
    moved = before.unionByName(now).groupBy("customer_id", "signup_at").agg(f.count(f.lit(1)).alias("tables"))
    moved = moved.filter(f.col("tables") == 1).select("customer_id")
    moved = moved.join(kept.tables["event_tallies"].select("customer_id"), on="customer_id", how="left_semi")
    if engine.row_count(moved):
        raise NotAddable("customers: signups of customers with closed events are not what they were")


def _customers_of(engine: Engine, tallies: DataFrame, rows: DataFrame) -> int:
    """Count customers with a valid row: each is in the tallies, or has rows of open days only."""
    inputs = {"tallies": tallies.select("customer_id"), "rows": rows.select("customer_id")}
    found = engine.planned(
        "nights: customers with a row", inputs, dt.date(2000, 1, 1), lambda given, _: _counted(given)
    )
    counts: dict[Any, Any] = engine.to_pandas(found).to_dict("records")[0]
    return engine.row_count(inputs["tallies"]) + int(counts["open"]) - int(counts["both"])


def _counted(frames: Mapping[str, DataFrame]) -> DataFrame:
    f = functions()
    active = frames["rows"].distinct()
    both = frames["tallies"].join(frames["rows"], on="customer_id", how="left_semi")
    return active.agg(f.count(f.lit(1)).alias("open")).crossJoin(both.agg(f.count(f.lit(1)).alias("both")))


def _added(before: TableReport, new: TableReport, customers: int) -> TableReport:
    days = [day for day in (before.first_day, new.first_day, before.last_day, new.last_day) if day is not None]
    return replace(
        before,
        rows_in=before.rows_in + new.rows_in,
        rows_valid=before.rows_valid + new.rows_valid,
        quarantined=added(before.quarantined, new.quarantined),
        customers=customers,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        by_file=before.by_file | new.by_file,
    )


def _named(report: Report, seen: Seen) -> Report:
    return with_files(report, list(seen.names.values()))
