"""Write boundaries of a job: counted in one run, and the place to die at in another."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

from clv_ml import publishing
from clv_ml.engine import Engine

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.link", "os.symlink", "os.utime"}


class Points:
    """Everything this process is about to do to files below some folders, in order; to be installed after a fork.

    Parameters
    ----------
    folders
        Only what happens below them counts.
    kill_at
        Number of the boundary, from 1, at which the process gets a signal; it only counts where None.
    how
        That signal.
    """

    def __init__(
        self, folders: Sequence[Path], kill_at: int | None = None, how: signal.Signals = signal.SIGKILL
    ) -> None:
        self._folders = tuple(str(folder) for folder in folders)
        self._kill_at = kill_at
        self._how = how
        self.names: list[str] = []

    def install(self) -> None:
        """Listen from now on; there is no way back in this process."""
        sys.addaudithook(self._heard)
        # what Python's audit does not tell: the disk's say, the exchange of two names, what the engine writes itself
        module: Any = os
        module.fsync = self._before("fsync", os.fsync)
        placing: Any = publishing.placing
        placing.exchange = self._before("exchange", placing.exchange)
        engine: Any = Engine
        engine.write_parquet = self._before("engine writes", Engine.write_parquet)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITES and self._is_ours(path):
                self._reached(f"open {path}")
        elif event in _CHANGES and self._is_ours(arguments[0], arguments[-1]):
            self._reached(f"{event} {arguments[0]}")

    def _is_ours(self, path: object, folder_handle: object = -1) -> bool:
        if isinstance(folder_handle, int) and folder_handle > 2:
            return True  # a name inside a folder that is being removed
        return isinstance(path, str | os.PathLike) and str(os.fspath(path)).startswith(self._folders)

    def _before(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def counted(*arguments: Any, **options: Any) -> Any:
            self._reached(name)
            return function(*arguments, **options)

        return counted

    def _reached(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self._kill_at:
            os.kill(os.getpid(), self._how)
