"""The further sections of the cohort page: differences, engagement, simple formulas, what was observed."""

from __future__ import annotations

import pandas as pd

from clv_ml.language import Words
from clv_ml.reports.cohorts_cells import Ranged, Shown
from clv_ml.reports.cohorts_facts import CohortFacts, Section
from clv_ml.reports.cohorts_names import ALL, dimension_name

_FIRST = (ALL, "start_month")


def differences_section(facts: CohortFacts, w: Words) -> Section:
    """Show which first products, channels or early behaviours go with high value."""
    drivers = facts.table("drivers")
    names: list[str | Ranged] = ["dimension", "cohort", "customers", "outcome", "window_days", "mean", "others_mean"]
    names += [("difference", "low", "high"), "p_adjusted"]
    clear = drivers[drivers["notable"].fillna(False).astype(bool)] if len(drivers) else drivers
    first = facts.shown("drivers", names, w, caption=w.say("Differences beyond chance"), rows=clear)
    every = facts.shown("drivers", [*names, "notable", "small"], w, caption=w.say("All comparisons"))
    lines = [] if first or drivers.empty else [w.say("No difference is beyond what chance explains.")]
    return Section(
        "differences",
        w.say("What goes with value"),
        about=w.say("Groups of customers whose value differs from that of the others."),
        trap=w.say(
            "A difference goes with a group; that the group causes it is not claimed. Among many groups some differ by "
            "chance: the bounds allow for how many were compared, and small groups never win."
        ),
        lines=lines,
        tables=first,
        more=every,
        more_title=w.say("All comparisons"),
    )


def engagement_section(facts: CohortFacts, w: Words) -> Section:
    """Show how cohorts began, and whose engagement falls."""
    return Section(
        "engagement",
        w.say("How customers begin, and whether they tire"),
        about=w.say(
            "Activated: did a first key action within so many days of the start. Returned: was active again in the "
            "first week. Breadth: how many different things were used."
        ),
        trap=w.say("Those who begin well also stay longer; making others begin alike need not make them stay."),
        tables=_engaged(facts, w, first=True),
        more=_engaged(facts, w, first=False),
        more_title=w.say("By other groups"),
    )


def _engaged(facts: CohortFacts, w: Words, *, first: bool) -> list[Shown]:
    """Return the tables of engagement: of everybody and by month of the start first, then of the other groups."""
    who = ["dimension", "cohort", "customers"]
    began = [*who, "activated_24h", "activated_3d", "activated_7d", "returned_7d", "breadth", "observed"]
    marks = [*who, "score_before", "usual_change", "baseline", "score", "change", "alert"]
    shown: list[Shown] = []
    for name, columns, caption in (
        ("engagement", [*began, "later_value", "churn_rate"], w.say("The first days, by cohort")),
        ("decay", marks, w.say("Engagement now against the cohort's own baseline")),
    ):
        table = facts.table(name)
        if len(table):
            rows = table[table["dimension"].isin(_FIRST) == first]
            shown += facts.shown(name, columns, w, caption=caption, rows=rows)
    return shown


def formulas_section(facts: CohortFacts, w: Words) -> Section:
    """Set simple formulas beside the model."""
    inputs = ["order_value", "frequency", "margin", "lifespan_years"]
    names = ["figure", *inputs, "value", "model", "difference", "reason"]
    formulas, windowed = facts.table("formulas"), facts.table("windowed")
    caption = w.say("Simple formulas beside the model")
    simple = facts.shown("formulas", names, w, caption=caption, rows=_of(formulas, ALL))
    others = formulas[(formulas["dimension"] != ALL) & (formulas["figure"] == "simple")] if len(formulas) else formulas
    more = facts.shown(
        "formulas", ["dimension", "cohort", "customers", *names], w, caption=w.say("By cohort"), rows=others
    )
    names = ["window_days", "order_value", "orders", "margin", "value", "expected", "actual", "error", "best"]
    caption = w.say("Value from the last days alone, by window")
    windows = facts.shown("windowed", names, w, caption=caption, rows=_of(windowed, ALL))
    return Section(
        "formulas",
        w.say("A check by simple formulas"),
        about=w.say(
            "Order value times orders times margin times lifespan, and the like, beside the figure of the model."
        ),
        trap=w.say(
            "A simple formula takes every customer for an average one who stays as long as an average one: one-time "
            "buyers and customers who are new make it wrong, and the reason says how."
        ),
        tables=[*simple, *windows],
        more=more,
        more_title=w.say("By cohort"),
    )


def observed_section(facts: CohortFacts, w: Words) -> Section:
    """Show what was observed, by calendar month and by cohort."""
    measures = ["orders", "spend", "order_value", "frequency", "repeat_rate", "gross_margin", "churn_rate"]
    windows = ["churn_30d", "churn_60d", "churn_90d"]
    note = w.say("A month that is not over has no rates: they would look like a fall.")
    names = ["period", "new_customers", "active_customers", *measures, *windows]
    periods = facts.table("periods")
    found = facts.shown("periods", names, w, caption=w.say("By calendar month"), rows=_of(periods, ALL), note=note)
    cohorts = facts.table("cohorts")
    names = ["cohort", "customers", *measures, "churn_per_year", "lifespan_days", "median_days_to_second", "small"]
    for dimension in dict.fromkeys(cohorts["dimension"]) if "dimension" in cohorts.columns else ():
        if dimension != ALL:
            caption = w.say("By {dimension}", dimension=dimension_name(dimension, w))
            rows = cohorts[cohorts["dimension"].isin([dimension])]
            found += facts.shown("cohorts", names, w, caption=caption, rows=rows)
    return Section(
        "observed",
        w.say("What was observed"),
        about=w.say("Counted from the orders, by calendar month and by cohort; refunds are taken off the spend."),
        more=found,
        more_title=w.say("The figures"),
    )


def _of(table: pd.DataFrame, dimension: str) -> pd.DataFrame:
    return table[table["dimension"] == dimension] if len(table) else table
