"""The models of a cohort report: the champion's, those of a bundle, or fitted where nobody has trained yet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from clv_ml.config import Config
from clv_ml.errors import ModelNotFoundError
from clv_ml.evaluation.forecast_error import ForecastError
from clv_ml.models.bundle import load_bundle
from clv_ml.models.choice import PURCHASE_MODELS
from clv_ml.models.fitting import FittedModels, best_purchase_model, require_finite_mean
from clv_ml.models.spend import SpendModel
from clv_ml.models.training_rows import Progress, customers_at
from clv_ml.pipeline.forecasting import past_error
from clv_ml.pipeline.prepared import Prepared
from clv_ml.pipeline.table_scoring import require_same_tables
from clv_ml.tracking.registry import resolve

FITTED = "fitted for this report"


@dataclass(frozen=True)
class ReportModels:
    """The models of a report.

    Attributes
    ----------
    models
        Without a classifier where they were fitted for the report.
    address
        ``models:/NAME/VERSION``, the folder of a bundle, or that they were fitted.
    version
        Of the bundle; empty where they were fitted.
    error
        How far off past forecasts have been; None where nobody has measured it.
    notes
        What a reader should know of them.
    """

    models: FittedModels
    address: str
    version: str
    error: ForecastError | None
    notes: tuple[str, ...]


def report_models(
    prepared: Prepared, config: Config, day: dt.date, model: str | None, *, progress: Progress
) -> ReportModels:
    """Find the models as score does; where there is no champion, fit the value models up to the day.

    Parameters
    ----------
    model
        Bundle folder or MLflow address; the champion of the config where None.

    Raises
    ------
    ModelNotFoundError
        If a model was asked for by name and is not there.
    DataError
        If the model was trained on other tables, or cannot be fitted.
    """
    progress("loading the model")
    try:
        folder, address = resolve(config, model)
    except ModelNotFoundError:
        if model is not None:
            raise
        return _fitted(prepared, config, day, progress=progress)
    bundle = load_bundle(folder)
    require_same_tables(bundle, prepared.tables)
    notes = []
    if day < bundle.models.cutoff:
        notes.append(f"the model has learnt from data up to {bundle.models.cutoff}, after {day}: not for judging it")
    error = ForecastError(bundle.facts.get("forecast_error", {}))
    return ReportModels(bundle.models, address, bundle.version, error, tuple(notes))


def value_models(prepared: Prepared, config: Config, day: dt.date, *, progress: Progress) -> FittedModels:
    """Fit purchases and spend on what was known at a day; no classifier.

    Raises
    ------
    ConfigError
        If nobody had bought by then.
    NotConvergedError
        If the purchase or the spend model finds no maximum.
    DataError
        If mean spend is infinite.
    """
    progress(f"{day}: fitting purchases and spend")
    engine, totals = prepared.engine, prepared.totals
    customers = customers_at(engine, totals, day)
    kind: str = config.value.purchase_model
    if kind == "best":
        first = customers["first_day"].min().date()
        kind, _ = best_purchase_model(engine, totals, day, first, config.churn.main_horizon_days)
    purchases, spend = PURCHASE_MODELS[kind]().fit(customers), SpendModel().fit(customers)
    require_finite_mean(spend, day)
    return FittedModels(day, purchases, spend, None, "value models only")


def measured_past_error(
    prepared: Prepared, config: Config, models: FittedModels, *, progress: Progress
) -> ForecastError:
    """Measure how far off such forecasts had been by the cutoff of the models; nothing after it is looked at."""
    return past_error(
        prepared.engine,
        prepared.tables,
        models.cutoff,
        prepared.first_day,
        config,
        kind=models.purchases.KIND,
        progress=progress,
    )


def _fitted(prepared: Prepared, config: Config, day: dt.date, *, progress: Progress) -> ReportModels:
    models = value_models(prepared, config, day, progress=progress)
    error = measured_past_error(prepared, config, models, progress=progress)
    note = f"no champion of {config.name} yet: the value models were fitted up to {day} for this report"
    return ReportModels(models, FITTED, "", error, (note,))
