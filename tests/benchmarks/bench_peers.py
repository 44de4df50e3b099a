# ruff: noqa: T201  (the tables are printed)
"""From raw Parquet to a file of values, against lifetimes and clvkit: ``python tests/benchmarks/bench_peers.py``.

Every package works on the same simulated files, in a process of its own, in pairs: this package, a peer, and so on in
turn. Peers get an environment each, made on the first run from the package registry with the versions below, in the
folder ``--work`` (below the system's temporary folder), where the files stay as well. A process that takes more than
``--seconds`` of the processor or more memory than ``--gigabytes`` is ended: it did not survive that size.

Sizes may be given: ``python tests/benchmarks/bench_peers.py 100000 10000000 --pairs 1``. Seconds depend on what else
the machine does; those of the processor less so. With ``--spark 50000 300000`` (and pyspark), the cost note follows:
what the same values cost on a local Spark, and would cost on a cluster for many more customers.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench_peers_orders import CUTOFF, orders_file

OURS = "clv_ml"
PINS = {
    "lifetimes": (
        *("lifetimes==0.11.3", "pandas==2.2.3", "numpy==1.26.4", "scipy==1.13.1", "autograd==1.7.0"),
        *("pyarrow==17.0.0", "dill==0.3.9"),
    ),
    "clvkit": (
        *("clvkit==0.2.1", "pandas==3.0.3", "numpy==2.3.5", "scipy==1.16.3", "pyarrow==22.0.0"),
        "matplotlib==3.10.7",
    ),
}
_SPARK = Path(__file__).with_name("bench_peers_spark.py")
_WORK = Path(__file__).with_name("bench_peers_work.py")


@dataclass(frozen=True)
class Run:
    """What one process took; `failure` says why it did not survive, empty where it did."""

    seconds: float
    processor: float
    megabytes: float
    stages: dict[str, tuple[float, float]]
    params: dict[str, float]
    failure: str = ""

    @property
    def steps(self) -> float:
        """Seconds without starting Python and importing."""
        return sum(seconds for stage, (seconds, _) in self.stages.items() if stage != "import")

    @property
    def steps_processor(self) -> float:
        """Seconds of the processor without starting Python and importing."""
        return sum(processor for stage, (_, processor) in self.stages.items() if stage != "import")


FIGURES = ("seconds", "steps", "processor", "steps_processor")


def environment(name: str, work: Path) -> str:
    """Return the Python of a package, in an environment with its pins."""
    if name == OURS:
        return sys.executable
    folder = work / f"env_{name}"
    python, done = folder / "bin" / "python", folder / "pins.json"
    if done.exists() and json.loads(done.read_text()) == list(PINS[name]):
        return str(python)
    shutil.rmtree(folder, ignore_errors=True)
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv:
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", str(python), *PINS[name]], check=True)
    else:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *PINS[name]], check=True)
    done.write_text(json.dumps(PINS[name]))
    return str(python)


def measured(name: str, orders: Path, work: Path, *, seconds: float, gigabytes: float) -> Run:
    """Run one package on a file, and end it where it takes too much."""
    python, out = environment(name, work), work / f"values_{name}.parquet"
    started, failure = time.perf_counter(), ""
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        command = [python, str(_WORK), name, str(orders), CUTOFF, str(out)]
        process = subprocess.Popen(command, stdout=said, stderr=complained)
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            if not failure and _processor(process.pid) > seconds:
                failure = f"more than {seconds:g} s of the processor"
                process.kill()
            elif not failure and _megabytes(process.pid) > gigabytes * 1024:
                failure = f"more than {gigabytes:g} GB"
                process.kill()
            time.sleep(0.02)
        took = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        complained.seek(0)
        if process.returncode and not failure:
            failure = (complained.read().strip().splitlines() or ["ended without a word"])[-1]
        said.seek(0)
        lines = [line for line in said.read().splitlines() if line.startswith('{"stages"')]
    found = json.loads(lines[-1]) if lines else {"stages": {}, "params": {}}
    processor = usage.ru_utime + usage.ru_stime
    return Run(took, processor, usage.ru_maxrss / 1024, found["stages"], found["params"], failure)


def _megabytes(process: int) -> float:
    """Return the memory of a process now; 0 where the system does not tell, or the process has ended."""
    try:
        fields = Path(f"/proc/{process}/statm").read_text().split()
    except OSError:
        return 0.0
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _processor(process: int) -> float:
    """Return the processor time of a process so far; 0 where the system does not tell, or the process has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def middle(runs: list[Run], figure: str) -> float:
    """Return the median of a figure."""
    return float(statistics.median(getattr(run, figure) for run in runs))


def print_size(customers: int, rows: int, found: dict[str, list[Run]]) -> None:
    """Print what each package took, and how many times as much as this one."""
    print(f"\n{customers:,} customers, {rows:,} orders: seconds of {len(found[OURS])} runs (median), and times ours")
    print(f"{'':10}{'process':>16}{'its steps':>16}{'processor':>16}{'of its steps':>16}{'peak MB':>16}")
    for name, runs in found.items():
        if runs[-1].failure:
            print(f"{name:10}  did not survive: {runs[-1].failure}")
            continue
        line = f"{name:10}"
        for figure in (*FIGURES, "megabytes"):
            pairs = zip(runs, found[OURS], strict=False)
            ratio = statistics.median(getattr(theirs, figure) / getattr(ours, figure) for theirs, ours in pairs)
            line += f"{middle(runs, figure):>9.{0 if figure == 'megabytes' else 2}f} {ratio:>5.1f}x"
        print(line)
    for name, runs in found.items():
        stages = ", ".join(f"{stage} {clock:.2f} ({used:.2f})" for stage, (clock, used) in runs[-1].stages.items())
        print(f"  {name}, seconds (of the processor): {stages or 'none'}")
    params = [runs[-1].params for runs in found.values() if runs[-1].params]
    if len(params) > 1:
        apart = max(abs(params[1][name] / value - 1) for name, value in params[0].items())
        print(f"  largest relative difference of a parameter from lifetimes: {apart:.1e}")


def print_growth(sizes: list[int], found: dict[int, dict[str, list[Run]]]) -> None:
    """Print by which power of the number of customers each figure grows from one size to the next."""
    for small, large in itertools.pairwise(sizes):
        for name in found[small]:
            few, many = found[small][name], found[large].get(name, [])
            if not many or many[-1].failure or few[-1].failure:
                continue
            powers = [
                math.log(middle(many, figure) / middle(few, figure)) / math.log(large / small) for figure in FIGURES
            ]
            told = "process {:.2f}, its steps {:.2f}, processor {:.2f}, of its steps {:.2f}".format(*powers)
            print(f"growth from {small:,} to {large:,}, {name}: exponent of {told}")


def main(arguments: list[str]) -> None:
    """Run every size, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=240.0, help="of the processor that a peer may take")
    parser.add_argument("--gigabytes", type=float, default=8.0, help="of memory that a peer may take")
    parser.add_argument("--peers", nargs="*", default=list(PINS), choices=[*PINS])
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "clv_ml_peers")
    parser.add_argument("--spark", type=int, nargs=2, metavar=("FEW", "MANY"), help="customers: the cost note as well")
    given = parser.parse_args(arguments)
    given.work.mkdir(parents=True, exist_ok=True)
    found: dict[int, dict[str, list[Run]]] = {}
    sizes = sorted(given.sizes)
    for customers in sizes:
        orders, rows = orders_file(given.work, customers)
        runs: dict[str, list[Run]] = {name: [] for name in (OURS, *given.peers)}
        found[customers] = runs
        for _ in range(given.pairs):
            for name in runs:
                gone = any(found[size][name][-1].failure for size in sizes if found.get(size, {}).get(name))
                if not gone:
                    limits = {"seconds": given.seconds, "gigabytes": given.gigabytes}
                    runs[name].append(measured(name, orders, given.work, **limits))
        print_size(customers, rows, {name: made for name, made in runs.items() if made})
    print_growth(sizes, found)
    if given.spark:
        few, many = map(str, sorted(given.spark))
        subprocess.run([sys.executable, str(_SPARK), str(given.work), few, many], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
