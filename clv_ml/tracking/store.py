"""Where runs and models are kept: a SQLite file under `models/`, or any MLflow address."""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, cast
from urllib.parse import urlsplit

from clv_ml.config import Config
from clv_ml.errors import ClvError, ConfigError

DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"
# settings of MLflow where the environment says nothing else
_MANNERS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
    # a server answers within these or counts as down; MLflow's own patience is eight minutes
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
}
_DATABASE_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}
_CONNECT_SECONDS = 10


def mlflow_module() -> ModuleType:
    """Import MLflow with telemetry off and its chatter down to warnings."""
    for name, value in _MANNERS.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        # deprecations inside MLflow's own dependencies are not the user's business
        warnings.simplefilter("ignore")
        import mlflow
        import mlflow.pyfunc
    from mlflow.utils.logging_utils import disable_logging

    disable_logging()  # what went wrong comes as an exception; the rest is chatter
    logging.getLogger("alembic").setLevel(logging.ERROR)
    return cast(ModuleType, mlflow)


def tracking_uri(config: Config) -> str:
    """Return the MLflow address of a config."""
    if config.tracking.uri is not None:
        if "://" not in config.tracking.uri:
            raise ConfigError(f"tracking.uri {config.tracking.uri!r} must look like sqlite:///... or http://host:port")
        return config.tracking.uri
    return f"sqlite:///{config.tracking.store.resolve() / DATABASE}"


def shown_uri(config: Config) -> str:
    """Return the MLflow address without what may be a password."""
    return _harmless(tracking_uri(config))


@contextmanager
def connected(config: Config, *, alone: bool = False) -> Iterator[tuple[ModuleType, str]]:
    """Connect to the store, made on first use, and yield MLflow and the experiment's id.

    Parameters
    ----------
    alone
        Hold the store's lock to the end: other processes on this machine wait for their turn to write.

    Raises
    ------
    ClvError
        If the store cannot be reached, or fails.
    """
    uri = tracking_uri(config)
    mlflow = mlflow_module()
    from sqlalchemy.exc import SQLAlchemyError

    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            config.tracking.store.mkdir(parents=True, exist_ok=True)
            _require_answer(uri)
            # several processes that create one fresh SQLite store at once would break it
            with _locked(_lock_file(config, uri)):
                mlflow.set_tracking_uri(uri)
                mlflow.set_registry_uri(uri)
                experiment = _experiment(mlflow, config, uri)
                if alone:
                    yield mlflow, experiment
            if not alone:
                yield mlflow, experiment
        except ModuleNotFoundError as error:
            remedy = "install the database's driver, for PostgreSQL `pip install clv_ml[postgres]`"
            raise ClvError(f"MLflow at {_harmless(uri)}: {error}; {remedy}") from error
        except (mlflow.exceptions.MlflowException, SQLAlchemyError, OSError) as error:
            raise ClvError(f"MLflow at {_harmless(uri)}: {_without_password(first_line(error), uri)}") from error
        finally:
            mlflow.set_tracking_uri(before[0])
            # nobody named a registry where it was the store: left empty, it follows the store that is set next
            mlflow.set_registry_uri("" if before[1] == before[0] else before[1])


def _require_answer(uri: str) -> None:
    """Knock at a database before MLflow does, who would try for minutes."""
    parts = urlsplit(uri)
    port = _DATABASE_PORTS.get(parts.scheme.partition("+")[0])
    if port is not None and parts.hostname:
        socket.create_connection((parts.hostname, parts.port or port), timeout=_CONNECT_SECONDS).close()


def _lock_file(config: Config, uri: str) -> Path:
    """Return the lock of a store: beside a SQLite file, whoever uses it; otherwise beside the models."""
    if uri.startswith("sqlite:///"):
        database = Path(uri.removeprefix("sqlite:///").partition("?")[0])
        database.parent.mkdir(parents=True, exist_ok=True)
        return database.with_name(f".{database.name}.lock")
    return config.tracking.store / ".mlflow.lock"


def _experiment(mlflow: Any, config: Config, uri: str) -> str:
    found = mlflow.get_experiment_by_name(config.name)
    if found is not None:
        return str(found.experiment_id)
    # a server knows where its artifacts go; with a bare database they go beside the models
    served = urlsplit(uri).scheme in {"http", "https", "databricks"}
    location = None if served else (config.tracking.store.resolve() / ARTIFACTS / config.name).as_uri()
    # without a kind MLflow's page takes the experiment for one of language models
    kind = {"mlflow.experimentKind": "custom_model_development"}
    return str(mlflow.create_experiment(config.name, artifact_location=location, tags=kind))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _harmless(uri: str) -> str:
    """Return the address without what may be a password."""
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _without_password(message: str, uri: str) -> str:
    password = urlsplit(uri).password
    return message.replace(password, "***") if password else message


def first_line(error: Exception) -> str:
    """Return what an error of MLflow says, without the page that follows."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
