"""From a hidden folder to its place, in steps between which any of them may be the last."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from clv_ml.errors import ClvError, cannot_write
from clv_ml.publishing.files import json_text
from clv_ml.publishing.leftovers import aside_of, clean, previous_of, remove
from clv_ml.publishing.lock import WAIT_SECONDS, locked
from clv_ml.publishing.seal import seal, sync_folder, write_synced

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_CANNOT_EXCHANGE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM}


def publish(
    folder: Path,
    write: Callable[[Path], None],
    *,
    wait_seconds: float = WAIT_SECONDS,
    progress: Callable[[str], None] = lambda message: None,
) -> None:
    """Hold the lock of the folder around the target, clean up after the dead, and :func:`place` the result.

    Raises
    ------
    BusyError
        If another process keeps writing there.
    ClvError
        If the folder cannot be written; what was at the target is still there.
    """
    with locked(folder.parent, run=f"writing {folder.name}", wait_seconds=wait_seconds, progress=progress):
        clean(folder.parent, progress=progress)
        place(folder, write)


def place(folder: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a hidden folder beside the target, mark it, and move it into place in one step.

    To be called by the holder of the lock. There is no moment at which an earlier result is gone and the new one is
    not there.

    Raises
    ------
    ClvError
        If the folder cannot be written; what was at the target is still there.
    """
    aside = aside_of(folder)
    try:
        remove(aside)
        aside.mkdir(parents=True)
        write(aside)
        seal(aside)
        _move(aside, folder)
    except OSError as error:
        raise cannot_write(folder, error) from error
    except ClvError as error:
        if os.strerror(errno.ENOSPC) in str(error):  # the engine says so in its own words
            raise cannot_write(folder, OSError(errno.ENOSPC, "")) from error
        raise
    finally:
        remove(aside)


def point_to(latest: Path, content: Mapping[str, Any]) -> None:
    """Replace a pointer file atomically, and force it to the disk.

    Raises
    ------
    ClvError
        If it cannot be written; the earlier pointer is still there.
    """
    aside = aside_of(latest)
    try:
        write_synced(aside, json_text(content))
        aside.replace(latest)
        sync_folder(latest.parent)
    except OSError as error:
        raise cannot_write(latest, error) from error
    finally:
        _forget(aside)


def _move(aside: Path, folder: Path) -> None:
    if not folder.exists():
        aside.rename(folder)
    elif not exchange(aside, folder):
        _move_in_two_steps(aside, folder)
    sync_folder(folder.parent)
    sync_folder(folder.parent.parent)


def _move_in_two_steps(aside: Path, folder: Path) -> None:
    """Replace a folder where two names cannot be exchanged; `clean` brings the old one back if killed in between."""
    previous = previous_of(folder)
    remove(previous)
    try:
        folder.rename(previous)
        aside.rename(folder)
    except BaseException:
        if not folder.exists():
            previous.rename(folder)
        raise
    remove(previous)


def exchange(first: Path, second: Path) -> bool:
    """Exchange two names in one step (renameat2, Linux); False where the system or the file system cannot."""
    rename = _renameat2()
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(second))


@cache
def _renameat2() -> Any:
    found = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if found is not None:
        found.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return found


def _forget(path: Path) -> None:
    try:
        remove(path)
    except OSError:  # what cannot be removed was never written
        return
