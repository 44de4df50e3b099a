"""The job that scores on Spark from a config: the list of one machine, published as every run is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from clv_ml.config import Config, EngineConfig, OutputConfig, RiskConfig, SparkConfig, TrackingConfig
from clv_ml.models.bundle import save_bundle
from clv_ml.models.fitting import FittedModels
from clv_ml.pipeline import score
from clv_ml.pipeline.scoring import ScoreResult
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
        "tracking": TrackingConfig(store=folder / "models"),
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
    facts: dict[str, Any] = {"name": "shop", "signals": None, "attributes": None, "packages": {}, "backtest": None}
    saved = save_bundle(sample_models, facts, tmp_path / "bundle")
    found = score(config, as_of=SAMPLE_DAY, model=str(tmp_path / "bundle"))
    assert found.log_note == ""
    assert found.run is not None
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
    alone = config.model_copy(update={"engine": EngineConfig(), "output": OutputConfig(dir=tmp_path / "output")})
    here = score(alone, as_of=SAMPLE_DAY, model=str(tmp_path / "bundle"))
    assert_same_views(here, found)


def assert_same_views(one: ScoreResult, other: ScoreResult) -> None:
    """What people look at is the same, but for the name of the run."""

    def read(result: ScoreResult, name: str) -> str:
        text = (result.folder / name).read_text(encoding="utf-8")
        return text.replace(str(result.manifest["run_id"]), "RUN")

    assert read(other, "risk_list.html") == read(one, "risk_list.html")
    assert read(other, "health.json") == read(one, "health.json")
    sheets = [pd.read_excel(result.folder / "risk_list.xlsx", sheet_name=None, header=None) for result in (one, other)]
    assert list(sheets[0]) == list(sheets[1])
    for name, cells in sheets[0].items():
        run = str(one.manifest["run_id"])
        assert_same_columns(cells.replace(run, other.manifest["run_id"]), sheets[1][name], rtol=1e-9)
    forecasts = [pd.read_csv(result.folder / "cohort_forecast.csv") for result in (one, other)]
    assert_same_columns(*forecasts, rtol=1e-9)
    same = ("customers_scored", "customers_listed", "decisions", "exclusions", "contacts", "value_at_risk", "notes")
    assert {name: other.manifest[name] for name in same} == {name: one.manifest[name] for name in same}
