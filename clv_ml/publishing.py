"""Results on disk: written aside, marked complete, and only then pointed to."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.errors import ClvError

SUCCESS = "_SUCCESS"
_MONEY = ("expected_clv", "value_if_retained", "value_at_risk", "expected_spend")
_SHARES = ("p_churn_30d", "p_churn_60d", "p_churn_90d", "p_alive", "expected_purchases")


def digest(*parts: Any) -> str:
    """Return twelve hex digits that change when any of the JSON-safe parts does."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def is_complete(folder: Path) -> bool:
    """Tell whether a run folder was written to its end."""
    return (folder / SUCCESS).is_file()


def publish(folder: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a fresh folder beside the target, mark it, and move it into place in one step.

    Raises
    ------
    ClvError
        If the folder cannot be written; nothing is left at the target.
    """
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        write(aside)
        (aside / SUCCESS).touch()
        if folder.exists():
            shutil.rmtree(folder)
        aside.rename(folder)
    except OSError as error:
        raise ClvError(f"cannot write {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def point_to(latest: Path, content: Mapping[str, Any]) -> None:
    """Replace a pointer file atomically."""
    aside = latest.with_name(f".{latest.name}.{os.getpid()}")
    try:
        write_json(aside, content)
        aside.replace(latest)
    except OSError as error:
        raise ClvError(f"cannot write {latest}: {error.strerror or error}") from error


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write readable JSON with a stable order of keys."""
    path.write_text(json.dumps(content, indent=1, sort_keys=True, default=str) + "\n", encoding="utf-8", newline="\n")


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table for people and CRM imports: money to cents, probabilities to four digits."""
    rounding = {name: 2 for name in _MONEY if name in table} | {name: 4 for name in _SHARES if name in table}
    table.round(rounding).to_csv(path, index=False, lineterminator="\n")


def write_parquet(path: Path, table: pd.DataFrame) -> None:
    """Write a table with full precision."""
    table.to_parquet(path, index=False)
