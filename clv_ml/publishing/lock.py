"""One writer a folder: a lock that the kernel releases with its owner, and whose owner can be read."""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clv_ml.errors import BusyError, ClvError, cannot_write
from clv_ml.publishing.leftovers import host_name

LOCK = ".lock"
WAIT_SECONDS = 600.0
_FIRST_PAUSE, _LONGEST_PAUSE, _TELL_EVERY = 0.05, 1.0, 30.0
_TAKEN = {errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK}


@contextmanager
def locked(
    folder: Path,
    *,
    run: str = "",
    wait_seconds: float = WAIT_SECONDS,
    progress: Callable[[str], None] = lambda message: None,
) -> Iterator[None]:
    """Hold the lock of a folder (made if needed); its file `.lock` tells process, host, start time and run.

    The kernel holds the lock with the open file: it is free again as soon as its owner is gone, however that ended.

    Parameters
    ----------
    run
        What the owner does, for those who wait.
    wait_seconds
        How long to wait for another owner.

    Raises
    ------
    BusyError
        If the other owner has not finished by then.
    ClvError
        If the folder cannot be written, or its file system knows no locks.
    """
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = _acquire(path, wait_seconds, progress)
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        before = os.pread(handle, 4096, 0).decode(errors="replace").strip()
        if before:
            progress(f"taking over the lock of {told(before)}, which was killed before it had finished")
        _write(handle, {"pid": os.getpid(), "host": host_name(), "started": _now(), "run": run})
        yield
    finally:
        _write(handle, None)
        os.close(handle)


def told(owner: str) -> str:
    """Say who an owner is, from the text of a lock."""
    try:
        facts = json.loads(owner)
        where = "" if facts["host"] == host_name() else f" on host {facts['host']}"
        return f"process {facts['pid']}{where} ({facts['run'] or 'writing'}, since {facts['started']})"
    except (ValueError, KeyError, TypeError):
        return "another process"


def try_lock(path: Path) -> int | None:
    """Take the lock of a file (made if needed) if it is free; return its handle, which holds it until it is closed.

    Raises
    ------
    ClvError
        If its file system knows no locks.
    OSError
        If it cannot be opened.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    taken = False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # somebody may have deleted it since it was opened: the one that has the name counts
        taken = path.exists() and os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        taken = False
    except OSError as error:
        if error.errno not in _TAKEN:
            remedy = "keep results on a local disk, or on a share with locks (NFS 4)"
            raise ClvError(f"{path}: cannot be locked there ({error.strerror}); {remedy}") from error
    finally:
        if not taken:
            os.close(handle)
    return handle if taken else None


def _acquire(path: Path, wait_seconds: float, progress: Callable[[str], None]) -> int:
    started = time.monotonic()
    pause, next_word = _FIRST_PAUSE, 0.0
    while (handle := try_lock(path)) is None:
        owner = _owner(path)
        waited = time.monotonic() - started
        if waited >= wait_seconds:
            raise BusyError(_busy(path, owner, wait_seconds))
        if waited >= next_word:
            progress(f"waiting for {told(owner)} to finish in {path.parent}")
            next_word += _TELL_EVERY
        time.sleep(min(pause, max(wait_seconds - waited, 0.0)))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    return handle


def _owner(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace").strip()
    return ""


def _busy(path: Path, owner: str, wait_seconds: float) -> str:
    remedy = "wait for it or end it, then run this again (output.lock_wait_seconds: how long to wait)"
    with suppress(ValueError, KeyError, TypeError):
        if json.loads(owner)["host"] != host_name():
            remedy += f"; if that host is gone and the share keeps its lock, delete {path}"
    return f"{path.parent} is in use by {told(owner)}, which has not finished in {wait_seconds:g} s: {remedy}"


def _write(handle: int, owner: dict[str, object] | None) -> None:
    with suppress(OSError):  # a full disk: the lock holds all the same, only nobody can read whose it is
        os.ftruncate(handle, 0)
        if owner is not None:
            os.pwrite(handle, f"{json.dumps(owner)}\n".encode(), 0)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
