"""Files and tables of Spark under canonical column names, with where each row came from.

Spark reads in parallel and from any file system it knows; what only the one-machine reader can do (foreign encodings
and patterns, quoted line ends, the number of a line in a CSV file) is refused or set aside, never guessed.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clv_ml.config import Layout
from clv_ml.engine.dialect import Column, DataFrame, functions
from clv_ml.engine.spark_columns import of_file, quoted, read_column, record_fault, row_hash
from clv_ml.errors import ConfigError, DataError, missing_columns

_DELIMITERS = (",", ";", "\t", "|")
_BROKEN = "clv_broken_record"
_FROM = ("clv_path", "clv_row")  # of the file and within it, beside the columns of the file
_KEYS = ("source_file", "source_line", "source_hash")


@dataclass(frozen=True)
class _Read:
    """Rows as they are in files: the columns of the file, and those of :data:`_FROM`."""

    frame: DataFrame
    columns: tuple[str, ...]
    separator: str = ","

    @property
    def has_broken(self) -> bool:
        return _BROKEN in self.frame.columns


class SparkFiles:
    """Reads into a session, and reads again where rows are to be shown as they came in."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._originals: list[DataFrame] = []

    def read(
        self, paths: list[str], file_format: str, layout: Layout, names: Sequence[str], faults: Sequence[str | None]
    ) -> DataFrame:
        """Read files of one layout; see :meth:`clv_ml.engine.Engine.read_files`.

        Raises
        ------
        ConfigError
            If the layout asks for what Spark does not do here.
        DataError
            If a column is not there.
        """
        _require_plain(layout)
        f = functions()
        named, faulty = dict(zip(paths, names, strict=True)), dict(zip(paths, faults, strict=True))
        parts = []
        for read in self._parquet(paths) if file_format == "parquet" else self._csv(paths, layout):
            absent = [source for source in layout.columns.values() if source not in read.columns]
            if absent:
                raise missing_columns(", ".join(names), absent, read.columns, "Map it under `columns` in the config.")
            fault = of_file(f.col("clv_path"), {path: fault for path, fault in faulty.items() if fault})
            if read.has_broken:
                fault = f.coalesce(fault, record_fault(_BROKEN, read.columns, read.separator))
            traced = {
                "source_file": f.coalesce(of_file(f.col("clv_path"), named), f.col("clv_path")),
                "source_line": f.col("clv_row"),
                "source_hash": row_hash(read.columns),
                "source_fault": fault,
                "source_text": f.col(_BROKEN) if read.has_broken else f.lit(None).cast("string"),
            }
            parts.append(self._mapped(read.frame, layout.columns, traced, layout.timezone, read.columns))
        result = parts[0]
        for part in parts[1:]:
            result = result.unionByName(part)
        return result

    def canonical(self, frame: DataFrame, columns: Mapping[str, str], name: str) -> DataFrame:
        """Bring a frame to canonical names and types; its rows have no number.

        Raises
        ------
        DataError
            If a column is not there.
        """
        f = functions()
        absent = [source for source in columns.values() if source not in frame.columns]
        if absent:
            raise missing_columns(name, absent, frame.columns, "Map it under `columns`.")
        nothing = f.lit(None)
        traced = {
            "source_file": f.lit(name),
            "source_line": nothing.cast("bigint"),
            "source_hash": row_hash(frame.columns),
            "source_fault": nothing.cast("string"),
            "source_text": nothing.cast("string"),
        }
        return self._mapped(frame, columns, traced, None, tuple(frame.columns))

    def with_originals(self, frame: DataFrame) -> DataFrame:
        """Replace source_hash and source_text by ``original``: a JSON object of the row's columns as text."""
        f = functions()
        wanted = frame.withColumn("clv_text", f.col("source_text")).drop("source_text")
        if not self._originals:
            return wanted.withColumnRenamed("clv_text", "original").drop("source_hash")
        found = self._originals[0]
        for other in self._originals[1:]:
            found = found.unionByName(other)
        keys = wanted.select(*[f.col(key).alias(f"clv_{key}") for key in _KEYS]).distinct()
        same = [found[key].eqNullSafe(keys[f"clv_{key}"]) for key in _KEYS]
        met = found.join(keys, same[0] & same[1] & same[2], "inner")
        shown = met.groupBy(*[f.col(f"clv_{key}") for key in _KEYS]).agg(f.min("original").alias("clv_original"))
        alike = [wanted[key].eqNullSafe(shown[f"clv_{key}"]) for key in _KEYS]
        joined = wanted.join(shown, alike[0] & alike[1] & alike[2], "left")
        kept = [name for name in wanted.columns if name not in {"source_hash", "clv_text"}]
        return joined.select(*kept, f.coalesce(f.col("clv_text"), f.col("clv_original")).alias("original"))

    def _mapped(
        self,
        frame: DataFrame,
        columns: Mapping[str, str],
        traced: Mapping[str, Column],
        timezone: str | None,
        all_columns: Sequence[str],
    ) -> DataFrame:
        f = functions()
        kinds = dict(frame.dtypes)
        traces = [column.alias(name) for name, column in traced.items()]
        shown = f.struct(*[quoted(name).cast("string").alias(name) for name in all_columns])
        original = f.to_json(shown, {"ignoreNullFields": "false"}).alias("original")
        self._originals.append(frame.select(*traces, original).drop("source_fault", "source_text"))
        read = [read_column(kinds[source], source, name, timezone).alias(name) for name, source in columns.items()]
        return frame.select(*read, *traces)

    def _parquet(self, paths: list[str]) -> list[_Read]:
        f = functions()
        alike: dict[tuple[Any, ...], list[str]] = {}
        for path in paths:
            alike.setdefault(tuple(self._session.read.parquet(path).dtypes), []).append(path)
        reads = []
        for kinds, same in alike.items():
            found = self._session.read.parquet(*same)
            place = f.col("_metadata.row_index").cast("bigint") + 1
            frame = found.select("*", f.col("_metadata.file_path").alias("clv_path"), place.alias("clv_row"))
            reads.append(_Read(frame, tuple(name for name, _ in kinds)))
        return reads

    def _csv(self, paths: list[str], layout: Layout) -> list[_Read]:
        f = functions()
        alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for path in paths:
            alike.setdefault(self._header(path, layout), []).append(path)
        if not any(names for _, names in alike):
            raise DataError(f"{', '.join(paths)}: empty, without even a header; deliver the file again")
        reads = []
        for (separator, names), same in alike.items():
            if not names:  # the file of an empty day
                continue
            fields = ", ".join(f"`{name.replace('`', '``')}` string" for name in (*names, _BROKEN))
            found = (
                self._session.read.schema(fields)
                .options(header=True, sep=separator, quote='"', escape='"', enforceSchema=True, mode="PERMISSIVE")
                .option("columnNameOfCorruptRecord", _BROKEN)
                .csv(same)
            )
            nowhere = f.lit(None).cast("bigint").alias("clv_row")
            frame = found.select("*", f.col("_metadata.file_path").alias("clv_path"), nowhere)
            reads.append(_Read(frame, names, separator))
        return reads

    def _header(self, path: str, layout: Layout) -> tuple[str, tuple[str, ...]]:
        line = self._first_line(path).removeprefix("\ufeff")
        marks = _DELIMITERS if layout.delimiter is None else (layout.delimiter,)
        candidates = [(mark, tuple(next(csv.reader([line], delimiter=mark), []))) for mark in marks]
        wanted = set(layout.columns.values())
        separator, names = max(candidates, key=lambda found: (wanted <= set(found[1]), len(found[1])))
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DataError(f"{path}: column {', '.join(map(repr, twice))} stands in the header more than once")
        return separator, names

    def _first_line(self, path: str) -> str:
        if Path(path).is_file():  # a job of Spark takes a hundred times as long
            opened = gzip.open if path.endswith(".gz") else open
            with opened(path, "rt", encoding="utf-8", errors="replace") as file:
                return next((line.strip("\r\n") for line in file if line.strip()), "")
        first = self._session.read.text(path).first()
        return "" if first is None else str(first[0])


def _require_plain(layout: Layout) -> None:
    asked = {
        "encoding": layout.encoding != "utf-8",
        "decimal": layout.decimal != ".",
        "thousands": layout.thousands is not None,
        "timestamp_format": bool(layout.timestamp_formats),
    }
    given = [name for name, there in asked.items() if there]
    if given:
        raise ConfigError(
            f"{', '.join(given)}: not on Spark; write the files as Parquet or as UTF-8 with ISO 8601 times and plain "
            "numbers, or read them with `engine.kind: duckdb`"
        )
