"""The lines of the payback picture: which cohorts are drawn, and how far each is observed."""

from __future__ import annotations

import pandas as pd

from clv_ml.language import Words
from clv_ml.reports.cohorts_names import ALL, MONTH, cohort_name
from clv_ml.reports.cohorts_pictures import Curve

_MOST = 4  # lines that are told apart without colour
_LEAST_OBSERVED = 2


def payback_curves(table: pd.DataFrame, channel: str | None, w: Words) -> tuple[list[Curve], bool]:
    """Return at most four lines, and whether they are less the cost of winning a customer.

    Parameters
    ----------
    table
        As :func:`clv_ml.economics.payback.payback_curves` returns it.
    channel
        Which dimension is the channel, where there is one.

    Notes
    -----
    Drawn are the largest channels where the report knows channels, else months spread over the time; small cohorts,
    and those of whom nearly nothing is over yet, are left out. Costs are taken off only where each line has one.
    """
    if table.empty:
        return [], False
    dimension, cohorts = _chosen(table, channel)
    rows = {cohort: _of(table, dimension, cohort) for cohort in cohorts}
    with_cost = all(own["cac"].notna().all() for own in rows.values())
    curves = [_curve(cohort_name(dimension, cohort, w), own, with_cost=with_cost) for cohort, own in rows.items()]
    return curves, with_cost


def _chosen(table: pd.DataFrame, channel: str | None) -> tuple[str, list[str]]:
    for dimension in (channel, MONTH):
        known = table[(table["dimension"] == dimension) & ~table["small"].astype(bool)]
        over = known.groupby("cohort", sort=True)["complete"].sum()
        sizes = known.groupby("cohort", sort=True)["customers"].first()
        names = [str(name) for name in over[over >= (_LEAST_OBSERVED if dimension == MONTH else 0)].index]
        if dimension is not None and len(names) > 1:
            return dimension, _spread(names) if dimension == MONTH else _largest(names, sizes)
    return ALL, [ALL]


def _largest(names: list[str], sizes: pd.Series[int]) -> list[str]:
    ranked = sizes.loc[names].sort_index().sort_values(ascending=False, kind="stable")
    return [str(name) for name in ranked.index[:_MOST]]


def _spread(months: list[str]) -> list[str]:
    """Return the first, the last, and those between at equal steps."""
    if len(months) <= _MOST:
        return months
    return [months[round(step * (len(months) - 1) / (_MOST - 1))] for step in range(_MOST)]


def _of(table: pd.DataFrame, dimension: str, cohort: str) -> pd.DataFrame:
    return table[(table["dimension"] == dimension) & (table["cohort"] == cohort)].sort_values("age_period")


def _curve(name: str, rows: pd.DataFrame, *, with_cost: bool) -> Curve:
    """Make the line of a cohort: it starts where nothing has been earned yet."""
    cost = float(rows["cac"].iloc[0]) if with_cost else 0.0
    seen = int(rows["complete"].astype(bool).sum())

    def line(column: str) -> list[float]:
        return [-cost, *(float(value) - cost for value in rows[column])]

    return Curve(
        name=name,
        days=[0.0, *map(float, rows["age_days"])],
        values=line("expected"),
        observed=seen + 1,
        low=line("low"),
        high=line("high"),
    )
