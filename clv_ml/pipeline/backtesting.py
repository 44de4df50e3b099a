"""Backtest: the whole method at past cutoffs, its forecasts by cohort beside what happened, and simpler forecasts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from clv_ml.config import Config
from clv_ml.engine import Engine
from clv_ml.errors import ClvError
from clv_ml.evaluation.backtest import Backtest, backtest, backtest_cutoffs
from clv_ml.evaluation.cohort_baselines import baseline_forecasts, decile_calibration, mean_rates, method_errors
from clv_ml.evaluation.review import compare, review_metrics
from clv_ml.evaluation.rivals import main_label, main_score
from clv_ml.evaluation.sufficiency import sufficiency
from clv_ml.models.fitting import FittedModels
from clv_ml.models.scoring import score_customers
from clv_ml.models.training_rows import Progress, buyers, population_at, population_outcomes
from clv_ml.pipeline.contact_reading import with_treatment
from clv_ml.pipeline.forecasting import actual_cohorts, cohort_labels, forecast_customers, past_error
from clv_ml.pipeline.prepared import prepare, silent
from clv_ml.pipeline.promising import judged_by
from clv_ml.publishing import publish
from clv_ml.reports.backtest_report import write_cohort_backtests
from clv_ml.reports.results import write_backtest
from clv_ml.snapshot.tables import Tables
from clv_ml.tracking.backtest_record import backtest_record
from clv_ml.tracking.run import LoggedRun
from clv_ml.tracking.upload import log_run


@dataclass(frozen=True)
class CohortBacktest:
    """The forecast by cohort of one cutoff, judged.

    Attributes
    ----------
    judged
        Forecast, bands and actual figures by cohort and horizon.
    methods
        The forecast against simpler ones: quantity, horizon_days, method, bias, mae, wape.
    deciles
        quantity (purchases, churn), decile, customers, expected and actual means, at the main horizon.
    """

    cutoff: dt.date
    judged: pd.DataFrame
    methods: pd.DataFrame
    deciles: pd.DataFrame

    def metrics(self) -> dict[str, float]:
        """Return the figures by name, the simpler methods' weighted errors beside those of the forecast."""
        figures = review_metrics(self.judged)
        for row in self.methods.to_dict("records"):
            figures[f"{row['quantity']}_{row['horizon_days']}d_wape_{row['method']}"] = float(row["wape"])
        return figures


@dataclass(frozen=True)
class BacktestResult:
    """What the backtests found; `run` is None where MLflow was down, and `log_note` says so."""

    backtests: tuple[Backtest, ...]
    cohorts: tuple[CohortBacktest, ...]
    folder: Path
    run: LoggedRun | None
    log_note: str


def backtest_only(config: Config, *, progress: Progress = silent) -> BacktestResult:
    """Run the backtests of a config, write their tables and pictures, and log them: a run, and a child per cutoff."""
    with prepare(config, progress=progress) as prepared:
        engine, tables = prepared.engine, with_treatment(prepared, config, prepared.last_day, progress=progress)
        days = backtest_cutoffs(config, prepared.last_day)
        judged = judged_by(engine, tables, prepared.last_day, progress=progress)
        found = tuple(backtest(engine, tables, day, config, judged_by=judged, progress=progress) for day in days)
        first, last = prepared.first_day, prepared.last_day
        cohorts = tuple(
            judge_cohorts(engine, judged.tables, test.models, config, first_day=first, last_day=last, progress=progress)
            for test in found
        )
        early = None
        if config.sufficiency is not None:
            early = sufficiency(engine, judged.tables, config, last_day=last, progress=progress)
    folder = config.output.dir / "backtest"

    def write(aside: Path) -> None:
        write_backtest(aside, found, config, early)
        judged = {item.cutoff: item.judged for item in cohorts}
        methods = {item.cutoff: item.methods for item in cohorts}
        deciles = {item.cutoff: item.deciles for item in cohorts}
        write_cohort_backtests(aside, judged, methods, deciles, config)

    publish(folder, write)
    progress("logging to MLflow")
    figures = {item.cutoff: item.metrics() for item in cohorts}
    tables_of = {item.cutoff: item.judged for item in cohorts}
    record = backtest_record(config, {test.cutoff: test.metrics() for test in found}, figures, tables_of, folder)
    try:
        return BacktestResult(found, cohorts, folder, log_run(config, record), "")
    except ClvError as error:
        return BacktestResult(found, cohorts, folder, None, str(error))


def judge_cohorts(
    engine: Engine,
    tables: Tables,
    models: FittedModels,
    config: Config,
    *,
    first_day: dt.date,
    last_day: dt.date,
    progress: Progress,
) -> CohortBacktest:
    """Forecast the cohorts at the models' cutoff as a training would have, and set it beside what happened.

    The bands carry the model error that was known at the cutoff, nothing of what came after.
    """
    cutoff = models.cutoff
    progress(f"{cutoff}: forecasting the cohorts")
    customers = population_at(engine, tables, cutoff, config.churn)
    scores = score_customers(models, customers, horizons_days=config.churn.horizons_days, value=config.value)
    kind = models.purchases.KIND
    error = past_error(engine, tables, cutoff, first_day, config, kind=kind, progress=progress)
    forecast = forecast_customers(models, customers, scores, config=config, error=error)
    over = tuple(days for days in config.forecast.horizons_days if cutoff + dt.timedelta(days=days) <= last_day)
    labels = cohort_labels(customers, config.forecast.cohort_by)
    judged = compare(forecast, actual_cohorts(engine, tables, cutoff, over, labels, config.value))
    bought = buyers(customers)
    baselines = baseline_forecasts(models, bought, labels, horizons_days=over)
    if models.churn is not None:
        known = [days for days in over if days in config.churn.horizons_days]
        baselines["classifier"] = mean_rates(scores.loc[bought.index], labels, horizons_days=known)
    return CohortBacktest(
        cutoff=cutoff,
        judged=judged,
        methods=method_errors(judged, baselines),
        deciles=_deciles(engine, tables, models, bought, scores, config),
    )


def _deciles(
    engine: Engine, tables: Tables, models: FittedModels, bought: pd.DataFrame, scores: pd.DataFrame, config: Config
) -> pd.DataFrame:
    main = config.churn.main_horizon_days
    happened = population_outcomes(engine, tables, models.cutoff, config.churn).loc[bought.index].astype(float)
    expected = models.purchases.expected_purchases(bought, horizon_days=main)
    parts = {
        "purchases": decile_calibration(expected, happened[f"purchases_{main}"]),
        "churn": decile_calibration(scores.loc[bought.index, main_score(config)], happened[main_label(config)]),
    }
    return pd.concat([table.assign(quantity=name) for name, table in parts.items()], ignore_index=True)
