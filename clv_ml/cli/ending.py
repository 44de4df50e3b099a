"""How a job ends that does not reach its end: one line and a documented exit code, whatever happened."""

from __future__ import annotations

import errno
import os
import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from clv_ml.errors import ClvError, ResourceError, StoppedError, UnexpectedError, remedy_of

TRACEBACK = "CLV_ML_TRACEBACK"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# how libraries say that memory has ended, where they do not raise MemoryError
_NO_MEMORY = ("Out of Memory Error", "bad_alloc", "failed to allocate", "Cannot allocate memory", "start new thread")
_MORE_MEMORY = "give the job more memory, or set engine.memory_limit lower than what it has, so that the engine spills"
_MORE_LIMIT = "raise engine.memory_limit, or lower engine.threads"


class Stop(BaseException):
    """A signal has asked the job to stop; no `except Exception` on the way holds it up."""


@dataclass
class Stopping:
    """The signal that has asked the job to stop, if one has."""

    number: int | None = None


@contextmanager
def stoppable() -> Iterator[Stopping]:
    """Turn SIGINT and SIGTERM into an exception, so that what is open is closed and what is half done is removed.

    The same signal once more ends the process at once, which is as safe as a kill. A signal that the process was
    started to ignore stays ignored.
    """
    asked = Stopping()

    def stop(number: int, frame: FrameType | None) -> None:
        asked.number = number
        signal.signal(number, signal.SIG_DFL)
        raise Stop

    before: dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for kind in _SIGNALS:
            if signal.getsignal(kind) is not signal.SIG_IGN:
                before[kind] = signal.signal(kind, stop)
    try:
        yield asked
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def explained(error: BaseException, asked: Stopping) -> ClvError:
    """Say why a job ended, in words for its user.

    An error that nobody foresaw is told by its type and place only: its message may hold a customer's name.
    """
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    if asked.number is not None or isinstance(error, KeyboardInterrupt):
        return StoppedError(asked.number or signal.SIGINT)
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError) or any(words in text for words in _NO_MEMORY):
        # an engine that keeps to its own limit says how much that is
        limited = "Out of Memory Error" in text and isinstance(error, ClvError)
        return ResourceError(f"{text}; {_MORE_LIMIT}" if limited else f"out of memory; {_MORE_MEMORY}")
    full = os.strerror(errno.ENOSPC)
    if isinstance(error, ClvError):
        if full in text and remedy_of(errno.ENOSPC) not in text:
            return ClvError(f"{text}; {remedy_of(errno.ENOSPC)}")
        return error
    if full in text and not isinstance(error, OSError):
        return ClvError(f"{full}; {remedy_of(errno.ENOSPC)}")
    if isinstance(error, OSError) and error.errno:
        where = f"{error.filename}: " if error.filename else ""
        remedy = remedy_of(error.errno)
        return ClvError(f"{where}{os.strerror(error.errno)}" + (f"; {remedy}" if remedy else ""))
    return UnexpectedError(
        f"unexpected {type(error).__name__} in {_place(error)}; what was published before is as it was. Run it again "
        f"with {TRACEBACK}=1 for the traceback, and report it"
    )


def _place(error: BaseException) -> str:
    """Return the last line of this package that was running."""
    package = Path(__file__).parents[1]
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        path = Path(frame.filename)
        if path.is_relative_to(package):
            return f"{path.relative_to(package.parent)}:{frame.lineno}"
    return "a library"
