# ruff: noqa: T201  (the table is printed)
"""A night with 1 % new rows against reading everything: ``python tests/benchmarks/bench_incremental.py``.

Orders (and, where asked for, events) are written to Parquet in a temporary folder: a history, then three nights of one
per cent of its rows each, each of one day. Each step runs in a process of its own, from the files to the table of
features on disk, and what is kept written: everything read; the first night from the state, whose queries are
planned then and kept; one that closes days; one that does not. Reading everything has its plans kept as well, all but
the first time. That the tables are equal is checked by their fingerprints. Times are of the clock and of the processor:
on a machine that others use too, the second is the one to trust. Customers, orders a customer and events may be given:
``python tests/benchmarks/bench_incremental.py 100000 4.2 2000000``.
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
import pyarrow.parquet as pq
from numpy.typing import NDArray

from clv_ml.config import Config, EngineConfig, build_config
from clv_ml.data.checked import read_checked
from clv_ml.engine import Engine
from clv_ml.pipeline.nightly import describe_night
from clv_ml.pipeline.prepared import silent, tables_of
from clv_ml.snapshot.population import population_to_parquet

FIRST, DAYS, A_DAY = dt.date(2024, 1, 1), 730, 86_400
KINDS = ("view", "lesson", "email", "email_open", "quiz")
SIGNALS = {"minutes": ["lesson"], "counted": ["quiz"], "contacts": ["email"], "responses": ["email_open"]}
Numbers: TypeAlias = NDArray[np.int64]


def write_files(folder: Path, customers: int, orders_each: float, events: int) -> None:
    """Write history and three nights of each table."""
    rng = np.random.default_rng(7)
    ids = pa.array([f"customer-{number:08d}" for number in range(customers)])
    start = rng.integers(0, DAYS * A_DAY, customers)
    more = rng.poisson(rng.gamma(0.6, (orders_each - 1) / 0.6, customers))
    owner = np.repeat(np.arange(customers), more + 1)
    moment = start[owner] + (rng.random(len(owner)) ** 1.5 * (DAYS * A_DAY - start[owner])).astype(np.int64)
    moment[np.cumsum(more + 1) - 1] = start  # everybody buys at the start
    for number, (whose, when) in enumerate(_parts(rng, owner, moment)):
        amounts = rng.gamma(2, 2000, len(whose)).astype(np.int64) * np.where(rng.random(len(whose)) < 0.02, -1, 1)
        table = {
            "customer_id": ids.take(pa.array(whose)),
            "timestamp": _stamps(when),
            "amount": pa.array(amounts / 100),
            "order_id": pa.array([f"o{number}-{place:09d}" for place in range(len(whose))]),
        }
        _write(folder, "orders", number, table)
    if events:
        sessions = events // 5
        owner = (rng.random(sessions) ** 2 * customers).astype(np.int64)
        begin = start[owner] + (rng.random(sessions) ** 1.5 * (DAYS * A_DAY - start[owner])).astype(np.int64)
        for number, (whose, when) in enumerate(_parts(rng, owner, begin)):
            _write(folder, "events", number, _events(rng, ids, whose, when, number))


def _parts(rng: np.random.Generator, owner: Numbers, moment: Numbers) -> list[tuple[Numbers, Numbers]]:
    """The history in the order of time, and three nights of one per cent of it: whoever was there before."""
    order = np.argsort(moment, kind="stable")
    parts = [(owner[order], moment[order])]
    for night in range(3):
        rows = len(owner) // 100
        when = (DAYS + night) * A_DAY + np.sort(rng.integers(0, A_DAY, rows))
        parts.append((rng.choice(owner, rows), when))
    return parts


def _events(
    rng: np.random.Generator, ids: pa.Array, owner: Numbers, begin: Numbers, number: int
) -> dict[str, pa.Array]:
    session = np.repeat(np.arange(len(owner)), 5)
    whose = owner[session]
    kind = rng.choice(len(KINDS), len(session), p=(0.64, 0.25, 0.05, 0.03, 0.03))
    mailed = (kind == 2) | (kind == 3)
    surface = (whose * 7 + session % 3 + (rng.random(len(session)) < 0.2)) % 60
    return {
        "customer_id": ids.take(pa.array(whose)),
        "timestamp": _stamps(begin[session] + rng.integers(0, 2400, len(session))),
        "event_type": pa.array(KINDS).take(pa.array(kind)),
        "value": pa.array(rng.integers(1, 60, len(session)).astype(float), mask=kind != 1),
        "session_id": pa.array([f"s{number}-{place:08d}" for place in session], mask=mailed),
        "surface": pa.array([f"course-{place}" for place in range(60)]).take(pa.array(surface, mask=mailed)),
    }


def _stamps(seconds: Numbers) -> pa.Array:
    return pa.array(np.datetime64(FIRST, "us") + seconds.astype("timedelta64[s]"))


def _write(folder: Path, table: str, number: int, columns: dict[str, pa.Array]) -> None:
    place = folder / (table if number == 0 else "later") / f"{table}-{number}.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), place)


def config_of(folder: Path, close_every: int) -> Config:
    """Read whatever has been delivered."""
    orders = {name: name for name in ("customer_id", "timestamp", "amount", "order_id")}
    tree: dict[str, Any] = {
        "name": "benchmark",
        "transactions": {"root": str(folder), "sources": [{"path": "orders", "columns": orders}]},
        "output": {"dir": str(folder / "out")},
        "incremental": {"close_every_days": close_every},
    }
    if (folder / "events").is_dir():
        names = ("customer_id", "timestamp", "event_type", "value", "session_id", "surface")
        columns = {name: name for name in names}
        tree["events"] = {"root": str(folder), "sources": [{"path": "events", "columns": columns}], **SIGNALS}
    return build_config(tree, environment={})


def measure(folder: Path, step: str) -> dict[str, Any]:
    """Run one step in this process."""
    config = config_of(folder, close_every=1 if step == "closing" else 30)
    path = folder / "everybody.parquet"
    limits = EngineConfig(threads=2, temp_directory=folder / "spill")
    with Engine(limits, plans=folder / "plans.json") as engine:
        clock, processor = time.perf_counter(), _processor()
        if step == "full":
            checked = read_checked(engine, config, progress=silent)
            last_day = checked.transactions.report.last_day
            assert last_day is not None
            population_to_parquet(engine, tables_of(engine, checked, config), last_day, path)
            note = ""
        else:
            note = describe_night(engine, config, path).note
        spent = {"clock": time.perf_counter() - clock, "processor": _processor() - processor}
        found = engine.scan(path)
        digest = engine.fingerprint(found, found.columns)
    # getrusage would count the parent's memory too: a child starts as a copy of it
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    return spent | {"peak": peak, "digest": digest, "note": note}


def _processor() -> float:
    used = os.times()
    return used.user + used.system


def apart(folder: Path, step: str) -> dict[str, Any]:
    """Run one step in a process of its own."""
    command = [sys.executable, __file__, "measure", str(folder), step]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def main(customers: int, orders_each: float, events: int) -> None:
    """Print one line a step."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, customers, orders_each, events)
        rows = sum(pq.ParquetFile(path).metadata.num_rows for path in folder.glob("*/orders*.parquet"))
        print(f"{customers:,} customers, {rows:,} orders, {events:,} events")
        print(f"{'step':<28} {'clock':>9} {'processor':>10} {'of full':>8} {'of full':>8} {'peak':>9}")
        row("everything, state kept", apart(folder, "first"), None)
        nights = {"planning": "first night after it", "closing": "night that closes days", "night": "night"}
        for number, (step, title) in enumerate(nights.items(), start=1):
            for path in sorted((folder / "later").glob(f"*-{number}.parquet")):
                path.rename(folder / path.name.split("-")[0] / path.name)
            if step == "planning":
                row(title, apart(folder, step), None)
                continue
            full = apart(folder, "full")
            row("everything", full, None)
            found = apart(folder, step)
            row(title, found, full)
            same = "equal" if found["digest"] == full["digest"] else f"DIFFERENT: {found['digest']} {full['digest']}"
            print(f"    the tables are {same}; {found['note'] or 'only what is new was read'}")


def row(title: str, run: dict[str, Any], full: dict[str, Any] | None) -> None:
    """Print one line."""
    shares = ["", ""] if full is None else [f"{run[kind] / full[kind]:.1%}" for kind in ("clock", "processor")]
    times = f"{run['clock']:>7.1f} s {run['processor']:>8.1f} s"
    print(f"{title:<28} {times} {shares[0]:>8} {shares[1]:>8} {run['peak']:>6,.0f} MB", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        print(json.dumps(measure(Path(sys.argv[2]), sys.argv[3])))
    else:
        given = [*sys.argv[1:], *("1000000", "4.2", "0")[len(sys.argv) - 1 :]]
        main(int(given[0]), float(given[1]), int(given[2]))
