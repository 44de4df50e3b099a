"""Score: the ranked list of a day, written once."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.config import Config
from clv_ml.errors import ClvError
from clv_ml.evaluation.forecast_error import ForecastError
from clv_ml.models.bundle import load_bundle
from clv_ml.models.training_rows import Progress
from clv_ml.pipeline.drift import stability_of_stored
from clv_ml.pipeline.expected import expected_stages
from clv_ml.pipeline.forecasting import forecast_columns, promise_of
from clv_ml.pipeline.gates import require_gates
from clv_ml.pipeline.handover import require_handover, write_handover, write_list_table
from clv_ml.pipeline.health import write_health
from clv_ml.pipeline.knowledge import Knowledge, gather
from clv_ml.pipeline.listing import make_list
from clv_ml.pipeline.nightly_prepared import data_of
from clv_ml.pipeline.prepared import Prepared, require_history, silent
from clv_ml.pipeline.runs import Run, open_runs
from clv_ml.pipeline.table_scoring import require_same_tables
from clv_ml.publishing import digest
from clv_ml.reports.score_results import Scored, write_scores
from clv_ml.stages import Stages, tell
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
    BusyError
        If another score holds the output folder for too long.
    """
    if config.engine.kind == "spark":
        from clv_ml.pipeline.cluster_scoring import score_on_cluster  # it builds on this module

        return score_on_cluster(config, as_of=as_of, model=model, progress=progress)
    require_handover(config.handover)
    progress = stages = Stages(progress)
    progress("loading the model")
    tell(progress, expected_stages=expected_stages(config.output.dir / "scores"))
    found, address = resolve(config, model)
    bundle = load_bundle(found)
    scored: Scored | None = None
    with data_of(config, as_of=as_of, progress=progress) as prepared:
        day = as_of or prepared.last_day
        require_history(prepared, day)
        progress("comparing the data with earlier ones")
        require_gates(prepared, config, day)
        require_same_tables(bundle, prepared.tables)
        input_print = prepared.fingerprint(day)
        with open_runs(config, f"score {day}", progress=progress) as runs:
            known = gather(prepared, config, day, runs.folder, progress=progress)
            run = Run(day, digest(bundle.version, day, input_print, result_settings(config), known.fingerprint))
            tell(progress, run_id=run.run_id)
            repeated = runs.is_finished(run)
            if not repeated:
                scored = make_list(
                    prepared,
                    bundle,
                    config,
                    day,
                    known=known,
                    run_id=run.run_id,
                    input_print=input_print,
                    progress=progress,
                )
                progress("forecasting the cohorts")
                promise = _promise(scored)
                runs.publish(run, functools.partial(_write, prepared, scored, promise, known, stages=stages))
            folder = runs.folder_of(run)
            if config.handover.database is not None:
                progress("writing the list to the database")
                # of a repeated run too: it may have ended before this
                table = pd.read_parquet(folder / "risk_list.parquet")
                write_list_table(table, details=known.personal, config=config.handover)
            left = runs.finish(run)
        moved = None
        if scored is not None:  # customers are on disk only as long as the data are open
            progress("comparing the customers with those of training")
            moved = stability_of_stored(bundle, scored.customers, scored.scores, config)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if scored is None or moved is None:
        return ScoreResult(folder, manifest, repeated, address, log_note=left)
    progress("logging to MLflow")
    logged, note = log_scoring(scored, promise, folder, manifest, address, moved)
    return ScoreResult(folder, manifest, repeated, address, logged, "; ".join(filter(None, (left, note))))


def result_settings(config: Config) -> dict[str, Any]:
    """Return the settings that a score depends on: not where data and results are kept, nor threads and memory."""
    kept = {"name", "currency", "seed", "value", "churn", "risk", "handover"}
    chosen = config.model_dump(mode="json", include=kept, exclude={"handover": {"database"}})
    return chosen | {"language": config.output.language}


def _promise(scored: Scored) -> Promise:
    """Return the forecast by cohort that later reviews judge."""
    models, config = scored.bundle.models, scored.config
    return promise_of(
        models,
        scored.customers.read(forecast_columns(config)),
        scored.scores.read([f"p_churn_{days}d" for days in config.forecast.horizons_days]),
        cutoff=scored.context.as_of,
        config=scored.config,
        error=ForecastError(scored.bundle.facts.get("forecast_error", {})),
        fingerprint=scored.input_fingerprint,
    )


def _write(
    prepared: Prepared, scored: Scored, promise: Promise, known: Knowledge, folder: Path, *, stages: Stages
) -> None:
    prepared.checked.write_quarantine(prepared.engine, folder)
    handover = scored.config.handover
    stages("writing exports")
    before = known.previous.read() if known.previous is not None and handover.changes else None
    written = write_handover(folder, scored.listed, details=scored.personal, config=handover, previous=before)
    write_scores(folder, dataclasses.replace(scored, handover=written), progress=stages)
    promise.forecast.to_csv(folder / "cohort_forecast.csv", index=False, lineterminator="\n")
    write_health(folder, scored, stages)


def log_scoring(
    scored: Scored, promise: Promise, folder: Path, manifest: dict[str, Any], address: str, moved: pd.DataFrame
) -> tuple[LoggedRun | None, str]:
    """Write the scoring into MLflow; the list is there already, so that an MLflow that is down costs a note only."""
    figures = {name: float(manifest[name]) for name in ("customers_scored", "customers_listed", "value_at_risk")}
    figures |= {f"contacts_{name}": float(number) for name, number in manifest["contacts"].items()}
    figures |= {f"customers_{status}": float(number) for status, number in manifest["decisions"].items()}
    last = scored.last_list
    if last is not None:
        figures |= {"last_list_expected": last.expected_leavers, "last_list_actual": float(last.actual_leavers)}
    record = scoring_record(
        scored.config,
        promise,
        model_address=address,
        model_version=scored.bundle.version,
        metrics=figures
        | {"drift_alerts": float(moved["alert"].sum())}
        | {f"psi_{row['column']}": float(row["psi"]) for row in moved.to_dict("records")},
        files={name: folder / name for name in ("manifest.json", "capacity_curve.csv")},
        tables={} if moved.empty else {"drift/stability.json": moved},
    )
    try:
        return log_run(scored.config, record), ""
    except ClvError as error:
        return None, str(error)
