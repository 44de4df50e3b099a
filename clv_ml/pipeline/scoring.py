"""Score: the ranked list of a day, written once."""

from __future__ import annotations

import datetime as dt
import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.config import Config
from clv_ml.decisions.risk import ListContext, risk_list
from clv_ml.errors import ClvError
from clv_ml.evaluation.forecast_error import ForecastError
from clv_ml.models.bundle import Bundle, load_bundle
from clv_ml.models.scoring import contributions, score_customers, unseen_categories
from clv_ml.models.training_rows import Progress, population_at
from clv_ml.pipeline.drift import stability_of
from clv_ml.pipeline.forecasting import promise_of
from clv_ml.pipeline.prepared import fingerprint, prepare, require_history, silent
from clv_ml.pipeline.table_scoring import require_same_tables
from clv_ml.publishing import digest, is_complete, point_to, publish
from clv_ml.reports.results import write_scores
from clv_ml.tracking.promise import Promise
from clv_ml.tracking.record import scoring_record
from clv_ml.tracking.registry import resolve
from clv_ml.tracking.run import LoggedRun
from clv_ml.tracking.upload import log_run


@dataclass(frozen=True)
class ScoreResult:
    """Where the list is, and what accounts for it.

    Attributes
    ----------
    repeated
        Whether the list was there already, and nothing was computed again.
    model
        The version that made it, as ``models:/NAME/VERSION``, or the folder of its bundle.
    run
        In MLflow; None where nothing was computed, or MLflow was down, and then `log_note` says so.
    """

    folder: Path
    manifest: dict[str, Any]
    repeated: bool
    model: str = ""
    run: LoggedRun | None = None
    log_note: str = ""


def score(
    config: Config, *, as_of: dt.date | None = None, model: str | None = None, progress: Progress = silent
) -> ScoreResult:
    """Write the risk list as of a day, once: the same inputs give the same run and nothing is computed again.

    Parameters
    ----------
    as_of
        Last day of history; the last day of the data where None.
    model
        Bundle folder or MLflow address; the champion of the config where None.

    Raises
    ------
    ModelNotFoundError
        If there is no such model.
    DataError
        If the data cannot be used.
    """
    progress("loading the model")
    found, address = resolve(config, model)
    bundle = load_bundle(found)
    promise: Promise | None = None
    with prepare(config, progress=progress) as prepared:
        day = as_of or prepared.last_day
        require_history(prepared, day)
        input_print = fingerprint(prepared, day)
        require_same_tables(bundle, prepared.tables)
        run_id = digest(bundle.version, day, input_print, result_settings(config))
        scores_folder = config.output.dir / "scores"
        folder = scores_folder / f"as_of={day}" / f"run_id={run_id}"
        repeated = is_complete(folder)
        if not repeated:
            progress(f"scoring customers as of {day}")
            customers = population_at(prepared.engine, prepared.tables, day, config.churn)
            horizons = config.churn.horizons_days if bundle.models.churn is None else bundle.models.churn.horizons_days
            scores = score_customers(bundle.models, customers, horizons_days=horizons, value=config.value)
            context = ListContext(
                refresh_id=run_id,
                as_of=day,
                model_version=f"{bundle.facts['name']}-{bundle.version}",
                currency=config.currency,
                clv_horizon_days=config.value.horizon_days,
                main_horizon_days=horizons[-1],
                margin=config.value.margin,
                annual_discount_rate=config.value.annual_discount_rate,
                cost_per_order=config.value.cost_per_order,
                own_gap=config.churn.label == "own_gap",
            )
            strange = unseen_categories(bundle.models, customers, config.churn.alarms)
            listed = risk_list(
                customers,
                scores,
                config=config.risk,
                context=context,
                explain=functools.partial(contributions, bundle.models),
            )
            progress(f"writing the list of {len(listed):,} customers")
            notes = [*_notes(day, prepared.last_day, bundle), *strange]
            error = ForecastError(bundle.facts.get("forecast_error", {}))
            promise = promise_of(
                bundle.models, customers, scores, cutoff=day, config=config, error=error, fingerprint=input_print
            )
            forecast = promise.forecast
            moved = stability_of(bundle, customers, scores, config)

            def write(aside: Path) -> None:
                prepared.checked.write_quarantine(prepared.engine, aside)
                write_scores(
                    aside,
                    customers,
                    scores,
                    listed,
                    context,
                    bundle,
                    prepared.checked.quality(),
                    input_print,
                    config,
                    notes=notes,
                )
                forecast.to_csv(aside / "cohort_forecast.csv", index=False, lineterminator="\n")

            publish(folder, write)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    point_to(scores_folder / "latest.json", {"run_id": run_id, "as_of": day, "folder": f"as_of={day}/run_id={run_id}"})
    run, note = None, ""
    if promise is not None:
        progress("logging to MLflow")
        run, note = _log(config, promise, moved, folder, manifest, address, bundle.version)
    return ScoreResult(folder, manifest, repeated, address, run, note)


def _log(
    config: Config,
    promise: Promise,
    moved: pd.DataFrame,
    folder: Path,
    manifest: dict[str, Any],
    address: str,
    version: str,
) -> tuple[LoggedRun | None, str]:
    """Write the scoring into MLflow; the list is there already, so that an MLflow that is down costs a note only."""
    figures = ("customers_scored", "customers_listed", "value_at_risk")
    record = scoring_record(
        config,
        promise,
        model_address=address,
        model_version=version,
        metrics={name: float(manifest[name]) for name in figures}
        | {"drift_alerts": float(moved["alert"].sum())}
        | {f"psi_{row['column']}": float(row["psi"]) for row in moved.to_dict("records")},
        files={"manifest.json": folder / "manifest.json"},
        tables={} if moved.empty else {"drift/stability.json": moved},
    )
    try:
        return log_run(config, record), ""
    except ClvError as error:
        return None, str(error)


def result_settings(config: Config) -> dict[str, Any]:
    """Return the settings that a score depends on: not where data and results are kept, nor threads and memory."""
    return config.model_dump(mode="json", include={"name", "currency", "value", "churn", "risk"})


def _notes(day: dt.date, last_day: dt.date, bundle: Bundle) -> list[str]:
    """Say what a reader of the list should know of its making."""
    notes = []
    if day > last_day:
        notes.append(
            f"the data end on {last_day}, {(day - last_day).days} days before {day}: every customer seems silent"
        )
    if day < bundle.models.cutoff:
        notes.append(f"the model has learnt from data up to {bundle.models.cutoff}, after {day}: not for judging it")
    if bundle.models.churn is None:
        notes.append(bundle.models.churn_note)
    return notes
