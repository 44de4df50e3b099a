"""Bundles on disk: one folder for each content, whole or not at all."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from clv_ml.config import build_config
from clv_ml.errors import ClvError
from clv_ml.models.bundle import Bundle, load_bundle
from clv_ml.models.fitting import FittedModels
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.pipeline.bundles import keep_bundle
from clv_ml.publishing import LOCK, host_name

DAY = dt.date(2024, 1, 31)


def _models() -> FittedModels:
    return FittedModels(
        cutoff=DAY,
        purchases=PurchaseModel.from_params(r=0.24, alpha=30.9, a=0.79, b=2.43),
        spend=SpendModel.from_params(p=6.25, q=3.74, v=15.44),
        churn=None,
        churn_note="too few rows",
        prospect_rates={},
    )


def _keep(folder: Path, facts: dict[str, Any] | None = None) -> tuple[Bundle, Path]:
    tree = {
        "name": "kept",
        "transactions": {"sources": [{"dataset": "cdnow_sample"}]},
        "tracking": {"store": str(folder)},
    }
    config = build_config(tree, environment={})
    return keep_bundle(_models(), facts or {"name": "kept"}, config, DAY, progress=lambda line: None)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "bundles").iterdir() if path.name != LOCK)


def test_the_same_training_is_kept_once_and_another_beside_it(tmp_path: Path) -> None:
    bundle, path = _keep(tmp_path)
    before = path.stat().st_ino
    assert _keep(tmp_path)[1] == path
    assert path.stat().st_ino == before
    assert path.name == f"kept-2024-01-31-{bundle.version}"
    other = _keep(tmp_path, {"name": "kept", "seed": 2})[1]
    assert _names(tmp_path) == sorted([path.name, other.name])


def test_a_damaged_bundle_gives_way_to_the_same_one_trained_again(tmp_path: Path) -> None:
    bundle, path = _keep(tmp_path)
    (path / "bundle.json").write_text("{}")
    assert _keep(tmp_path)[1] == path
    assert load_bundle(path).version == bundle.version


def test_what_a_killed_training_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "bundles" / f".kept-2024-01-31.4711@{host_name()}"
    left.mkdir(parents=True)
    _, path = _keep(tmp_path)
    assert _names(tmp_path) == [path.name]


def test_a_store_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "bundles").touch()
    with pytest.raises(ClvError, match=r"cannot write .*bundles: File exists"):
        _keep(tmp_path)
