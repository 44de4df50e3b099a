"""The input files of a job, looked at before and after they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import BaseModel

from clv_ml.config import Config, FilesConfig
from clv_ml.data.sources import find_files
from clv_ml.errors import ClvError, InputChangedError

_ENDS = 65_536  # bytes at the start and the end of a file that are compared
_Seen = tuple[int, int, int, str]


@contextmanager
def unchanged_inputs(config: Config) -> Iterator[None]:
    """Read the files of a config inside this: they must be the same before and after.

    Compared are the list of files, and of each its size, time, inode, and the first and last 64 KiB.

    Raises
    ------
    InputChangedError
        If a file was replaced, cut, written to, removed or added meanwhile, whatever else went wrong because of it.
    """
    before = _look(config)
    try:
        yield
    except ClvError as error:
        if changed := _changed(before, _look(config)):
            raise InputChangedError(changed) from error
        raise
    if changed := _changed(before, _look(config)):
        raise InputChangedError(changed)


def input_files(config: Config) -> list[Path]:
    """List every file that a config reads, by name, lookups included."""
    found: set[Path] = set()
    for path, root in _paths(config, Path()):
        with suppress(ClvError):  # reading it will say what is wrong
            found |= set(find_files(FilesConfig(path=path, format="csv"), root))
    return sorted(found)


def _paths(section: BaseModel, root: Path) -> Iterator[tuple[str, Path]]:
    """Walk a config and yield every `path` with the `root` it starts at."""
    root = getattr(section, "root", root)
    for name in type(section).model_fields:
        value = getattr(section, name)
        if name == "path" and isinstance(value, str):
            yield value, root
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, BaseModel):
                yield from _paths(part, root)


def _look(config: Config) -> dict[Path, _Seen]:
    seen = {}
    for path in input_files(config):
        with suppress(FileNotFoundError):  # it went while the list was made: it is missing then
            facts = path.stat()
            seen[path] = (facts.st_size, facts.st_mtime_ns, facts.st_ino, _ends(path, facts.st_size))
    return seen


def _ends(path: Path, size: int) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(_ENDS)
            file.seek(max(size - _ENDS, 0))
            return hashlib.sha256(start + file.read(_ENDS)).hexdigest()
    except OSError:
        return ""  # reading it will say what is wrong


def _changed(before: Mapping[Path, _Seen], after: Mapping[Path, _Seen]) -> str:
    """Say which file changed, and how; empty where none did."""
    for path in sorted({*before, *after}):
        if before.get(path) == after.get(path):
            continue
        how = _difference(before.get(path), after.get(path))
        remedy = "run again once it is complete; whoever writes it should write another name and rename it"
        return f"{path} {how} since the job began to read: {remedy}"
    return ""


def _difference(before: _Seen | None, after: _Seen | None) -> str:
    if before is None or after is None:
        return "is new" if before is None else "is gone"
    if before[0] != after[0]:
        return f"has changed from {before[0]:,} to {after[0]:,} bytes"
    return "was replaced" if before[2] != after[2] else "was written to"
