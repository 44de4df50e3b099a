"""Small hostile files, and what must become of each: rows by reason, or the error.

A case is a file of transactions with the columns id, ts and paid. `becomes` counts its rows by reason ("valid" for
those that are fit), `rows` are the valid ones as (customer, moment, amount), `error` is the class of the error and a
part of its message.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from clv_ml.errors import ClvError

HEAD = "id,ts,paid\n"
GOOD = "a,2024-01-10,10\n"
Rows = list[tuple[str, str, str]]


@dataclass(frozen=True)
class Case:
    """A file and what becomes of it; `source` are settings of its source."""

    name: str
    content: bytes
    becomes: Mapping[str, int] = field(default_factory=dict)
    rows: Rows | None = None
    source: Mapping[str, Any] = field(default_factory=dict)
    error: tuple[type[ClvError], str] | None = None
    suffix: str = ".csv"

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.name.replace(" ", "_") + self.suffix


def text(name: str, body: str, becomes: Mapping[str, int], rows: Rows | None = None, **source: Any) -> Case:
    """A CSV file with the usual header."""
    return Case(name, (HEAD + body).encode(), becomes, rows, source)


def raw(name: str, content: bytes, becomes: Mapping[str, int], rows: Rows | None = None, **source: Any) -> Case:
    """A file to the byte."""
    return Case(name, content, becomes, rows, source)


def refused(name: str, content: bytes, error: type[ClvError], message: str, **source: Any) -> Case:
    """A file that stops the job."""
    suffix = source.pop("suffix", ".csv")
    return Case(name, content, source=source, error=(error, message), suffix=suffix)


def packed(name: str, content: bytes, becomes: Mapping[str, int], rows: Rows | None = None) -> Case:
    """A gzip file."""
    return Case(name, gzip.compress(content, mtime=0), becomes, rows, suffix=".csv.gz")


def table(name: str, frame: pd.DataFrame, becomes: Mapping[str, int], rows: Rows | None = None, **source: Any) -> Case:
    """A Parquet file."""
    out = io.BytesIO()
    frame.to_parquet(out, index=False)
    return Case(name, out.getvalue(), becomes, rows, source, suffix=".parquet")


def day(moment: str, customer: str = "a", amount: str = "10.00") -> tuple[str, str, str]:
    """A valid row."""
    return customer, moment if " " in moment else f"{moment} 00:00:00", amount


ONE = [day("2024-01-10")]
