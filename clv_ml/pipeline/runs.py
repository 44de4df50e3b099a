"""The runs of score: one writer at a time, a folder for each run, a pointer to the latest, and what is kept."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clv_ml.config import Config
from clv_ml.models.training_rows import Progress
from clv_ml.publishing import aside_of, clean, damage, is_complete, locked, place, point_to, remove

LATEST = "latest.json"
# the newest days whose newest run stays whatever the config says: the next run is compared with the one before
_DAYS_KEPT = 3


@dataclass(frozen=True)
class Run:
    """A run of score by its day and its id, which is a digest of all that it depends on."""

    as_of: dt.date
    run_id: str

    @property
    def name(self) -> str:
        """Folder below that of all runs."""
        return f"as_of={self.as_of}/run_id={self.run_id}"


@dataclass(frozen=True)
class Runs:
    """The folder of all runs, held by this process; see :func:`open_runs`."""

    folder: Path
    keep: int | None
    progress: Progress

    def folder_of(self, run: Run) -> Path:
        """Return where a run is, or will be."""
        return self.folder / run.name

    def is_finished(self, run: Run) -> bool:
        """Tell whether a run is there with every byte; say so where it was there and is damaged."""
        folder = self.folder_of(run)
        if not folder.exists():
            return False
        wrong = damage(folder)
        if wrong:
            self.progress(f"{folder} is damaged: {wrong}; doing it again")
        return not wrong

    def publish(self, run: Run, write: Callable[[Path], None]) -> None:
        """Write a run aside, check and mark it, and move it into place in one step.

        Raises
        ------
        ClvError
            If it cannot be written; nothing is left of it.
        """
        place(self.folder_of(run), write)

    def finish(self, run: Run) -> str:
        """Point to a complete run unless a later day is there, then remove runs beyond the keep rule.

        Returns
        -------
        str
            Why the pointer was left; empty where it was moved.
        """
        latest = latest_run(self.folder)
        note = ""
        if latest is not None and latest.as_of > run.as_of:
            note = f"{LATEST} stays at {latest.as_of}: this run is of an earlier day, {run.as_of}"
        else:
            point_to(self.folder / LATEST, {"run_id": run.run_id, "as_of": run.as_of, "folder": run.name})
            latest = run
        self._prune({run, latest})
        return note

    def _prune(self, needed: set[Run]) -> None:
        if self.keep is None:
            return
        newest_first = sorted(kept_runs(self.folder), key=self._age, reverse=True)
        of_day: dict[dt.date, Run] = {}
        for run in newest_first:
            of_day.setdefault(run.as_of, run)
        stays = {*newest_first[: self.keep], *list(of_day.values())[:_DAYS_KEPT], *needed}
        for run in newest_first:
            if run not in stays:
                folder = self.folder_of(run)
                self.progress(f"removing the old run {run.name} (output.keep_runs is {self.keep})")
                aside = aside_of(folder)
                folder.rename(aside)  # gone in one step: nobody finds half of it
                remove(aside)
                _remove_if_empty(folder.parent)

    def _age(self, run: Run) -> tuple[dt.date, int, str]:
        return run.as_of, self.folder_of(run).stat().st_mtime_ns, run.run_id


@contextmanager
def open_runs(config: Config, what: str, *, progress: Progress) -> Iterator[Runs]:
    """Hold the folder of all runs of score; another process that wants it waits, and what the dead left is removed.

    Parameters
    ----------
    what
        What this process does, for those who wait.

    Raises
    ------
    BusyError
        If another process does not finish within ``output.lock_wait_seconds``.
    ClvError
        If the folder cannot be written.
    """
    folder = config.output.dir / "scores"
    with locked(folder, run=what, wait_seconds=config.output.lock_wait_seconds, progress=progress):
        for inside in (folder, *sorted(folder.glob("as_of=*"))):
            clean(inside, progress=progress)
            _remove_if_empty(inside)
        yield Runs(folder, config.output.keep_runs, progress)


def latest_run(folder: Path) -> Run | None:
    """Return the complete run that `latest.json` in the folder of all runs points to; None where there is none."""
    try:
        facts: dict[str, Any] = json.loads((folder / LATEST).read_text(encoding="utf-8"))
        run = Run(dt.date.fromisoformat(facts["as_of"]), str(facts["run_id"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return run if is_complete(folder / run.name) else None


def kept_runs(folder: Path) -> list[Run]:
    """List the complete runs, the oldest day first."""
    found = []
    for path in folder.glob("as_of=*/run_id=*"):
        try:
            day = dt.date.fromisoformat(path.parent.name.removeprefix("as_of="))
        except ValueError:  # nothing that score has written
            continue
        if is_complete(path):
            found.append(Run(day, path.name.removeprefix("run_id=")))
    return sorted(found, key=lambda run: (run.as_of, run.run_id))


def _remove_if_empty(folder: Path) -> None:
    if folder.name.startswith("as_of=") and not any(folder.iterdir()):
        folder.rmdir()
