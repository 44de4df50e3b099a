"""Cohorts: what customers bring and cost, cohort by cohort, as tables, one page and one workbook."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.config import Config
from clv_ml.errors import ClvError
from clv_ml.language import words
from clv_ml.models.training_rows import Progress
from clv_ml.pipeline.cohorts_headline import earlier_report
from clv_ml.pipeline.cohorts_model import report_models
from clv_ml.pipeline.cohorts_tables import cohort_tables
from clv_ml.pipeline.gates import require_gates
from clv_ml.pipeline.prepared import prepare, require_history, silent
from clv_ml.publishing import damage, digest, publish, write_json, write_parquet
from clv_ml.reports.cohorts_facts import CohortFacts
from clv_ml.reports.cohorts_page import render_cohorts_page
from clv_ml.reports.cohorts_workbook import write_cohorts_workbook
from clv_ml.reports.list_csv import write_safe_csv
from clv_ml.tracking.cohorts import cohorts_record
from clv_ml.tracking.record import code_digest
from clv_ml.tracking.run import LoggedRun
from clv_ml.tracking.upload import log_run

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class CohortsResult:
    """Where a cohort report is, and what it tells.

    Attributes
    ----------
    tables
        By name, as in the folder.
    manifest
        What accounts for them.
    repeated
        Whether the same report was there already, and nothing was computed or logged again.
    run
        In MLflow; None where nothing was logged, or MLflow was down, and then `log_note` says so.
    """

    as_of: dt.date
    folder: Path
    tables: dict[str, pd.DataFrame]
    manifest: dict[str, Any]
    repeated: bool = False
    run: LoggedRun | None = None
    log_note: str = ""


def cohorts(
    config: Config, *, as_of: dt.date | None = None, model: str | None = None, progress: Progress = silent
) -> CohortsResult:
    """Tell what cohorts bring and cost as of a day, once: the same inputs and code give the same report.

    Parameters
    ----------
    as_of
        Last day of history; the last day of the data where None. A period that is not over by then is open.
    model
        Bundle folder or MLflow address; the champion of the config where None, and where there is no champion the
        value models are fitted for the report.

    Raises
    ------
    ModelNotFoundError
        If a model was asked for by name and is not there.
    ConfigError
        If the day is before the data, or a dimension of ``cohorts.by`` is unknown.
    DataError
        If the data cannot be used.
    BusyError
        If another process keeps writing there.
    """
    with prepare(config, progress=progress) as prepared:
        day = as_of or prepared.last_day
        require_history(prepared, day)
        require_gates(prepared, config, day)
        found = report_models(prepared, config, day, model, progress=progress)
        folder = config.output.dir / "cohorts" / f"as_of={day}"
        input_print = prepared.fingerprint(day)
        previous = earlier_report(folder.parent, day, days=config.cohorts.compare_days)
        identity = digest(
            found.version, day, input_print, _settings(config), previous and previous.folder.name, code_digest()
        )
        before = _made_before(folder, identity)
        if before is not None:
            return before
        made = cohort_tables(prepared, config, day, found, previous, progress=progress)
        manifest = {
            "cohorts_id": identity,
            "as_of": day.isoformat(),
            "previous_as_of": "" if made.compared is None else made.compared.isoformat(),
            "model": found.address,
            "model_version": found.version,
            "model_cutoff": found.models.cutoff.isoformat(),
            "notes": list(found.notes),
            "input_fingerprint": input_print,
            "rows": prepared.checked.quality(),
            "tables": {name: len(table) for name, table in made.tables.items()},
            "conventions": conventions(config),
            "engine": "duckdb",
        }
    facts = CohortFacts(
        config.name, day, made.tables, config.currency, conventions(config), made.compared, made.channel
    )
    progress("writing the page and the workbook")
    publish(folder, lambda aside: _write(aside, facts, manifest, config.output.language), progress=progress)
    progress("logging to MLflow")
    return _logged(config, CohortsResult(day, folder, made.tables, manifest))


def conventions(config: Config) -> dict[str, Any]:
    """Return what the figures of a report stand for."""
    value, told = config.value, config.cohorts
    return {
        "currency": config.currency,
        "horizon_days": value.horizon_days,
        "margin": value.margin,
        "cost_per_order": value.cost_per_order,
        "annual_discount_rate": value.annual_discount_rate,
        "retention_cost": told.retention_cost,
        "ltv_cac_target": told.ltv_cac_target,
        "min_customers": told.min_customers,
        "compare_days": told.compare_days,
    }


def _settings(config: Config) -> dict[str, Any]:
    """Return the settings that a report depends on: not where data and results are kept."""
    kept = config.model_dump(mode="json", include={"name", "currency", "seed", "value", "churn", "cohorts", "forecast"})
    return kept | {"language": config.output.language}


def _write(folder: Path, facts: CohortFacts, manifest: Mapping[str, Any], language: str) -> None:
    for name, table in facts.tables.items():
        write_parquet(folder / f"{name}.parquet", table)
        write_safe_csv(folder / f"{name}.csv", table)
    page = render_cohorts_page(facts, language=language)
    (folder / "cohorts.html").write_text(page, encoding="utf-8", newline="\n")
    write_cohorts_workbook(folder / "cohorts.xlsx", facts, words=words(language))
    write_json(folder / MANIFEST, manifest)


def _made_before(folder: Path, identity: str) -> CohortsResult | None:
    """Return the same report where it is there, whole."""
    if not folder.exists() or damage(folder):
        return None
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if manifest["cohorts_id"] != identity:
        return None
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in manifest["tables"]}
    return CohortsResult(dt.date.fromisoformat(manifest["as_of"]), folder, tables, manifest, repeated=True)


def _logged(config: Config, result: CohortsResult) -> CohortsResult:
    """Write the report into MLflow; its files are there already, so that an MLflow that is down costs a note."""
    record = cohorts_record(config, result.as_of, facts=result.manifest, tables=result.tables, folder=result.folder)
    try:
        return replace(result, run=log_run(config, record))
    except ClvError as error:
        return replace(result, log_note=str(error))
