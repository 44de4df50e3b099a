# ruff: noqa: T201  (the table is printed)
"""Engagement features of one cutoff against one scan of the files: ``python tests/benchmarks/bench_engagement.py``.

Random events (five or so a session, sessions that thin out with the customer's age) are written to Parquet in a
temporary folder; scan and features run in processes of their own, so that the memory stated is theirs. The scan
hashes every column that the features use. Times are of the clock and of the processor: on a machine that others
use too, the second is the one to trust. Sizes may be given, customers and events, and the engine's memory:
``python tests/benchmarks/bench_engagement.py 100000 2000000 1500MB``.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from clv_ml.config import EngineConfig, SignalsConfig
from clv_ml.engine import Engine, functions
from clv_ml.snapshot.engagement import engagement_features

FIRST, DAYS = dt.date(2024, 1, 1), 400
CUTOFF = FIRST + dt.timedelta(days=365)  # a tenth of the events come later
USED = ("customer_id", "timestamp", "day", "event_type", "value", "session_id", "surface")
KINDS = ("view", "lesson", "email", "email_open", "quiz")
SIGNALS = SignalsConfig(
    key_actions=("lesson",), minutes=("lesson",), counted=("quiz",), contacts=("email",), responses=("email_open",)
)
A_DAY = 86_400

Numbers: TypeAlias = NDArray[np.int64]


def write_files(folder: Path, customers: int, events: int) -> None:
    """Write starts.parquet and events.parquet, the events in the order of time."""
    rng = np.random.default_rng(11)
    start = rng.integers(0, 300 * A_DAY, customers)
    ids = pa.array([f"customer-{number:08d}" for number in range(customers)])
    pq.write_table(pa.table({"customer_id": ids, "started_at": _stamps(start)}), folder / "starts.parquet")

    sessions = max(events // 5, 1)
    owner = np.sort((rng.random(sessions) ** 2 * customers).astype(np.int64))  # some come often, many hardly ever
    begin = start[owner] + (rng.random(sessions) ** 2 * (DAYS * A_DAY - start[owner])).astype(np.int64)
    session = np.sort(rng.integers(0, sessions, events))
    moment = begin[session] + rng.integers(0, 40 * 60, events)
    order = np.argsort(moment, kind="stable")
    schema: pa.Schema | None = None
    writer: pq.ParquetWriter | None = None
    for part in np.array_split(order, max(events // 1_000_000, 1)):
        table = _events(rng, ids, owner[session[part]], session[part], moment[part])
        schema = schema or table.schema
        writer = writer or pq.ParquetWriter(folder / "events.parquet", schema)
        writer.write_table(table)
    if writer:
        writer.close()


def _events(
    rng: np.random.Generator,
    ids: pa.Array,
    owner: Numbers,
    session: Numbers,
    moment: Numbers,
) -> pa.Table:
    rows = len(owner)
    kind = rng.choice(len(KINDS), rows, p=(0.64, 0.25, 0.05, 0.03, 0.03))
    mailed = (kind == 2) | (kind == 3)
    surface = (owner * 7 + session % 3 + (rng.random(rows) < 0.2)) % 60  # a customer's own few out of sixty
    minutes = pa.array(rng.integers(1, 600_000, rows) / 10_000).cast(pa.decimal128(18, 4))
    stamps = _stamps(moment)
    return pa.table(
        {
            "customer_id": ids.take(pa.array(owner)),
            "timestamp": stamps,
            "day": stamps.cast(pa.date32(), safe=False),
            "event_type": pa.array(KINDS).take(pa.array(kind)),
            "value": pc.if_else(pa.array(kind == 1), minutes, pa.scalar(None, minutes.type)),
            "session_id": pa.array([f"s{number:09d}" for number in session], mask=mailed),
            "surface": pa.array([f"course-{number}" for number in range(60)]).take(pa.array(surface, mask=mailed)),
        }
    )


def _stamps(seconds: Numbers) -> pa.Array:
    return pa.array(np.datetime64(FIRST, "us") + seconds.astype("timedelta64[s]"))


def measure(folder: Path, step: str, memory: str) -> dict[str, float]:
    """Run one step in this process: ``scan``, ``files`` (features from the files) or ``table`` (from the engine)."""
    config = EngineConfig(memory_limit=memory, temp_directory=folder / "spill")
    with Engine(config) as engine:
        session: Any = engine._session  # the engine itself reads files row by row for the data contract
        events = session.read.parquet(str(folder / "events.parquet"))
        starts = session.read.parquet(str(folder / "starts.parquet"))
        if step == "table":
            events = engine.materialise(events)
        clock, processor = time.perf_counter(), _processor()
        if step == "scan":
            engine.fingerprint(events, USED)
        else:
            known = events.filter(functions().col("day") <= functions().lit(CUTOFF.isoformat()).cast("date"))
            features = engagement_features(engine, known, starts, CUTOFF, SIGNALS)
            engine.write_parquet(features, folder / "features.parquet")
        spent = {"clock": time.perf_counter() - clock, "processor": _processor() - processor}
    # getrusage would count the parent's memory too: a child starts as a copy of it
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return spent | {"peak": int(status.split("VmHWM:")[1].split()[0]) / 1024}


def _processor() -> float:
    used = os.times()
    return used.user + used.system


def apart(folder: Path, step: str, memory: str) -> dict[str, float]:
    """Run one step in a process of its own."""
    command = [sys.executable, __file__, "measure", str(folder), step, memory]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def main(customers: int, events: int, memory: str) -> None:
    """Print one line a step."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, customers, events)
        size = (folder / "events.parquet").stat().st_size / 2**20
        print(f"{customers:,} customers, {events:,} events, {size:,.0f} MB of Parquet, engine memory {memory}")
        apart(folder, "scan", memory)  # so that the files are in the memory of the system
        scan = apart(folder, "scan", memory)
        print(f"{'step':<24} {'clock':>9} {'processor':>10} {'ratio':>7} {'ratio':>7} {'peak':>9}")
        for step, title in (("scan", "scan"), ("files", "features from files"), ("table", "features from table")):
            run = scan if step == "scan" else apart(folder, step, memory)
            ratios = [run[kind] / scan[kind] for kind in ("clock", "processor")]
            print(
                f"{title:<24} {run['clock']:>7.1f} s {run['processor']:>8.1f} s "
                f"{ratios[0]:>6.1f}x {ratios[1]:>6.1f}x {run['peak']:>6,.0f} MB"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        print(json.dumps(measure(Path(sys.argv[2]), sys.argv[3], sys.argv[4])))
    else:
        given = [*sys.argv[1:], *("1000000", "20000000", "1500MB")[len(sys.argv) - 1 :]]
        main(int(given[0]), int(given[1]), given[2])
