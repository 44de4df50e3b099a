"""What a job is doing: its stages by name, how long each took, on how many rows, and how much memory it needed."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Progress = Callable[[str], None]

_DATED = re.compile(r"^\d{4}-\d{2}-\d{2}: ")
_WORD = re.compile(r"[A-Za-z]+,?$")
_LOOSE = {"a", "an", "and", "as", "at", "for", "from", "in", "of", "on", "the", "to", "with"}
_MOST_WORDS = 5


def stage_of(message: str) -> str:
    """Name the stage that a line of progress begins: its first plain words, without numbers, days and places.

    Examples
    --------
    >>> stage_of("1997-12-31: fitting purchases and spend")
    'fitting_purchases_and_spend'
    >>> stage_of("scoring customers as of 1998-06-30")
    'scoring_customers'
    """
    words: list[str] = []
    for word in _DATED.sub("", message).split():
        end = word.endswith((":", ";", "."))
        if not _WORD.match(word.rstrip(":;.")) or len(words) == _MOST_WORDS:
            break
        words.append(word.rstrip(",:;.").lower())
        if end:
            break
    while words and words[-1] in _LOOSE:
        words.pop()
    return "_".join(words) or "note"


def peak_memory_bytes() -> int | None:
    """Return the most memory this process has had so far; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most) if sys.platform == "darwin" else int(most) * 1024


@dataclass
class _Stage:
    seconds: float = 0.0
    rows: int | None = None
    peak: int | None = None


class Stages:
    """Progress that is passed on, with time, rows and peak memory of each stage noted.

    Parameters
    ----------
    progress
        Where each line goes.
    clock
        Seconds; only differences count.

    Attributes
    ----------
    running : str or None
        The stage that has begun and not ended.
    """

    def __init__(self, progress: Progress, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = progress
        self._clock = clock
        self._started = self._since = clock()
        self._stages: dict[str, _Stage] = {}
        self._expected: dict[str, _Stage] = {}
        self.running: str | None = None

    def __call__(self, message: str) -> None:
        """End the stage that was running, and begin the one that a message names."""
        self.pause()
        self.running = stage_of(message)
        self._stages.setdefault(self.running, _Stage())
        self._progress(message)

    def pause(self) -> float:
        """End the stage that was running; return how many seconds it took since its last beginning."""
        now = self._clock()
        took = now - self._since
        if self.running is not None:
            stage = self._stages[self.running]
            stage.seconds += took
            stage.peak = peak_memory_bytes()
        self.running, self._since = None, now
        return took

    def know(self, **facts: Any) -> None:
        """Keep what concerns stages, and pass all facts on; see :func:`tell`.

        ``stage_rows`` are rows that the running stage has worked on; ``expected_stages`` is what :meth:`to_dict` gave
        for an earlier run of the same job.
        """
        rows = facts.get("stage_rows")
        if rows is not None and self.running is not None:
            stage = self._stages[self.running]
            stage.rows = rows + (stage.rows or 0)
        for item in facts.get("expected_stages", ()):
            self._expected[item["stage"]] = _Stage(float(item["seconds"]), item.get("rows"))
        tell(self._progress, **facts)

    def remaining(self) -> float | None:
        """Estimate the seconds that are left: what the stages to come took before, for as many rows as there are now.

        None where nothing is known: no earlier run has been told of, or the running stage was not part of it.
        """
        if self.running not in self._expected:
            return None
        share = self._growth()
        names = list(self._expected)
        later = [name for name in names[names.index(self.running) + 1 :] if name not in self._stages]
        here = self._expected[self.running].seconds * share - (self._clock() - self._since)
        return max(here, 0.0) + share * sum(self._expected[name].seconds for name in later)

    def to_dict(self) -> dict[str, Any]:
        """Return what is known of each stage in the order of their beginning, seconds in all, and the peak so far.

        Of a stage these are its seconds, its rows (None where nobody has told them), and the most memory that the
        process had needed by its end.
        """
        self.pause()
        return {
            "stages": [
                {"stage": name, "seconds": round(stage.seconds, 3), "rows": stage.rows, "peak_memory_bytes": stage.peak}
                for name, stage in self._stages.items()
            ],
            "seconds": round(self._clock() - self._started, 3),
            "peak_memory_bytes": peak_memory_bytes(),
        }

    def _growth(self) -> float:
        """Tell how many times as many rows as before the stages that are done have had."""
        both = [
            (stage.rows, self._expected[name].rows) for name, stage in self._stages.items() if name in self._expected
        ]
        known = [(now, then) for now, then in both if now is not None and then is not None]
        before = sum(then for _, then in known)
        return sum(now for now, _ in known) / before if before else 1.0


def tell(progress: Progress, **facts: Any) -> None:
    """Hand facts of the job to a progress that keeps them for its log; others have no use for them.

    Known are ``run_id`` and ``rows`` of the job, and those of :meth:`Stages.know`.
    """
    keep = getattr(progress, "know", None)
    if keep is not None:
        keep(**facts)
