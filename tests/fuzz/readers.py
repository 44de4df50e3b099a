"""Fuzz targets: files of transactions byte by byte, and whole tables of hostile values; no row may be lost."""

from __future__ import annotations

import atexit
import csv
import datetime as dt
import decimal
import itertools
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from edits import Source
from records import rows_of_csv

from clv_ml.config import Config, build_config
from clv_ml.data.checked import read_checked
from clv_ml.engine import Engine
from clv_ml.engine.csv_records import split_records
from clv_ml.errors import ConfigError, DataError

COLUMNS = ("customer_id", "timestamp", "amount", "order_id")
HEADER = b"customer_id,timestamp,amount,order_id\n"
_FRESH_AFTER = 40  # tables stay in the memory of an engine
PIECES = (
    *(b"a,2024-01-01,1,o1\n", b"b,2024-01-02,-1,o2\n", b"00123,2024-01-03,1e2,o3\r\n", b"c,,,\n", b",,,\n"),
    *(b"\n", b"\r\n", b",", b'"', b'""', b'"a', b'a"', b'"a\nb"', b"\r", b"\t", b" ", b";", b"\\", b"'"),
    *(b"\x00", b"\x1a", b"\xff", b"\xef\xbb\xbf", b"\xe9", b"\xc3\xa9", b"\xe2\x80\xae", b"2024-02-30", b"9999-12-31"),
    *(b"infinity", b"nan", b"1,5", b"1.234,56", b"=1+1", b"99999999999999999999", b"1e309", b"-0", b"NULL"),
    *(b"'; DROP TABLE x; --", b"<script>", b"../../x", b"x" * 300, b"2024-01-04 25:00", b"2024-01-05T10:00+02:00"),
)
_VALUES: tuple[tuple[pa.DataType, tuple[Any, ...]], ...] = (
    (pa.string(), ("a", "", " ", "2024-01-01", "1.5", "nan", "\x00", "\U0001f600", "'; --", None)),
    (pa.large_string(), ("a", "2024-01-01", None)),
    (pa.int64(), (0, 1, -1, 2**63 - 1, -(2**63), 20240101, None)),
    (pa.uint64(), (0, 2**64 - 1, None)),
    (pa.int8(), (0, -128, 127, None)),
    (pa.float64(), (0.0, -0.0, 1.5, 123.0, 1e300, float("nan"), float("inf"), None)),
    (pa.float32(), (1.5, float("-inf"), None)),
    (pa.bool_(), (True, False, None)),
    (pa.date32(), (dt.date(2024, 1, 1), dt.date(1, 1, 1), dt.date(9999, 12, 31), None)),
    (pa.timestamp("ns"), (0, 2**62, -(2**62), None)),
    (pa.timestamp("us", tz="America/New_York"), (0, 1_700_000_000_000_000, -(2**52), None)),
    (pa.timestamp("s"), (0, 2**40, -(2**40), None)),
    (pa.time64("us"), (0, 86_399_999_999, None)),
    (pa.duration("s"), (0, -1, None)),
    (pa.decimal128(38, 6), (decimal.Decimal("1.5"), decimal.Decimal("-99999999999999999999999999999999.999999"), None)),
    (pa.binary(), (b"a", b"\xff\x00", None)),
    (pa.list_(pa.int32()), ([1], [], None)),
    (pa.struct([("a", pa.int32())]), ({"a": 1}, None)),
    (pa.map_(pa.string(), pa.int32()), ([("a", 1)], None)),
    (pa.dictionary(pa.int8(), pa.string()), ("a", "2024-01-01", None)),
    (pa.null(), (None,)),
)


class Readers:
    """A file that each input writes anew, read by an engine that is renewed now and then."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._engine: Engine | None = None
        self._numbers = itertools.count()
        atexit.register(self.close)

    def close(self) -> None:
        """Close the engine."""
        if self._engine is not None:
            self._engine.close()

    def csv(self, data: bytes) -> int:
        """Read bytes below a header; every record must come in once."""
        path = self._folder / "orders.csv"
        path.write_bytes(HEADER + csv_body(data))
        rows = self._rows_in(path)
        if rows is None:
            return 0
        content = path.read_bytes()
        expected = rows_of_csv(content, len(COLUMNS))
        # a line of nothing but carriage returns is an empty line to some, a broken record to others
        bare = sum(1 for line in content.replace(b"\r\n", b"\n").split(b"\n") if line and not line.strip(b"\r"))
        assert expected - bare <= rows <= expected, (rows, expected, content)
        return 1

    def records(self, data: bytes) -> int:
        """Part the records that can be read from those that cannot; each must be on one side."""
        path, clean = self._folder / "orders.csv", self._folder / "clean.csv"
        path.write_bytes(HEADER + csv_body(data))
        broken = split_records(path, clean, fields=len(COLUMNS), delimiter=",")
        expected = rows_of_csv(path.read_bytes(), len(COLUMNS))
        with clean.open(encoding="utf-8", newline="") as file:
            kept = list(csv.reader(file, strict=True))
        assert all(len(fields) == len(COLUMNS) for fields in kept), (kept, path.read_bytes())
        assert len(kept) + len(broken) == expected, (len(kept), broken, expected, path.read_bytes())
        places = [record.row for record in broken]
        assert places == sorted(set(places)), places
        assert not places or 1 <= places[0] <= places[-1] <= expected, (places, expected)
        return 1

    def parquet(self, data: bytes) -> int:
        """Read a Parquet file of any types, or one with bytes changed; every row must come in once."""
        path = self._folder / "orders.parquet"
        source = Source(data)
        damaged = source.below(3) == 0
        table = parquet_table(source)
        pq.write_table(table, path)
        if damaged:
            content = bytearray(path.read_bytes())
            while source.left > 0:
                content[source.below(len(content))] = source.below(256)
            path.write_bytes(content[: len(content) - source.below(2) * 100])
        rows = self._rows_in(path)
        if rows is None:
            assert damaged or path.stat().st_size > 0
            return 0
        # a changed byte can change the count of rows itself; then there is nothing to compare with
        assert damaged or rows == table.num_rows, (rows, table)
        return 1

    def checked(self, data: bytes) -> int:
        """Read and check a whole table: rows in = valid + quarantined, and each line in one of both."""
        source = Source(data)
        if source.below(4) == 0:
            path = self._folder / "orders.parquet"
            table = parquet_table(source)
            pq.write_table(table, path)
            expected = table.num_rows
        else:
            path = self._folder / "orders.csv"
            path.write_bytes(HEADER + csv_body(source.rest()))
            expected = rows_of_csv(path.read_bytes(), len(COLUMNS))
        engine = self._fresh_engine()
        try:
            found = read_checked(engine, config_of(path), progress=lambda message: None)
        except (DataError, ConfigError):
            return 0
        report = found.transactions.report
        quarantine = engine.to_pandas(found.transactions.quarantine)
        assert report.rows_in == expected, (report.rows_in, expected, path.read_bytes())
        assert report.rows_in == report.rows_valid + len(quarantine)
        assert engine.row_count(found.transactions.transactions) == report.rows_valid
        lines = quarantine["source_line"]
        assert lines.is_unique
        assert lines.between(1, expected).all()
        return 1

    def _rows_in(self, path: Path) -> int | None:
        engine = self._fresh_engine()
        try:
            source = config_of(path).transactions.sources[0]
            return engine.row_count(engine.read_files([path], path.suffix[1:], source))
        except (DataError, ConfigError):
            return None

    def _fresh_engine(self) -> Engine:
        if next(self._numbers) % _FRESH_AFTER == 0 or self._engine is None:
            if self._engine is not None:
                self._engine.close()
            self._engine = Engine(config_of(Path("x.csv")).engine)
        return self._engine


def config_of(path: Path) -> Config:
    """A config that reads one file of orders."""
    source = {"path": str(path), "columns": {name: name for name in COLUMNS}}
    tree = {"name": "shop", "engine": {"threads": 1, "memory_limit": "1GB"}, "transactions": {"sources": [source]}}
    return build_config(tree, environment={})


def csv_body(data: bytes) -> bytes:
    """Bytes as they are, or pieces of hostile rows that they choose."""
    source = Source(data)
    if source.below(3) == 0:
        return source.rest()
    pieces = []
    while source.left > 0:
        pieces.append(PIECES[source.below(len(PIECES))])
    return b"".join(pieces)


def parquet_table(source: Source) -> pa.Table:
    """Build a table of the four columns, each of a type and with values that the source chooses."""
    rows = source.below(6) + 1
    columns = []
    for _ in COLUMNS:
        kind, values = _VALUES[source.below(len(_VALUES))]
        columns.append(pa.array([values[source.below(len(values))] for _ in range(rows)], kind))
    return pa.table(columns, names=list(COLUMNS))
