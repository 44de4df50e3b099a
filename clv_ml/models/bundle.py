"""A trained model as a folder of data: JSON parameters and LightGBM text, nothing that runs."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clv_ml.errors import ClvError, ModelNotFoundError
from clv_ml.models.choice import read_purchase_model
from clv_ml.models.churn import ChurnModel
from clv_ml.models.engagement_score import EngagementReference
from clv_ml.models.fitting import FittedModels
from clv_ml.models.spend import SpendModel

SCHEMA_VERSION = 1
MANIFEST = "bundle.json"


@dataclass(frozen=True)
class Bundle:
    """Fitted models and what is known of how they came about.

    Attributes
    ----------
    models
        The models.
    facts
        JSON-safe: name, currency, value conventions, churn horizons, data fingerprint, package versions.
    version
        Digest of the content: the same training gives the same version.
    """

    models: FittedModels
    facts: dict[str, Any]
    version: str


def save_bundle(models: FittedModels, facts: Mapping[str, Any], folder: Path) -> Bundle:
    """Write a bundle into a folder (made if needed) and return it as :func:`load_bundle` would."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {} if models.churn is None else models.churn.to_files()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "cutoff": models.cutoff.isoformat(),
        "purchases": models.purchases.to_dict(),
        "purchase_scores": dict(models.purchase_scores),
        "spend": models.spend.to_dict(),
        "churn": None if models.churn is None else models.churn.to_dict(),
        "churn_note": models.churn_note,
        "alarms": list(models.alarms),
        "engagement": None if models.engagement is None else models.engagement.to_dict(),
        "prospect_rates": {str(horizon): rate for horizon, rate in models.prospect_rates.items()},
        "facts": dict(facts),
        "sha256": {name: _sha256(text.encode()) for name, text in files.items()},
    }
    manifest["checksum"] = _checksum(manifest)
    text = json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
    return load_bundle(folder)


def load_bundle(path: Path | str) -> Bundle:
    """Read a bundle; no code in it is ever run.

    Raises
    ------
    ModelNotFoundError
        If there is no bundle at the path.
    ClvError
        If the bundle is damaged, was edited, or was written by a newer version.
    """
    folder = Path(path)
    try:
        content = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise ModelNotFoundError(f"no model bundle at {folder}: {MANIFEST} cannot be read; train one first") from error
    try:
        manifest = json.loads(content)
        schema = manifest["schema_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise ClvError(f"{folder / MANIFEST}: not a model bundle ({error})") from error
    if schema != SCHEMA_VERSION:
        raise ClvError(f"{folder}: bundle schema {schema}, this version reads {SCHEMA_VERSION}; use a matching clv_ml")
    if manifest.get("checksum") != _checksum(manifest):
        raise ClvError(f"{folder / MANIFEST}: checksum differs; the bundle was edited or damaged")
    try:
        files = _read_files(folder, manifest["sha256"])
        churn = None if manifest["churn"] is None else ChurnModel.from_files(manifest["churn"], files)
        models = FittedModels(
            cutoff=dt.date.fromisoformat(manifest["cutoff"]),
            purchases=read_purchase_model(manifest["purchases"]),
            spend=SpendModel.from_dict(manifest["spend"]),
            churn=churn,
            churn_note=manifest["churn_note"],
            purchase_scores=manifest["purchase_scores"],
            alarms=tuple(manifest["alarms"]),
            engagement=None
            if manifest["engagement"] is None
            else EngagementReference.from_dict(manifest["engagement"]),
            prospect_rates={int(horizon): rate for horizon, rate in manifest["prospect_rates"].items()},
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ClvError(f"{folder / MANIFEST}: damaged, {type(error).__name__}: {error}") from error
    return Bundle(models, manifest["facts"], _sha256(content)[:12])


def _read_files(folder: Path, digests: Mapping[str, str]) -> dict[str, str]:
    files = {}
    for name, digest in digests.items():
        if Path(name).name != name:
            raise ClvError(f"{folder}: file name {name!r} leaves the bundle")
        try:
            content = (folder / name).read_bytes()
        except OSError as error:
            raise ClvError(f"{folder / name}: missing from the bundle") from error
        if _sha256(content) != digest:
            raise ClvError(f"{folder / name}: checksum differs from {MANIFEST}; the bundle was edited or damaged")
        files[name] = content.decode()
    return files


def _checksum(manifest: Mapping[str, Any]) -> str:
    """Digest of everything in a manifest but the checksum itself."""
    content = {key: value for key, value in manifest.items() if key != "checksum"}
    return _sha256(json.dumps(content, sort_keys=True).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
