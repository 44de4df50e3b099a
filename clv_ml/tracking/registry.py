"""Versions of the model and their aliases: which is the champion, and which wants to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clv_ml.config import Config
from clv_ml.errors import ModelNotFoundError
from clv_ml.models.bundle import MANIFEST
from clv_ml.tracking.store import connected, first_line

CHAMPION = "champion"
CHALLENGER = "challenger"


def resolve(config: Config, model: str | None) -> tuple[Path, str]:
    """Find the folder of a bundle, by path or by MLflow address, and the version it stands for.

    An alias is resolved once: what is returned names a version, whatever the alias points at later.

    Parameters
    ----------
    model
        A folder, or ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION``; the champion of the config where None.

    Returns
    -------
    tuple
        The folder, and ``models:/NAME/VERSION``; for a folder, its path.

    Raises
    ------
    ModelNotFoundError
        If there is none.
    """
    address = model or f"models:/{config.name}@{CHAMPION}"
    if not address.startswith("models:/"):
        return Path(address), address
    with connected(config) as (mlflow, _):
        try:
            address = _versioned(mlflow.MlflowClient(), address)
            local = Path(mlflow.artifacts.download_artifacts(artifact_uri=address))
        except (mlflow.exceptions.MlflowException, OSError) as error:
            raise ModelNotFoundError(f"no model {address}: {first_line(error)}; run `clv-ml train` first") from error
    found = sorted(local.rglob(MANIFEST))
    if not found:
        raise ModelNotFoundError(f"{address} holds no clv_ml bundle ({MANIFEST})")
    return found[0].parent, address


def champion(config: Config) -> tuple[Path, str] | None:
    """Return the folder and the address of the champion, or None where nobody is champion yet.

    Raises
    ------
    ClvError
        If the store cannot be reached.
    """
    with connected(config) as (mlflow, _):
        try:
            aliases = mlflow.MlflowClient().get_registered_model(config.name).aliases
        except mlflow.exceptions.MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None
    return resolve(config, f"models:/{config.name}/{aliases[CHAMPION]}") if CHAMPION in aliases else None


def set_alias(client: Any, name: str, version: str, alias: str) -> str:
    """Give a version an alias, and return the one it has.

    The first version that is offered becomes the champion; a champion is nobody's challenger.
    """
    if not alias:
        return ""
    aliases = client.get_registered_model(name).aliases
    given = alias if CHAMPION in aliases else CHAMPION
    client.set_registered_model_alias(name, given, version)
    if given == CHAMPION and str(aliases.get(CHALLENGER, "")) == version:
        client.delete_registered_model_alias(name, CHALLENGER)
    return given


def _versioned(client: Any, address: str) -> str:
    """Turn models:/NAME@ALIAS into models:/NAME/VERSION."""
    name, at, alias = address.removeprefix("models:/").partition("@")
    if not at:
        return address
    return f"models:/{name}/{client.get_model_version_by_alias(name, alias).version}"
