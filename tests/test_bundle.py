"""A model bundle is data: it comes back as it was saved, damage is noticed, and nothing in it can run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bundle_data import edit

from clv_ml.errors import BundleError, ClvError, ModelNotFoundError
from clv_ml.models.bundle import MANIFEST, load_bundle, save_bundle
from clv_ml.models.fitting import FittedModels
from clv_ml.models.scoring import score_customers

FACTS = {"name": "shop", "currency": "EUR", "horizons_days": [30, 60, 90]}


@pytest.fixture
def folder(sample_models: FittedModels, tmp_path: Path) -> Path:
    save_bundle(sample_models, FACTS, tmp_path / "bundle")
    return tmp_path / "bundle"


def test_a_bundle_scores_exactly_as_the_models_that_were_saved(
    folder: Path, sample_models: FittedModels, sample_customers: pd.DataFrame, sample_config: Any
) -> None:
    loaded = load_bundle(folder)
    settings = {"horizons_days": (30, 60, 90), "value": sample_config.value}
    before = score_customers(sample_models, sample_customers, **settings)
    pd.testing.assert_frame_equal(
        score_customers(loaded.models, sample_customers, **settings), before, check_exact=True
    )
    assert loaded.facts == FACTS
    assert loaded.models.cutoff == sample_models.cutoff


def test_the_same_models_give_the_same_version_and_bytes(
    folder: Path, sample_models: FittedModels, tmp_path: Path
) -> None:
    again = save_bundle(sample_models, dict(reversed(FACTS.items())), tmp_path / "again")
    assert again.version == load_bundle(folder).version
    for file in folder.iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()
    assert save_bundle(sample_models, {**FACTS, "currency": "USD"}, tmp_path / "other").version != again.version


def test_a_bundle_without_classifier_keeps_the_reason(sample_models: FittedModels, tmp_path: Path) -> None:
    bundle = save_bundle(replace(sample_models, churn=None, churn_note="too few rows"), FACTS, tmp_path / "bundle")
    assert bundle.models.churn is None
    assert bundle.models.churn_note == "too few rows"
    assert [file.name for file in (tmp_path / "bundle").iterdir()] == [MANIFEST]


@pytest.mark.parametrize("path", ["cutoff", "churn_note", "facts", "purchases", "sha256"])
def test_an_edited_manifest_is_noticed(folder: Path, path: str) -> None:
    edit(folder, lambda manifest: manifest.update({path: "1999-01-01"}))
    with pytest.raises(ClvError, match=r"bundle\.json: checksum differs; the bundle was edited or damaged"):
        load_bundle(folder)


@pytest.mark.parametrize("spelling", [{}, {"indent": 1}, {"indent": 1, "sort_keys": True}])
def test_another_spelling_of_the_same_values_counts_as_edited(folder: Path, spelling: dict[str, Any]) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest, **spelling))
    with pytest.raises(BundleError, match="spelled otherwise than it was written"):
        load_bundle(folder)


def test_an_edited_or_truncated_model_file_is_noticed(folder: Path) -> None:
    file = folder / "churn_90d.txt"
    text = file.read_text()
    for damaged in (text.replace("0", "1", 1), text[: len(text) // 2], ""):
        file.write_text(damaged)
        with pytest.raises(ClvError, match=r"churn_90d\.txt: checksum differs from bundle\.json"):
            load_bundle(folder)
    file.unlink()
    with pytest.raises(ClvError, match=r"churn_90d\.txt: missing from the bundle"):
        load_bundle(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"null", b"\xff\xfe\x00", b'"text"', b"7"])
def test_a_manifest_that_is_none_is_told(folder: Path, content: bytes) -> None:
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(ClvError, match=r"bundle\.json: not a model bundle"):
        load_bundle(folder)


def test_where_there_is_no_bundle_the_remedy_is_named(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ModelNotFoundError, match=r"no model bundle at .* bundle\.json cannot be read; train one"):
            load_bundle(place)


def test_a_newer_schema_is_refused_with_both_numbers(folder: Path) -> None:
    edit(folder, lambda manifest: manifest.update(schema_version=2))
    with pytest.raises(ClvError, match="bundle schema 2, this version reads 1; use a matching clv_ml"):
        load_bundle(folder)


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/passwd", "sub/file.txt", "./churn_30d.txt"])
def test_a_file_name_cannot_leave_the_bundle(folder: Path, name: str) -> None:
    (folder.parent / "secret.txt").write_text("x")
    edit(folder, lambda manifest: manifest["sha256"].update({name: "0" * 64}), resealed=True)
    with pytest.raises(ClvError, match=f"file name '{name}' leaves the bundle"):
        load_bundle(folder)


@pytest.mark.parametrize("name", ["..", ".", ""])
def test_a_folder_is_no_file_of_the_bundle(folder: Path, name: str) -> None:
    edit(folder, lambda manifest: manifest["sha256"].update({name: "0" * 64}), resealed=True)
    with pytest.raises(ClvError, match=r"not a file|leaves the bundle"):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [("sha256", []), ("cutoff", 5), ("cutoff", "x"), ("purchases", {}), ("churn", {"a": 1}), ("spend", 7)],
)
def test_a_well_sealed_manifest_of_the_wrong_shape_is_told(folder: Path, key: str, value: object) -> None:
    edit(folder, lambda manifest: manifest.update({key: value}), resealed=True)
    with pytest.raises(ClvError, match=r"bundle\.json: damaged"):
        load_bundle(folder)
