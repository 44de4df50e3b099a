"""Sections of the cohort page about what cohorts do: retention, payback, cost, forecasts."""

from __future__ import annotations

import pandas as pd

from clv_ml.language import Words
from clv_ml.reports.cohorts_cells import Ranged, Shown, ratio_text
from clv_ml.reports.cohorts_curves import payback_curves
from clv_ml.reports.cohorts_facts import CohortFacts, Drawing, Section
from clv_ml.reports.cohorts_heat import heat_map
from clv_ml.reports.cohorts_names import ALL, MONTH, cohort_name, dimension_name
from clv_ml.reports.cohorts_pictures import drawing, payback_figure, predicted_figure

_MOST_DRAWN = 24
_MOST_DIMENSIONS = 2


def retention_section(facts: CohortFacts, w: Words) -> Section:
    """Show who came back, cohort by cohort."""
    retention = facts.table("retention")
    others = [name for name in _dimensions(retention) if name != MONTH]
    return Section(
        "retention",
        w.say("Who comes back"),
        about=w.say(
            "Of the customers who first bought in a month, the share who bought again in each step of 30 days after "
            "their own first purchase."
        ),
        trap=w.say(
            "Hatched cells are open: not all of the cohort is that old yet. An open cell is no fall. A share of a "
            "month counts who bought in that month, so that a customer who pauses is counted again later."
        ),
        tables=_there([heat_map(retention, w)] if len(retention) else []),
        more=_there([heat_map(retention, w, dimension=name) for name in others]),
        more_title=w.say("By other groups"),
    )


def payback_section(facts: CohortFacts, w: Words) -> Section:
    """Show from which age on cohorts have earned back what winning them cost."""
    curves, with_cost = payback_curves(facts.table("payback"), facts.channel, w)
    title = w.say("Profit less the cost of winning a customer, per customer, by age")
    title = title if with_cost else w.say("Profit per customer by age")
    pictures = []
    if curves:
        drawn = payback_figure(curves, w, currency=facts.currency, title=title, with_cost=with_cost)
        pictures.append(drawing(title, drawn, w))
    trap = w.say(
        "Full lines are observed and end where the first customer of the cohort is too young; dotted lines are "
        "projected, with their range. A group that still wins customers has no full line."
    )
    if not with_cost:
        trap = w.say("No cost of winning a customer is given: the lines show profit alone.") + " " + trap
    names: list[str | Ranged] = ["dimension", "cohort", "age_days", "customers", "observed", ("share", "low", "high")]
    breakeven = facts.table("breakeven")
    told = [name for name in (ALL, facts.channel) if name is not None]
    rows = breakeven[breakeven["dimension"].isin(told)] if len(breakeven) else breakeven
    caption = w.say("Share of customers who have paid back, by age")
    table = facts.shown("breakeven", names, w, caption=caption, rows=rows)
    return Section(
        "payback",
        w.say("When customers pay back"),
        about=w.say(
            "What a customer has brought on average since the first purchase, less what winning the customer cost. "
            "Where a line crosses zero, the cohort has paid back."
        ),
        trap=trap,
        pictures=pictures,
        more=table,
        more_title=w.say("Share of customers who have paid back"),
    )


def predicted_section(facts: CohortFacts, w: Words) -> Section:
    """Set what was expected of each cohort beside what happened."""
    predicted = facts.table("predicted")
    if predicted.empty:
        return Section("predicted", "")
    over = predicted["complete"].astype(bool)
    pictures = [drawn for rows in (predicted[over], predicted[~over]) for drawn in _forecasts(rows, facts, w)]
    names: list[str | Ranged] = ["dimension", "cohort", "customers", "made_on", "until"]
    names += [("per_customer", "per_customer_low", "per_customer_high"), "actual_per_customer", "inside"]
    judged = predicted[over & (predicted["cohort"] != ALL)]
    hits = w.say(
        "{inside} of {known} cohorts whose time is over brought what the range said.",
        inside=w.number(int(judged["inside"].sum()), 0),
        known=w.number(len(judged), 0),
    )
    return Section(
        "predicted",
        w.say("Expected against what happened"),
        about=w.say(
            "The value that the model expects of a customer of each cohort, with the range that holds the truth "
            "nineteen times of twenty if the model is right, and what customers brought where the time is over."
        ),
        trap=w.say(
            "A cohort without a dot is not over yet: nothing has gone wrong with it. Small cohorts are in the table "
            "only."
        ),
        lines=[hits] if len(judged) else [],
        pictures=pictures,
        more=facts.shown("predicted", names, w, caption=w.say("Expected and actual value per customer")),
        more_title=w.say("The figures"),
    )


def _forecasts(rows: pd.DataFrame, facts: CohortFacts, w: Words) -> list[Drawing]:
    """Draw one forecast by its first dimensions; those with a single cohort tell nothing of differences."""
    pictures = []
    for name in [name for name in _dimensions(rows) if name != ALL][:_MOST_DIMENSIONS]:
        # the range of a few customers would be wider than all others together
        drawn = rows[(rows["dimension"] == name) & ~rows["small"].astype(bool)].tail(_MOST_DRAWN)
        if drawn.empty:
            continue
        title = w.say(
            "Expected of a customer from {start} to {end}, by {dimension}",
            start=w.date(drawn["made_on"].iloc[0]),
            end=w.date(drawn["until"].iloc[0]),
            dimension=dimension_name(name, w),
        )
        names = [cohort_name(name, cohort, w) for cohort in drawn["cohort"]]
        pictures.append(drawing(title, predicted_figure(drawn, names, w, currency=facts.currency, title=title), w))
    return pictures


def acquisition_section(facts: CohortFacts, w: Words) -> Section:
    """Set the value of customers against the cost of winning them, by channel."""
    table = facts.table("acquisition")
    if table.empty:
        return Section("acquisition", "")
    first = [name for name in (ALL, facts.channel) if name is not None]
    rows, others = table[table["dimension"].isin(first)], table[~table["dimension"].isin(first)]
    names: list[str | Ranged] = ["cohort", "customers", ("ltv", "ltv_low", "ltv_high"), "cac"]
    names += [("ratio", "ratio_low", "ratio_high"), "verdict", "allowable_cac"]
    names += [("payback_day", "payback_low", "payback_high"), "payback_status"]
    days = w.days(table["horizon_days"].iloc[0])
    return Section(
        "acquisition",
        w.say("What customers may cost"),
        about=w.say(
            "The profit of a customer in the first {days} after the first purchase, what has happened and what is "
            "expected, against the cost of winning one. The target is {target}; to reach it, a customer may cost at "
            "most what the table says.",
            days=days,
            target=ratio_text(table["target"].iloc[0], w),
        ),
        trap=w.say(
            "The cost is an average: the next customer of a channel may cost more, and some of its customers would "
            "have come anyway. Only an experiment tells what a channel itself brings."
        ),
        tables=facts.shown("acquisition", names, w, caption=w.say("Value and cost by channel"), rows=rows),
        more=facts.shown("acquisition", ["dimension", *names], w, caption=w.say("By cohort"), rows=others),
        more_title=w.say("By other groups"),
    )


def _dimensions(table: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(table["dimension"])) if "dimension" in table.columns else []


def _there(tables: list[Shown | None]) -> list[Shown]:
    return [table for table in tables if table is not None]
