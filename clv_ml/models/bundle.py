"""A trained model as a folder of data: JSON parameters and LightGBM text, nothing that runs.

Who can write to a folder can put anything there, checksums included; so a bundle is refused unless its manifest has the
shape of :mod:`clv_ml.models._manifest`, its files are those it names, and its texts pass
:mod:`clv_ml.models._tree_text` before LightGBM sees them. The checksum tells damage and careless edits, not intent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clv_ml.errors import BundleError, ClvError
from clv_ml.models._boosting import plain_names
from clv_ml.models._bundle_files import MANIFEST as MANIFEST
from clv_ml.models._bundle_files import checksum, manifest_text, read_manifest, read_texts, sha256
from clv_ml.models._manifest import check_manifest
from clv_ml.models._tree_text import check_tree_text
from clv_ml.models.choice import read_purchase_model
from clv_ml.models.churn import ChurnModel, file_name
from clv_ml.models.engagement_score import EngagementReference
from clv_ml.models.fitting import FittedModels
from clv_ml.models.spend import SpendModel

SCHEMA_VERSION = 1


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
    for left in (folder / MANIFEST, *folder.glob("churn_*.txt")):
        left.unlink(missing_ok=True)  # of a training that was killed here
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
        "sha256": {name: sha256(text.encode()) for name, text in files.items()},
    }
    manifest["checksum"] = checksum(manifest)
    (folder / MANIFEST).write_text(manifest_text(manifest), encoding="utf-8", newline="\n")
    return load_bundle(folder)


def load_bundle(path: Path | str) -> Bundle:
    """Read a bundle; no code in it is ever run.

    Raises
    ------
    ModelNotFoundError
        If there is no bundle at the path.
    BundleError
        If the bundle is damaged, was edited, holds what no bundle holds, or was written by another version.

    Examples
    --------
    >>> path = next(Path("models/bundles").glob("cdnow-*"))
    >>> sorted(load_bundle(path).models.purchases.params_)
    ['a', 'alpha', 'b', 'r']
    """
    folder = Path(path)
    manifest, content = read_manifest(folder)
    where = folder / MANIFEST
    schema = manifest.get("schema_version")
    if type(schema) is not int:
        raise BundleError(f"{where}: not a model bundle (schema_version is {str(schema)[:60]!r})")
    if schema != SCHEMA_VERSION:
        raise BundleError(
            f"{folder}: bundle schema {schema}, this version reads {SCHEMA_VERSION}; use a matching clv_ml"
        )
    if manifest.get("checksum") != checksum(manifest):
        raise BundleError(f"{where}: checksum differs; the bundle was edited or damaged")
    if content != manifest_text(manifest).encode():
        raise BundleError(f"{where}: spelled otherwise than it was written; the bundle was edited or damaged")
    try:
        check_manifest(content)
    except ValueError as error:
        raise BundleError(f"{where}: damaged, or of another version of clv_ml ({error}); train again") from error
    files = read_texts(folder, manifest["sha256"])
    _check_texts(folder, manifest["churn"], files)
    try:
        models = _models(manifest, files)
    except (ClvError, AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise BundleError(f"{where}: damaged, {type(error).__name__}: {error}") from error
    return Bundle(models, manifest["facts"], sha256(content)[:12])


def _models(manifest: Mapping[str, Any], files: Mapping[str, str]) -> FittedModels:
    engagement = manifest["engagement"]
    return FittedModels(
        cutoff=dt.date.fromisoformat(manifest["cutoff"]),
        purchases=read_purchase_model(manifest["purchases"]),
        spend=SpendModel.from_dict(manifest["spend"]),
        churn=None if manifest["churn"] is None else ChurnModel.from_files(manifest["churn"], files),
        churn_note=manifest["churn_note"],
        purchase_scores=manifest["purchase_scores"],
        alarms=tuple(manifest["alarms"]),
        engagement=None if engagement is None else EngagementReference.from_dict(engagement),
        prospect_rates={int(horizon): rate for horizon, rate in manifest["prospect_rates"].items()},
    )


def _check_texts(folder: Path, churn: Mapping[str, Any] | None, files: Mapping[str, str]) -> None:
    """See that the texts are those of the classifiers, and that LightGBM can be given each."""
    known = {} if churn is None else churn["classifiers"]
    grown = {file_name(name) for name, kept in known.items() if kept["constant"] is None}
    if set(files) != grown:
        odd = ", ".join(sorted(set(files) ^ grown))
        raise BundleError(f"{folder / MANIFEST}: damaged, its classifiers and its files differ ({odd})")
    for name, text in files.items():
        assert churn is not None  # there are no files without
        columns = churn["features"]
        categories = [position for position, column in enumerate(columns) if column in churn["categories"]]
        try:
            check_tree_text(text, features=plain_names(columns), categories=categories)
        except ValueError as error:
            raise BundleError(f"{folder / name}: not the text of this model: {error}; train again") from error
