"""How files are read: the SQL of each column, and the layout of a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

_NAMES = {"customer_id", "order_id", "product", "session_id", "surface"}  # numbers there are no measures


def read_expression(source: str, kind: str, name: str, timestamp_format: str | None) -> str:
    """Write the SQL that reads one source column in the form the canonical tables expect."""
    column = f"source.{identifier(source)}"
    if kind.startswith("TIMESTAMP"):
        return f"CAST({column} AS TIMESTAMP)"  # the connection's zone is UTC
    if name in {"timestamp", "signup_at"} and timestamp_format and kind != "DATE":
        shown = f"CAST({column} AS VARCHAR)"  # what does not follow the pattern stays as it is
        return f"coalesce(CAST(try_strptime({shown}, {text(timestamp_format)}) AS VARCHAR), {shown})"
    if name in _NAMES and kind in {"DOUBLE", "FLOAT"}:
        # ids that pandas turned into floats: 17850.0 is customer 17850
        whole = f"CAST(TRY_CAST({column} AS HUGEINT) AS VARCHAR)"
        return f"CASE WHEN {column} = trunc({column}) THEN {whole} ELSE CAST({column} AS VARCHAR) END"
    return f"CAST({column} AS VARCHAR)"


def identifier(name: str) -> str:
    """Quote a name of a table or column."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Quote a text."""
    return "'" + value.replace("'", "''") + "'"


def csv_options(path: Path, wanted: Iterable[str]) -> str:
    """Say how a file is laid out, from its header; DuckDB's guess would also weigh the rows, bad ones too."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        header = file.readline()
    for delimiter in (",", ";", "\t", "|"):
        names = next(csv.reader([header], delimiter=delimiter), [])
        if set(wanted) <= set(names) and len({name.lower() for name in names}) == len(names):
            columns = ", ".join(f"{text(name)}: 'VARCHAR'" for name in names)
            return f", auto_detect=false, columns={{{columns}}}, delim={text(delimiter)}, quote='\"', escape='\"'"
    return ", all_varchar=true"
