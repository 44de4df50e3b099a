"""Drift: the customers of a day against those of the training, and each cohort's churn against its own past."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clv_ml.config import Config
from clv_ml.engine import Engine
from clv_ml.engine.stored import Stored
from clv_ml.evaluation.drift import Reference, bin_counts, churn_alerts, references, stability, stability_of_counts
from clv_ml.evaluation.forecast import TOTAL
from clv_ml.evaluation.review import cohort_actuals
from clv_ml.models.bundle import Bundle, load_bundle
from clv_ml.models.scoring import score_customers
from clv_ml.models.training_rows import Progress, outcomes_at, population_at
from clv_ml.pipeline.forecasting import cohort_labels
from clv_ml.pipeline.prepared import prepare, require_history, silent
from clv_ml.pipeline.table_scoring import require_same_tables
from clv_ml.publishing import publish, write_json
from clv_ml.snapshot.tables import Tables
from clv_ml.tracking.registry import resolve

# customers grow older by design: that is no drift
_AGES = ("T", "tenure_days")
_SCORES = ("p_alive", "expected_purchases", "expected_spend", "expected_clv")
_EARLIER_CUTOFFS = 4
_THREADS = 2  # that count columns: no more, as most machines decode the next ones meanwhile
FACT = "reference"


@dataclass(frozen=True)
class DriftResult:
    """What has moved.

    Attributes
    ----------
    stability, churn
        As :mod:`clv_ml.evaluation.drift` returns them; `stability` is empty where the bundle knows no reference.
    alerts
        In words; empty where nothing alerts.
    """

    as_of: dt.date
    model: str
    stability: pd.DataFrame
    churn: pd.DataFrame
    alerts: tuple[str, ...]
    folder: Path


def reference_facts(customers: pd.DataFrame, scores: pd.DataFrame, config: Config) -> dict[str, Any]:
    """Describe the customers and scores of a training, for the bundle: bins and counts, no customer."""
    found = references(_watched(customers, scores), bins=config.drift.bins)
    return {name: reference.to_dict() for name, reference in found.items()}


def stability_of(bundle: Bundle, customers: pd.DataFrame, scores: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Compare scored customers with those of the training; empty where the bundle knows nothing of them."""
    known: Mapping[str, Any] = bundle.facts.get(FACT, {})
    reference = {name: Reference.from_dict(facts) for name, facts in known.items()}
    return stability(reference, _watched(customers, scores), config.drift)


def stability_of_stored(bundle: Bundle, customers: Stored, scores: Stored, config: Config) -> pd.DataFrame:
    """Compare customers on disk with those of the training, batch after batch."""
    known: Mapping[str, Any] = bundle.facts.get(FACT, {})
    reference = {name: Reference.from_dict(facts) for name, facts in known.items()}
    watched = [str(name) for name in _watched(customers.head(0), scores.head(0)).columns if name in reference]
    counts: dict[str, np.ndarray] = {}
    for table in (customers, scores):
        names = [name for name in watched if name in table and name not in counts]
        counts |= _counted(table, {name: reference[name] for name in names})
    return stability_of_counts(counts, reference, config.drift)


def _counted(table: Stored, reference: Mapping[str, Reference]) -> dict[str, np.ndarray]:
    """Count the rows of a table on disk in the bins of each column."""
    counts: dict[str, np.ndarray] = {}
    with ThreadPoolExecutor(_THREADS) as threads:
        for batch in table.batches(reference):
            columns = [batch[name] for name in reference]
            for name, found in zip(reference, threads.map(bin_counts, columns, reference.values()), strict=True):
                counts[name] = counts[name] + found if name in counts else found
    return counts


def drift(
    config: Config, *, as_of: dt.date | None = None, model: str | None = None, progress: Progress = silent
) -> DriftResult:
    """Tell what has moved between the training and a day, and write it as JSON.

    Parameters
    ----------
    as_of
        Last day looked at; the last day of the data where None.
    model
        Bundle folder or MLflow address; the champion where None.

    Raises
    ------
    ModelNotFoundError
        If there is no such model.
    """
    found, address = resolve(config, model)
    bundle = load_bundle(found)
    with prepare(config, progress=progress) as prepared:
        day = as_of or prepared.last_day
        require_history(prepared, day)
        require_same_tables(bundle, prepared.tables)
        progress(f"scoring customers as of {day}")
        customers = population_at(prepared.engine, prepared.tables, day, config.churn)
        horizons = tuple(bundle.facts["horizons_days"])
        scores = score_customers(bundle.models, customers, horizons_days=horizons, value=config.value)
        moved = stability_of(bundle, customers, scores, config)
        progress("comparing churn with the past of each cohort")
        churn = _churn(prepared.engine, prepared.tables, day, prepared.first_day, config)
    folder = config.output.dir / "drift" / f"as_of={day}"
    result = DriftResult(day, address, moved, churn, tuple(_alerts(moved, churn, config)), folder)
    publish(folder, lambda aside: write_json(aside / "drift.json", drift_facts(result)))
    return result


def drift_facts(result: DriftResult) -> dict[str, Any]:
    """Return the result as plain data for JSON."""
    return {
        "as_of": result.as_of.isoformat(),
        "model": result.model,
        "alerts": list(result.alerts),
        "stability": json.loads(result.stability.to_json(orient="records", double_precision=15)),
        "churn": json.loads(result.churn.to_json(orient="records", double_precision=15)),
    }


def _watched(customers: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    chosen = [name for name in scores if name in _SCORES or str(name).startswith("p_churn_")]
    features = customers.drop(columns=[name for name in _AGES if name in customers])
    return pd.concat([features, scores[[name for name in chosen if name not in features]]], axis=1)


def _churn(engine: Engine, tables: Tables, day: dt.date, first_day: dt.date, config: Config) -> pd.DataFrame:
    """Compare the churn of the latest complete horizons with those of earlier cutoffs that do not overlap them."""
    horizons = config.churn.horizons_days
    step = config.churn.main_horizon_days
    latest = {days: day - dt.timedelta(days=days) for days in horizons}
    earlier = [day - dt.timedelta(days=step * (number + 1)) for number in range(1, _EARLIER_CUTOFFS + 1)]
    rates = []
    for cutoff in sorted({*latest.values(), *earlier}):
        over = tuple(days for days in horizons if cutoff + dt.timedelta(days=days) <= day)
        if cutoff < first_day or not over:
            continue
        labels = cohort_labels(population_at(engine, tables, cutoff, config.churn), config.forecast.cohort_by)
        counted = cohort_actuals(labels, outcomes_at(engine, tables.totals, cutoff, over), horizons_days=over)
        rates.append(
            counted.rename(columns={"actual_churn_rate": "churn_rate", "actual_customers": "customers"}).assign(
                cutoff=cutoff
            )
        )
    every = pd.concat(rates, ignore_index=True) if rates else pd.DataFrame(columns=["cohort", "horizon_days", "cutoff"])
    newest = every["horizon_days"].map(latest)
    if every.empty:
        return pd.DataFrame(columns=["cohort", "horizon_days", "alert"])
    lengths = pd.to_timedelta(every["horizon_days"], unit="D")
    before = pd.to_datetime(every["cutoff"]) + lengths <= pd.to_datetime(newest)
    return churn_alerts(every[every["cutoff"] == newest], every[before], config.drift)


def _alerts(moved: pd.DataFrame, churn: pd.DataFrame, config: Config) -> list[str]:
    told = [
        f"{row['column']}: population stability index {row['psi']:.2f}, {config.drift.psi_alert} or more alerts"
        for row in moved[moved["alert"].astype(bool)].to_dict("records")
    ]
    for row in churn[churn["alert"].astype(bool)].to_dict("records"):
        who = "all customers" if row["cohort"] == TOTAL else f"cohort {row['cohort']}"
        told.append(
            f"{who}: churn in {row['horizon_days']} days {row['churn_rate']:.1%} against {row['baseline']:.1%} before "
            f"({row['points']:+.1f} points)"
        )
    return told
