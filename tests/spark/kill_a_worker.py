"""Run as a program: score on a cluster, and kill one of its workers while the others score.

Arguments: the cluster's address, the process of the worker, and the folder with the model, the tables and the config.
"""

from __future__ import annotations

import datetime as dt
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from clv_ml.config import Config, EngineConfig, SparkConfig
from clv_ml.engine import SparkEngine
from clv_ml.models.bundle import load_bundle
from clv_ml.pipeline.cluster_list import score_frames
from spark.conftest import QUICK
from spark.standalone import kill

PARTS = 4
TABLES = ("customers", "details", "previous")
SETTINGS = {
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.subexpressionElimination.enabled": "false",
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.executor.memory": "512m",
    "spark.executor.extraJavaOptions": QUICK,
    "spark.driver.extraJavaOptions": QUICK,
}


def main(address: str, worker: int, folder: Path) -> None:
    """Score, and write the list and how far the scoring was when the worker was killed."""
    builder = SparkSession.builder.master(address).appName("scoring")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    config = Config.model_validate_json((folder / "config.json").read_text())
    spark = EngineConfig(kind="spark", spark=SparkConfig(spill=(folder / "spill").as_uri()))
    with SparkEngine(spark, session=session) as engine:
        tables = {name: engine.from_arrow(pq.read_table(folder / f"{name}.parquet")) for name in TABLES}
        while session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() < 3:  # the driver and two executors
            time.sleep(0.1)
        killed: list[str] = []
        threading.Thread(target=_kill_amid, args=(session, worker, killed), daemon=True).start()
        found = score_frames(
            engine,
            tables["customers"].repartition(PARTS),
            load_bundle(folder / "bundle"),
            config=config,
            as_of=dt.date.fromisoformat((folder / "as_of").read_text()),
            run_id="run1",
            details=tables["details"],
            previous=tables["previous"],
            secret=(folder / "secret").read_text(),
        )
        found.listed.write.parquet(str(folder / "risk_list"))
        (folder / "killed").write_text(killed[0])
    session.stop()


def _kill_amid(session: Any, worker: int, killed: list[str]) -> None:
    """Kill the worker as soon as the scoring has done one of its tasks and not the others."""
    tracker = session.sparkContext.statusTracker()
    while not killed:
        for number in tracker.getActiveStageIds():
            stage = tracker.getStageInfo(number)
            if stage is not None and stage.numTasks == PARTS and 0 < stage.numCompletedTasks < PARTS:
                kill(worker)
                killed.append(f"{stage.numCompletedTasks} of {stage.numTasks}")
                return
        time.sleep(0.02)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
