"""The same runs in a real MLflow server and a real PostgreSQL database, by address alone."""

from pathlib import Path

import pytest
from run_data import client_of, model_run, plain_run, run_config, runs_of
from servers import free_port, mlflow_server, postgres

from clv_ml.errors import ClvError
from clv_ml.models.bundle import load_bundle
from clv_ml.tracking import outbox
from clv_ml.tracking import upload as uploading
from clv_ml.tracking.registry import resolve
from clv_ml.tracking.upload import log_run, upload

# MLflow's own libraries leave sockets to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is down is given up at once."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def test_a_postgresql_store_works_by_address_alone(tmp_path: Path) -> None:
    with postgres() as address:
        config = run_config(tmp_path, f"tracking.uri={address}")
        logged = log_run(config, model_run(tmp_path))
        log_run(config, plain_run(metrics={"purchases": 0.1 + 0.2}))
        parent, child, scored = runs_of(config)
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id == logged.run_id
        assert scored.data.metrics == {"purchases": 0.1 + 0.2}
        assert load_bundle(resolve(config, None)[0]).models.purchases.params_["r"] == 0.24
        # artifacts lie beside the models, not in the folder somebody happened to work in
        assert parent.info.artifact_uri.startswith(config.tracking.store.resolve().as_uri())
    with pytest.raises(ClvError, match="Nothing is lost") as raised:
        log_run(config, plain_run("late"))
    assert "secret" not in str(raised.value)


@pytest.mark.usefixtures("impatient")
def test_a_server_that_dies_half_way_loses_nothing_and_the_upload_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the run is created and before its model arrives; the same store is served again later."""
    port = free_port()
    config = run_config(tmp_path, f"tracking.uri=http://127.0.0.1:{port}")
    write_model = uploading._write_model
    with mlflow_server(tmp_path / "server", port) as server:

        def killed(*arguments: object) -> str:
            server.kill()
            return write_model(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(uploading, "_write_model", killed)
        with pytest.raises(ClvError, match=r"Nothing is lost: 1 run .*run `clv-ml upload` once") as raised:
            log_run(config, model_run(tmp_path))
        assert server.address in str(raised.value)
    monkeypatch.setattr(uploading, "_write_model", write_model)
    (folder,) = outbox.waiting(config)
    assert load_bundle(folder / "model" / "bundle").models.purchases.params_["r"] == 0.24
    with pytest.raises(ClvError, match="Nothing is lost"):
        upload(config)
    with mlflow_server(tmp_path / "server", port):
        (logged,) = upload(config).values()
        assert outbox.waiting(config) == []
        parent, child = runs_of(config)
        assert parent.info.run_id == logged.run_id
        assert [run.info.status for run in (parent, child)] == ["FINISHED", "FINISHED"]
        assert str(client_of(config).get_model_version_by_alias("sample", "champion").version) == logged.model_version
        assert load_bundle(resolve(config, None)[0]).models.purchases.params_["r"] == 0.24
