"""The main sections of the cohort page: retention, payback, forecasts, costs, equity, scenarios."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from clv_ml.language import Words
from clv_ml.reports.cohorts_cells import Shown
from clv_ml.reports.cohorts_curves import payback_curves
from clv_ml.reports.cohorts_facts import CohortFacts, Section
from clv_ml.reports.cohorts_heat import heat_map
from clv_ml.reports.cohorts_labels import codes
from clv_ml.reports.cohorts_names import ALL, MONTH, cohort_name, dimension_name
from clv_ml.reports.cohorts_pictures import bars_figure, payback_figure, predicted_figure, rendered
from clv_ml.reports.explain import Picture, picture

_MOST_DRAWN = 24


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
    curves, with_cost = payback_curves(facts, w)
    pictures = [_picture(payback_figure(curves, w, currency=facts.currency, with_cost=with_cost), w)] if curves else []
    trap = w.say(
        "Full lines are observed and end where the first customer of the cohort is too young; dotted lines are "
        "projected, with their range where it is known."
    )
    if not with_cost:
        trap = w.say("No cost of winning a customer is given: the lines show profit alone.") + " " + trap
    names = ["dimension", "cohort", "age_period", "customers", "share", "low", "high", "observed"]
    table = facts.shown("breakeven", names, w, caption=w.say("Share of customers who have paid back, by age"))
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
    drawn = []
    for name in [n for n in _dimensions(predicted) if n != ALL][:2] if len(predicted) else []:
        rows = predicted[predicted["dimension"] == name].head(_MOST_DRAWN)
        names = [cohort_name(name, cohort, w) for cohort in rows["cohort"]]
        title = w.say("Expected value per customer, by {dimension}", dimension=dimension_name(name, w))
        drawn.append(_picture(predicted_figure(rows, names, w, currency=facts.currency, title=title), w))
    names = ["dimension", "cohort", "customers", "clv", "low", "high", "actual"]
    table = facts.shown("predicted", names, w, caption=w.say("Expected and actual value per customer"))
    return Section(
        "predicted",
        w.say("Expected against what happened"),
        about=w.say(
            "The value that the model expects of a customer of each cohort, with the range that holds the truth nine "
            "times of ten, and what customers brought where the time is over."
        ),
        trap=w.say("A cohort without a dot is not over yet: nothing has gone wrong with it."),
        pictures=drawn,
        more=table,
        more_title=w.say("The figures"),
    )


def acquisition_section(facts: CohortFacts, w: Words) -> Section:
    """Set the value of customers against the cost of winning them, by channel."""
    names = ["cohort", "customers", "clv", "cac", "ratio", "ratio_low", "ratio_high", "allowable_cac"]
    names += ["payback_day", "payback_low", "payback_high", "payback_status"]
    table = facts.shown("acquisition", names, w, caption=w.say("Value and cost by channel"))
    target = facts.conventions.get("ltv_cac_target")
    return Section(
        "acquisition",
        w.say("What customers may cost"),
        about=w.say(
            "Value to cost: what a customer brings for each unit of money spent on winning one. At the target of "
            "{target} a customer may cost at most what the last columns say.",
            target=w.say("{number} to 1", number=w.number(target)),
        ),
        trap=w.say(
            "A channel whose range reaches below the target may be below it. A cheap channel need not stay cheap when "
            "more is spent on it."
        ),
        tables=table,
    )


def equity_section(facts: CohortFacts, w: Words) -> Section:
    """Show what all customers are worth, and where the change came from."""
    bridge, pictures = facts.table("bridge"), []
    if len(bridge):
        steps = bridge[~bridge["step"].isin(["start", "end"])]
        named = codes(w)["step"]
        title = w.say("What changed customer equity")
        drawn = bars_figure(
            steps["amount"].astype(float).tolist(),
            [named.get(step, step) for step in steps["step"]],
            w,
            currency=facts.currency,
            title=title,
        )
        pictures.append(_picture(drawn, w))
    names = ["step", "customers", "amount"]
    table = facts.shown("bridge", names, w, caption=w.say("Customer equity: from then to now"))
    return Section(
        "equity",
        w.say("What all customers are worth together"),
        about=w.say(
            "Customer equity is the sum of the expected value of every customer. The parts add up to the cent."
        ),
        trap=w.say(
            "It is a forecast, not money in the bank: “lost” are customers whose expected value fell because they "
            "stayed away, and some of them will be back."
        ),
        pictures=pictures,
        tables=table,
    )


def scenarios_section(facts: CohortFacts, w: Words) -> Section:
    """Show what customer equity would be under each scenario."""
    table = facts.table("scenarios")
    whole = table[(table["dimension"] == ALL)] if "dimension" in table.columns else table
    pictures = []
    if len(whole):
        changed = whole[whole["change"].notna()]
        drawn = bars_figure(
            np.asarray(changed["change"], dtype=float).tolist(),
            [w.text(name) for name in changed["scenario"]],
            w,
            currency=facts.currency,
            title=w.say("Change of customer equity under each scenario"),
        )
        pictures.append(_picture(drawn, w))
    names = ["scenario", "customers", "clv", "equity", "change"]
    shown = facts.shown("scenarios", names, w, caption=w.say("Scenarios"), rows=whole)
    rest = table[table["dimension"] != ALL] if "dimension" in table.columns else table.head(0)
    names[1:1] = ["dimension", "cohort"]
    by_cohort = facts.shown("scenarios", names, w, caption=w.say("By cohort"), rows=rest)
    return Section(
        "scenarios",
        w.say("What if"),
        about=w.say("What all customers would be worth together if the world were different in one way."),
        trap=w.say(
            "A scenario is arithmetic, not a forecast of what an action does: whether churn can be made to fall is for "
            "a campaign with a control group to tell."
        ),
        pictures=pictures,
        tables=shown,
        more=by_cohort,
        more_title=w.say("By cohort"),
    )


def _dimensions(table: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(table["dimension"])) if "dimension" in table.columns else []


def _there(tables: list[Shown | None]) -> list[Shown]:
    return [table for table in tables if table is not None]


def _picture(figure: Figure, w: Words) -> Picture:
    found = picture(rendered(figure, w))
    assert found is not None
    return found
