"""The forecast by cohort that a training or a scoring leaves behind, and how far off such forecasts have been."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from clv_ml.config import Config, ValueConfig
from clv_ml.engine import Engine
from clv_ml.errors import ConfigError, DataError, NotConvergedError
from clv_ml.evaluation.forecast import cohort_forecast, monthly_cohort
from clv_ml.evaluation.forecast_error import ForecastError, measured_error
from clv_ml.evaluation.months import month_of
from clv_ml.evaluation.review import cohort_actuals, compare
from clv_ml.models.choice import PURCHASE_MODELS
from clv_ml.models.fitting import FittedModels
from clv_ml.models.spend import SpendModel
from clv_ml.models.training_rows import Progress, buyers, outcomes_at, population_at
from clv_ml.reports.cohort_plots import band_figure
from clv_ml.reports.picture import svg
from clv_ml.snapshot.tables import Tables
from clv_ml.tracking.promise import Promise

FIRST_PURCHASE, START = "first_purchase_month", "start_month"
UNKNOWN = "unknown"


def cohort_labels(customers: pd.DataFrame, cohort_by: str) -> pd.Series[str]:
    """Label the buyers among the customers known at a cutoff.

    Parameters
    ----------
    customers
        As :func:`clv_ml.models.training_rows.population_at` returns them.
    cohort_by
        first_purchase_month, start_month, or a column of `customers`.

    Raises
    ------
    ConfigError
        If there is no such column.
    """
    bought = buyers(customers)
    if cohort_by == FIRST_PURCHASE:
        return monthly_cohort(bought)
    if cohort_by == START and "tenure_days" in bought:
        since = pd.to_timedelta(bought["tenure_days"] - bought["T"], unit="D")
        return month_of(pd.to_datetime(bought["first_day"]) - since).rename("cohort")
    if cohort_by not in bought.columns:
        known = ", ".join([FIRST_PURCHASE, START, *map(str, bought.select_dtypes(exclude="number").columns)])
        raise ConfigError(f"forecast.cohort_by is {cohort_by!r}; known for these customers: {known}")
    named = bought[cohort_by].astype("string").fillna(UNKNOWN).astype(str)
    return named.rename("cohort")


def forecast_columns(config: Config) -> list[str]:
    """Name the features that a forecast of cohorts looks at, as far as a table of customers has them."""
    return ["first_day", "frequency", "recency", "T", "monetary_value", "tenure_days", config.forecast.cohort_by]


def forecast_customers(
    models: FittedModels,
    customers: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    config: Config,
    error: ForecastError | None,
) -> pd.DataFrame:
    """Forecast the cohorts of scored customers; see :func:`clv_ml.evaluation.forecast.cohort_forecast`."""
    bought = buyers(customers)
    of_buyers = scores if bought is customers else scores[customers["frequency"].notna()]
    return cohort_forecast(
        models,
        bought,
        horizons_days=config.forecast.horizons_days,
        cohort=cohort_labels(bought, config.forecast.cohort_by),
        p_churn=of_buyers if config.forecast.churn_from == "classifier" else None,
        value=config.value,
        error=error,
    )


def promise_of(
    models: FittedModels,
    customers: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    cutoff: dt.date,
    config: Config,
    error: ForecastError | None,
    fingerprint: str,
) -> Promise:
    """Forecast the cohorts of the customers known at a cutoff, ready to be judged when time has passed.

    Parameters
    ----------
    customers, scores
        As population_at and score_customers return them.
    error
        What past forecasts missed; None where it was not measured.
    fingerprint
        Of the data up to the cutoff.
    """
    forecast = forecast_customers(models, customers, scores, config=config, error=error)
    return promise_with(forecast, cutoff=cutoff, config=config, fingerprint=fingerprint)


def promise_with(forecast: pd.DataFrame, *, cutoff: dt.date, config: Config, fingerprint: str) -> Promise:
    """Put a forecast beside what is needed to judge it."""
    what = config.forecast.cohort_by.replace("_", " ")
    pictures = {
        f"cohorts_{days}d.svg": svg(
            band_figure(forecast, cutoff=cutoff, horizon_days=days, currency=config.currency, what=what)
        )
        for days in config.forecast.horizons_days
    }
    value = config.value.model_dump(mode="json")
    return Promise(forecast, cutoff, config.forecast.cohort_by, value, config.currency, fingerprint, pictures)


def past_error(
    engine: Engine,
    tables: Tables,
    cutoff: dt.date,
    first_day: dt.date,
    config: Config,
    *,
    kind: str,
    progress: Progress,
) -> ForecastError:
    """Fit the value models at past cutoffs, and measure how far off their forecasts were by the cutoff.

    Parameters
    ----------
    cutoff
        Nothing after it is looked at.
    kind
        Of the purchase model, as `FittedModels.purchases.KIND`.
    """
    step = dt.timedelta(days=config.churn.main_horizon_days)
    judged = []
    for number in range(config.forecast.error_cutoffs, 0, -1):
        day = cutoff - number * step
        # a model needs at least half a horizon of history to say anything about the next
        if day < first_day + step / 2:
            continue
        over = tuple(days for days in config.forecast.horizons_days if day + dt.timedelta(days=days) <= cutoff)
        if not over:
            continue
        progress(f"{day}: measuring how far off the forecasts were")
        try:
            judged.append(_judged(engine, tables, day, over, config, kind))
        except (ConfigError, DataError, NotConvergedError):
            continue  # too young to fit: it can tell nothing
    return measured_error(judged)


def actual_cohorts(
    engine: Engine,
    tables: Tables,
    cutoff: dt.date,
    horizons: tuple[int, ...],
    labels: pd.Series[str],
    value: ValueConfig,
) -> pd.DataFrame:
    """Sum up what the cohorts known at a cutoff did; see :func:`clv_ml.evaluation.review.cohort_actuals`."""
    happened = outcomes_at(engine, tables.totals, cutoff, horizons)
    return cohort_actuals(labels, happened, horizons_days=horizons, value=value)


def _judged(
    engine: Engine, tables: Tables, day: dt.date, horizons: tuple[int, ...], config: Config, kind: str
) -> pd.DataFrame:
    customers = population_at(engine, tables, day, config.churn)
    bought = buyers(customers)
    models = FittedModels(day, PURCHASE_MODELS[kind]().fit(bought), SpendModel().fit(bought), None, "value models only")
    labels = cohort_labels(customers, config.forecast.cohort_by)
    forecast = cohort_forecast(models, bought, horizons_days=horizons, cohort=labels, value=config.value)
    return compare(forecast, actual_cohorts(engine, tables, day, horizons, labels, config.value))
