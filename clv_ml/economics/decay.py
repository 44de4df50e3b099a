"""Engagement that fades faster than the cohort's own past: an early warning before customers are gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from clv_ml.config import ChurnConfig
from clv_ml.economics.customers import CohortFrames
from clv_ml.economics.drivers_statistics import false_discovery_adjusted
from clv_ml.economics.engagement_cohorts import start_cohorts
from clv_ml.economics.observed import ratio
from clv_ml.economics.observed_churn import Bools
from clv_ml.economics.retention_counts import Floats, Grouped
from clv_ml.engine import Engine
from clv_ml.errors import DataError
from clv_ml.models.engagement_score import LOW_SCORE, EngagementReference, engagement_score
from clv_ml.models.training_rows import population_at
from clv_ml.snapshot.tables import Tables

STEP_DAYS = 28
"""Four weeks: every weekday is in each step equally often."""
N_DATES = 4
START_DAY = "start_day"


def decay_dates(as_of: dt.date) -> list[dt.date]:
    """Return the days on which scores are compared, the last one `as_of`."""
    return [as_of - dt.timedelta(days=STEP_DAYS * (N_DATES - 1 - step)) for step in range(N_DATES)]


def engagement_history(
    engine: Engine,
    tables: Tables,
    dates: Sequence[dt.date],
    churn: ChurnConfig,
    *,
    reference: EngagementReference | None = None,
) -> pd.DataFrame:
    """Score the engagement of everybody known on the last of some days, on each of them.

    Parameters
    ----------
    dates
        Ascending.
    reference
        What full marks are measured against, as learned with the model; learned on the first day where None.

    Returns
    -------
    pandas.DataFrame
        Indexed by customer_id: one column a day (0 to 100, NaN before somebody was known), and start_day.
    """
    known = [population_at(engine, tables, day, churn) for day in dates]
    points = reference or EngagementReference.fit(known[0])
    last = known[-1]
    scores = {
        str(day): engagement_score(people, points)["engagement_score"].reindex(last.index)
        for day, people in zip(dates, known, strict=True)
    }
    return pd.DataFrame(scores, index=last.index).assign(**{START_DAY: pd.to_datetime(last[START_DAY])})


def decay(frames: CohortFrames, history: pd.DataFrame) -> pd.DataFrame:
    """Hold the engagement score of each cohort against what its own past leads to expect.

    Parameters
    ----------
    history
        Of :func:`engagement_history`, on :func:`decay_dates`.

    Returns
    -------
    pandas.DataFrame
        One row a cohort (by ``start_month`` and the dimensions that need no purchase):

        dimension, cohort, customers (who were engaged, at :data:`LOW_SCORE` or above, `step_days` ago), small
        score, score_before
            Mean score of these customers now and `step_days` ago.
        usual_change
            The same change in the steps before, the mean of them: of those who were engaged at the beginning of each.
            It nearly always is a fall, and was picked for having been high just as the last one.
        baseline
            ``score_before + usual_change``: the score that the cohort's own past leads to expect.
        change
            ``score - baseline``.
        low, high
            95 % interval of the change; a customer who is in several steps counts as one.
        p_adjusted
            One-sided, adjusted for the number of cohorts (Benjamini & Hochberg 1995).
        alert
            Whether the change is below ``-cohorts.alerts.engagement_points``, and p_adjusted within
            ``cohorts.false_discovery_rate``; never in small cohorts.

    Raises
    ------
    DataError
        If there are fewer than three days.

    Notes
    -----
    A season that is quiet for everybody alerts in all cohorts at once. The change is NaN for cohorts that had nobody
    engaged at the beginning of every step.
    """
    dates = [name for name in history if name != START_DAY]
    if len(dates) < 3:
        raise DataError(f"history: scores of {len(dates)} days; give three at least, such as decay_dates")
    scores = history[dates].to_numpy(float)
    engaged = scores[:, :-1] >= LOW_SCORE  # NaN is not
    changes = np.where(engaged, np.diff(scores, axis=1), 0.0)
    found = pd.concat(
        [_compared(group, scores, engaged, changes) for group in start_cohorts(frames, history[START_DAY])],
        ignore_index=True,
    )
    alerts = frames.cohorts.alerts
    found["p_adjusted"] = false_discovery_adjusted(found["p_value"].to_numpy(float))
    sure = found["p_adjusted"] <= frames.cohorts.false_discovery_rate
    found["alert"] = sure & (found["change"] <= -alerts.engagement_points) & ~found["small"]
    return found.drop(columns="p_value").assign(step_days=STEP_DAYS)


def _compared(group: Grouped, scores: Floats, engaged: Bools, changes: Floats) -> pd.DataFrame:
    """Compare the last step of each cohort with those before."""
    cohorts, steps = len(group.names), engaged.shape[1]

    def summed(values: Floats) -> Floats:
        return np.bincount(group.number, weights=values, minlength=cohorts).astype(float)

    n = np.column_stack([summed(engaged[:, step].astype(float)) for step in range(steps)])
    mean = np.column_stack([ratio(summed(changes[:, step]), n[:, step]) for step in range(steps)])
    weights = np.append(np.full(steps - 1, -1.0 / (steps - 1)), 1.0)  # the last step, less the mean of the others
    change = mean @ weights
    # each customer's pull on the change, from all steps he is in (a cluster is a customer)
    own = np.where(engaged, changes - mean[group.number], 0.0) * weights / np.where(n > 0, n, np.nan)[group.number]
    error = np.sqrt(summed(np.nansum(own, axis=1) ** 2))
    table = Grouped(group.dimension, group.names, group.number, n[:, -1].astype(np.int64), group.min_customers).keys()
    last = engaged[:, -1]
    table["score"] = ratio(summed(np.where(last, scores[:, -1], 0.0)), n[:, -1])
    table["score_before"] = ratio(summed(np.where(last, scores[:, -2], 0.0)), n[:, -1])
    table["baseline"] = table["score"] - change
    table["usual_change"] = table["baseline"] - table["score_before"]
    freedom = np.maximum(n.min(axis=1) - 1.0, 1.0)
    reach = stats.t.ppf(0.975, freedom) * error
    compared = (n.min(axis=1) >= group.min_customers) & (error > 0) & np.isfinite(change)
    chance = stats.t.cdf(ratio(change, error), freedom)
    return table.assign(
        change=change, low=change - reach, high=change + reach, p_value=np.where(compared, chance, np.nan)
    )
