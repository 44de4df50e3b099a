"""How results are written: tables, JSON, and the digest that names a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

_MONEY = ("expected_clv", "value_if_retained", "value_at_risk", "expected_spend")
_SHARES = ("p_churn_30d", "p_churn_60d", "p_churn_90d", "p_alive", "expected_purchases")


def digest(*parts: Any) -> str:
    """Return twelve hex digits that change when any of the JSON-safe parts does."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def json_text(content: Mapping[str, Any]) -> str:
    """Return readable JSON with a stable order of keys."""
    return json.dumps(content, indent=1, sort_keys=True, default=str) + "\n"


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write readable JSON with a stable order of keys."""
    path.write_text(json_text(content), encoding="utf-8", newline="\n")


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table for people and CRM imports: money to cents, probabilities to four digits."""
    rounding = {name: 2 for name in _MONEY if name in table} | {name: 4 for name in _SHARES if name in table}
    table.round(rounding).to_csv(path, index=False, lineterminator="\n")


def write_parquet(path: Path, table: pd.DataFrame) -> None:
    """Write a table with full precision."""
    table.to_parquet(path, index=False)
