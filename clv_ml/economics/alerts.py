"""Which cohorts need a look: off their forecast, below what they cost, late to pay back, or out of their own line."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from clv_ml.config import CohortsConfig
from clv_ml.config.cohorts import ALL
from clv_ml.economics.acquisition import BELOW
from clv_ml.economics.alerts_baseline import Compared, churn_of_last_period, retention_of_last_age
from clv_ml.economics.payback import BEYOND
from clv_ml.economics.retention_counts import AGE_DAYS

ALERT, WATCH = "alert", "watch"
FORECAST_BELOW, FORECAST_ABOVE = "forecast_below", "forecast_above"
LTV_CAC_LOSS, LTV_CAC_BELOW_TARGET, PAYBACK_LATE = "ltv_cac_loss", "ltv_cac_below_target", "payback_late"
CHURN_HIGH, RETENTION_LOW, ENGAGEMENT_LOW = "churn_high", "retention_low", "engagement_low"
CODES = (
    *(LTV_CAC_LOSS, PAYBACK_LATE, FORECAST_BELOW, CHURN_HIGH, RETENTION_LOW, ENGAGEMENT_LOW),
    *(LTV_CAC_BELOW_TARGET, FORECAST_ABOVE),
)
COLUMNS = [
    *("severity", "code", "dimension", "cohort", "customers", "at", "value", "limit", "low", "high", "p_value"),
]


def cohort_alerts(
    settings: CohortsConfig,
    *,
    predicted: pd.DataFrame | None = None,
    acquisition: pd.DataFrame | None = None,
    periods: pd.DataFrame | None = None,
    retention: pd.DataFrame | None = None,
    decay: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """List the cohorts that need a look; tables that are not given raise nothing.

    Parameters
    ----------
    settings
        Limits, the size below which no cohort alerts, and the share of false alarms among alerts.
    predicted
        As :func:`clv_ml.economics.predicted.predicted_cohorts` returns it; rows without an actual figure are passed
        over.
    acquisition
        As :func:`clv_ml.economics.acquisition.acquisition_economics` returns it.
    periods, retention
        As :func:`clv_ml.economics.observed_periods.observed_periods` and
        :func:`clv_ml.economics.retention.retention` return them.
    decay
        dimension, cohort, customers, score, baseline and alert: the engagement score beside the cohort's own.

    Returns
    -------
    pandas.DataFrame
        One row an alert, the severe first: severity (``alert``, or ``watch`` where chance could explain it or the news
        is good), code, dimension, cohort, customers, at (month, age or day it is about; empty for the state of today),
        value, limit, low and high (between which it was to lie, or its own interval), and p_value (NaN where the
        interval decides). By code, value and limit are:

        ltv_cac_loss, ltv_cac_below_target
            LTV:CAC, and `alerts.ltv_cac_below` or the target; low and high are its interval. Where everybody is below
            the target, only cohorts that are surely below everybody, too.
        payback_late
            Day of payback (NaN where it is beyond the ages looked at), and `alerts.payback_days`.
        forecast_below, forecast_above
            What a customer brought until the day `at`, and what was expected of one; where everybody together was off
            (a season, a campaign), only cohorts that were off by more to the same side.
        churn_high
            Share lost in the month `at`, and in the cohort's own months before; at least `alerts.churn_points` above.
        retention_low
            Share that bought in the age period `at`, and that of the months before at this age; at least
            `alerts.retention_points` below.
        engagement_low
            Engagement score, and the cohort's own baseline.

    Notes
    -----
    Many cohorts are looked at, and some are off by chance alone: of each kind only those alert that the rule of
    Benjamini & Hochberg (1995, JRSS B 57(1), doi:10.1111/j.2517-6161.1995.tb02031.x) lets pass at
    `false_discovery_rate`; it holds for cohorts that overlap, too, as far as they are off in the same direction
    (Benjamini & Yekutieli 2001, doi:10.1214/aos/1013699998). Small cohorts never alert, and a period that is not over
    never does: it has no rate. A season is not in a baseline of a few months: churn after Christmas is high every year.
    """
    found = [
        *([] if acquisition is None else _costs(acquisition, settings)),
        *([] if predicted is None else _forecasts(predicted, settings)),
        *([] if periods is None else _churn(periods, settings)),
        *([] if retention is None else _retention(retention, settings)),
        *([] if decay is None else _engagement(decay)),
    ]
    table = pd.DataFrame(found, columns=COLUMNS)
    rank = {code: number for number, code in enumerate(CODES)}
    order = table.assign(severe=(table["severity"] != ALERT).astype(int), kind=table["code"].map(rank))
    order = order.sort_values(["severe", "kind", "dimension", "cohort", "at"], kind="stable")
    return order[COLUMNS].reset_index(drop=True)


Row = tuple[object, ...]


def _costs(acquisition: pd.DataFrame, settings: CohortsConfig) -> Iterable[Row]:
    limits = settings.alerts
    missed = acquisition[(acquisition["dimension"] == ALL) & (acquisition["verdict"] == BELOW)]
    # what holds for everybody is told once; of the cohorts only those that are worse than everybody
    bound = float(missed["ratio"].iloc[0]) if len(missed) else np.inf
    for row in acquisition[~acquisition["small"].astype(bool)].to_dict("records"):
        who = (row["dimension"], row["cohort"], row["customers"], "")
        ratio = (row["ratio"], row["ratio_low"], row["ratio_high"])
        if limits.ltv_cac_below is not None and ratio[0] < limits.ltv_cac_below:
            sure = ratio[2] < limits.ltv_cac_below
            yield (ALERT if sure else WATCH, LTV_CAC_LOSS, *who, ratio[0], limits.ltv_cac_below, *ratio[1:], np.nan)
        elif row["verdict"] == BELOW and (row["dimension"] == ALL or row["ratio_high"] < bound):
            yield (WATCH, LTV_CAC_BELOW_TARGET, *who, ratio[0], row["target"], *ratio[1:], np.nan)
        if limits.payback_days is None:
            continue
        day, low, high = row["payback_day"], row["payback_low"], row["payback_high"]
        late = _late(day, low, row["payback_status"], row["horizon_days"], limits.payback_days)
        if late:
            yield (late, PAYBACK_LATE, *who, day, float(limits.payback_days), low, high, np.nan)


def _late(day: float, low: float, status: str, horizon_days: int, limit: int) -> str:
    """Whether payback comes after the limit: for sure, perhaps (the expectation alone), or not as far as one sees.

    Payback is told by age periods: a limit inside one is kept by whoever pays back in it.
    """
    allowed = AGE_DAYS * -(-limit // AGE_DAYS)
    if status == BEYOND:
        looked = AGE_DAYS * -(-horizon_days // AGE_DAYS)
        if looked < allowed:
            return ""
        return WATCH if low <= allowed else ALERT
    if not day > allowed:
        return ""
    return ALERT if low > allowed else WATCH


def _forecasts(predicted: pd.DataFrame, settings: CohortsConfig) -> Iterable[Row]:
    known = predicted[predicted["complete"].astype(bool) & ~predicted["small"].astype(bool)]
    for _, forecast in known.groupby(["made_on", "horizon_days"], sort=True):
        yield from _missed(forecast, settings.false_discovery_rate)


def _missed(forecast: pd.DataFrame, rate: float) -> Iterable[Row]:
    """Tell of everybody if all were off, and of the cohorts that were off by more than everybody.

    A season or a campaign moves all cohorts: it is told once. A cohort is told of where its figure is off both its own
    forecast and its forecast times what everybody was off by, to the same side.
    """
    whole = forecast["dimension"] == ALL
    common = 1.0
    for row in forecast[whole].to_dict("records"):
        if row["chance"] <= rate and row["actual_per_customer"] > 0 and row["per_customer"] > 0:
            common = row["actual_per_customer"] / row["per_customer"]
            yield _forecast_row(row)
    own = forecast[~whole].to_dict("records")
    chances = [max(float(row["chance"]), _chance_beside(row, common)) for row in own]
    for row, passed in zip(own, _passed(chances, rate), strict=True):
        if passed:
            yield _forecast_row(row)


def _chance_beside(row: dict[Hashable, Any], common: float) -> float:
    """Two-sided chance of a figure so far beyond the forecast times `common`; 1 where it is not beyond it."""
    value, limit = row["actual_per_customer"], row["per_customer"]
    below = value < limit
    if common == 1.0:
        return 0.0
    if (value < common * limit) != below:
        return 1.0
    low, high = row["per_customer_low"], row["per_customer_high"]
    if not min(value, low) > 0:
        return 0.0  # nothing is far from everything
    # the interval is taken as that of 95 % of a normal law in the logs
    sd = np.log(high / low) / (2.0 * stats.norm.ppf(0.975))
    return float(2.0 * stats.norm.sf(abs(np.log(value / (common * limit))) / max(sd, 1e-12)))


def _forecast_row(row: dict[Hashable, Any]) -> Row:
    value, limit = row["actual_per_customer"], row["per_customer"]
    return (
        *((ALERT, FORECAST_BELOW) if value < limit else (WATCH, FORECAST_ABOVE)),
        *(row["dimension"], row["cohort"], row["customers"], str(row["until"])[:10]),
        *(value, limit, row["per_customer_low"], row["per_customer_high"], row["chance"]),
    )


def _churn(periods: pd.DataFrame, settings: CohortsConfig) -> Iterable[Row]:
    compared = list(churn_of_last_period(periods, min_customers=settings.min_customers))
    points = settings.alerts.churn_points / 100.0
    chances = [one.p_above for one in compared]
    for one, passed in zip(compared, _passed(chances, settings.false_discovery_rate), strict=True):
        if passed and one.value - one.baseline >= points:
            yield _row(CHURN_HIGH, one, one.p_above)


def _retention(retention: pd.DataFrame, settings: CohortsConfig) -> Iterable[Row]:
    compared = list(retention_of_last_age(retention, min_customers=settings.min_customers))
    points = settings.alerts.retention_points / 100.0
    chances = [one.p_below for one in compared]
    for one, passed in zip(compared, _passed(chances, settings.false_discovery_rate), strict=True):
        if passed and one.baseline - one.value >= points:
            yield _row(RETENTION_LOW, one, one.p_below)


def _engagement(decay: pd.DataFrame) -> Iterable[Row]:
    for row in decay[decay["alert"].astype(bool)].to_dict("records"):
        who = (row["dimension"], row["cohort"], row["customers"], "")
        yield (
            ALERT,
            ENGAGEMENT_LOW,
            *who,
            row["score"],
            row["baseline"],
            np.nan,
            np.nan,
            row.get("p_adjusted", np.nan),
        )


def _row(code: str, one: Compared, chance: float) -> Row:
    who = (one.dimension, one.cohort, one.customers, one.at)
    return (ALERT, code, *who, one.value, one.baseline, one.low, one.high, chance)


def _passed(chances: Sequence[float], rate: float) -> list[bool]:
    """Which chances stay below the rate after the correction for their number."""
    if not chances:
        return []
    return [bool(value <= rate) for value in stats.false_discovery_control(chances, method="bh")]
