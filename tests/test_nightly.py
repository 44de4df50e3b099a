"""Nights from files: what is new is read, the rest is kept, and everything is as if all had been read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from clv_ml.config import Config, EngineConfig, build_config
from clv_ml.data.checked import read_checked
from clv_ml.engine import Engine
from clv_ml.pipeline.nightly import Night, describe_night
from clv_ml.pipeline.prepared import tables_of
from clv_ml.snapshot.population import population

ORDER = {name: name for name in ("customer_id", "timestamp", "amount", "order_id")}
EVENT = {name: name for name in ("customer_id", "timestamp", "event_type", "value", "session_id", "surface")}
Row = tuple[Any, ...]
HISTORY: list[Row] = [
    *[(f"c{n % 7}", f"2024-0{1 + n % 3}-{1 + n:02d} 10:00:00", f"{10 + n}.50", f"o{n}") for n in range(28)],
    ("c1", "2024-03-27 09:00:00", "-12.00", ""),
    ("early", "2024-03-02 09:00:00", "-5.00", "o900"),
    ("c2", "2024-03-28 08:00:00", "lots", "o901"),
    ("c3", "2024-03-30 08:00:00", "20.00", "o902"),
]
FIRST: list[Row] = [
    ("c3", "2024-03-30 08:00:00", "20.00", "o902"),  # came before
    ("c4", "2024-03-31 23:50:00", "44.00", "o903"),
    ("c4", "2024-03-31 23:55:00", "-44.00", ""),  # brought back at once
    ("new", "2024-03-31 12:00:00", "7.77", "o904"),
    ("c5", "2024-03-29 12:00:00", "3.00", "o905"),  # late
    ("nobody", "2024-03-31 12:00:00", "-3.00", "o906"),
    ("", "2024-03-31 12:00:00", "3.00", "o907"),
]
SECOND: list[Row] = [
    ("c4", "2024-04-09 01:00:00", "9.99", "o910"),
    ("c4", "2024-04-09 01:00:00", "9.99", "o910"),
    ("c1", "2024-04-09 10:00:00", "-2.00", ""),
    ("c6", "2024-04-08 10:00:00", "0.00", "o911"),
]


def events(day: str) -> list[Row]:
    return [
        ("c1", f"{day} 23:59:00", "lesson", "12.5", f"s{day[-2:]}", "home"),
        ("seen", f"{day} 08:00:00", "visit", "", "always", "p1"),
        ("seen", f"{day} 08:10:00", "email", "", "", ""),
        ("c3", f"{day} 00:00:00", "email_open", "", "", ""),
    ]


def deliver(folder: Path, table: str, name: str, columns: Iterable[str], rows: Sequence[Row]) -> None:
    (folder / table).mkdir(exist_ok=True)
    pd.DataFrame(rows, columns=list(columns)).to_csv(folder / table / f"{name}.csv", index=False)


def config_of(folder: Path, **settings: Any) -> Config:
    tree: dict[str, Any] = {
        "name": "nights",
        "transactions": {
            "root": str(folder),
            "sources": [{"path": "orders", "columns": ORDER}],
            "max_bad_share": 0.5,
        },
        "output": {"dir": str(folder / "out")},
        "incremental": {"enabled": True, "keep_open_days": 3, "close_every_days": 2},
    }
    if (folder / "events").is_dir():
        signals = {"minutes": ["lesson"], "contacts": ["email"], "responses": ["email_open"], "counted": ["visit"]}
        tree["events"] = {"root": str(folder), "sources": [{"path": "events", "columns": EVENT}], **signals}
    return build_config(tree | settings, environment={})


def night(folder: Path, **settings: Any) -> tuple[Night, pa.Table]:
    """A night in a process of its own, as far as the engine is concerned."""
    with Engine(EngineConfig(threads=2)) as engine:
        found = describe_night(engine, config_of(folder, **settings))
        return found, engine.to_arrow(found.population).sort_by("customer_id").combine_chunks()


def require_full(engine: Engine, folder: Path, found: Night, table: pa.Table, **settings: Any) -> None:
    """Compare with reading everything."""
    config = config_of(folder, **settings)
    checked = read_checked(engine, config, progress=lambda message: None)
    described = population(engine, tables_of(engine, checked, config), found.as_of)
    full = engine.to_arrow(described).sort_by("customer_id").combine_chunks()
    assert table.schema == full.schema
    assert table.equals(full)
    assert found.report == checked.transactions.report
    assert found.others == {name: other.report for name, other in checked.others.items()}


def test_nights_from_files_are_those_of_reading_everything(engine: Engine, tmp_path: Path) -> None:
    deliver(tmp_path, "orders", "2024-03-30", ORDER, HISTORY)
    deliver(tmp_path, "events", "2024-03-30", EVENT, [*events("2024-01-05"), *events("2024-03-29")])
    found, table = night(tmp_path)
    assert found.note == "nothing was kept yet"
    assert found.closed_day == dt.date(2024, 3, 27)
    require_full(engine, tmp_path, found, table)

    deliver(tmp_path, "orders", "2024-03-31", ORDER, FIRST)
    deliver(tmp_path, "events", "2024-03-31", EVENT, events("2024-03-30"))
    found, table = night(tmp_path)
    assert (found.note, found.rows_read) == ("", len(FIRST) + 4)
    assert found.report.quarantined == {
        "duplicate_line": 1,
        "missing_customer_id": 1,
        "refund_without_purchase": 2,
        "unreadable_amount": 1,
    }
    require_full(engine, tmp_path, found, table)

    deliver(tmp_path, "orders", "2024-04-09", ORDER, SECOND)
    deliver(tmp_path, "events", "2024-04-09", EVENT, events("2024-04-09"))
    found, table = night(tmp_path)
    assert (found.note, found.rows_read, found.closed_day) == ("", len(SECOND) + 4, dt.date(2024, 4, 6))
    require_full(engine, tmp_path, found, table)

    deliver(tmp_path, "orders", "2024-04-10", ORDER, [])
    found, table = night(tmp_path)
    assert (found.note, found.rows_read) == ("", 0)
    require_full(engine, tmp_path, found, table)
