"""Sessions of Spark: how one is opened, and how a user's settings come back."""

from __future__ import annotations

import os
import sys
from typing import Any

from clv_ml.config import SparkConfig
from clv_ml.errors import ConfigError

# what the definitions rely on, while an engine is in use
_NEEDED = {
    "spark.sql.session.timeZone": "UTC",  # timestamps with a zone are read in UTC
    "spark.sql.timestampType": "TIMESTAMP_NTZ",  # Arrow's timestamps without a zone stay so
    "spark.sql.ansi.enabled": "true",  # what overflows is an error, not a null
    "spark.sql.caseSensitive": "true",  # an attribute t stands beside T
}


def is_connect(session: Any) -> bool:
    """Tell whether a session is one of Spark Connect."""
    return type(session).__module__.startswith("pyspark.sql.connect")


def is_spark_frame(frame: object) -> bool:
    """Tell whether something is a Spark DataFrame, classic or Connect, without importing pyspark."""
    return type(frame).__module__.startswith("pyspark.sql.") and type(frame).__name__ == "DataFrame"


def open_session(config: SparkConfig) -> tuple[Any, bool]:
    """Return the active session, or a new one, and whether it is new.

    Raises
    ------
    ConfigError
        If pyspark is not installed, or Spark cannot be reached as the config says.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ConfigError("engine.kind: spark needs pyspark; install clv-ml[spark], and Java 17 or newer") from error
    active = SparkSession.getActiveSession()
    if active is not None:
        return active, False
    if config.master.startswith("local"):
        # workers on this machine otherwise start whatever is called python3, which need not have the package
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName(config.app_name)
    builder = builder.remote(config.master) if config.master.startswith("sc://") else builder.master(config.master)
    for key, value in config.settings.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate(), True
    except Exception as error:  # py4j, gRPC and the missing Java each have their own
        first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise ConfigError(f"engine.spark: no session at master {config.master!r}: {first}") from error


class Settings:
    """The settings of a session that clv_ml needs, on loan."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._before: list[dict[str, str | None]] = []

    def apply(self) -> None:
        """Set what is needed, and remember what was there."""
        conf = self._session.conf
        given = conf.getAll
        self._before.append({key: given.get(key) for key in _NEEDED})
        for key, value in _NEEDED.items():
            conf.set(key, value)

    def restore(self) -> None:
        """Give back what was there when :meth:`apply` was last called."""
        before = self._before.pop()
        for key, value in before.items():
            if value is None:
                self._session.conf.unset(key)
            else:
                self._session.conf.set(key, value)
