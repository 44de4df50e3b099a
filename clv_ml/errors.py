"""Every error that clv_ml raises on purpose, with the exit code each gives on the command line.

::

    ClvError                 1   the job failed
    ├── ConfigError          2   the config, an argument or the environment is wrong
    ├── DataError            3   the data cannot be used
    │   └── DataQualityError 3   more bad rows than the config allows
    ├── ModelNotFoundError   4   no trained model where one was asked for
    ├── BundleError          1   the files of a model were damaged or edited, or another version wrote them
    ├── NotConvergedError    1   a model could not be fitted
    ├── BusyError            1   another process is writing there and did not finish in time
    ├── InputChangedError    1   an input file changed while it was read
    ├── ResourceError        1   out of memory
    ├── UnexpectedError      1   an error that nobody foresaw; CLV_ML_TRACEBACK=1 shows where
    └── StoppedError       128+  a signal stopped the job: SIGINT 130, SIGTERM 143
        (each message says what is wrong, which value, and what to do)

Whatever the code, what was published before is still there, and `latest.json` points to a complete run. The codes of
the command line are in :data:`EXIT_CODES`.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterable
from pathlib import Path

_SHOWN = 40  # names in a message

EXIT_CODES = {
    0: "done, also when it was done already",
    1: "failure: disk, memory, a lock, a changed input, MLflow at training, or an unexpected error",
    2: "usage, config or environment",
    3: "data: unusable, or more bad rows than the config allows",
    4: "no model",
    5: "drift (of the command drift only)",
    130: "stopped by Ctrl-C (SIGINT)",
    143: "stopped by SIGTERM",
    137: "killed (SIGKILL, also by the kernel where memory ends): no message; the next run cleans up",
}
_REMEDIES = {
    errno.ENOSPC: "make room there, or move output.dir",
    errno.EDQUOT: "make room in the quota, or move output.dir",
    errno.EFBIG: "raise the limit of file sizes (ulimit -f)",
    errno.EROFS: "make it writable, or move output.dir",
    errno.EACCES: "make it writable for this user, or move output.dir",
    errno.EPERM: "make it writable for this user, or move output.dir",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
}


class ClvError(Exception):
    """Base of all errors of this package; its message is meant for the user."""

    exit_code: int = 1


class ConfigError(ClvError):
    """The config, a command-line argument or the environment is wrong."""

    exit_code = 2


class DataError(ClvError):
    """The data cannot be used: a column is missing, a table is empty, a value breaks the contract."""

    exit_code = 3


class DataQualityError(DataError):
    """More rows are bad than the config allows."""


class ModelNotFoundError(ClvError):
    """There is no trained model where one was asked for."""

    exit_code = 4


class BundleError(ClvError):
    """The files of a trained model are not what training wrote, or another version wrote them."""


class NotConvergedError(ClvError):
    """A model could not be fitted; the message says what to try."""


class BusyError(ClvError):
    """Another process is writing to the same place and did not finish in the time given."""


class InputChangedError(ClvError):
    """A file was replaced, cut or written to while it was being read."""


class ResourceError(ClvError):
    """The memory the job may use was not enough."""


class UnexpectedError(ClvError):
    """An error that is no fault of the user; most likely of this package."""


class StoppedError(ClvError):
    """A signal stopped the job; exit code 128 + the signal, as shells have it."""

    def __init__(self, number: int) -> None:
        self.exit_code = 128 + number
        name = signal.Signals(number).name
        super().__init__(f"stopped by {name}; what was not complete is removed, run the same command again")


def cannot_write(path: Path, error: OSError) -> ClvError:
    """Build the error for a place that cannot be written, with what to do."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    remedy = remedy_of(error.errno)
    return ClvError(f"cannot write {path}: {reason}" + (f"; {remedy}" if remedy else ""))


def remedy_of(number: int | None) -> str:
    """Return what to do about an error of the system; empty where there is nothing to say."""
    return _REMEDIES.get(number or 0, "")


def missing_columns(what: str, missing: Iterable[str], available: Iterable[str], remedy: str) -> DataError:
    """Build the error for columns that are not there, naming those that are."""
    wanted = ", ".join(repr(name) for name in missing)
    names = [repr(name) for name in available]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    there = (", ".join(names[:_SHOWN]) or "none") + more
    return DataError(f"{what}: column {wanted} is missing; available: {there}. {remedy}")
