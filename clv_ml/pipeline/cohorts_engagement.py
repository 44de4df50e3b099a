"""The tables of a cohort report about engagement: how customers began, and whose engagement falls."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from clv_ml.config import Config
from clv_ml.economics.customers import CohortFrames
from clv_ml.economics.decay import decay, decay_dates, engagement_history
from clv_ml.economics.engagement import LATER_DAYS, engagement, engagement_drivers
from clv_ml.economics.engagement_people import engagement_people
from clv_ml.models.engagement_score import EngagementReference
from clv_ml.pipeline.prepared import Prepared


def engagement_tables(
    prepared: Prepared, frames: CohortFrames, config: Config, reference: EngagementReference | None
) -> dict[str, pd.DataFrame]:
    """Return engagement and decay, and what early behaviour goes with; nothing where there are no events.

    Parameters
    ----------
    reference
        What full marks of the engagement score are measured against; learned on the first day compared where None.

    Returns
    -------
    dict
        engagement, early (as the table drivers: the caller adds it there), and decay where the data go back far enough.
    """
    tables, day = prepared.tables, frames.as_of
    if tables.events is None:
        return {}
    people = engagement_people(prepared.engine, tables, day, config.churn, later_days=LATER_DAYS)
    found = {"engagement": engagement(frames, people), "early": engagement_drivers(frames, people)}
    dates = decay_dates(day)
    # one step before the first day, so that there is somebody whose engagement can fall
    if dates[0] - dt.timedelta(days=(dates[1] - dates[0]).days) >= prepared.first_day:
        history = engagement_history(prepared.engine, tables, dates, config.churn, reference=reference)
        found["decay"] = decay(frames, history)
    return found
