"""Review: every earlier forecast whose time is over, beside what happened, written into the run that made it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from clv_ml.config import Config, ValueConfig
from clv_ml.errors import ConfigError, DataError
from clv_ml.evaluation.review import compare, review_metrics
from clv_ml.models.training_rows import Progress, population_at
from clv_ml.pipeline.forecasting import actual_cohorts, cohort_labels
from clv_ml.pipeline.prepared import Prepared, prepare, require_history, silent
from clv_ml.publishing import digest, publish, write_csv, write_json
from clv_ml.reports.review_report import accuracy_of_runs, outside_since, outside_words, review_pictures, write_lines
from clv_ml.tracking.history import PastRun, past_runs, promise_of, write_review
from clv_ml.tracking.promise import Promise


@dataclass(frozen=True)
class Judged:
    """A forecast that was judged.

    Attributes
    ----------
    run
        Where it was made, and where the review is now.
    table
        Forecast, bands and actual figures, for the horizons that are over.
    metrics
        What the review comes to, by name.
    outside
        Cohorts outside the 95 % band, and since when.
    note
        What a reader should know: the data before the cutoff have changed, for one; mostly empty.
    """

    run: PastRun
    table: pd.DataFrame
    metrics: dict[str, float]
    outside: pd.DataFrame
    note: str


@dataclass(frozen=True)
class Pending:
    """A horizon of a forecast that is not over yet, or a forecast that cannot be judged; `due` is the day or empty."""

    run: PastRun
    horizon_days: int
    due: dt.date | None
    reason: str


@dataclass(frozen=True)
class ReviewResult:
    """What a review found; `accuracy` lays the runs side by side, the most right first at each horizon."""

    as_of: dt.date
    judged: tuple[Judged, ...]
    pending: tuple[Pending, ...]
    accuracy: pd.DataFrame
    folder: Path


def review(config: Config, *, as_of: dt.date | None = None, progress: Progress = silent) -> ReviewResult:
    """Judge every earlier forecast of this experiment whose horizon is over, and list those still to come.

    Parameters
    ----------
    as_of
        Nothing after this day is looked at; the last day of the data where None.

    Raises
    ------
    ConfigError
        If the data do not reach the day.
    ClvError
        If the store cannot be reached.
    """
    runs = past_runs(config)
    judged: list[Judged] = []
    pending: list[Pending] = []
    with prepare(config, progress=progress) as prepared:
        day = as_of or prepared.last_day
        require_history(prepared, day)
        if day > prepared.last_day:
            raise ConfigError(f"--as-of {day} is after the last day of the data ({prepared.last_day}): not over yet")
        for run in runs:
            progress(f"reviewing {run.name}")
            promise = promise_of(config, run)
            over, still = _horizons(run, promise, day)
            pending += still
            if not over:
                continue
            try:
                judged.append(_judge(prepared, run, promise, over, config))
            except DataError as error:
                pending.append(Pending(run, over[-1], None, str(error)))
    for item in judged:
        _write(config, item, day)
    accuracy = accuracy_of_runs({f"{item.run.name} ({item.run.run_id[:8]})": item.metrics for item in judged})
    folder = config.output.dir / "review" / f"as_of={day}"
    result = ReviewResult(day, tuple(judged), tuple(pending), accuracy, folder)
    publish(folder, lambda aside: _write_files(aside, result))
    return result


def _horizons(run: PastRun, promise: Promise, day: dt.date) -> tuple[tuple[int, ...], list[Pending]]:
    """Split the horizons of a forecast into those over by the day, and those to come."""
    over, still = [], []
    for days in sorted(map(int, promise.forecast["horizon_days"].unique())):
        due = promise.cutoff + dt.timedelta(days=days)
        if due <= day:
            over.append(days)
        else:
            still.append(Pending(run, days, due, f"not over until {due}"))
    return tuple(over), still


def _judge(prepared: Prepared, run: PastRun, promise: Promise, horizons: tuple[int, ...], config: Config) -> Judged:
    engine, tables = prepared.engine, prepared.tables
    customers = population_at(engine, tables, promise.cutoff, config.churn)
    labels = cohort_labels(customers, promise.cohort_by)
    value = ValueConfig.model_validate(promise.value)
    table = compare(promise.forecast, actual_cohorts(engine, tables, promise.cutoff, horizons, labels, value))
    same = prepared.fingerprint(promise.cutoff) == promise.fingerprint
    note = (
        ""
        if same
        else f"the data up to {promise.cutoff} are not those of the forecast: corrected since, or another file"
    )
    return Judged(run, table, review_metrics(table), outside_since(table, promise.cutoff), note)


def _write(config: Config, item: Judged, day: dt.date) -> None:
    what = config.forecast.cohort_by.replace("_", " ")
    pictures = review_pictures(item.table, cutoff=item.run.cutoff, currency=config.currency, what=what)
    write_review(
        config,
        item.run,
        day,
        metrics=item.metrics,
        tables={"cohorts.json": item.table, "outside.json": item.outside},
        files=dict(pictures) | {"review.txt": "\n".join(_lines(item)) + "\n"},
        mark=digest(item.table.to_json(double_precision=15), item.note),
    )


def _lines(item: Judged) -> list[str]:
    told = outside_words(item.outside) or ["every cohort is inside its 95 % band at the longest horizon judged"]
    return [f"{item.run.name} ({item.run.run_id})", *([item.note] if item.note else []), *told]


def _write_files(folder: Path, result: ReviewResult) -> None:
    write_csv(folder / "accuracy.csv", result.accuracy)
    lines: list[str] = []
    for item in result.judged:
        inside = folder / item.run.run_id
        inside.mkdir()
        item.table.to_csv(inside / "cohorts.csv", index=False, lineterminator="\n")
        item.outside.to_csv(inside / "outside.csv", index=False, lineterminator="\n")
        lines += [*_lines(item), ""]
    lines += [f"pending: {left.run.name}, {left.horizon_days} days: {left.reason}" for left in result.pending]
    write_lines(folder / "review.txt", lines or ["no earlier run of this experiment holds a forecast"])
    write_json(folder / "review.json", review_facts(result))


def review_facts(result: ReviewResult) -> dict[str, object]:
    """Return a review as plain data for JSON: what was judged, what was outside, and what is to come."""
    return {
        "as_of": result.as_of.isoformat(),
        "judged": [
            {
                "run_id": item.run.run_id,
                "run": item.run.name,
                "kind": item.run.kind,
                "cutoff": item.run.cutoff.isoformat(),
                "horizons_days": sorted(map(int, item.table["horizon_days"].unique())),
                "metrics": item.metrics,
                "outside": item.outside.to_dict("records"),
                "note": item.note,
            }
            for item in result.judged
        ],
        "pending": [
            {
                "run_id": left.run.run_id,
                "run": left.run.name,
                "horizon_days": left.horizon_days,
                "due": None if left.due is None else left.due.isoformat(),
                "reason": left.reason,
            }
            for left in result.pending
        ],
    }
