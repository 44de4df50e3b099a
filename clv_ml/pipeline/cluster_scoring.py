"""Score on Spark: the ranked list of a day, written once, by workers."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from clv_ml.config import Config
from clv_ml.decisions.control import secret_print
from clv_ml.engine import DataFrame, Engine, SparkEngine
from clv_ml.errors import ConfigError
from clv_ml.evaluation.forecast_error import ForecastError
from clv_ml.evaluation.last_list import LastList
from clv_ml.models.bundle import Bundle, load_bundle
from clv_ml.models.training_rows import described_at
from clv_ml.models.value import DISCOUNTING
from clv_ml.pipeline.cluster_details import details_on_cluster
from clv_ml.pipeline.cluster_forecast import forecast_on_cluster
from clv_ml.pipeline.cluster_list import ClusterScores, score_frames
from clv_ml.pipeline.cluster_views import (
    MOST_COLLECTED,
    ClusterScored,
    cluster_scored,
    count_list,
    engagement_on_cluster,
    first_of_list,
    stability_on_cluster,
)
from clv_ml.pipeline.earlier import earlier_lists, judge, last_judged
from clv_ml.pipeline.forecasting import promise_with
from clv_ml.pipeline.gates import require_gates
from clv_ml.pipeline.health import write_health
from clv_ml.pipeline.listing import notes
from clv_ml.pipeline.prepared import Prepared, prepare, require_history, silent
from clv_ml.pipeline.runs import Run, Runs, kept_runs, open_runs
from clv_ml.pipeline.scoring import ScoreResult, log_scoring, result_settings
from clv_ml.pipeline.table_scoring import require_same_tables
from clv_ml.publishing import SUCCESS, digest, write_csv, write_json
from clv_ml.reports.list_csv import write_list_csv
from clv_ml.reports.score_results import write_list_views
from clv_ml.stages import Progress, Stages, tell
from clv_ml.tracking.promise import Promise
from clv_ml.tracking.registry import resolve

_LIST, _SCORES = "risk_list.parquet", "scores.parquet"


def score_on_cluster(
    config: Config, *, as_of: dt.date | None = None, model: str | None = None, progress: Progress = silent
) -> ScoreResult:
    """Write the risk list as of a day, once, as :func:`clv_ml.pipeline.scoring.score` does with ``engine.kind: spark``.

    ``scores.parquet`` and ``risk_list.parquet`` are folders that the workers fill, so that they must reach
    ``output.dir``. ``risk_list.csv``, the page and the workbook are made of the first
    :data:`~clv_ml.pipeline.cluster_views.MOST_COLLECTED` rows of the list; the workers sum the forecast by cohort.

    Raises
    ------
    ConfigError
        If the config wants what is done on one machine only; see :func:`require_on_cluster`.
    """
    require_on_cluster(config)
    progress = stages = Stages(progress)
    progress("loading the model")
    found, address = resolve(config, model)
    bundle = load_bundle(found)
    with prepare(config, progress=progress) as prepared:
        day = as_of or prepared.last_day
        require_history(prepared, day)
        require_gates(prepared, config, day)
        require_same_tables(bundle, prepared.tables)
        input_print = prepared.fingerprint(day)
        with open_runs(config, f"score {day}", progress=progress) as runs:
            before = list_before(runs, day)
            judged = last_judged(prepared, earlier_lists(runs.folder, day), day)
            secret = os.environ.get(config.risk.control.key_env, "")
            known = ["" if before is None else before.run_id, secret_print(secret)]
            known += [] if judged is None else [judged[0].run_id, str(judged[1])]
            details = details_on_cluster(prepared.engine, config, day)
            known += [] if details is None else [prepared.engine.fingerprint(details, details.columns)]
            run = Run(day, digest(bundle.version, day, input_print, result_settings(config), known))
            tell(progress, run_id=run.run_id)
            repeated, written = runs.is_finished(run), None
            if not repeated:
                previous = None if before is None else _table(prepared.engine, runs.folder_of(before) / _LIST)
                made = score_frames(
                    prepared.engine,
                    described_at(prepared.engine, prepared.tables, day, config.churn),
                    bundle,
                    config=config,
                    as_of=day,
                    run_id=run.run_id,
                    details=details,
                    previous=previous,
                    secret=secret,
                    progress=progress,
                )
                facts = _facts(prepared, bundle, config, run, input_print, before)
                promise = _promise(prepared, made, bundle, config, input_print, progress=progress)
                last = None if judged is None else judge(prepared, *judged, most_rows=MOST_COLLECTED)
                facts["last_list"] = None if last is None else last.to_dict()
                written = Writing(prepared, bundle, config, made, facts, promise, last, stages)
                runs.publish(run, written.write)
            folder, left = runs.folder_of(run), runs.finish(run)
        if written is not None:
            progress("comparing the customers with those of training")
            moved = stability_on_cluster(prepared.engine, written.made, bundle, config)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if written is None or written.scored is None:
        return ScoreResult(folder, manifest, repeated, address, log_note=left)
    progress("logging to MLflow")
    logged, note = log_scoring(written.scored, written.promise, folder, manifest, address, moved)
    return ScoreResult(folder, manifest, repeated, address, logged, "; ".join(filter(None, (left, note))))


def require_on_cluster(config: Config) -> None:
    """Refuse what would need all customers in one place, before anything is read.

    Raises
    ------
    ConfigError
        The message names the settings.
    """
    wanted = list(_only_on_one_machine(config))
    if wanted:
        raise ConfigError(
            f"engine.kind: spark: {', '.join(wanted)}: only done on one machine; leave it out, or hand who was "
            "contacted as `details` to clv_ml.pipeline.cluster_list.score_frames"
        )


def _only_on_one_machine(config: Config) -> Iterator[str]:
    handover = config.handover
    chosen = {
        "personal": handover.personal.columns,
        "audiences": handover.audiences,
        "pseudonym": handover.pseudonym,
        "changes": handover.changes,
        "database": handover.database,
    }
    yield from (f"handover.{name}" for name, value in chosen.items() if value)
    if config.contacts.sources:
        yield "contacts.sources"
    if config.churn.alarms.unseen_category == "refuse":
        yield "churn.alarms.unseen_category: refuse"
    if config.incremental.enabled:
        yield "incremental.enabled"


def list_before(runs: Runs, day: dt.date) -> Run | None:
    """Find the complete list of the last day before this one; of several of one day the one written last."""
    earlier = [run for run in kept_runs(runs.folder) if run.as_of < day and (runs.folder_of(run) / _LIST).exists()]

    def age(run: Run) -> tuple[dt.date, float, str]:
        return run.as_of, (runs.folder_of(run) / SUCCESS).stat().st_mtime, run.run_id

    return max(earlier, key=age, default=None)


@dataclass
class Writing:
    """A scoring on its way to disk; `scored` is what was written for people, once it is."""

    prepared: Prepared
    bundle: Bundle
    config: Config
    made: ClusterScores
    facts: dict[str, Any]
    promise: Promise
    last_list: LastList | None
    stages: Stages
    scored: ClusterScored | None = None

    def write(self, folder: Path) -> None:
        """Write scores and list where the workers are, and what people look at."""
        engine, made, stages = self.prepared.engine, self.made, self.stages
        self.prepared.checked.write_quarantine(engine, folder)
        stages("writing scores")
        engine.write_parquet(made.scores, folder / _SCORES)
        stages("writing the list")
        engine.write_parquet(made.listed, folder / _LIST)
        everybody, listed = _table(engine, folder / _SCORES), _table(engine, folder / _LIST)
        counted = count_list(engine, everybody, listed, made)
        self.scored = found = cluster_scored(
            self.prepared,
            self.bundle,
            self.config,
            made,
            first_of_list(engine, listed),
            excluded=counted["exclusions"],
            input_print=self.facts["input_fingerprint"],
            notes=self.facts["notes"],
            previous_as_of=self.facts["previous_as_of"],
            last_list=self.last_list,
        )
        write_list_csv(folder / "risk_list.csv", found.listed.batches())
        curve = made.choice.curve
        curve.round(4).to_csv(folder / "capacity_curve.csv", index=False, lineterminator="\n")
        self.promise.forecast.to_csv(folder / "cohort_forecast.csv", index=False, lineterminator="\n")
        if (engagement := engagement_on_cluster(engine, made)) is not None:
            write_csv(folder / "engagement_by_cohort.csv", engagement)
        stages("writing the workbook and the page")
        write_list_views(folder, found)
        write_json(folder / "manifest.json", self.facts | counted | {"notes": list(found.notes)})
        write_health(folder, found, stages)


def _promise(
    prepared: Prepared, made: ClusterScores, bundle: Bundle, config: Config, input_print: str, *, progress: Progress
) -> Promise:
    """Have the workers sum the forecast by cohort that later reviews judge."""
    progress("forecasting the cohorts")
    error = ForecastError(bundle.facts.get("forecast_error", {}))
    forecast = forecast_on_cluster(prepared.engine, made.scored, bundle, config=config, error=error)
    return promise_with(forecast, cutoff=made.work.as_of, config=config, fingerprint=input_print)


def _facts(
    prepared: Prepared, bundle: Bundle, config: Config, run: Run, input_print: str, before: Run | None
) -> dict[str, Any]:
    """Return what the manifest tells that does not depend on the scores."""
    value = config.value
    return {
        "run_id": run.run_id,
        "as_of": run.as_of.isoformat(),
        "model_version": f"{bundle.facts['name']}-{bundle.version}",
        "model_cutoff": bundle.models.cutoff.isoformat(),
        "notes": notes(run.as_of, prepared.last_day, bundle),
        "input_fingerprint": input_print,
        "rows": prepared.checked.quality(),
        "previous_as_of": "" if before is None else before.as_of.isoformat(),
        "conventions": {
            "currency": config.currency,
            "clv_horizon_days": value.horizon_days,
            "margin": value.margin,
            "cost_per_order": value.cost_per_order,
            "annual_discount_rate": value.annual_discount_rate,
            "discounting": DISCOUNTING,
        },
        "engine": "spark",
        "packages": bundle.facts["packages"],
    }


def _table(engine: Engine, path: Path) -> DataFrame:
    return cast(SparkEngine, engine).session.read.parquet(str(path))
