"""The mark of a complete folder: `_SUCCESS`, written last, with the size and SHA-256 of every file."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from clv_ml.errors import ClvError
from clv_ml.publishing.files import json_text

SUCCESS = "_SUCCESS"
# how long each stage took: must be there, and differs from run to run
TIMINGS = "timings.json"
_UNCHECKED = (TIMINGS,)
_PARQUET = b"PAR1"


def is_complete(folder: Path) -> bool:
    """Tell whether a run folder was written to its end; :func:`damage` also looks at the files."""
    return (folder / SUCCESS).is_file()


def seal(folder: Path) -> None:
    """Force every file to the disk, look at it, and write the mark that lists them.

    Raises
    ------
    ClvError
        If a file is not whole.
    OSError
        If the disk refuses.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    listed = {path.relative_to(folder).as_posix(): _described(path) for path in files}
    for path in files:
        _sync(path)
    for inside in sorted(path for path in folder.rglob("*") if path.is_dir()):
        sync_folder(inside)
    write_synced(folder / SUCCESS, json_text({"files": listed}))
    wrong = damage(folder)
    if wrong:
        raise ClvError(f"{folder}: {wrong} right after it was written; look at the disk")
    sync_folder(folder)


def damage(folder: Path) -> str:
    """Say what is wrong with a folder; empty where it is complete and every file is as it was written.

    Files that the mark does not know, such as somebody's notes, are no damage.
    """
    try:
        files = json.loads((folder / SUCCESS).read_text(encoding="utf-8"))["files"]
    except FileNotFoundError:
        return f"it holds no {SUCCESS}"
    except (OSError, ValueError, KeyError, TypeError):
        return f"its {SUCCESS} does not list the files"
    for name, facts in files.items():
        path = folder / name
        try:
            if facts and path.stat().st_size != facts["bytes"]:
                return f"{name} has {path.stat().st_size} bytes, {facts['bytes']} were written"
            if facts and _sha256(path) != facts["sha256"]:
                return f"{name} is not what was written (SHA-256 differs)"
            if not path.is_file():
                return f"{name} is missing"
        except OSError as error:
            return f"{name} cannot be read ({error.strerror})"
    return ""


def write_synced(path: Path, text: str) -> None:
    """Write a file and force it to the disk."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk, where the file system can."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EBADF}:
            raise
    finally:
        os.close(handle)


def _described(path: Path) -> dict[str, Any]:
    """Size and SHA-256 of a file, once its end is seen to be there; nothing of one that differs from run to run."""
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(max(path.stat().st_size - 4, 0))
        end = file.read()
    if path.suffix == ".parquet" and not start == end == _PARQUET:
        raise ClvError(f"{path.name} was written in part only; look at the disk")
    if path.suffix == ".json":
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ClvError(f"{path.name} is not JSON to its end ({error}); look at the disk") from error
    return {} if path.name in _UNCHECKED else {"bytes": path.stat().st_size, "sha256": _sha256(path)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
