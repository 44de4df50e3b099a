"""Kill the score job on real data at every write boundary and at random moments, and see what is left.

::

    python tests/fault_campaign.py --moments 200                     CDNOW, the whole job each time
    python tests/fault_campaign.py --moments 15 --quick              the list is computed once: for CI
    python tests/fault_campaign.py --config CONFIG --as-of DAY       another business

After each kill `latest.json` must be as before or name a complete run whose checksums hold; then the same command
must succeed and leave the very bytes of a job that nobody killed, and no leftovers.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# before numpy is imported: threads of a parent are missing in its children
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}

import fault_jobs as jobs
import fault_scenarios as scenarios
import numpy as np
from fault_points import Points

from clv_ml.pipeline.runs import latest_run

# an MLflow that refuses connections
DOWN = "http://127.0.0.1:9"


@dataclass
class Campaign:
    """A business, folders to begin from, the result that nobody disturbed, and what was found."""

    business: jobs.Business
    work: Path
    quick: bool = False
    survived: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def prepare(self) -> None:
        """Score the first day, and the second one undisturbed, with and without the first."""
        first, second = self.business.days
        jobs.warm(self.business, self.work / "begun", first)
        if self.quick:
            jobs.remember_the_list()
            jobs.copy(self.work / "begun", self.work / "known")
            jobs.warm(self.business, self.work / "known", second)
        for name in ("empty", "alone"):  # the store is there, as it is on any but the first day of all
            jobs.copy(self.work / "begun" / "models", self.work / name / "models")
        jobs.copy(self.work / "begun", self.work / "undisturbed")
        for name in ("undisturbed",) if self.quick else ("alone", "undisturbed"):
            started = time.monotonic()
            self._run(self.work / name)
            self.seconds = time.monotonic() - started

    def boundaries(self) -> list[str]:
        """Name every write boundary of the second day's job."""
        folder, listed = self.work / "killed", self.work / "boundaries.txt"
        jobs.copy(self.work / "begun", folder)
        points = Points([folder])
        leave = os._exit

        def write_and_leave(code: int) -> None:
            listed.write_text("\n".join(points.names), encoding="utf-8")
            leave(code)

        def count() -> None:
            points.install()
            module: Any = os
            module._exit = write_and_leave

        self._run(folder, first=count)
        return listed.read_text(encoding="utf-8").splitlines()

    def kill_at_boundaries(self, names: list[str]) -> None:
        """Kill the job at each boundary in turn."""
        for number, name in enumerate(names, start=1):
            folder = self.work / "killed"
            points = Points([folder], kill_at=number)
            name = name.replace(str(self.work), "")
            self._try("write boundaries", f"{number} ({name})", "begun", points.install, None)

    def kill_at_moments(self, count: int, rng: np.random.Generator) -> None:
        """Kill the job at random moments; where it is not to be quick, every third time with no earlier result."""
        number = 0
        while self.survived["random moments"] + len(self.faults) < count and number < 3 * count:
            number += 1
            moment = float(rng.uniform(0.0, self.seconds))
            template = "begun" if self.quick or number % 3 else "empty"
            self._try("random moments", f"{moment:.3f} s, {template}", template, None, moment)
            if number % 10 == 0:
                _say(f"... {self.survived['random moments']} survived, {len(self.faults)} not")

    def _try(self, kind: str, where: str, template: str, first: jobs.Step | None, moment: float | None) -> None:
        folder = self.work / "killed"
        jobs.copy(self.work / template, folder)
        before = latest_run(folder / "scores")
        day = self.business.days[1]
        code = jobs.finish(jobs.start(self.business, folder, day, first=first), kill_after=moment)
        wrong = "" if code in {-9, 0} else f"it ended by itself with {code}: {jobs.words(folder)}"
        wrong = wrong or jobs.wrong_after_kill(folder, before)
        if not wrong:
            reference = self.work / ("alone" if template == "empty" else "undisturbed")
            wrong = jobs.wrong_after_repeat(folder, reference, jobs.run(self.business, folder, day))
        if wrong:
            self.faults.append(f"{kind} {where}: {wrong}")
        else:
            self.survived[kind if code == -9 else f"{kind} after the end"] += 1

    def _run(self, folder: Path, *, first: jobs.Step | None = None) -> None:
        code = jobs.run(self.business, folder, self.business.days[1], first=first)
        if code:
            raise SystemExit(f"the undisturbed job ended with {code}: {jobs.words(folder)}")


def main() -> int:
    """Run the campaign that the command line asks for; exit code 1 where a fault was not survived."""
    options = _options()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        work = Path(name)
        tracking = DOWN if options.quick else None
        if options.config:
            last = dt.date.fromisoformat(options.as_of)
            days = (last - dt.timedelta(days=1), last)
            business = jobs.trained(options.config, days, work, tracking=tracking)
        else:
            business = jobs.cdnow(work, tracking=tracking, every=options.every)
        campaign = Campaign(business, work, options.quick)
        campaign.prepare()
        _say(f"prepared in {time.monotonic() - started:.0f} s; an undisturbed job takes {campaign.seconds:.2f} s")
        campaign.kill_at_moments(options.moments, np.random.default_rng(options.seed))
        if options.boundaries:
            campaign.kill_at_boundaries(campaign.boundaries())
        if options.scenarios:
            found = scenarios.everything(business, work)
            options.scenarios.write_text(json.dumps(found, indent=1), encoding="utf-8")
    for fault in campaign.faults:
        _say(f"NOT SURVIVED: {fault}")
    told = ", ".join(f"{count} at {kind}" for kind, count in sorted(campaign.survived.items()))
    total, lost = campaign.survived.total(), len(campaign.faults)
    _say(f"faults survived: {total} of {total + lost} ({told})")
    _say(f"in {time.monotonic() - started:.0f} s, {sum(os.times()[:4]):.0f} s of CPU")
    return 1 if lost else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=200, help="kills at random moments")
    parser.add_argument("--no-boundaries", dest="boundaries", action="store_false", help="random moments only")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="data and list are computed once, MLflow is down: what is written is written anew",
    )
    parser.add_argument("--scenarios", type=Path, help="try other faults too, and write here what came of them")
    parser.add_argument("--config", type=Path, help="another business; with --as-of, the later of its two days")
    parser.add_argument("--as-of", default="")
    parser.add_argument("--every", type=int, default=12, help="of CDNOW's sample, every so many customers")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
