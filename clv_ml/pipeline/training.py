"""Train and backtest: the method judged on the past, then fitted on everything."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

from clv_ml.config import Config
from clv_ml.data.quality import QualityReport
from clv_ml.errors import ConfigError
from clv_ml.evaluation.backtest import Backtest, backtest, earlier_cutoffs, judge
from clv_ml.evaluation.diagnosis import diagnose
from clv_ml.evaluation.promotion import Decision
from clv_ml.evaluation.rivals import fit_rivals
from clv_ml.models.bundle import Bundle
from clv_ml.models.fitting import fit_with_rows
from clv_ml.models.scoring import score_customers
from clv_ml.models.training_rows import Progress, population_at
from clv_ml.pipeline.bundles import keep_bundle
from clv_ml.pipeline.contact_reading import with_treatment
from clv_ml.pipeline.drift import reference_facts
from clv_ml.pipeline.example import example_records
from clv_ml.pipeline.forecasting import past_error, promise_of
from clv_ml.pipeline.prepared import prepare, require_history, silent
from clv_ml.pipeline.promising import judged_by, promise_for_everybody
from clv_ml.pipeline.promoting import alias_of, decide, promotion_record
from clv_ml.pipeline.table_scoring import attributes_of, score_transactions
from clv_ml.publishing import publish
from clv_ml.reports.results import bundle_facts, write_training
from clv_ml.snapshot.window import Window
from clv_ml.tracking.log import LoggedRun, log_training
from clv_ml.tracking.record import training_record


@dataclass(frozen=True)
class TrainResult:
    """What a training left: its files, the bundle, the MLflow run, the backtests, and whether it is the champion."""

    folder: Path
    bundle_path: Path
    bundle: Bundle
    run: LoggedRun
    backtests: tuple[Backtest, ...]
    quality: QualityReport
    decision: Decision


def train(config: Config, *, cutoff: dt.date | None = None, progress: Progress = silent) -> TrainResult:
    """Backtest on earlier cutoffs, fit on everything up to the cutoff, save the bundle, log and register it.

    Where the data go on for a horizon after the cutoff, the model is also judged on what came; that is
    reported and logged, and nothing of it enters the bundle.

    Parameters
    ----------
    cutoff
        Last day of history; the config's, or the last day of the data where None.

    Raises
    ------
    ConfigError
        If the cutoff is before the first or after the last day of the data.
    DataError
        If the data cannot be used, or a backtest cutoff has no complete future.
    """
    with prepare(config, progress=progress) as prepared:
        day = cutoff or config.cutoff or prepared.last_day
        if day > prepared.last_day:
            raise ConfigError(f"cutoff {day} is after the last day of the data ({prepared.last_day})")
        require_history(prepared, day)
        engine, tables = prepared.engine, with_treatment(prepared, config, day, progress=progress)
        judged_from = [past for past in earlier_cutoffs(config, day) if past >= prepared.first_day]
        judged = judged_by(engine, tables, day, progress=progress)
        backtests = tuple(
            backtest(engine, tables, past, config, judged_by=judged, progress=progress) for past in judged_from
        )
        models, rows = fit_with_rows(engine, tables, day, config, progress=progress)
        signals = None if tables.events is None else tables.signals.model_dump(mode="json")
        known_print = prepared.fingerprint(day)
        facts = bundle_facts(config, known_print, backtests, signals=signals, attributes=attributes_of(tables))
        kind, first_day = models.purchases.KIND, prepared.first_day
        error = past_error(engine, judged.tables, day, first_day, config, kind=kind, progress=progress)
        facts["forecast_error"] = error.to_dict()
        progress("forecasting the cohorts")
        customers = population_at(engine, judged.tables, day, config.churn)
        scores = score_customers(models, customers, horizons_days=config.churn.horizons_days, value=config.value)
        facts["reference"] = reference_facts(customers, scores, config)
        if judged.is_everybody:
            promise = promise_of(
                models, customers, scores, cutoff=day, config=config, error=error, fingerprint=known_print
            )
        else:
            promise = promise_for_everybody(
                prepared, tables, models, cutoff=day, config=config, error=error, fingerprint=known_print
            )
        if Window(day, config.churn.main_horizon_days).end <= prepared.last_day:
            # the data go on: judge this very model on them, in the report only, never in the bundle
            rivals = fit_rivals(rows, config, tables, progress=progress)
            later = with_treatment(prepared, config, prepared.last_day, progress=silent).treatment
            known = replace(judged.tables, treatment=later)
            backtests += (judge(engine, known, models, rivals, config, sampled=judged.words(), progress=progress),)
        progress("diagnosing the value models")
        horizon, last = config.churn.main_horizon_days, prepared.last_day
        totals = judged.tables.totals
        diagnoses = [diagnose(engine, totals, models, horizon_days=horizon, last_day=last)]
        if backtests and backtests[-1].models is not models:
            # nothing has come after this model yet: show how the latest that can be judged has done
            diagnoses.append(diagnose(engine, totals, backtests[-1].models, horizon_days=horizon, last_day=last))
        progress("saving the model")
        bundle, bundle_path = keep_bundle(models, facts, config, day, progress=progress)
        folder = config.output.dir / "train" / f"cutoff={day}"

        def write(aside: Path) -> None:
            prepared.checked.write_quarantine(engine, aside)
            write_training(aside, bundle, backtests, diagnoses, prepared.checked, config)
            promise.forecast.to_csv(aside / "cohort_forecast.csv", index=False, lineterminator="\n")

        publish(folder, write)
        decision, champion = decide(engine, tables, backtests, config, judged=judged.tables, progress=progress)
    progress("logging to MLflow")
    example = example_records(day, bundle.facts["signals"], bundle.facts["attributes"])
    predictions = score_transactions(bundle, example).reset_index()
    record = training_record(
        config,
        bundle,
        bundle_path,
        backtests,
        folder,
        example=example,
        predictions=predictions,
        promise=promise,
        alias=alias_of(decision, config),
    )
    # the evidence of a comparison is a run of its own
    evidence = [promotion_record(config, decision, bundle, champion)] if champion else []
    run = log_training(config, record, *evidence)
    return TrainResult(folder, bundle_path, bundle, run, backtests, prepared.report, decision)
