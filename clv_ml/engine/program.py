"""The program itself as a digest: what is kept of its queries, hashes and tables is of no use to another one."""

from __future__ import annotations

import functools
import hashlib
from importlib.metadata import version
from pathlib import Path

import clv_ml

_ROOMS = ("config", "data", "engine", "snapshot", "models", "pipeline")
_MADE_WITH = ("duckdb", "sqlframe", "sqlglot")  # a hash of a row is DuckDB's own


@functools.cache
def program() -> str:
    """Digest the rooms in which queries are built: a version number does not change with every change."""
    found = hashlib.sha256(" ".join(version(name) for name in _MADE_WITH).encode())
    base = Path(clv_ml.__file__).parent
    for room in _ROOMS:
        for path in sorted((base / room).glob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()
