"""The retention heat map as a table: a row a cohort, a column an age; what is not over for all stands open."""

from __future__ import annotations

import math

import pandas as pd

from clv_ml.language import Words
from clv_ml.reports.cohorts_cells import Cell, Head, Shown, share_text
from clv_ml.reports.cohorts_names import MONTH, cohort_name, marked_name

OPEN = "…"
_SHADES = 7
_MOST_AGES = 24


def heat_map(retention: pd.DataFrame, w: Words, *, dimension: str = MONTH) -> Shown | None:
    """Return the share of each cohort who bought at each age, with a shade by its size; None without any.

    Parameters
    ----------
    retention
        dimension, cohort, age_period, customers, rate, complete, in long form. The age of the first purchase itself,
        at which everybody has bought, is left out of the shades.
    dimension
        Whose cohorts are shown.

    Notes
    -----
    An age that is not over for all of a cohort is open, whatever its rate: a share of those who happen to be older
    would look like a fall. Shades are steps between nothing and the largest complete share, so that the picture reads
    alike in grey.
    """
    rows = retention[retention["dimension"] == dimension]
    if rows.empty:
        return None
    ages = [int(age) for age in sorted(rows["age_period"].unique()) if age <= _MOST_AGES]
    whole = rows[rows["complete"].astype(bool) & (rows["age_period"] > 0)]
    top = float(whole["rate"].max()) if len(whole) else 0.0
    heads = [Head(w.say("Cohort")), Head(w.say("Customers"), "num")]
    heads += [Head(w.number(age, 0)) for age in ages]
    lines = []
    no = pd.Series([False])
    for cohort, own in rows.groupby("cohort", sort=True):
        by_age = own.set_index("age_period")
        line = [
            Cell(marked_name(cohort_name(dimension, cohort, w), w, small=bool(own.get("small", no).iloc[0]))),
            Cell(w.number(own["customers"].iloc[0], 0), "size"),
        ]
        for age in ages:
            complete = age in by_age.index and bool(by_age["complete"].get(age))
            rate = float(by_age["rate"].loc[age]) if complete else math.nan
            if not complete:
                line.append(Cell(OPEN if age in by_age.index else "", "open" if age in by_age.index else ""))
            else:
                line.append(Cell(share_text(rate, w), f"heat-{_shade(rate, top)}" if age > 0 else ""))
        lines.append(line)
    return Shown(
        w.say("Share of each cohort who bought, by steps of 30 days since the first purchase"), heads, lines, "heat"
    )


def _shade(rate: float, top: float) -> int:
    if not math.isfinite(rate) or top <= 0:
        return 0
    return min(int(_SHADES * rate / top), _SHADES - 1)
