"""Runs wait in the outbox until MLflow has them: nothing is lost, nothing is there twice."""

import json
import multiprocessing
import warnings
from pathlib import Path
from typing import Any

import pytest
from run_data import client_of, model_run, plain_run, run_config, runs_of

from clv_ml.config import Config
from clv_ml.errors import ClvError, ModelNotFoundError
from clv_ml.models.bundle import load_bundle
from clv_ml.tracking import outbox
from clv_ml.tracking import upload as uploading
from clv_ml.tracking.registry import resolve
from clv_ml.tracking.upload import log_run, upload


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def config(store: Path, request: pytest.FixtureRequest) -> Config:
    """An experiment of the test's own in a store that the tests share."""
    return run_config(store, name=request.node.originalname[5:45].strip("_"))


def down_of(config: Config, *, address: str = "postgresql://user:secret@127.0.0.1:9/mlflow") -> Config:
    """The same experiment with a store that does not answer: nothing listens on port 9."""
    return config.model_copy(update={"tracking": config.tracking.model_copy(update={"uri": address})})


def test_a_run_arrives_with_everything_it_is_to_hold(config: Config) -> None:
    logged = log_run(config, plain_run(metrics={"purchases": 0.1 + 0.2, "missing": float("nan")}))
    client = client_of(config)
    run = client.get_run(logged.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {"purchases": 0.1 + 0.2}  # every digit; a figure that does not exist is left out
    assert run.data.params == {"seed": "1"}
    assert run.data.tags["kind"] == "score"
    assert json.loads(run.data.tags["mlflow.loggedArtifacts"]) == [{"path": "forecast/cohorts.json", "type": "table"}]
    table = json.loads(Path(client.download_artifacts(logged.run_id, "forecast/cohorts.json")).read_text("utf-8"))
    assert table == {"columns": ["cohort", "purchases"], "data": [["2020-01", 0.333333333333333]]}
    (used,) = run.inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("sample", "0123456789abcdef")
    assert [tag.value for tag in used.tags] == ["scoring"]
    assert outbox.waiting(config) == []


def test_a_training_arrives_with_its_children_and_is_registered(tmp_path: Path, config: Config) -> None:
    logged = log_run(config, model_run(tmp_path, config.name))
    client = client_of(config)
    parent, child = runs_of(config)
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id == logged.run_id
    assert child.data.metrics == {"wape": 0.2}
    version = client.get_model_version_by_alias(config.name, "champion")
    assert (str(version.version), version.run_id) == (logged.model_version, logged.run_id)
    folder, address = resolve(config, None)
    assert address == logged.model_uri == f"models:/{config.name}/1"
    assert load_bundle(folder).models.purchases.params_["r"] == 0.24


def test_a_challenger_leaves_the_champion_where_it_is_and_the_first_is_champion(tmp_path: Path, config: Config) -> None:
    log_run(config, model_run(tmp_path, config.name, r=0.24, alias="challenger"))
    log_run(config, model_run(tmp_path, config.name, r=0.30, alias="challenger"))
    log_run(config, model_run(tmp_path, config.name, r=0.35, alias=""))
    assert client_of(config).get_registered_model(config.name).aliases == {"champion": 1, "challenger": 2}
    assert resolve(config, f"models:/{config.name}@challenger")[1] == f"models:/{config.name}/2"


def test_an_unknown_model_is_named(config: Config) -> None:
    with pytest.raises(ModelNotFoundError, match=rf"models:/{config.name}@champion.*clv-ml train"):
        resolve(config, None)


def test_a_store_that_does_not_answer_loses_nothing_and_the_upload_is_repeated(tmp_path: Path, config: Config) -> None:
    with pytest.raises(ClvError, match=r"Nothing is lost: 1 run with their models wait.*clv-ml upload") as raised:
        log_run(down_of(config), model_run(tmp_path, config.name))
    assert "secret" not in str(raised.value)
    (logged,) = upload(config).values()
    assert logged.model_version == "1"
    assert outbox.waiting(config) == []
    assert upload(config) == {}


def test_what_waits_is_sent_before_the_next_run(config: Config) -> None:
    with pytest.raises(ClvError):
        log_run(down_of(config), plain_run("first"))
    log_run(config, plain_run("second"))
    assert [run.info.run_name for run in runs_of(config)] == ["first", "second"]


def test_an_upload_that_breaks_off_half_way_is_sent_anew_and_is_there_once(
    tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:

    def fails(*arguments: Any) -> str:
        raise OSError("connection reset by peer")

    monkeypatch.setattr(uploading, "_write_model", fails)
    with pytest.raises(ClvError, match=r"connection reset by peer.*Nothing is lost"):
        log_run(config, model_run(tmp_path, config.name))
    assert [run.info.status for run in runs_of(config)] == ["RUNNING", "FINISHED"]
    monkeypatch.undo()
    (logged,) = upload(config).values()
    parent, child = runs_of(config)
    assert parent.info.run_id == logged.run_id
    assert child.data.tags["mlflow.parentRunId"] == logged.run_id
    assert client_of(config).get_model_version_by_alias(config.name, "champion").run_id == logged.run_id


def test_a_run_that_mlflow_has_already_is_not_sent_again(
    tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process died between the last word from MLflow and the tidying up."""
    monkeypatch.setattr(outbox, "discard", lambda folder: None)
    first = log_run(config, model_run(tmp_path, config.name))
    monkeypatch.undo()
    (second,) = upload(config).values()
    assert second == first
    assert len(runs_of(config)) == 2
    assert outbox.waiting(config) == []


def _log(folder: str, number: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = run_config(Path(folder))
        log_run(config, model_run(Path(folder) / str(number), r=0.2 + number / 100))


def test_processes_that_start_at_once_on_a_fresh_store_all_succeed(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_log, args=(str(tmp_path), number)) for number in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=300)
    assert [process.exitcode for process in processes] == [0, 0]
    config = run_config(tmp_path)
    parents = [run for run in runs_of(config) if run.data.tags["kind"] == "train"]
    assert [run.info.status for run in parents] == ["FINISHED", "FINISHED"]
    assert sorted(run.data.tags["registered_version"] for run in parents) == ["1", "2"]


def test_a_damaged_record_is_named(config: Config) -> None:
    folder = outbox.stage(config, plain_run())
    (folder / outbox.RECORD).write_text("{", encoding="utf-8")
    with pytest.raises(ClvError, match=r"run\.json: cannot be read"):
        upload(config)
