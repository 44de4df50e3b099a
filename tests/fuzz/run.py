"""Fuzz every target for a number of inputs in all: ``python tests/fuzz/run.py --inputs 100000``.

Prints, for each target, how many inputs ran, how many of them were accepted, how far the coverage grew, and whether
anything but the package's own errors came out. Exit code 1 where something did; the input is kept then.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

# what libFuzzer says of its progress, and Python of an error
_RAN = re.compile(r"(?m)^(?:#|stat::number_of_executed_units: +)(\d+)\b")
_TOLD = re.compile(r"(?m)^(?:\w+\.)*\w*(?:Error|Exception)\b.*$|^.*(?:deadly signal|timeout|out-of-memory).*$")
_SEEDS = 48


@dataclass(frozen=True)
class Outcome:
    """What became of the inputs of one target."""

    target: str
    inputs: int
    accepted: int
    coverage: tuple[int, int]
    failure: str = ""

    def __str__(self) -> str:
        """One line of the table."""
        verdict = self.failure or "clean"
        first, last = self.coverage
        return f"{self.target:<18} {self.inputs:>9,} {self.accepted:>9,} {first:>7,} {last:>7,}   {verdict}"


def fuzz(target: str, inputs: int, *, seconds: int, keep: Path, seed: int = 1) -> Outcome:
    """Run one target in a process of its own.

    Parameters
    ----------
    inputs
        How many at most.
    seconds
        For all of them; what has not run by then does not run.
    keep
        Folder for inputs that failed.
    """
    with tempfile.TemporaryDirectory(prefix="clv_ml_fuzz_") as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        draw = random.Random(seed)  # inputs of some length from the start; an empty one steers nothing
        for at in range(_SEEDS):
            (corpus / f"{at:03}").write_bytes(draw.randbytes(8 * (1 + at % 16)))
        keep.mkdir(parents=True, exist_ok=True)
        options = [
            f"-runs={inputs}",
            f"-max_total_time={seconds}",
            "-timeout=25",
            "-rss_limit_mb=3000",
            f"-seed={seed}",
        ]
        options += ["-max_len=4096", "-len_control=20", "-print_final_stats=1", f"-artifact_prefix={keep}/{target}-"]
        done = subprocess.run(
            [sys.executable, str(HERE / "worker.py"), target, folder, *options, str(corpus)],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env={**os.environ, "PYTHONPATH": str(HERE.parents[1]), "CLV_ML_TRACEBACK": ""},
        )
        counts = Path(folder) / "counts.json"
        counted = json.loads(counts.read_text()) if counts.exists() else {}
    said = done.stdout + done.stderr
    ran = [int(number) for number in _RAN.findall(said)]
    covered = [int(number) for number in re.findall(r"cov: (\d+)", said)]
    return Outcome(
        target,
        max(ran, default=0),
        counted.get("accepted", 0),
        (covered[0], covered[-1]) if covered else (0, 0),
        "" if done.returncode == 0 else _failure(done.returncode, said, keep),
    )


def _failure(code: int, said: str, keep: Path) -> str:
    (keep / "last.log").write_text(said)
    told = _TOLD.findall(said)
    return f"FAILED ({told[0][:200] if told else f'exit code {code}'}); see {keep}"


def main() -> int:
    """Parse, run every target, print the table."""
    from shares import SHARES

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="how many in all")
    parser.add_argument("--seconds", type=int, default=3600, help="for each target at most")
    parser.add_argument("--target", choices=[*SHARES, "everything"], action="append", help="only this one; repeatable")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "clv_ml_fuzz")
    given = parser.parse_args()
    chosen = {name: SHARES.get(name, 100) for name in given.target or SHARES}
    sys.stdout.write(f"{'target':<18} {'inputs':>9} {'accepted':>9} {'cov':>7} {'grown':>7}\n")
    outcomes = []
    for name, share in chosen.items():
        inputs = max(round(given.inputs * share / sum(chosen.values())), 1)
        outcome = fuzz(name, inputs, seconds=given.seconds, keep=given.keep, seed=given.seed)
        sys.stdout.write(f"{outcome}\n")
        sys.stdout.flush()
        outcomes.append(outcome)
    total = sum(outcome.inputs for outcome in outcomes)
    failed = [outcome.target for outcome in outcomes if outcome.failure]
    sys.stdout.write(f"{total:,} inputs, {len(failed)} targets failed{': ' + ', '.join(failed) if failed else ''}\n")
    return 1 if failed or total == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
