"""The story of each job: validate, train, backtest, score."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.config import Config, RowPolicy, ValueConfig
from clv_ml.data.quality import QualityReport, check_transactions, enforce_limit
from clv_ml.data.sources import canonical, read_raw, with_provenance
from clv_ml.decisions.risk import ListContext, risk_list
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.errors import ClvError, ConfigError
from clv_ml.evaluation.backtest import Backtest, backtest, backtest_cutoffs, earlier_cutoffs, judge
from clv_ml.models.bundle import Bundle, load_bundle, save_bundle
from clv_ml.models.fitting import Progress, customers_at, fit_models
from clv_ml.models.scoring import score_customers
from clv_ml.publishing import digest, is_complete, point_to, publish
from clv_ml.reports.results import bundle_facts, write_backtest, write_scores, write_training
from clv_ml.snapshot.rfm import parse_day
from clv_ml.snapshot.window import Window, as_date, day_totals
from clv_ml.tracking.log import LoggedRun, log_training
from clv_ml.tracking.record import training_record
from clv_ml.tracking.store import find_bundle


def silent(message: str) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class Prepared:
    """Checked data in an open engine."""

    engine: Engine
    totals: DataFrame
    transactions: DataFrame
    quarantine: DataFrame
    report: QualityReport

    @property
    def first_day(self) -> dt.date:
        """First day of the data."""
        return _known(self.report.first_day)

    @property
    def last_day(self) -> dt.date:
        """Last day of the data."""
        return _known(self.report.last_day)


@dataclass(frozen=True)
class TrainResult:
    """What a training left: where its files are, the bundle, the MLflow run, and the backtests."""

    folder: Path
    bundle_path: Path
    bundle: Bundle
    run: LoggedRun
    backtests: tuple[Backtest, ...]
    quality: QualityReport


@dataclass(frozen=True)
class ScoreResult:
    """Where the list is; `manifest` accounts for it; `repeated` if it was there already."""

    folder: Path
    manifest: dict[str, Any]
    repeated: bool


@contextmanager
def prepare(config: Config, *, progress: Progress) -> Iterator[Prepared]:
    """Read and check the transactions of a config.

    Raises
    ------
    DataQualityError
        If more rows are bad than the config allows.
    """
    progress("reading transactions")
    with Engine(config.engine) as engine:
        raw = read_raw(engine, config.transactions)
        progress("checking rows")
        checked = check_transactions(engine, raw, config.transactions)
        enforce_limit(checked.report, config.transactions.max_bad_share)
        totals = engine.materialise(day_totals(checked.transactions))
        yield Prepared(engine, totals, checked.transactions, checked.quarantine, checked.report)


def validate(config: Config, *, progress: Progress = silent) -> tuple[QualityReport, Path]:
    """Check the data contract only; write the quarantine and return the report.

    Raises
    ------
    DataError
        If the data cannot be used at all.
    """
    folder = config.output.dir / "validate"
    progress("reading transactions")
    with Engine(config.engine) as engine:
        raw = read_raw(engine, config.transactions)
        progress("checking rows")
        checked = check_transactions(engine, raw, config.transactions)
        publish(folder, lambda aside: engine.write_parquet(checked.quarantine, aside / "quarantine.parquet"))
    return checked.report, folder / "quarantine.parquet"


def backtest_only(config: Config, *, progress: Progress = silent) -> tuple[tuple[Backtest, ...], Path]:
    """Run the backtests of a config and write their tables and pictures."""
    with prepare(config, progress=progress) as prepared:
        engine, totals = prepared.engine, prepared.totals
        days = backtest_cutoffs(config, prepared.last_day)
        found = tuple(backtest(engine, totals, day, config, progress=progress) for day in days)
    folder = config.output.dir / "backtest"
    publish(folder, lambda aside: write_backtest(aside, found, config))
    return found, folder


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
        _require_history(prepared, day)
        engine, totals = prepared.engine, prepared.totals
        judged_from = [past for past in earlier_cutoffs(config, day) if past >= prepared.first_day]
        backtests = tuple(backtest(engine, totals, past, config, progress=progress) for past in judged_from)
        models = fit_models(engine, totals, day, config, progress=progress)
        facts = bundle_facts(config, fingerprint(prepared, day), backtests)
        if Window(day, config.churn.main_horizon_days).end <= prepared.last_day:
            # the data go on: judge this very model on them, in the report only, never in the bundle
            backtests += (judge(engine, totals, models, config, progress=progress),)
        progress("saving the model")
        staged = config.tracking.store / "bundles" / f".{config.name}-{day}"
        bundle = save_bundle(models, facts, staged)
        bundle_path = _settle(staged, config.tracking.store / "bundles" / f"{config.name}-{day}-{bundle.version}")
        folder = config.output.dir / "train" / f"cutoff={day}"
        publish(folder, lambda aside: write_training(aside, bundle, backtests, prepared.report, config))
        example = prepared.engine.to_pandas(
            prepared.transactions.select("customer_id", "timestamp", "amount")
            .orderBy("customer_id", "timestamp", "amount")
            .limit(20)
        )
    progress("logging to MLflow")
    predictions = score_transactions(bundle, example).reset_index()
    run = log_training(
        config,
        training_record(config, bundle, bundle_path, backtests, folder, example=example, predictions=predictions),
    )
    return TrainResult(folder, bundle_path, bundle, run, backtests, prepared.report)


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
    bundle = load_bundle(find_bundle(config, model))
    with prepare(config, progress=progress) as prepared:
        day = as_of or prepared.last_day
        _require_history(prepared, day)
        input_print = fingerprint(prepared, day)
        run_id = digest(bundle.version, day, input_print, result_settings(config))
        scores_folder = config.output.dir / "scores"
        folder = scores_folder / f"as_of={day}" / f"run_id={run_id}"
        repeated = is_complete(folder)
        if not repeated:
            progress(f"scoring customers as of {day}")
            customers = customers_at(prepared.engine, prepared.totals, day)
            horizons = config.churn.horizons_days if bundle.models.churn is None else bundle.models.churn.horizons_days
            scores = score_customers(bundle.models, customers, horizons_days=horizons, value=config.value)
            context = ListContext(
                refresh_id=run_id,
                as_of=day,
                model_version=f"{bundle.facts['name']}-{bundle.version}",
                currency=config.currency,
                clv_horizon_days=config.value.horizon_days,
                main_horizon_days=horizons[-1],
            )
            listed = risk_list(customers, scores, config=config.risk, context=context)
            progress(f"writing the list of {len(listed):,} customers")
            publish(
                folder,
                lambda aside: write_scores(
                    aside,
                    customers,
                    scores,
                    listed,
                    context,
                    bundle,
                    prepared.report,
                    input_print,
                    config,
                    notes=_notes(day, prepared.last_day, bundle),
                ),
            )
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    point_to(scores_folder / "latest.json", {"run_id": run_id, "as_of": day, "folder": f"as_of={day}/run_id={run_id}"})
    return ScoreResult(folder, manifest, repeated)


def score_transactions(
    bundle: Bundle, transactions: pd.DataFrame, *, as_of: dt.date | str | None = None
) -> pd.DataFrame:
    """Score customers straight from a table of transactions.

    Parameters
    ----------
    transactions
        customer_id, timestamp, amount; one row an order.
    as_of
        Last day of history; the last day of the table where None.

    Returns
    -------
    pandas.DataFrame
        Indexed by customer_id: the columns of :func:`clv_ml.models.scoring.score_customers`.
    """
    with Engine() as engine:
        raw = canonical(engine.from_pandas(with_provenance(transactions, "transactions")))
        checked = check_transactions(engine, raw, RowPolicy())
        enforce_limit(checked.report, 0.0)
        totals = engine.materialise(day_totals(checked.transactions))
        day = _known(checked.report.last_day) if as_of is None else parse_day(as_of, "as_of")
        customers = customers_at(engine, totals, day)
    value = ValueConfig.model_validate(bundle.facts["value"])
    return score_customers(bundle.models, customers, horizons_days=bundle.facts["horizons_days"], value=value)


def fingerprint(prepared: Prepared, day: dt.date) -> str:
    """Digest the day totals known at a day, whatever the order of the rows."""
    known = prepared.totals.filter(functions().col("day") <= as_date(day))
    return prepared.engine.fingerprint(known, ["customer_id", "day", "net", "orders", "is_purchase"])


def result_settings(config: Config) -> dict[str, Any]:
    """Return the settings that a score depends on: not where data and results are kept, nor threads and memory."""
    return config.model_dump(mode="json", include={"name", "currency", "value", "churn", "risk"})


def _require_history(prepared: Prepared, day: dt.date) -> None:
    if day < prepared.first_day:
        raise ConfigError(f"{day} is before the first day of the data ({prepared.first_day})")


def _known(day: dt.date | None) -> dt.date:
    if day is None:
        raise ClvError("the data hold no valid row")
    return day


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


def _settle(staged: Path, final: Path) -> Path:
    """Move a finished bundle to its name; one with the same content may be there already."""
    if final.exists():
        shutil.rmtree(staged)
    else:
        staged.rename(final)
    return final
