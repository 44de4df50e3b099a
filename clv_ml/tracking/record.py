"""What MLflow keeps of one training, gathered from the bundle, the backtests and the files on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

import clv_ml
from clv_ml.config import Config
from clv_ml.evaluation.backtest import Backtest
from clv_ml.models.bundle import Bundle
from clv_ml.publishing import digest
from clv_ml.redaction import without_credentials
from clv_ml.tracking.promise import Promise, promise_files, promise_tags
from clv_ml.tracking.run import DatasetRecord, ModelRecord, RunRecord

_SHOWN = {".svg", ".png", ".md", ".json", ".txt"}


def training_record(
    config: Config,
    bundle: Bundle,
    bundle_path: Path,
    backtests: Sequence[Backtest],
    folder: Path,
    *,
    example: pd.DataFrame,
    predictions: pd.DataFrame,
    promise: Promise | None = None,
    alias: str = "champion",
) -> RunRecord:
    """Gather what MLflow keeps of a training: a parent, and below it purchases, spend and churn.

    Parameters
    ----------
    folder
        What the training left on disk; its pictures, texts and JSON go along.
    example, predictions
        What the served model takes and gives.
    promise
        The forecast by cohort that a review will judge.
    alias
        What the new version is to be called: champion, challenger, or nothing.
    """
    models = bundle.models
    params: dict[str, Any] = {"cutoff": models.cutoff, "seed": config.seed, "currency": config.currency}
    params |= {f"value.{key}": item for key, item in config.value.model_dump().items()}
    params |= {f"churn.{key}": item for key, item in config.churn.model_dump().items()}
    params |= _model_params(bundle)
    tables: dict[str, pd.DataFrame] = {}
    for result in backtests:
        tables[f"backtest/{result.cutoff}/cohorts.json"] = result.cohorts
        tables[f"backtest/{result.cutoff}/accuracy.json"] = result.accuracy
        tables[f"backtest/{result.cutoff}/rankings.json"] = result.rankings
    written = [path for path in sorted(folder.rglob("*")) if path.suffix in _SHOWN]
    files: dict[str, str | Path] = {
        str(path.relative_to(folder)).replace("cutoff=", "backtest/"): path for path in written
    }
    files["config.yaml"] = yaml.safe_dump(settings(config), sort_keys=False)
    tags = run_tags(config, models.cutoff) | {
        "data_fingerprint": str(bundle.facts["data_fingerprint"]),
        "bundle_version": bundle.version,
        "mlflow.note.content": _description(folder),
    }
    if promise is not None:
        promised_files, promised_tables = promise_files(promise)
        files |= promised_files
        tables |= promised_tables
        tags |= promise_tags(promise)
    metrics = backtests[-1].metrics() if backtests else {}
    metrics |= {f"holdout_log_likelihood_{kind}": score for kind, score in models.purchase_scores.items()}
    if models.treated is not None:
        metrics |= {
            "training_rows": float(models.treated.rows),
            "training_rows_left_out": float(models.treated.left_out),
        }
    return RunRecord(
        name=f"train {models.cutoff}",
        kind="train",
        tags=tags,
        params=params,
        metrics=metrics,
        tables=tables,
        files=files,
        datasets=(_dataset(bundle, "training"),),
        children=_children(config, bundle, backtests, tags),
        model=ModelRecord(bundle_path, example, predictions, config.name, alias),
    )


def scoring_record(
    config: Config,
    promise: Promise,
    *,
    model_address: str,
    model_version: str,
    metrics: Mapping[str, float],
    files: Mapping[str, str | Path],
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> RunRecord:
    """Gather what MLflow keeps of a scoring: its forecast, its figures, and the version that made it.

    Parameters
    ----------
    model_address
        ``models:/NAME/VERSION``, or the folder of a bundle.
    model_version
        Version of the bundle.
    """
    promised_files, promised_tables = promise_files(promise)
    tags = run_tags(config, promise.cutoff) | promise_tags(promise)
    tags |= {"model": model_address, "bundle_version": model_version, "data_fingerprint": promise.fingerprint}
    settled = yaml.safe_dump(settings(config), sort_keys=False)
    return RunRecord(
        name=f"score {promise.cutoff}",
        kind="score",
        tags=tags,
        params={"cutoff": promise.cutoff, "model": model_address},
        metrics=metrics,
        tables=promised_tables | dict(tables or {}),
        files=promised_files | {"config.yaml": settled} | dict(files),
        datasets=(DatasetRecord(config.name, promise.fingerprint, "scoring", {"known_until": str(promise.cutoff)}),),
    )


def run_tags(config: Config, cutoff: object) -> dict[str, str]:
    """Return the tags that every run carries, so that runs can be searched and compared."""
    return {
        "cutoff": str(cutoff),
        "horizons_days": ",".join(map(str, config.churn.horizons_days)),
        "main_horizon_days": str(config.churn.main_horizon_days),
        "engine": "duckdb",
        "clv_ml_version": clv_ml.__version__,
        "code_digest": code_digest(),
        "config_hash": digest(settings(config)),
    }


def settings(config: Config) -> dict[str, Any]:
    """Return what a result depends on, ready for YAML: not where data and results are kept."""
    kept = config.model_dump(mode="json", exclude={"output", "tracking"})
    for table in ("transactions", "events", "customers", "contacts"):
        if isinstance(kept.get(table), dict):
            kept[table].pop("root", None)
    settled: dict[str, Any] = without_credentials(kept)  # contacts can come from a database
    return settled


@cache
def code_digest() -> str:
    """Digest the package's source, which tells versions apart that have one version number."""
    root = Path(clv_ml.__file__).parent
    seen = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        seen.update(str(path.relative_to(root)).encode())
        seen.update(path.read_bytes())
    return seen.hexdigest()[:12]


def _children(
    config: Config, bundle: Bundle, backtests: Sequence[Backtest], tags: Mapping[str, str]
) -> tuple[RunRecord, ...]:
    models = bundle.models
    figures = backtests[-1].metrics() if backtests else {}
    shared = {name: value for name, value in tags.items() if not name.startswith(("mlflow.", "forecast_"))}
    kept = []
    for name, model in (("purchases", models.purchases), ("spend", models.spend)):
        fit = model.fit_
        metrics = {
            key.removeprefix(f"cohort_{name}_"): value
            for key, value in figures.items()
            if key.startswith(f"cohort_{name}_")
        }
        if fit is not None:
            metrics |= {"log_likelihood": fit.log_likelihood, "customers": float(fit.n_customers)}
        kept.append(
            RunRecord(
                name=f"{name} {models.cutoff}",
                kind=name,
                tags=shared | {"model": model.KIND},
                params=dict(model.params_),
                metrics=metrics,
                datasets=(_dataset(bundle, "training"),),
            )
        )
    source = models.purchases.KIND if models.churn is None else "lightgbm"
    metrics = {key.replace(f"_{source}_", "_"): value for key, value in figures.items() if f"_{source}_" in f"_{key}"}
    metrics |= {
        key.removeprefix("cohort_churn_rate_"): value
        for key, value in figures.items()
        if key.startswith("cohort_churn_rate_")
    }
    kept.append(
        RunRecord(
            name=f"churn {models.cutoff}",
            kind="churn",
            tags=shared | {"model": source, "note": models.churn_note},
            params=config.churn.model_dump(),
            metrics=metrics,
            datasets=(_dataset(bundle, "training"),),
        )
    )
    return tuple(kept)


def _model_params(bundle: Bundle) -> dict[str, Any]:
    models = bundle.models
    purchases = {f"{models.purchases.KIND}.{key}": item for key, item in models.purchases.params_.items()}
    return purchases | {f"gamma_gamma.{key}": item for key, item in models.spend.params_.items()}


def _dataset(bundle: Bundle, context: str) -> DatasetRecord:
    fit = bundle.models.purchases.fit_
    customers = None if fit is None else fit.n_customers
    facts = {"known_until": bundle.models.cutoff.isoformat(), "customers": customers}
    return DatasetRecord(str(bundle.facts["name"]), str(bundle.facts["data_fingerprint"]), context, facts)


def _description(folder: Path) -> str:
    """Return the head of the model card, for the page of the run; the cohorts are there as tables and pictures."""
    card = (folder / "model_card.md").read_text(encoding="utf-8")
    return card.split("| first bought")[0].strip()
