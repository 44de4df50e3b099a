"""The forecast by cohort of everybody, and whom a method is judged by, where all customers are too many to collect."""

from __future__ import annotations

import datetime as dt

from clv_ml.config import Config
from clv_ml.engine import Engine, SparkEngine
from clv_ml.evaluation.forecast_error import ForecastError
from clv_ml.models.bundle import Bundle
from clv_ml.models.fitting import FittedModels
from clv_ml.models.sampled_rows import Sample, judged_sample
from clv_ml.models.stored_scores import score_stored
from clv_ml.models.training_rows import Progress, described_at
from clv_ml.pipeline.cluster_forecast import forecast_on_cluster
from clv_ml.pipeline.cluster_list import scored_frame, work_of
from clv_ml.pipeline.forecasting import forecast_columns, promise_of, promise_with
from clv_ml.pipeline.listing import describe
from clv_ml.pipeline.prepared import Prepared
from clv_ml.snapshot.tables import Tables
from clv_ml.tracking.promise import Promise


def judged_by(engine: Engine, tables: Tables, day: dt.date, *, progress: Progress) -> Sample:
    """Choose the customers to judge by, and say so where they are not everybody."""
    found = judged_sample(engine, tables, day)
    if found.words():
        progress(f"{day}: {found.words()}")
    return found


def promise_for_everybody(
    prepared: Prepared,
    tables: Tables,
    models: FittedModels,
    *,
    cutoff: dt.date,
    config: Config,
    error: ForecastError | None,
    fingerprint: str,
) -> Promise:
    """Forecast the cohorts of everybody known at a cutoff, who are too many to be collected.

    On one machine they go by way of the disk, on a cluster the workers sum.
    """
    engine = prepared.engine
    if isinstance(engine, SparkEngine):
        bundle = Bundle(models, {"name": config.name}, "")
        work = work_of(bundle, config, cutoff)
        scored = scored_frame(engine, described_at(engine, tables, cutoff, config.churn), work)
        forecast = forecast_on_cluster(engine, scored, bundle, config=config, error=error)
        return promise_with(forecast, cutoff=cutoff, config=config, fingerprint=fingerprint)
    customers = describe(prepared, config, cutoff)
    scores = score_stored(
        models,
        customers,
        prepared.spill / "scores.parquet",
        horizons_days=config.churn.horizons_days,
        value=config.value,
    )
    return promise_of(
        models,
        customers.read(forecast_columns(config)),
        scores.read([f"p_churn_{days}d" for days in config.forecast.horizons_days]),
        cutoff=cutoff,
        config=config,
        error=error,
        fingerprint=fingerprint,
    )
