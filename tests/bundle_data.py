"""A small bundle that has everything: trees with numbers and categories, a constant, a calibration."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from clv_ml.models._bundle_files import MANIFEST, checksum, manifest_text, sha256
from clv_ml.models._lightgbm import lightgbm
from clv_ml.models.bundle import save_bundle
from clv_ml.models.churn import ChurnModel
from clv_ml.models.fitting import FittedModels
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel

FEATURES = ("silence", "plan", "spend")
TREES = "churn_90d.txt"


def small_text(rounds: int = 2, leaves: int = 4) -> str:
    """LightGBM text of a few trees over FEATURES; plan holds codes of categories."""
    lgb = lightgbm()
    random = np.random.default_rng(7)
    rows = np.column_stack([random.normal(size=400), random.integers(0, 12, 400), random.normal(size=400)])
    rows[random.random(400) < 0.1, 0] = np.nan
    outcome = ((rows[:, 1] % 3 == 0) & (rows[:, 2] > 0)) | (random.random(400) < 0.1)
    settings = {"objective": "binary", "num_leaves": leaves, "verbosity": -1, "min_data_in_leaf": 5, "num_threads": 1}
    data = lgb.Dataset(
        rows,
        label=outcome.astype(float),
        feature_name=list(FEATURES),
        categorical_feature=[1],
        params=settings | {"min_data_per_group": 5},
    )
    grown = lgb.train(settings | {"monotone_constraints": [1, 0, 0]}, data, num_boost_round=rounds)
    return str(grown.model_to_string())


def small_models(text: str | None = None) -> FittedModels:
    """Models of known parameters, and a classifier with trees at 90 days and a constant at 30."""
    fact = {
        "learnt_from": "all",
        "rounds": 2,
        "rounds_from": "default",
        "rows": 400,
        "churned_share": 0.5,
        "calibrated": True,
        "log_loss_raw": None,
        "log_loss_calibrated": None,
        "fit_cutoffs": ["2020-01-01"],
        "stop_cutoff": None,
        "judge_cutoff": None,
    }
    churn = {
        "horizons_days": [30, 90],
        "seed": 1,
        "monotone": True,
        "own_gap": False,
        "tuning_trials": 0,
        "features": list(FEATURES),
        "categories": {"plan": {"values": [f"plan {code}" for code in range(12)], "rare": []}},
        "facts": [{"horizon_days": 30, **fact}, {"horizon_days": 90, **fact}],
        "tuning": None,
        "own_facts": None,
        "classifiers": {
            "30": {"scaling": None, "constant": 0.25},
            "90": {"scaling": {"intercept": -0.1, "slope": 1.1}, "constant": None},
        },
    }
    return FittedModels(
        dt.date(2020, 12, 31),
        PurchaseModel.from_params(r=0.24, alpha=30.9, a=0.79, b=2.43),
        SpendModel.from_params(p=6.25, q=3.74, v=15.44),
        ChurnModel.from_files(churn, {TREES: small_text() if text is None else text}),
        "",
        prospect_rates={30: 0.9},
    )


def small_bundle(folder: Path) -> Path:
    """Save it and return where."""
    save_bundle(small_models(), {"name": "shop", "currency": "EUR", "horizons_days": [30, 90]}, folder)
    return folder


def edit(folder: Path, change: Callable[[dict[str, Any]], object], *, resealed: bool = False) -> None:
    """Edit the manifest, with a checksum that fits again where resealed."""
    manifest = json.loads((folder / MANIFEST).read_text())
    change(manifest)
    if resealed:
        manifest["checksum"] = checksum(manifest)
    (folder / MANIFEST).write_text(manifest_text(manifest))


def with_text(folder: Path, content: bytes, name: str = TREES) -> None:
    """Put other content in place of a text, with checksums that fit, as somebody with bad intent would."""
    (folder / name).write_bytes(content)
    edit(folder, lambda manifest: manifest["sha256"].update({name: sha256(content)}), resealed=True)
