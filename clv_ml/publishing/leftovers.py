"""Names of what is being written, and what becomes of it where its writer was killed.

Everything that is being written has a hidden name with its writer's process and host, beside the place it is for:
``.NAME.PID@HOST``. Only the holder of the folder's lock writes, so that whoever holds it next finds only what
the dead have left.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path

_BEING_WRITTEN = re.compile(r"\.(?P<name>.+)\.\d+@(?P<host>.+)")
_PREVIOUS = re.compile(r"\.(?P<name>.+)\.previous")
# on a shared folder whose locks do not reach other hosts, their work is left alone for so long
_GRACE_SECONDS = 24 * 3600


def host_name() -> str:
    """Return this machine's name, as it stands in locks and hidden names."""
    return socket.gethostname() or "localhost"


def aside_of(target: Path) -> Path:
    """Return the hidden place where this process writes what will be `target`."""
    return target.with_name(f".{target.name}.{os.getpid()}@{host_name()}")


def previous_of(target: Path) -> Path:
    """Return the hidden place of an earlier result while it is being replaced."""
    return target.with_name(f".{target.name}.previous")


def clean(folder: Path, *, progress: Callable[[str], None] = lambda message: None) -> None:
    """Remove what dead processes have left in a folder, and bring back a result that one was about to replace.

    To be called by the holder of the folder's lock.
    """
    for path in sorted(folder.glob(".*")):
        if previous := _PREVIOUS.fullmatch(path.name):
            target = path.with_name(previous["name"])
            if target.exists():
                remove(path)
            else:
                path.rename(target)
                progress(f"brought back {target}, which an interrupted run was about to replace")
        elif (written := _BEING_WRITTEN.fullmatch(path.name)) and _is_dead(path, written["host"]):
            remove(path)
            progress(f"removed what an interrupted run has left: {path.name}")


def remove(path: Path) -> None:
    """Remove a file or a folder, whatever is left of it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _is_dead(path: Path, host: str) -> bool:
    if host == host_name():
        return True
    try:
        return time.time() - path.stat().st_mtime > _GRACE_SECONDS
    except OSError:
        return False
