"""Intermediate results on Spark: Parquet in a folder that all workers reach, or persisted where there is none."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from clv_ml.engine.dialect import DataFrame


class Spill:
    """Where intermediate results of a session are kept.

    Parameters
    ----------
    folder
        A path or URL that all workers reach; the engine makes a folder of its own in it, and removes it.
    temporary
        Where the temporary folder of a Spark on this machine alone is made.
    own
        Whether the session is the engine's own.
    """

    def __init__(self, session: Any, folder: str | None, temporary: Path | None, *, own: bool) -> None:
        self._session = session
        self._temporary: Path | None = None
        if folder is None and own and str(session.conf.get("spark.master", "")).startswith("local"):
            self._temporary = Path(tempfile.mkdtemp(prefix="clv_ml_spark_", dir=temporary))
            folder = self._temporary.as_uri()
        self._folder = None if folder is None else f"{folder.rstrip('/')}/clv_ml_{uuid.uuid4().hex}"
        self._written: list[str] = []
        self._persisted: list[DataFrame] = []
        self._number = 0

    def keep(self, frame: DataFrame) -> DataFrame:
        """Compute a frame once: now where there is a folder, else when it is first used."""
        if self._folder is None:
            self._persisted.append(frame.persist())
            return self._persisted[-1]
        self._number += 1
        path = f"{self._folder}/{self._number}"
        frame.write.parquet(path)
        self._written.append(path)
        return self._session.read.schema(frame.schema).parquet(path)

    def mark(self) -> int:
        """Return how many results were written, for :meth:`drop_between`."""
        return len(self._written)

    def drop_between(self, mark: int, *, last: int = 1) -> None:
        """Remove what was written after a mark, but the last ones."""
        end = max(mark, len(self._written) - last)
        gone = self._written[mark:end]
        del self._written[mark:end]
        for path in gone:
            self._remove(path)

    def close(self) -> None:
        """Remove everything."""
        for frame in self._persisted:
            frame.unpersist()
        if self._folder is not None and self._written:
            self._remove(self._folder)
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
        self._persisted, self._written = [], []

    def _remove(self, path: str) -> None:
        """Remove a folder; over Spark Connect one that this machine does not see stays, for its owner to clear."""
        parts = urlsplit(path)
        if parts.scheme in {"", "file"}:
            shutil.rmtree(unquote(parts.path), ignore_errors=True)
        elif (jvm := getattr(self._session, "_jvm", None)) is not None:
            target = jvm.org.apache.hadoop.fs.Path(path)
            target.getFileSystem(self._session.sparkContext._jsc.hadoopConfiguration()).delete(target, True)
