# ruff: noqa: T201  (the table is printed)
"""The nightly job, stage by stage: ``python tests/benchmarks/bench_nightly.py [CUSTOMERS] [--no-events]``.

A business is simulated once and kept in the temporary folder of the system (a million customers, three million orders
and twenty million events take some minutes; above a million, customers are copies of the first million under other
ids). A model is trained on a twentieth of the customers, and the real score job runs on all in a process of its own.
It finds the plans of its queries in the folder of output, as any job does there after the first: those of training.

Printed for each stage: rows, seconds of the clock and of the processor, the most memory the process has had by its
end, and, where a stage reads tables, the seconds of scanning them and the ratio. To scan means: decode every column
that the job uses from the Parquet files and hold it (``CREATE TABLE ... AS SELECT`` in DuckDB with the same threads
and memory; the median of some scans before the job and some after it). On a machine that others use too, the ratio of
processor seconds is the one to trust.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from clv_ml import pipeline
from clv_ml.config import Config, build_config
from clv_ml.data.simulation_parameters import SimulationParameters
from clv_ml.pipeline.simulation import simulate_files
from clv_ml.stages import Stages

MILLION, SCANS = 1_000_000, 3
PARAMETERS = SimulationParameters(visits_per_day=0.044)  # twenty events a customer
COLUMNS = {
    "transactions": ("customer_id", "timestamp", "amount", "order_id"),
    "events": ("customer_id", "timestamp", "event_type", "value", "session_id", "surface"),
    "customers": ("customer_id", "signup_at", "channel"),
}
IDS = {
    "transactions": ("customer_id", "order_id"),
    "events": ("customer_id", "session_id"),
    "customers": ("customer_id",),
}
# stages that begin with these words read these tables
READS = {
    "reading_transactions": ("transactions",),
    "reading_and_checking_events": ("events",),
    "reading_and_checking_customers": ("customers",),
    "summing_transactions_to_days": ("transactions",),
    "comparing_the_data_with_earlier": ("transactions", "events", "customers"),
    "describing_customers": ("transactions", "events", "customers"),
}


def simulated(base: Path, customers: int, *, events: bool) -> Path:
    """Return the folder of a simulation, made where it is not there; copies of a million have events if wanted."""
    folder = base / f"nightly_{customers}"
    tables = [table for table in COLUMNS if events or table != "events"]
    if all((folder / "few" / f"{table}.parquet").exists() for table in tables):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    if customers <= MILLION:
        simulate_files(PARAMETERS, customers=customers, folder=folder, progress=print)
    else:
        _copied(simulated(base, MILLION, events=events), folder, customers, tables)
    (folder / "few").mkdir(exist_ok=True)
    few = f"SELECT customer_id FROM '{folder}/customers.parquet' WHERE hash(customer_id) % 20 = 0"
    for table in tables:
        kept = f"SELECT * FROM '{folder}/{table}.parquet' WHERE customer_id IN ({few})"
        duckdb.execute(f"COPY ({kept}) TO '{folder}/few/{table}.parquet'")
    return folder


def _copied(million: Path, folder: Path, customers: int, tables: Sequence[str]) -> None:
    copies = -(-customers // MILLION)
    for table in tables:
        renamed = ", ".join(f"copy || {name} AS {name}" for name in IDS[table])
        named = f"SELECT chr(97 + range::INT % 26) || range AS copy FROM range({copies})"
        rows = f"SELECT * REPLACE ({renamed}) FROM '{million}/{table}.parquet', ({named})"
        duckdb.execute(f"COPY (SELECT * EXCLUDE copy FROM ({rows})) TO '{folder}/{table}.parquet'")


def job(data: Path, output: Path, *, events: bool, memory: str | None) -> Config:
    """Return the config of the job on the files of a folder."""
    sources = {
        name: [{"path": str(data / f"{name}.parquet"), "columns": {column: column for column in columns}}]
        for name, columns in COLUMNS.items()
    }
    tree: dict[str, Any] = {
        "name": "nightly",
        "transactions": {"sources": sources["transactions"]},
        "churn": {"max_snapshots": 3, "horizons_days": [30, 60, 90]},
        "forecast": {"error_cutoffs": 0},
        "backtest": {"periods": 1},
        "risk": {"capacity": 10_000},
        "engine": {"memory_limit": memory},
        "tracking": {"store": str(output / "models")},
        "output": {"dir": str(output / "output")},
    }
    if events:
        meanings = {"key_actions": ["lesson"], "minutes": ["visit"], "contacts": ["email_sent"]}
        tree["events"] = {"sources": sources["events"], **meanings, "responses": ["email_open"]}
        tree["customers"] = {"sources": sources["customers"], "categories": ["channel"]}
    return build_config(tree, environment={})


def processor() -> float:
    """Return the seconds of the processor that this process has used."""
    used = os.times()
    return used.user + used.system


def scan(data: Path, table: str, memory: str | None) -> list[dict[str, float]]:
    """Decode and hold the columns of a table that the job uses, several times; the first one does not count."""
    found = []
    with duckdb.connect(config={"memory_limit": memory} if memory else {}) as connection:
        for _ in range(1 + SCANS):
            clock, used = time.perf_counter(), processor()
            columns = ", ".join(COLUMNS[table])
            connection.execute(f"CREATE OR REPLACE TABLE held AS SELECT {columns} FROM '{data}/{table}.parquet'")
            found.append({"seconds": time.perf_counter() - clock, "processor": processor() - used})
    return found[1:]


def median(scans: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of the clock and of the processor, which ticks a hundred times a second."""
    return {kind: max(statistics.median(scan[kind] for scan in scans), 0.01) for kind in ("seconds", "processor")}


def score(data: Path, output: Path, model: str, *, events: bool, memory: str | None) -> list[dict[str, Any]]:
    """Run the job; return what is known of its stages."""
    planned = data / "few" / "output" / ".plans.json"
    if planned.exists():  # of another version of the program they are of no use, and planned anew
        (output / "output").mkdir()
        shutil.copy(planned, output / "output")
    by_processor = Stages(lambda message: print(message, file=sys.stderr, flush=True), clock=processor)
    by_clock = Stages(by_processor)
    pipeline.score(job(data, output, events=events, memory=memory), model=model, progress=by_clock)
    spent = {stage["stage"]: stage["seconds"] for stage in by_processor.to_dict()["stages"]}
    return [stage | {"processor": spent[stage["stage"]]} for stage in by_clock.to_dict()["stages"]]


def show(stages: list[dict[str, Any]], scans: dict[str, dict[str, float]]) -> None:
    """Print one line a stage."""
    print(f"{'':<32} {'rows':>11} {'clock':>9} {'cpu':>9} {'peak':>9} {'scan':>8} {'cpu':>8} {'ratio':>6} {'ratio':>6}")
    for stage in stages:
        clock, used, peak = stage["seconds"], stage["processor"], (stage["peak_memory_bytes"] or 0) / 2**20
        line = f"{stage['stage']:<32} {stage['rows'] or '':>11} {clock:>7.1f} s {used:>7.1f} s {peak:>6,.0f} MB"
        tables = [table for table in READS.get(stage["stage"], ()) if table in scans]
        if tables:
            scanned, needed = (
                max(sum(scans[table][kind] for table in tables), 0.01) for kind in ("seconds", "processor")
            )
            line += f" {scanned:>6.1f} s {needed:>6.1f} s {clock / scanned:>5.1f}x {used / needed:>5.1f}x"
        print(line)
    print(f"{'all':<44} {sum(stage['seconds'] for stage in stages):>7.1f} s")


def apart(*arguments: str) -> Any:
    """Run one step of this file in a process of its own, whose memory is the step's alone."""
    command = [sys.executable, __file__, *arguments]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main() -> None:
    """Simulate, train, scan, score and print."""
    parser = argparse.ArgumentParser(description="Time the stages of the nightly job against scanning their input.")
    parser.add_argument("customers", type=int, nargs="?", default=MILLION)
    parser.add_argument("--no-events", action="store_true", help="transactions only")
    parser.add_argument("--memory", help="limit of the engine, such as 2GB; its own default where absent")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "clv_ml_benchmarks")
    parser.add_argument("--model", help="bundle of an earlier run with the same tables; trained anew where absent")
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    data, events = given.folder / f"nightly_{given.customers}", not given.no_events
    if given.step and given.step[0] == "scan":
        print(json.dumps(scan(data, given.step[1], given.memory)))
        return
    if given.step and given.step[0] == "train":
        few = Path(given.step[1])
        print(json.dumps(str(pipeline.train(job(few, few, events=events, memory=None)).bundle_path)))
        return
    if given.step:
        with tempfile.TemporaryDirectory(dir=given.folder) as name:
            print(json.dumps(score(data, Path(name), given.step[1], events=events, memory=given.memory)))
        return
    simulated(given.folder, given.customers, events=events)
    again = [str(given.customers), "--folder", str(given.folder), *(["--memory", given.memory] if given.memory else [])]
    again += [] if events else ["--no-events"]
    # not here: the memory that this process has had would count as that of those it starts
    model = given.model or apart(*again, "--step", "train", str(data / "few"))
    print(f"model: {model}")
    tables = COLUMNS if events else ("transactions",)
    before = {table: apart(*again, "--step", "scan", table) for table in tables}
    stages = apart(*again, "--step", "score", model)
    # before and after: a machine that others use too does not stay as fast
    scans = {table: median([*before[table], *apart(*again, "--step", "scan", table)]) for table in tables}
    print(f"{given.customers:,} customers, engine memory {given.memory or 'by default'}")
    show(stages, scans)


if __name__ == "__main__":
    main()
