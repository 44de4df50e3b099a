"""Files of events and the tables that are read from them, for the tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from clv_ml.config import EventsConfig, EventSourceConfig
from clv_ml.data.events import check_events, read_events
from clv_ml.data.records import CheckedTable
from clv_ml.data.schema import EVENT_COLUMNS
from clv_ml.engine import Engine

COLUMNS = {
    "customer_id": "who",
    "timestamp": "when",
    "event_type": "what",
    "value": "much",
    "session_id": "visit",
    "surface": "page",
}
GOOD = ("a", "2024-01-10 08:00", "view", "1.5", "s1", "home")
Row = tuple[str | None, ...]


def check(engine: Engine, root: Path, *sources: dict[str, Any], **settings: Any) -> CheckedTable:
    config = EventsConfig(root=root, sources=tuple(EventSourceConfig(**source) for source in sources), **settings)
    return check_events(engine, read_events(engine, config))


def written(path: Path, rows: Sequence[Row], columns: dict[str, str] = COLUMNS) -> dict[str, Any]:
    """A file of text rows, and the source that reads it."""
    frame = pd.DataFrame(list(rows), columns=list(columns.values()), dtype="string")
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path, index=False)
    return {"path": path.name, "columns": columns}


def rows_of(engine: Engine, checked: CheckedTable) -> list[dict[str, Any]]:
    table: pa.Table = engine.to_arrow(checked.rows.orderBy("customer_id", "timestamp", "event_type", "value"))
    assert table.column_names == list(EVENT_COLUMNS)
    assert [str(kind) for kind in table.schema.types] == [
        "string",
        "timestamp[us]",
        "date32[day]",
        "string",
        "decimal128(18, 4)",
        "string",
        "string",
    ]
    found: list[dict[str, Any]] = table.to_pylist()
    return found
