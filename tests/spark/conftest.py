"""A small Spark on this machine, started once a process; everything here is skipped where it cannot be."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clv_ml.config import EngineConfig, SparkConfig
from clv_ml.engine import SparkEngine

# to compile methods well takes longer than to run them
QUICK = "-XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=4 -XX:+UseSerialGC"
# few tasks, nothing compiled or optimised for long for a few hundred rows, nothing to look at, nothing on the network
SMALL = {
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.cache.maxEntries": "5000",
    "spark.sql.subexpressionElimination.enabled": "false",
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.maxPlanStringLength": "1000",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": f"{QUICK} -Xms800m -Xmn400m",
}


def missing() -> str | None:
    """Say what Spark lacks here, None where it can run."""
    if importlib.util.find_spec("pyspark") is None:
        return "needs pyspark: install clv-ml[spark]"
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        return "needs Java 17 or newer: no java on the path"
    return None


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A classic session with two workers' threads, as a user would bring it."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers run this Python, which has the package
    builder = SparkSession.builder.master("local[2]").appName("clv_ml tests")
    for key, value in SMALL.items():
        builder = builder.config(key, value)
    session = builder.config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse"))).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def spark(spark_session: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkEngine]:
    """An engine on it that keeps intermediate results as Parquet; a test says when it is the one in use."""
    spill: Path = tmp_path_factory.mktemp("spill")
    opened = SparkEngine(EngineConfig(kind="spark", spark=SparkConfig(spill=spill.as_uri())), session=spark_session)
    yield opened
    opened.close()
