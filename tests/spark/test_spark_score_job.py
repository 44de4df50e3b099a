"""The job that scores on Spark from a config: the list of one machine, published as every run is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from clv_ml.config import Config, EngineConfig, OutputConfig, RiskConfig, SparkConfig
from clv_ml.models.bundle import save_bundle
from clv_ml.models.fitting import FittedModels
from clv_ml.pipeline import score
from clv_ml.publishing import damage
from spark.cases import RISK, SAMPLE_DAY
from spark.list_parity import Case, assert_same_columns, on_one_machine


@pytest.fixture(scope="module")
def config(sample_config: Config, tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("job")
    spark = SparkConfig(spill=(folder / "spill").as_uri())
    sections: dict[str, Any] = {
        "engine": EngineConfig(kind="spark", spark=spark),
        "risk": RiskConfig(**RISK),
        "output": OutputConfig(dir=folder / "output"),
    }
    return sample_config.model_copy(update=sections)


def test_the_job_publishes_the_list_of_one_machine(
    spark_session: Any,
    config: Config,
    sample_customers: pd.DataFrame,
    sample_models: FittedModels,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLV_ML_EXPERIMENT_KEY", "between us")
    facts: dict[str, Any] = {"name": "shop", "signals": None, "attributes": None, "packages": {}}
    saved = save_bundle(sample_models, facts, tmp_path / "bundle")
    found = score(config, as_of=SAMPLE_DAY, model=str(tmp_path / "bundle"))
    one = on_one_machine(Case(sample_customers, sample_models, config, SAMPLE_DAY, version=saved.version))
    listed = pq.read_table(found.folder / "risk_list.parquet").to_pandas().sort_values("rank", ignore_index=True)
    assert set(listed["refresh_id"]) == {found.manifest["run_id"]}
    assert_same_columns(
        one.listed.drop(columns="refresh_id"), listed[one.listed.columns].drop(columns="refresh_id"), rtol=1e-12
    )
    assert damage(found.folder) == ""
    assert json.loads((config.output.dir / "scores" / "latest.json").read_text())["run_id"] == found.folder.name[7:]
    assert found.manifest["decisions"] == one.scores["action_status"].astype("str").value_counts().to_dict()
    assert found.manifest["customers_scored"] == len(sample_customers)
    written = pd.read_csv(found.folder / "risk_list.csv", dtype=str)
    assert written["customer_id"].tolist() == [name.lstrip("'") for name in listed["customer_id"]]
