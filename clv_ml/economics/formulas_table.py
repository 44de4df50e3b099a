"""The simple formulas beside the model's figure, and why they differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import pandas as pd

from clv_ml.economics.customers import CohortFrames, day_number, whole_days
from clv_ml.economics.formulas import lifespan, simple_value, subscription_value, value_within
from clv_ml.economics.observed import YEAR, observed_cohorts, ratio
from clv_ml.economics.retention_counts import Floats, Grouped, grouped
from clv_ml.economics.windowed import windowed_values

_MONTH_DAYS = 30
_STEPS = ("horizon", "timing", "gone", "model")


def formula_table(
    frames: CohortFrames, model_values: Mapping[int, pd.Series], *, horizon_days: int, judged_days: int = 90
) -> pd.DataFrame:
    """Put the simple formulas beside the expected value of the model, with the reason of the difference.

    Parameters
    ----------
    model_values
        Expected value of each customer by customer_id, in currency, by horizon in days: `horizon_days`, and the windows
        of the config where their formulas are to have a counterpart.
    horizon_days
        Horizon of the model's figure.

    Returns
    -------
    pandas.DataFrame
        One row a cohort and figure, in currency a customer:

        dimension, cohort, customers, small, figure
            ``simple``: order value x orders a year x margin x lifespan, of the customers who bought in the last
            `churn_days` (see :func:`clv_ml.economics.observed.observed_cohorts`). ``subscription``: what a customer who
            bought in the last 30 days pays a month x 12 x years, with the lifespan of 30-day churn. ``windowed_Wd``:
            order value x purchases x margin of the last W days.
        order_value, frequency, margin, lifespan_years
            What it is computed from; frequency in orders a year (payments a year; orders in the window).
        value, model, difference
            The formula, the mean of the model over the cohort for the same horizon where it has one, and
            ``model - value``.
        due_horizon, due_timing, due_gone, due_model
            Parts of the difference, which they sum up to. Horizon: the formula counts a whole lifespan, the model its
            horizon. Timing: customers leave and money is discounted within the horizon too (constant churn, Gupta &
            Lehmann 2003). Gone: the formula is of customers who bought lately, the model of all of the cohort. Model:
            what is left; customers differ, and the model knows it; it takes off the cost of an order, too.
        reason
            The largest part; ``nobody_lost`` and ``too_young`` where the formula has no lifespan, ``no_model`` where
            the model has no figure, ``looks_back`` for a window: it repeats the past, the model looks ahead.
    """
    windows = windowed_values(frames, horizon_days=judged_days)
    cohorts = observed_cohorts(frames, horizons_days=(_MONTH_DAYS,), eligible_days=_MONTH_DAYS)
    # by position, once: to look up a million ids for each dimension takes longer than all the rest
    told = {days: values.reindex(frames.members.index).to_numpy(float) for days, values in model_values.items()}
    parts = []
    for dimension in frames.every_dimension:
        group = grouped(frames, dimension)
        facts = cohorts[cohorts["dimension"] == dimension]
        length = int(facts["churn_days"].iloc[0])
        yearly, monthly = facts["churn_rate"].to_numpy(float), facts["churn_30d"].to_numpy(float)
        model = _means(group, told.get(horizon_days))
        for figure, days, churn in (("simple", length, yearly), ("subscription", _MONTH_DAYS, monthly)):
            parts.append(_lifetimes(frames, group, figure, days, churn, model, horizon_days))
        parts += [_windowed(group, windows, days, _means(group, told.get(days))) for days in frames.cohorts.window_days]
    return pd.concat(parts, ignore_index=True)


def _lifetimes(
    frames: CohortFrames, group: Grouped, figure: str, days: int, churn: Floats, model: Floats, horizon_days: int
) -> pd.DataFrame:
    """Compute a formula with a lifespan, and follow it step by step to the model's figure."""
    orders, cents, cost, active = _recent(frames, group, days)
    years, rate = horizon_days / YEAR, frames.value.annual_discount_rate
    table = group.keys().assign(figure=figure)
    table["order_value"] = ratio(cents, orders) / 100.0
    table["frequency"] = ratio(orders, active) * (YEAR / days)
    table["margin"] = ratio(cents - cost, cents)
    table["lifespan_years"] = [lifespan(share) * days / YEAR for share in churn]
    rows = []
    for row, share, there, told in zip(
        table.to_dict("records"), churn, ratio(active, group.customers), model, strict=True
    ):
        annual = row["order_value"] * row["frequency"] * row["margin"]
        life = row["lifespan_years"]
        value = (
            simple_value(
                order_value=row["order_value"], frequency=row["frequency"], margin=row["margin"], lifespan=life
            )
            if figure == "simple"
            else subscription_value(price=annual / 12.0, periods_per_year=12.0, years=life)
        )
        capped = annual * min(life, years)
        gone_in_a_year = 1.0 - (1.0 - share) ** (YEAR / days)
        within = (
            value_within(annual, churn=gone_in_a_year, years=years, discount=rate) if np.isfinite(share) else np.nan
        )
        steps = np.diff([value, capped, within, within * there, told])
        rows.append({"value": value, "model": told, "difference": told - value, **_told(steps, share)})
    return table.join(pd.DataFrame(rows, index=table.index))


def _told(steps: Floats, churn: float) -> dict[str, object]:
    found: dict[str, object] = {f"due_{name}": float(step) for name, step in zip(_STEPS, steps, strict=True)}
    if not np.isfinite(churn):
        return found | {"reason": "too_young"}
    if churn == 0.0:
        return found | {"reason": "nobody_lost"}
    if not np.isfinite(steps).all():
        return found | {"reason": "no_model"}
    return found | {"reason": _STEPS[int(np.argmax(np.abs(steps)))]}


def _windowed(group: Grouped, windows: pd.DataFrame, days: int, model: Floats) -> pd.DataFrame:
    rows = windows[(windows["dimension"] == group.dimension) & (windows["window_days"] == days)]
    value = rows["value"].to_numpy(float)
    known = np.isfinite(model)
    return group.keys().assign(
        figure=f"windowed_{days}d",
        order_value=rows["order_value"].to_numpy(float),
        frequency=rows["orders"].to_numpy(float),
        margin=rows["margin"].to_numpy(float),
        lifespan_years=np.nan,
        value=value,
        model=model,
        difference=model - value,
        due_horizon=np.where(known, 0.0, np.nan),
        due_timing=np.where(known, 0.0, np.nan),
        due_gone=np.where(known, 0.0, np.nan),
        due_model=model - value,
        reason=np.where(known, "looks_back", "no_model"),
    )


def _recent(frames: CohortFrames, group: Grouped, days: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return orders, cents and cost of the last days, and the customers who bought in them, by cohort."""
    first = frames.known_to - dt.timedelta(days=days)
    inside = whole_days(frames.purchase_days["day"]) > day_number(first)
    cohort, width = group.number[frames.person[inside]], len(group.names)
    columns = (frames.purchase_days[name].to_numpy(float)[inside] for name in ("orders", "cents", "cost_cents"))
    orders, cents, cost = (np.bincount(cohort, weights=part, minlength=width).astype(float) for part in columns)
    active = np.bincount(group.number[np.unique(frames.person[inside])], minlength=width)
    return orders, cents, cost, active.astype(float)


def _means(group: Grouped, values: Floats | None) -> Floats:
    if values is None:
        return np.full(len(group.names), np.nan)
    return ratio(np.bincount(group.number, weights=values, minlength=len(group.names)), group.customers)
