"""A simulated business in files: complete, the same whatever the chunks, never over the files of somebody else."""

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clv_ml import load_config
from clv_ml.data.simulate import TABLES, load_simulation, simulate
from clv_ml.data.simulation_parameters import SimulationParameters
from clv_ml.errors import ClvError, ConfigError
from clv_ml.pipeline import prepare, silent
from clv_ml.pipeline.simulation import SimulatedFiles, simulate_files

KNOWN = SimulationParameters()
DAY = pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> SimulatedFiles:
    folder = tmp_path_factory.mktemp("simulated") / "business"
    return simulate_files(KNOWN, customers=2500, folder=folder, seed=7)


def test_the_files_do_not_depend_on_how_many_customers_are_in_memory(written: SimulatedFiles, tmp_path: Path) -> None:
    simulate_files(KNOWN, customers=2500, folder=tmp_path, seed=7, chunk_blocks=1)
    for name in (*TABLES, "attainable"):
        pd.testing.assert_frame_equal(
            pd.read_parquet(tmp_path / f"{name}.parquet"), pd.read_parquet(written.folder / f"{name}.parquet")
        )


def test_the_files_hold_what_is_simulated_in_memory(written: SimulatedFiles) -> None:
    read, drawn = load_simulation(written.folder), simulate(KNOWN, customers=2500, seed=7)
    assert read.parameters == KNOWN
    for name in TABLES:
        pd.testing.assert_frame_equal(read.tables[name], drawn.tables[name])
        assert written.rows[name] == len(drawn.tables[name])


def test_the_attainable_scores_are_those_of_everybody_at_the_cutoff(written: SimulatedFiles) -> None:
    scores = pd.read_parquet(written.folder / "attainable.parquet").set_index("customer_id")
    signup = load_simulation(written.folder).customers.set_index("customer_id")["signup_at"]
    assert written.cutoff == KNOWN.end - dt.timedelta(days=90)
    assert list(scores.index) == list(signup.index[signup < pd.Timestamp(written.cutoff) + DAY])
    assert (scores["cutoff"] == written.cutoff).all()
    assert scores["p_churn_90d"].between(0, 1).all()
    assert scores["churned_90d"].mean() == pytest.approx(scores["p_churn_90d"].mean(), abs=0.03)
    assert written.attainable_auc > written.bgnbd_auc + 0.02


def test_the_config_beside_the_files_reads_them(written: SimulatedFiles) -> None:
    config = load_config(written.folder / "config.yaml", environment={})
    assert config.events is not None
    assert config.customers is not None
    assert config.customers.categories == ("channel",)
    with prepare(config, progress=silent) as prepared:
        buyers = load_simulation(written.folder).transactions["customer_id"].nunique()
        assert prepared.engine.to_pandas(prepared.totals.select("customer_id").distinct()).shape[0] == buyers


def test_an_earlier_simulation_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for customers in (30, 20):
        simulate_files(KNOWN, customers=customers, folder=tmp_path)
    assert len(load_simulation(tmp_path).customers) == 20
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not (tmp_path / ".simulating").exists()


def test_files_of_the_same_name_that_no_simulation_wrote_stay(tmp_path: Path) -> None:
    (tmp_path / "customers.parquet").write_text("mine")
    with pytest.raises(ConfigError, match=r"holds customers\.parquet, which no simulation wrote"):
        simulate_files(KNOWN, customers=10, folder=tmp_path)
    assert (tmp_path / "customers.parquet").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ClvError, match=r"cannot write .*file"):
        simulate_files(KNOWN, customers=10, folder=tmp_path / "file")


def test_where_everybody_churned_there_is_no_auc(tmp_path: Path) -> None:
    rare = dataclasses.replace(KNOWN, r=1e-6, alpha=1e6)
    written = simulate_files(rare, customers=5, folder=tmp_path)
    assert np.isnan(written.attainable_auc)


def test_too_few_days_to_judge_a_score_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="days is 60; it must be above 60"):
        simulate_files(dataclasses.replace(KNOWN, days=60), customers=10, folder=tmp_path)


@pytest.mark.parametrize("content", [None, "customer_id,signup_at"])
def test_a_table_that_is_missing_or_no_table_is_an_error(tmp_path: Path, content: str | None) -> None:
    KNOWN.to_json(tmp_path / "parameters.json")
    if content is not None:
        (tmp_path / "customers.parquet").write_text(content)
    with pytest.raises(ConfigError, match="cannot be read as a simulation"):
        load_simulation(tmp_path)
