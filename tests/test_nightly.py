"""Nights from files: what is new is read, the rest is kept, and everything is as if all had been read."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from event_reference import SIGNALS

from clv_ml.config import Config, TransactionsConfig, build_config
from clv_ml.data.checked import read_checked
from clv_ml.engine import Engine
from clv_ml.pipeline.nightly import Night, describe_night
from clv_ml.pipeline.nightly_files import in_order, look, of_new_files, why_not_added
from clv_ml.pipeline.nightly_state import load_state
from clv_ml.pipeline.prepared import tables_of
from clv_ml.publishing import publish, write_json
from clv_ml.snapshot.population import population

ORDER = {name: name for name in ("customer_id", "timestamp", "amount", "order_id")}
EVENT = {name: name for name in ("customer_id", "timestamp", "event_type", "value", "session_id", "surface")}
CUSTOMER = ("customer_id", "signup_at", "plan", "age", "renewal")
Row = tuple[Any, ...]


def out(folder: Path) -> Path:
    """A folder whose name looks like a pattern and like a column of a table."""
    return folder / "market=[de]*"


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


CUSTOMERS: list[Row] = [("c1", "2024-01-02", "free", 40, "2024-02-01"), ("silent", "2024-03-01", "", "", "")]


def events(day: str) -> list[Row]:
    return [
        ("c1", f"{day} 23:59:00", "lesson", "12.5", "over midnight", "home"),
        ("seen", f"{day} 08:00:00", "quiz", "", "always", "p1"),
        ("seen", f"{day} 08:10:00", "mail", "", "", ""),
        ("c3", f"{day} 00:00:00", "open", "", "", ""),
    ]


def deliver(folder: Path, table: str, name: str, columns: Iterable[str], rows: Sequence[Row]) -> None:
    (folder / table).mkdir(exist_ok=True)
    pd.DataFrame(rows, columns=list(columns)).to_csv(folder / table / f"{name}.csv", index=False)


def config_of(folder: Path) -> Config:
    signals = SIGNALS.model_dump()
    columns = {name: name for name in ("customer_id", "signup_at", "plan", "age", "renewal")}
    tree: dict[str, Any] = {
        "name": "nights",
        "transactions": {
            "root": str(folder),
            "sources": [{"path": "orders", "columns": ORDER}],
            "max_bad_share": 0.5,
        },
        "events": {"root": str(folder), "sources": [{"path": "events", "columns": EVENT}], **signals},
        "customers": {
            "root": str(folder),
            "sources": [{"path": "customers", "columns": columns}],
            **{"categories": ["plan"], "numbers": ["age"], "dates": ["renewal"]},
        },
        "output": {"dir": str(out(folder))},
        "incremental": {"keep_open_days": 3, "close_every_days": 2},
    }
    return build_config(tree, environment={})


def night(engine: Engine, folder: Path, as_of: dt.date | None = None) -> tuple[Night, pa.Table]:
    found = describe_night(engine, config_of(folder), out(folder) / "everybody.parquet", as_of=as_of)
    table = engine.to_arrow(engine.scan(out(folder) / "everybody.parquet")).combine_chunks()
    assert table.equals(table.sort_by("customer_id"))
    return found, table


def require_full(engine: Engine, folder: Path, found: Night, table: pa.Table) -> None:
    """Compare with reading everything."""
    config = config_of(folder)
    checked = read_checked(engine, config, progress=lambda message: None)
    described = population(engine, tables_of(engine, checked, config), found.as_of)
    full = engine.to_arrow(described).sort_by("customer_id").combine_chunks()
    assert table.schema == full.schema
    assert table.equals(full)
    assert found.report == checked.transactions.report
    assert found.others == {name: other.report for name, other in checked.others.items()}


def test_nights_from_files_are_those_of_reading_everything(engine: Engine, tmp_path: Path) -> None:
    deliver(tmp_path, "orders", "2024-03-30", ORDER, HISTORY)
    deliver(tmp_path, "events", "2024-03-30", EVENT, [*events("2024-01-05"), *events("2024-03-27")])
    deliver(tmp_path, "customers", "all", CUSTOMER, CUSTOMERS)
    found, table = night(engine, tmp_path)
    assert found.note == "nothing was kept yet"
    assert found.closed_day == dt.date(2024, 3, 27)
    require_full(engine, tmp_path, found, table)

    deliver(tmp_path, "orders", "2024-03-31", ORDER, FIRST)
    deliver(tmp_path, "events", "2024-03-31", EVENT, events("2024-03-28"))
    found, table = night(engine, tmp_path)
    assert (found.note, found.rows_read) == ("", len(FIRST) + 4)
    assert found.report.quarantined == {
        "duplicate_line": 1,
        "missing_customer_id": 1,
        "refund_without_purchase": 2,
        "unreadable_amount": 1,
    }
    require_full(engine, tmp_path, found, table)

    found, table = night(engine, tmp_path, dt.date(2024, 3, 28))  # a day that is still open, of last week
    assert (found.note, found.rows_read) == ("", 0)
    require_full(engine, tmp_path, found, table)

    deliver(tmp_path, "orders", "2024-04-09", ORDER, SECOND)
    deliver(tmp_path, "events", "2024-04-09", EVENT, events("2024-04-09"))
    found, table = night(engine, tmp_path)
    assert (found.note, found.rows_read, found.closed_day) == ("", len(SECOND) + 4, dt.date(2024, 4, 6))
    require_full(engine, tmp_path, found, table)

    found, table = night(engine, tmp_path, dt.date(2024, 4, 1))
    assert found.note == "the days up to 2024-04-06 are closed, and 2024-04-01 is before"
    require_full(engine, tmp_path, found, table)

    deliver(tmp_path, "orders", "2024-04-10", ORDER, [])
    found, table = night(engine, tmp_path)
    assert (found.note, found.rows_read) == ("", 0)
    require_full(engine, tmp_path, found, table)


def settings_of(folder: Path, **changes: Any) -> TransactionsConfig:
    return config_of(folder).transactions.model_copy(update=changes)


def test_new_files_are_added_only_to_files_that_are_as_they_were(tmp_path: Path) -> None:
    for name in ("b", "c"):
        deliver(tmp_path, "orders", name, ORDER, [*FIRST, (name, "2024-03-31", "1.00", name)])
    section = settings_of(tmp_path)
    before = json.loads(json.dumps(look(section).to_dict()))
    assert why_not_added(before, look(section)) == ""
    assert of_new_files(section, before, look(section)) is None

    deliver(tmp_path, "orders", "d", ORDER, SECOND)
    now = look(section)
    new = of_new_files(section, before, now)
    assert new is not None
    assert [source.path for source in new.sources] == [str(tmp_path / "orders" / "d.csv")]
    assert (why_not_added(before, now), in_order(before, now)) == ("", True)

    deliver(tmp_path, "orders", "a", ORDER, SECOND)
    assert why_not_added(before, look(section)).endswith("d.csv holds what an earlier file holds")
    deliver(tmp_path, "orders", "a", ORDER, SECOND[:1])
    assert (why_not_added(before, look(section)), in_order(before, look(section))) == ("", False)
    deliver(tmp_path, "orders", "b", ORDER, SECOND)
    assert why_not_added(before, look(section)).endswith("b.csv is not what it was")
    (tmp_path / "orders" / "b.csv").unlink()
    assert why_not_added(before, look(section)).endswith("b.csv is gone")


def test_a_state_that_cannot_be_trusted_is_not_used(engine: Engine, tmp_path: Path) -> None:
    folder = out(tmp_path) / "state"
    deliver(tmp_path, "orders", "a", ORDER, FIRST)
    assert load_state(engine, config_of(tmp_path), tmp_path / "own") == "nothing was kept yet"
    publish(folder, lambda aside: write_json(aside / "manifest.json", {"format": 1, "key": "of another program"}))
    assert str(load_state(engine, config_of(tmp_path), tmp_path / "own")).endswith(
        "another version, or with other settings of the tables"
    )
    (folder / "manifest.json").write_text("{}")
    assert "is damaged: manifest.json has 2 bytes" in str(load_state(engine, config_of(tmp_path), tmp_path / "again"))
