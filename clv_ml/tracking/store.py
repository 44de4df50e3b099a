"""Where runs and models are kept: a SQLite file under `models/`, or any MLflow address."""

from __future__ import annotations

import fcntl
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from clv_ml.config import Config
from clv_ml.errors import ClvError, ConfigError, ModelNotFoundError
from clv_ml.models.bundle import MANIFEST

DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"
CHAMPION = "champion"


def mlflow_module() -> ModuleType:
    """Import MLflow with telemetry off and its chatter down to warnings."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
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
def connected(config: Config) -> Iterator[tuple[ModuleType, str]]:
    """Connect to the store, made on first use, and yield MLflow and the experiment's id.

    Raises
    ------
    ClvError
        If the store cannot be reached.
    """
    mlflow = mlflow_module()
    uri = tracking_uri(config)
    config.tracking.store.mkdir(parents=True, exist_ok=True)
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # several processes that create one fresh SQLite store at once would break it
            with _locked(config.tracking.store / ".mlflow.lock"):
                mlflow.set_tracking_uri(uri)
                mlflow.set_registry_uri(uri)
                experiment = _experiment(mlflow, config)
            yield mlflow, experiment
        except mlflow.exceptions.MlflowException as error:
            raise ClvError(f"MLflow at {_harmless(uri)}: {_first_line(error)}") from error
        finally:
            mlflow.set_tracking_uri(before[0])
            mlflow.set_registry_uri(before[1])


def find_bundle(config: Config, model: str | None) -> Path:
    """Find the folder of a bundle, by path or by MLflow address.

    Parameters
    ----------
    model
        A folder, or ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION``; the champion of the config where None.

    Raises
    ------
    ModelNotFoundError
        If there is none.
    """
    address = model or f"models:/{config.name}@{CHAMPION}"
    if not address.startswith("models:/"):
        return Path(address)
    with connected(config) as (mlflow, _):
        try:
            local = Path(mlflow.artifacts.download_artifacts(artifact_uri=address))
        except (mlflow.exceptions.MlflowException, OSError) as error:
            raise ModelNotFoundError(f"no model {address}: {_first_line(error)}; run `clv-ml train` first") from error
    found = sorted(local.rglob(MANIFEST))
    if not found:
        raise ModelNotFoundError(f"{address} holds no clv_ml bundle ({MANIFEST})")
    return found[0].parent


def _experiment(mlflow: Any, config: Config) -> str:
    found = mlflow.get_experiment_by_name(config.name)
    if found is not None:
        return str(found.experiment_id)
    local = config.tracking.uri is None
    location = (config.tracking.store.resolve() / ARTIFACTS / config.name).as_uri() if local else None
    return str(mlflow.create_experiment(config.name, artifact_location=location))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _harmless(uri: str) -> str:
    """Return the address without what may be a password."""
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
