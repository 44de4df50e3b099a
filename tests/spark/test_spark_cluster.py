"""A standalone cluster of two worker processes on loopback, one of them killed while it scores."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clv_ml.config import Config
from clv_ml.models.bundle import save_bundle
from clv_ml.models.fitting import FittedModels
from spark.cases import sample_case
from spark.conftest import missing
from spark.list_parity import SECRET, Case, assert_same_columns, on_one_machine
from spark.standalone import environment, standalone


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_a_job_whose_worker_is_killed_completes_with_the_right_list(
    tmp_path: Path, sample_customers: pd.DataFrame, sample_models: FittedModels, sample_config: Config
) -> None:
    case = sample_case(sample_customers, sample_models, sample_config)
    case = hand_over(case, tmp_path)
    with standalone(tmp_path, workers=2) as cluster:
        program = [sys.executable, "-m", "spark.kill_a_worker", cluster.address, str(cluster.workers[0].pid)]
        tests = str(Path(__file__).parents[1])
        run = subprocess.run(
            [*program, str(tmp_path)], cwd=tests, env=environment(), capture_output=True, text=True, timeout=900
        )
        assert run.returncode == 0, run.stderr[-3000:]
        assert cluster.workers[0].poll() is not None
        assert cluster.workers[1].poll() is None
    done, tasks = (tmp_path / "killed").read_text().split(" of ")
    assert 0 < int(done) < int(tasks)
    listed = pq.read_table(tmp_path / "risk_list").to_pandas().sort_values("rank", ignore_index=True)
    assert_same_columns(on_one_machine(case).listed, listed, rtol=1e-12)


def hand_over(case: Case, folder: Path) -> Case:
    """Write what the program needs; the model then has the version of its content."""
    saved = save_bundle(case.models, {"name": "shop"}, folder / "bundle")
    assert case.details is not None
    assert case.previous is not None
    tables = {"customers": case.customers.reset_index(), "details": case.details.reset_index()}
    for name, table in {**tables, "previous": case.previous}.items():
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), folder / f"{name}.parquet")
    (folder / "config.json").write_text(case.config.model_dump_json(include={"name", "transactions", "churn", "risk"}))
    (folder / "as_of").write_text(case.as_of.isoformat())
    (folder / "secret").write_text(SECRET)
    return dataclasses.replace(case, version=saved.version)
