# ruff: noqa: T201  (the table is printed)
"""Four packages on CDNOW, judged by its last 39 weeks: ``python tests/benchmarks/bench_comparison.py``.

Fitted on what was known on 1997-09-30, asked for purchases and spend of the 273 days after it and a 12-month value, and
then for what goes wrong easily: one-time buyers, a customer of 5,000 purchases, a table of one row, an order that is
there twice and refunded. Each package runs in an environment of its own, made on the first run from the package
registry with the versions below, in the folder ``--work``. Seconds are those of the processor, imports included; peak
memory is that of the largest process of a package. Markov chains take minutes: leave `pymc-marketing mcmc` out, or name
it with ``--data cdnow_sample``.
churnkit is not asked: it trains from notebooks on a table with a churn label, and has no model of purchases or value.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from bench_comparison_work import CUTOFF

import clv_ml
from clv_ml.data.datasets import DatasetName

PINS = {
    "lifetimes": ("lifetimes==0.11.3", "pandas==2.2.3", "numpy==1.26.4", "scipy==1.13.1", "autograd==1.7.0"),
    "clvkit": ("clvkit==0.2.1", "pandas==3.0.3", "numpy==2.3.5", "scipy==1.16.3", "matplotlib==3.10.7"),
    "pymc-marketing": ("pymc-marketing==0.19.2",),
}
WAYS = ("clv_ml", "lifetimes", "clvkit", "pymc-marketing map", "pymc-marketing mcmc")
DATA: dict[DatasetName, str] = {"cdnow_sample": "1/10 sample", "cdnow_master": "all"}
_WORK = Path(__file__).with_name("bench_comparison_work.py")


def environment(way: str, work: Path) -> str:
    """Return the Python of a package, in an environment with its pins."""
    name = way.split()[0]
    if name == "clv_ml":
        return sys.executable
    folder = work / f"env_{name}"
    python, done = folder / "bin" / "python", folder / "pins.json"
    if not (done.exists() and json.loads(done.read_text()) == list(PINS[name])):
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *PINS[name]], check=True)
        done.write_text(json.dumps(PINS[name]))
    return str(python)


def prepared(dataset: DatasetName, work: Path) -> tuple[Path, Path, pd.Series]:
    """Write the orders up to the cutoff, and what their customers then did; return both and the totals."""
    rows = clv_ml.load_dataset(dataset).assign(day=lambda table: table["timestamp"].dt.normalize())
    known = rows["day"] <= CUTOFF
    later = rows[~known & rows["customer_id"].isin(rows.loc[known, "customer_id"]) & (rows["amount"] > 0)]
    actual = later.groupby("customer_id")["day"].nunique()
    actual = actual.reindex(rows.loc[known, "customer_id"].unique(), fill_value=0).rename("purchases")
    orders, happened = work / f"{dataset}.csv", work / f"{dataset}_actual.csv"
    rows.loc[known & (rows["amount"] > 0), ["customer_id", "timestamp", "amount"]].to_csv(orders, index=False)
    actual.rename_axis("customer_id").to_csv(happened)
    return orders, happened, pd.Series({"purchases": actual.sum(), "spend": later["amount"].sum()})


def asked(way: str, orders: Path, happened: Path, work: Path, seconds: float) -> dict[str, Any]:
    """Ask one package; a failure is told in one line."""
    command = [environment(way, work), str(_WORK), way, str(orders), str(happened)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return {"failure": f"more than {seconds:g} s"}
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"answers"')]
    if not lines:
        return {"failure": (done.stderr.strip().splitlines() or ["ended without a word"])[-1][:120]}
    answers: dict[str, Any] = json.loads(lines[-1])["answers"]
    return answers


def lines_of(dataset: DatasetName, answers: dict[str, dict[str, Any]], actual: pd.Series) -> list[str]:
    """Write a line of the table for each package."""
    made = []
    for way, told in answers.items():
        if "failure" in told:
            made.append(f"| {DATA[dataset]} | {way} | {told['failure']} | | | | | |")
            continue
        off = {name: f"{told[name] / actual[name] - 1:+.1%}" for name in ("purchases", "spend")}
        ends = told.get("total95")
        total = "none" if ends is None else f"{ends[0]:,.0f} to {ends[1]:,.0f}"
        inside = f"{told['inside80']:.0%}" if "inside80" in told else "none"
        cost = f"{told['seconds']:.1f} s | {told['megabytes']:,.0f} MB"
        made.append(f"| {DATA[dataset]} | {way} | {cost} | {off['purchases']} | {off['spend']} | {total} | {inside} |")
    return made


def main() -> None:
    """Ask all of them, and print the table and the answers on what goes wrong easily."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ways", nargs="*", default=WAYS, help=f"of {', '.join(WAYS)}; all where none is named")
    parser.add_argument("--data", nargs="*", choices=sorted(DATA), default=list(DATA))
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "clv_ml_comparison")
    parser.add_argument("--seconds", type=float, default=900.0, help="one package on one data set, at most")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    print("| CDNOW | package | fit and value, processor | memory | purchases | spend | purchases, 95 % | in own 80 % |")
    print("|---|---|--:|--:|--:|--:|--:|--:|", flush=True)
    for dataset in given.data:
        orders, happened, actual = prepared(dataset, given.work)
        answers = {}
        for way in given.ways:
            answers[way] = asked(way, orders, happened, given.work, given.seconds)
            print("\n".join(lines_of(dataset, {way: answers[way]}, actual)), flush=True)
        print(f"actual: {actual['purchases']:,.0f} purchases, {actual['spend']:,.2f} spend")
        for way, told in answers.items():
            print(f"{way}: { ({name: told.get(name) for name in ('once', 'busy', 'one', 'dirty')}) }", flush=True)


if __name__ == "__main__":
    main()
