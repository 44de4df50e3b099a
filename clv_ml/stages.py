"""What a job is doing: its stages by name, how long each took, and how much memory it needed."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
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


class Stages:
    """Progress that is passed on, with the time of each stage noted.

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
        self._seconds: dict[str, float] = {}
        self.running: str | None = None

    def __call__(self, message: str) -> None:
        """End the stage that was running, and begin the one that a message names."""
        self.pause()
        self.running = stage_of(message)
        self._progress(message)

    def pause(self) -> float:
        """End the stage that was running; return how many seconds it took since its last beginning."""
        now = self._clock()
        took = now - self._since
        if self.running is not None:
            self._seconds[self.running] = self._seconds.get(self.running, 0.0) + took
        self.running, self._since = None, now
        return took

    def know(self, **facts: Any) -> None:
        """Pass facts on; see :func:`tell`."""
        tell(self._progress, **facts)

    def to_dict(self) -> dict[str, Any]:
        """Return seconds by stage in the order of their beginning, seconds in all, and the peak of memory so far."""
        self.pause()
        return {
            "stages": [{"stage": name, "seconds": round(seconds, 3)} for name, seconds in self._seconds.items()],
            "seconds": round(self._clock() - self._started, 3),
            "peak_memory_bytes": peak_memory_bytes(),
        }


def tell(progress: Progress, **facts: Any) -> None:
    """Hand facts of the job (run_id, rows) to a progress that keeps them for its log; others have no use for them."""
    keep = getattr(progress, "know", None)
    if keep is not None:
        keep(**facts)
