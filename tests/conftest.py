"""Fixtures that several test modules share: an engine, the CDNOW sample, and where the development data are."""

from __future__ import annotations

import datetime as dt
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

# two processes with two threads each would spend most of their time waiting for each other; before numpy is imported
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, settings
from plans_of_workers import PlansOfWorkers

from clv_ml.config import Config, EngineConfig, TransactionsConfig, build_config
from clv_ml.data.datasets import load_dataset
from clv_ml.data.quality import check_transactions
from clv_ml.data.sources import read_raw
from clv_ml.engine import DataFrame, Engine
from clv_ml.models.fitting import FittedModels, fit_models
from clv_ml.models.training_rows import customers_at
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.window import day_totals

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# the first run of a property plans queries and is slow for reasons that are no fault of the code
_PATIENT: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("clv_ml", **_PATIENT)
settings.load_profile("clv_ml")

# for properties that run the engine: shrinking a failure there would take minutes
settings.register_profile("engine", **_PATIENT, phases=[Phase.explicit, Phase.reuse, Phase.generate])

SAMPLE_CUTOFF = dt.date(1997, 12, 31)

# a file that takes minutes, handed out last, would keep one test process busy while the other has nothing left to do
_LONGEST = (
    "test_notebooks",
    "test_pipeline",
    "test_faults",
    "test_scored_page",
    "test_spark_features",
    "test_promotion_job",
    "test_state",
    "test_spark_cluster",
    "test_nightly",
    "test_nightly_score",
    "test_engagement_job",
    "test_tracking_servers",
    "test_fresh_environment",
    "test_spark_connect",
    "test_cli",
    "test_spark_contract",
    "test_commands",
    "test_spark_score_job",
    "test_spark_scoring",
    "test_table_scoring",
)

# these look at one and the same job, which is run once in a process: of several processes one runs it
_TOGETHER = (
    {"test_pipeline", "test_cli", "test_drift_job", "test_review_job", "test_tracking", "test_fresh_environment"},
    {"test_nightly_score", "test_engagement_job", "test_table_scoring", "test_scored_page", "test_example"},
    {"test_cohorts_job", "test_cohorts_cli", "test_cohorts_page_access"},
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out files to the processes, and those of one job together; None where files are not what is handed out."""
    from xdist.scheduler import LoadFileScheduling

    def unit(test: str) -> str:
        file = test.split("::", 1)[0]
        return next((min(names) for names in _TOGETHER if Path(file).stem in names), file)

    if config.getoption("dist") != "loadfile":
        return None
    scheduling: Any = LoadFileScheduling(config, log)
    scheduling._split_scope = unit
    return scheduling


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest."""
    place = {name: number for number, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


def pytest_collection_finish() -> None:
    """Look for garbage less often, and never in modules: to plan a query makes a million short-lived objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The development data sets, which are not part of the repository."""
    given = os.environ.get("CLV_ML_DATA")
    folder = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the development data: no folder {folder}; set CLV_ML_DATA")
    return folder


@pytest.fixture(scope="session", autouse=True)
def shared_plans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """To plan a query takes longer than to run it on a few customers: it is planned once for all test processes."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clv_ml.engine.session.OF_PROCESS", PlansOfWorkers(folder / "plans"))
        yield


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with Engine(EngineConfig(threads=2)) as opened:
        yield opened


@pytest.fixture(scope="session")
def cdnow_sample() -> pd.DataFrame:
    """The 1/10 sample of CDNOW: 2,357 customers, 6,919 orders."""
    return load_dataset("cdnow_sample")


@pytest.fixture(scope="session")
def sample_config() -> Config:
    tree: dict[str, Any] = {
        "name": "sample",
        "transactions": {"sources": [{"dataset": "cdnow_sample"}]},
        # three snapshots a horizon apart: one to fit, one to stop, one to judge
        "churn": {"snapshot_every_days": 90, "max_snapshots": 3, "min_rows_per_class": 50},
    }
    return build_config(tree, environment={})


@pytest.fixture(scope="session")
def sample_totals(engine: Engine, sample_config: Config) -> DataFrame:
    transactions: TransactionsConfig = sample_config.transactions
    checked = check_transactions(engine, read_raw(engine, transactions), transactions)
    return engine.materialise(day_totals(checked.transactions))


@pytest.fixture(scope="session")
def sample_customers(engine: Engine, sample_totals: DataFrame) -> pd.DataFrame:
    return customers_at(engine, sample_totals, SAMPLE_CUTOFF)


@pytest.fixture(scope="session")
def sample_models(engine: Engine, sample_totals: DataFrame, sample_config: Config) -> FittedModels:
    """All models of the sample at the end of 1997, the classifier included."""
    return fit_models(engine, Tables(sample_totals), SAMPLE_CUTOFF, sample_config, progress=lambda line: None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; skips where it is not installed."""
    from browsing import chromium

    with chromium() as found:
        yield found
