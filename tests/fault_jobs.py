"""A small business on real data, and its score job run in forked children of one warm process."""

from __future__ import annotations

import datetime as dt
import io
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from clv_ml.cli import app
from clv_ml.config import Config, load_config
from clv_ml.data.datasets import load_dataset
from clv_ml.models.bundle import save_bundle
from clv_ml.models.fitting import fit_models
from clv_ml.models.training_rows import Progress
from clv_ml.pipeline import scoring
from clv_ml.pipeline.inputs import unchanged_inputs
from clv_ml.pipeline.prepared import prepare
from clv_ml.pipeline.runs import Run, kept_runs, latest_run
from clv_ml.pipeline.spill import own_spill_folder
from clv_ml.publishing import LOCK, TIMINGS, damage
from clv_ml.reports import score_results
from clv_ml.reports.results import bundle_facts

Step = Callable[[], None]
_kept_open = ExitStack()


@dataclass(frozen=True)
class Business:
    """A config with its trained model, and two days to score; results land where each job is told."""

    config: Path
    bundle: Path
    days: tuple[dt.date, dt.date]
    overrides: tuple[str, ...]

    def arguments(self, folder: Path, day: dt.date) -> list[str]:
        """Return the command line that scores a day into a folder."""
        given = [*self.overrides, f"output.dir={folder}", f"tracking.store={folder / 'models'}"]
        sets = [part for text in given for part in ("--set", text)]
        return ["score", "-c", str(self.config), "--as-of", str(day), "--model", str(self.bundle), *sets]


def cdnow(folder: Path, *, tracking: str | None = None, every: int = 12) -> Business:
    """Every so many customers of CDNOW's 1/10 sample, in a file, with a model of three snapshots."""
    orders = load_dataset("cdnow_sample")
    orders[orders["customer_id"].astype(int) % every == 0].to_csv(folder / "orders.csv", index=False)
    columns = {name: name for name in ("customer_id", "timestamp", "amount")}
    tree = {
        "name": "faults",
        "transactions": {"sources": [{"path": "orders.csv", "columns": columns}]},
        "churn": {"snapshot_every_days": 90, "max_snapshots": 3, "min_rows_per_class": 20},
        "forecast": {"horizons_days": [90]},
    }
    path = folder / "job.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    day = dt.date(1997, 12, 31)
    return trained(path, (day, day + dt.timedelta(days=1)), folder, tracking=tracking)


def trained(config: Path, days: tuple[dt.date, dt.date], folder: Path, *, tracking: str | None = None) -> Business:
    """Fit the models of a config, without judging them, and keep the bundle in a folder."""
    overrides = ("engine.threads=1", *([f"tracking.uri={tracking}"] if tracking else []))
    settings = load_config(config, overrides=[*overrides, f"output.dir={folder / 'training'}"])
    child = os.fork()
    if child == 0:  # a parent that has trained may have threads
        with prepare(settings, progress=lambda line: None) as prepared:
            models = fit_models(prepared.engine, prepared.tables, days[0], settings, progress=lambda line: None)
            save_bundle(models, bundle_facts(settings, "", []), folder / "bundle")
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("the model could not be trained")
    return Business(config, folder / "bundle", days, overrides)


def start(business: Business, folder: Path, day: dt.date, *, first: Step | None = None, log: Path | None = None) -> int:
    """Score a day in a child of this process, whose words go to a log beside the folder; return its process id.

    Parameters
    ----------
    first
        What the child does before it begins.
    """
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        words_to = os.open(log or _log(folder), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(words_to, 1)
        os.dup2(words_to, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
        if first is not None:
            first()
        app(args=business.arguments(folder, day), prog_name="clv-ml")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        os._exit(code)
    raise AssertionError


def finish(child: int, *, kill_after: float | None = None, how: signal.Signals = signal.SIGKILL) -> int:
    """Wait for a child, or end it after some seconds; return its exit code, below zero the signal that ended it."""
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, how)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def warm(business: Business, folder: Path, day: dt.date) -> None:
    """Score a day in this very process: what its children would otherwise import and read anew is then there."""
    with redirect_stdout(io.StringIO()) as said, redirect_stderr(said):
        try:
            app(args=business.arguments(folder, day), prog_name="clv-ml")
        except SystemExit as end:
            if end.code:
                raise RuntimeError(f"the undisturbed job ended with {end.code}: {said.getvalue()}") from end
    threads = {(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()}
    busy = threads - {"python", "python3", "jemalloc_bg_thd"} - {Path(sys.executable).name[:15]}
    if busy:
        raise RuntimeError(f"this process has threads that its children would miss: {busy}")


def remember_the_list() -> None:
    """Let the children of this process find data, list and page computed: what is written is still written anew."""
    module: Any = scoring
    real_data = module.data_of
    prepared: list[Any] = []

    @contextmanager
    def prepare_once(config: Config, *, as_of: dt.date | None, progress: Progress) -> Iterator[Any]:
        if not prepared:
            prepared.append(_kept_open.enter_context(real_data(config, as_of=as_of, progress=progress)))
        with own_spill_folder(config), unchanged_inputs(config):
            yield prepared[0]

    module.data_of = prepare_once
    _remember(scoring, "make_list", lambda *arguments, **options: options["run_id"])
    _remember(scoring, "_promise", lambda scored: scored.context.refresh_id)
    _remember(score_results, "risk_page", lambda scored: scored.context.refresh_id)


def _remember(module: Any, name: str, key: Callable[..., str]) -> None:
    real, known = getattr(module, name), {}

    def once(*arguments: Any, **options: Any) -> Any:
        about = key(*arguments, **options)
        if about not in known:
            known[about] = real(*arguments, **options)
        return known[about]

    setattr(module, name, once)


def run(business: Business, folder: Path, day: dt.date, *, first: Step | None = None) -> int:
    """Score a day to its end in a child and return its exit code."""
    return finish(start(business, folder, day, first=first))


def wrong_after_kill(folder: Path, before: Run | None) -> str:
    """Say what is wrong with the pointer after a kill; empty where it is as before, or names a complete run."""
    scores = folder / "scores"
    found = latest_run(scores)
    if found is None:
        return "latest.json is gone or names no complete run" if before or (scores / "latest.json").exists() else ""
    if before and found.as_of < before.as_of:
        return f"latest.json went back to {found.as_of}"
    wrong = damage(scores / found.name)
    return f"latest.json names a damaged run: {wrong}" if wrong else ""


def wrong_after_repeat(folder: Path, reference: Path, code: int) -> str:
    """Say how a repeated job differs from one that nobody killed; empty where every byte is the same."""
    if code:
        return f"the repeated job ended with {code}: {words(folder)}"
    if left := leftovers(folder):
        return left
    if kept_runs(folder / "scores") != kept_runs(reference / "scores"):
        return "there are other runs than without a kill"
    mine, theirs = _contents(folder), _contents(reference)
    return ", ".join(sorted(name for name in {*mine, *theirs} if mine.get(name) != theirs.get(name)))


def leftovers(folder: Path) -> str:
    """Say what a job has left that is no result; empty where there is nothing."""
    for root in (folder, folder / "scores", *(folder / "scores").glob("as_of=*")):
        left = [path.name for path in root.glob(".*") if path.name not in {LOCK, ".plans.json"}]
        if left:
            return f"left behind in {root.name}: {left}"
    return ""


def words(folder: Path) -> str:
    """Return what the last job in a folder said."""
    return _log(folder).read_text(encoding="utf-8").strip()


def copy(template: Path, folder: Path, *, into: bool = False) -> None:
    """Begin with what another folder holds; `into` a folder that stays, such as a mounted one."""
    if not into:
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder, dirs_exist_ok=into)


def _log(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.log")


def _contents(folder: Path) -> dict[str, bytes]:
    scores = folder / "scores"
    files = [path for path in scores.rglob("*") if path.is_file() and path.name not in {LOCK, TIMINGS}]
    return {path.relative_to(scores).as_posix(): path.read_bytes() for path in files}
