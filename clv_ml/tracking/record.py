"""What MLflow keeps of one training, gathered from the bundle, the backtests and the files on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from clv_ml.config import Config
from clv_ml.evaluation.backtest import Backtest
from clv_ml.models.bundle import Bundle
from clv_ml.publishing import digest
from clv_ml.tracking.log import TrainingRecord


def training_record(
    config: Config,
    bundle: Bundle,
    bundle_path: Path,
    backtests: Sequence[Backtest],
    folder: Path,
    *,
    example: pd.DataFrame,
    predictions: pd.DataFrame,
) -> TrainingRecord:
    """Gather what MLflow keeps of a training."""
    models = bundle.models
    params: dict[str, Any] = {"cutoff": models.cutoff, "seed": config.seed, "currency": config.currency}
    params |= {f"value.{key}": item for key, item in config.value.model_dump().items()}
    params |= {f"churn.{key}": item for key, item in config.churn.model_dump().items()}
    params |= {f"{models.purchases.KIND}.{key}": item for key, item in models.purchases.params_.items()}
    params |= {f"gamma_gamma.{key}": item for key, item in models.spend.params_.items()}
    tables = {}
    for result in backtests:
        tables[f"backtest/{result.cutoff}/cohorts.json"] = result.cohorts
        tables[f"backtest/{result.cutoff}/accuracy.json"] = result.accuracy
        tables[f"backtest/{result.cutoff}/rankings.json"] = result.rankings
    written = [path for path in sorted(folder.rglob("*")) if path.suffix in {".svg", ".png", ".md", ".json", ".txt"}]
    files: dict[str, str | Path] = {
        str(path.relative_to(folder)).replace("cutoff=", "backtest/"): path for path in written
    }
    settings = config.model_dump(mode="json", exclude={"transactions": {"root"}, "output": True, "tracking": True})
    files["config.yaml"] = yaml.safe_dump(settings, sort_keys=False)
    return TrainingRecord(
        name=f"train {models.cutoff}",
        tags={
            "cutoff": models.cutoff.isoformat(),
            "main_horizon_days": str(config.churn.main_horizon_days),
            "engine": "duckdb",
            "data_fingerprint": str(bundle.facts["data_fingerprint"]),
            "config_hash": digest(settings),
            "bundle_version": bundle.version,
            "clv_ml_version": str(bundle.facts["packages"]["clv_ml"]),
            "mlflow.note.content": _description(folder),
        },
        params=params,
        metrics=(backtests[-1].metrics() if backtests else {})
        | {f"holdout_log_likelihood_{kind}": score for kind, score in models.purchase_scores.items()},
        tables=tables,
        files=files,
        bundle=bundle_path,
        example=example,
        predictions=predictions,
    )


def _description(folder: Path) -> str:
    """Return the head of the model card, for the page of the run; the cohorts are there as tables and pictures."""
    card = (folder / "model_card.md").read_text(encoding="utf-8")
    return card.split("| first bought")[0].strip()
