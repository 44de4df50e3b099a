"""The tables of a cohort report that are counted, not expected."""

from __future__ import annotations

import pandas as pd

from clv_ml.config import Config
from clv_ml.economics.customers import CohortFrames
from clv_ml.economics.drivers import drivers
from clv_ml.economics.observed import observed_cohorts
from clv_ml.economics.observed_periods import observed_periods
from clv_ml.economics.retention import cumulative, retention, second_order
from clv_ml.economics.windowed import windowed_values


def observed_tables(frames: CohortFrames, config: Config) -> dict[str, pd.DataFrame]:
    """Return what was observed: periods, cohorts, retention, cumulative, second_order, drivers and windowed."""
    horizons = config.churn.horizons_days
    return {
        "periods": observed_periods(frames, horizons_days=horizons),
        "cohorts": observed_cohorts(frames, horizons_days=horizons),
        "retention": retention(frames),
        "cumulative": cumulative(frames),
        "second_order": second_order(frames),
        "drivers": drivers(frames),
        "windowed": windowed_values(frames, horizon_days=config.churn.main_horizon_days),
    }
