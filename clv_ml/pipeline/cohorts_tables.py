"""Every table of a cohort report, from the data and the models of a day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from clv_ml.config import Config
from clv_ml.config.cohorts import ALL
from clv_ml.economics.acquisition import acquisition_economics
from clv_ml.economics.alerts import cohort_alerts
from clv_ml.economics.bridge import equity_bridge
from clv_ml.economics.customers import CohortFrames
from clv_ml.economics.customers_reading import cohort_frames
from clv_ml.economics.equity import customer_equity, customer_values
from clv_ml.economics.formulas_table import formula_table
from clv_ml.economics.payback import break_even, payback_curves
from clv_ml.economics.payback_projection import project
from clv_ml.economics.predicted import predicted_cohorts
from clv_ml.economics.predicted_groups import future_value
from clv_ml.economics.scenarios import scenario_economics
from clv_ml.errors import ConfigError, DataError, NotConvergedError
from clv_ml.models.training_rows import Progress, customers_at
from clv_ml.pipeline.cohorts_engagement import engagement_tables
from clv_ml.pipeline.cohorts_headline import EarlierReport, headline, scorecard
from clv_ml.pipeline.cohorts_model import ReportModels, measured_past_error, value_models
from clv_ml.pipeline.cohorts_observed import observed_tables
from clv_ml.pipeline.prepared import Prepared

_LOWEST_HISTORY = 0.5  # of a horizon: with less the value models have nothing to learn from


@dataclass(frozen=True)
class Made:
    """The tables of a report by name, the day that its headline is compared with, and which dimension is a channel."""

    tables: dict[str, pd.DataFrame]
    compared: dt.date | None
    channel: str | None


@dataclass(frozen=True)
class Known:
    """What a report is computed from: the data of a day in an open engine, and the models."""

    prepared: Prepared
    config: Config
    day: dt.date
    found: ReportModels
    frames: CohortFrames
    buyers: pd.DataFrame

    @property
    def before(self) -> dt.date:
        """Day that the headline figures are compared with where no report of about then is there."""
        return self.day - dt.timedelta(days=self.config.cohorts.compare_days)

    def customers(self, day: dt.date) -> pd.DataFrame:
        """Return the buyers known on a day."""
        if day == self.day:
            return self.buyers
        return customers_at(self.prepared.engine, self.prepared.totals, day)


def cohort_tables(
    prepared: Prepared,
    config: Config,
    day: dt.date,
    found: ReportModels,
    previous: EarlierReport | None,
    *,
    progress: Progress,
) -> Made:
    """Compute every table of a report.

    Parameters
    ----------
    found
        Models of the report.
    previous
        An earlier report to compare the headline with; where None the same figures are computed as of
        ``cohorts.compare_days`` earlier.
    """
    progress(f"reading the cohorts as of {day}")
    buyers = customers_at(prepared.engine, prepared.totals, day)
    known = Known(prepared, config, day, found, _frames(prepared, config, day), buyers)
    progress("counting what was observed")
    tables = observed_tables(known.frames, config)
    engaged = engagement_tables(prepared, known.frames, config, found.models.engagement)
    tables["drivers"] = pd.concat([tables["drivers"], *_early(engaged)], ignore_index=True)
    tables |= engaged | _expected(known, progress=progress) | _costs(known, progress=progress)
    values = _values(known, known.frames)
    compared, before = _before(known, values, previous, tables, progress=progress)
    tables["alerts"] = cohort_alerts(
        config.cohorts,
        predicted=tables["predicted"],
        acquisition=tables["acquisition"],
        periods=tables["periods"],
        retention=tables["retention"],
        decay=tables.get("decay"),
    )
    figures = headline(known.frames, values) | _whole(tables["acquisition"])
    tables["scorecard"] = scorecard(figures, before)
    return Made(tables, compared, known.frames.channel)


def _frames(prepared: Prepared, config: Config, day: dt.date) -> CohortFrames:
    transactions = prepared.checked.transactions.transactions
    return cohort_frames(prepared.engine, prepared.tables, day, config, transactions=transactions)


def _values(known: Known, frames: CohortFrames) -> pd.DataFrame:
    """Value the customers of the day of the frames, each day by the same models."""
    config = known.config
    return customer_values(
        known.found.models,
        known.customers(frames.as_of),
        value=future_value(known.frames),
        active_days=config.churn.main_horizon_days,
    )


def _expected(known: Known, *, progress: Progress) -> dict[str, pd.DataFrame]:
    progress("forecasting the cohorts")
    ahead = predicted_cohorts(
        known.found.models,
        known.customers(known.day),
        known.frames,
        made_on=known.day,
        error=known.found.error,
        seed=known.config.seed,
    )
    active = known.config.churn.main_horizon_days
    return {
        "predicted": pd.concat([ahead, *_judged(known, progress=progress)], ignore_index=True),
        "equity": customer_equity(_values(known, known.frames), known.frames, predicted=ahead),
        "scenarios": scenario_economics(
            known.found.models, known.buyers, known.frames, active_days=active, predicted=ahead
        ),
        "formulas": _formulas(known),
    }


def _formulas(known: Known) -> pd.DataFrame:
    """Set the simple formulas beside the model's value over its horizon, and over each window."""
    config, days = known.config, known.config.value.horizon_days
    value = future_value(known.frames)
    expected = {
        ahead: customer_values(
            known.found.models,
            known.buyers,
            value=value.model_copy(update={"horizon_days": ahead}),
            active_days=config.churn.main_horizon_days,
        )["expected_clv"]
        for ahead in {days, *config.cohorts.window_days}
    }
    judged = config.churn.main_horizon_days
    return formula_table(known.frames, expected, horizon_days=days, judged_days=judged)


def _early(engaged: dict[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """Take the comparisons of early behaviour out of the tables of engagement."""
    return [engaged.pop("early")] if engaged else []


def _costs(known: Known, *, progress: Progress) -> dict[str, pd.DataFrame]:
    progress("following the cohorts to where they pay back")
    told = known.config.cohorts
    projection = project(
        known.found.models,
        known.customers(known.day),
        known.frames,
        error=known.found.error,
        seed=known.config.seed,
    )
    return {
        "payback": payback_curves(projection),
        "breakeven": break_even(projection),
        "acquisition": acquisition_economics(
            projection, target=told.ltv_cac_target, retention_cost=told.retention_cost
        ),
    }


def _whole(acquisition: pd.DataFrame) -> dict[str, float]:
    """Return the headline of costs: that of all customers together."""
    row = acquisition[acquisition["dimension"] == ALL].iloc[0]
    return {"ltv_cac": float(row["ratio"]), "payback_days": float(row["payback_day"])}


def _before(
    known: Known,
    values: pd.DataFrame,
    previous: EarlierReport | None,
    tables: dict[str, pd.DataFrame],
    *,
    progress: Progress,
) -> tuple[dt.date | None, dict[str, float]]:
    """Return the day to compare the headline with, and its figures; add the bridge of equity since that day."""
    earlier = known.before if previous is None else previous.as_of
    if earlier < known.prepared.first_day:
        return None, {}
    progress(f"comparing with {earlier}")
    frames = _frames(known.prepared, known.config, earlier)
    values_before = _values(known, frames)
    tables["bridge"] = equity_bridge(values_before, values, known.frames, from_day=earlier, to_day=known.day)
    return earlier, headline(frames, values_before) if previous is None else previous.figures()


def _judged(known: Known, *, progress: Progress) -> list[pd.DataFrame]:
    """Forecast the last main horizon from what was known before it, beside what happened; nothing where too young."""
    config, horizon = known.config, known.config.churn.main_horizon_days
    made_on = known.day - dt.timedelta(days=horizon)
    if (made_on - known.prepared.first_day).days < _LOWEST_HISTORY * horizon:
        return []
    try:
        models = value_models(known.prepared, config, made_on, progress=progress)
    except (ConfigError, DataError, NotConvergedError):
        return []  # too young to fit: it can tell nothing
    judged = predicted_cohorts(
        models,
        known.customers(made_on),
        known.frames,
        made_on=made_on,
        horizon_days=horizon,
        # measured before that day: the error that training has measured since knows what is judged here
        error=measured_past_error(known.prepared, config, models, progress=progress),
        seed=config.seed,
    )
    return [judged]
