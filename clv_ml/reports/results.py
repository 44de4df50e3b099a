"""What trainings and backtests leave on disk and in MLflow: tables, pictures, the model card."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.config import Config
from clv_ml.data.checked import CheckedData
from clv_ml.evaluation.backtest import Backtest
from clv_ml.evaluation.diagnosis import Diagnosis
from clv_ml.models.bundle import Bundle
from clv_ml.publishing import write_csv, write_json
from clv_ml.reports.churn_plots import gain_figure, sufficiency_figure
from clv_ml.reports.diagnostics import write_diagnostics
from clv_ml.reports.model_card import model_card
from clv_ml.reports.plots import calibration_figure, cohort_figure, save
from clv_ml.snapshot.declared_modules import load_features, told_of


def bundle_facts(
    config: Config,
    fingerprint: str,
    backtests: Sequence[Backtest],
    *,
    signals: dict[str, Any] | None = None,
    attributes: dict[str, list[str]] | None = None,
) -> dict[str, Any]:
    """Return what a bundle knows of its making: conventions, data, and how right the method was last.

    `signals`: what the events mean; `attributes`: those of the table of customers by kind; None without such a table.
    """
    latest = backtests[-1] if backtests else None
    return {
        "name": config.name,
        "currency": config.currency,
        "horizons_days": list(config.churn.horizons_days),
        "value": config.value.model_dump(mode="json"),
        "churn": config.churn.model_dump(mode="json"),
        "signals": signals,
        "attributes": attributes,
        **({"own_features": told_of(load_features(config.features.modules))} if config.features.modules else {}),
        "seed": config.seed,
        "data_fingerprint": fingerprint,
        "packages": {name: importlib.metadata.version(name) for name in ("clv_ml", "lightgbm", "lifetimes", "duckdb")},
        "backtest": None
        if latest is None
        else {
            "cutoff": latest.cutoff.isoformat(),
            "horizon_days": latest.horizon_days,
            "accuracy": _records(latest.accuracy),
            "gains": _records(latest.gains),
            "rankings": _records(latest.rankings),
            "cohorts": _records(latest.cohorts),
            **({"sampled": latest.sampled} if latest.sampled else {}),
        },
    }


def write_backtest(
    folder: Path, backtests: Sequence[Backtest], config: Config, early: pd.DataFrame | None = None
) -> None:
    """Write tables and pictures of each backtest, in a folder of its own, and how early one can know."""
    if early is not None:
        write_csv(folder / "sufficiency.csv", early)
        for folds, rows in early.groupby("folds"):
            picture = sufficiency_figure(rows, title=f"How early can we know? ({folds} folds)")
            save(picture, folder / f"sufficiency_{folds}.svg")
            save(picture, folder / f"sufficiency_{folds}.png")
    for result in backtests:
        inside = folder / f"cutoff={result.cutoff}"
        inside.mkdir()
        if result.sampled:
            (inside / "sampled.txt").write_text(f"{result.sampled}\n", encoding="utf-8", newline="\n")
        result.accuracy.to_csv(inside / "accuracy.csv", index=False, lineterminator="\n")
        result.gains.to_csv(inside / "gains.csv", index=False, lineterminator="\n")
        result.by_cohort.to_csv(inside / "accuracy_by_cohort.csv", index=False, lineterminator="\n")
        result.rankings.to_csv(inside / "rankings.csv", index=False, lineterminator="\n")
        result.cohorts.to_csv(inside / "cohorts.csv", index=False, lineterminator="\n")
        picture = cohort_figure(
            result.main_cohorts(), cutoff=result.cutoff, horizon_days=result.horizon_days, currency=config.currency
        )
        save(picture, inside / "cohorts.svg")
        save(picture, inside / "cohorts.png")
        days = f"churn in the {result.horizon_days} days after {result.cutoff}, with 95 % intervals"
        save(gain_figure(result.accuracy, subtitle=days), inside / "accuracy.svg")
        save(gain_figure(result.accuracy, subtitle=days), inside / "accuracy.png")
        scores = {name: result.probabilities[name] for name in result.probabilities.columns}
        subtitle = f"P(churn) in the {result.horizon_days} days after {result.cutoff}, all customers"
        save(calibration_figure(result.churned, scores, subtitle=subtitle), inside / "calibration.svg")


def write_training(
    folder: Path,
    bundle: Bundle,
    backtests: Sequence[Backtest],
    diagnoses: Sequence[Diagnosis],
    checked: CheckedData,
    config: Config,
) -> None:
    """Write backtests, diagnostics, data quality and the model card of a training."""
    quality = checked.transactions.report
    write_backtest(folder, backtests, config)
    write_diagnostics(folder / "diagnostics", diagnoses[0], diagnoses[-1], currency=config.currency)
    write_json(folder / "quality.json", checked.quality())
    (folder / "model_card.md").write_text(model_card(bundle, quality), encoding="utf-8", newline="\n")


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON-safe values; NaN becomes null."""
    return list(json.loads(table.to_json(orient="records", double_precision=15)))
