"""Where the engine spills when memory ends: a folder for each process, removed with it or by the next one."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clv_ml.config import Config, EngineConfig
from clv_ml.errors import cannot_write
from clv_ml.publishing import remove, try_lock

_NAME, _LOCK = "spill-", ".lock"


@contextmanager
def own_spill_folder(config: Config) -> Iterator[EngineConfig]:
    """Give the engine a folder of its own below `engine.temp_directory`, or below the output where that is None.

    Engines that spill to one folder overwrite each other's files. What a killed process has spilled is removed by
    the next one, which finds its lock free.

    Raises
    ------
    ClvError
        If the folder cannot be written.
    """
    base = config.engine.temp_directory or config.output.dir / ".spill"
    mine = base / f"{_NAME}{os.getpid()}-{uuid.uuid4().hex[:8]}"
    lock = mine.with_name(mine.name + _LOCK)
    handle: int | None = None
    try:
        try:
            base.mkdir(parents=True, exist_ok=True)
            _clean(base)
            handle = _take(lock)
            mine.mkdir()
        except OSError as error:
            raise cannot_write(base, error) from error
        yield config.engine.model_copy(update={"temp_directory": mine})
    finally:
        with suppress(OSError):  # where nothing could be written, nothing is there
            remove(mine)
            lock.unlink(missing_ok=True)
        if handle is not None:
            os.close(handle)
        with suppress(OSError):  # others spill there, or it was there before
            base.rmdir()


def _take(lock: Path) -> int:
    """Make a lock and hold it, though another process may just find it free, or the folder around it empty."""
    while True:
        lock.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            handle = try_lock(lock)
            if handle is not None:
                return handle


def _clean(base: Path) -> None:
    for lock in base.glob(f"{_NAME}*{_LOCK}"):
        handle = try_lock(lock)
        if handle is not None:
            remove(lock.with_name(lock.name.removesuffix(_LOCK)))
            _release(lock, handle)


def _release(lock: Path, handle: int) -> None:
    with suppress(OSError):
        lock.unlink(missing_ok=True)
    os.close(handle)
