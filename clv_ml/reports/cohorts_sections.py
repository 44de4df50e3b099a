"""The main sections of the cohort page: retention, payback, forecasts, costs, equity, scenarios."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from clv_ml.language import Words
from clv_ml.reports.cohorts_cells import Shown
from clv_ml.reports.cohorts_curves import payback_curves
from clv_ml.reports.cohorts_facts import CohortFacts, Drawing, Section
from clv_ml.reports.cohorts_heat import heat_map
from clv_ml.reports.cohorts_labels import codes
from clv_ml.reports.cohorts_names import ALL, MONTH, cohort_name, dimension_name
from clv_ml.reports.cohorts_pictures import bars_figure, payback_figure, predicted_figure, rendered
from clv_ml.reports.explain import picture

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
    curves, with_cost = payback_curves(facts, w)
    title = w.say("Profit less the cost of winning a customer, per customer, by age")
    title = title if with_cost else w.say("Profit per customer by age")
    pictures = []
    if curves:
        drawn = payback_figure(curves, w, currency=facts.currency, title=title, with_cost=with_cost)
        pictures.append(_drawing(title, drawn, w))
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
    if predicted.empty:
        return Section("predicted", "")
    over = predicted["complete"].astype(bool)
    pictures = [drawn for rows in (predicted[over], predicted[~over]) for drawn in _forecasts(rows, facts, w)]
    names = ["dimension", "cohort", "customers", "made_on", "until"]
    names += ["per_customer", "per_customer_low", "per_customer_high", "actual_per_customer", "inside"]
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
        trap=w.say("A cohort without a dot is not over yet: nothing has gone wrong with it."),
        lines=[hits] if len(judged) else [],
        pictures=pictures,
        more=facts.shown("predicted", names, w, caption=w.say("Expected and actual value per customer")),
        more_title=w.say("The figures"),
    )


def _forecasts(rows: pd.DataFrame, facts: CohortFacts, w: Words) -> list[Drawing]:
    """Draw one forecast by its first dimensions; those with a single cohort tell nothing of differences."""
    pictures = []
    for name in [name for name in _dimensions(rows) if name != ALL][:_MOST_DIMENSIONS]:
        drawn = rows[rows["dimension"] == name].tail(_MOST_DRAWN)
        title = w.say(
            "Expected of a customer from {start} to {end}, by {dimension}",
            start=w.date(drawn["made_on"].iloc[0]),
            end=w.date(drawn["until"].iloc[0]),
            dimension=dimension_name(name, w),
        )
        names = [cohort_name(name, cohort, w) for cohort in drawn["cohort"]]
        pictures.append(_drawing(title, predicted_figure(drawn, names, w, currency=facts.currency, title=title), w))
    return pictures


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
    steps = bridge_steps(bridge)
    if len(steps):
        inner, named = steps.iloc[1:-1], codes(w)["step"]
        title = w.say("What changed customer equity since {date}", date=w.date(bridge["from_day"].iloc[0]))
        drawn = bars_figure(
            inner["amount"].astype(float).tolist(),
            [named[step] for step in inner["step"]],
            w,
            currency=facts.currency,
            title=title,
        )
        pictures.append(_drawing(title, drawn, w))
    names = ["step", "customers", "amount"]
    caption = w.say("Customer equity: from then to now")
    by_cohort = ["dimension", "cohort", "customers", "per_customer", "equity", "equity_low", "equity_high"]
    by_cohort += ["retention_cost", "equity_after_retention", "acquisition_cost"]
    return Section(
        "equity",
        w.say("What all customers are worth together"),
        about=w.say(
            "Customer equity is the sum of the expected value of every customer. The parts add up to the cent."
        ),
        trap=w.say(
            "It is a forecast, not money in the bank. Each week of silence takes some value (“fell silent”) and each "
            "purchase brings some back (“came back”): both are large, and their sum tells."
        ),
        pictures=pictures,
        tables=facts.shown("bridge", names, w, caption=caption, rows=steps) if len(steps) else [],
        more=facts.shown("equity", by_cohort, w, caption=w.say("Customer equity by cohort")),
        more_title=w.say("By cohort"),
    )


def bridge_steps(bridge: pd.DataFrame) -> pd.DataFrame:
    """Return the parts of the change of equity of all customers, a row a part: step, customers, amount."""
    if bridge.empty:
        return bridge
    row = bridge[bridge["dimension"] == ALL].iloc[0]
    counts = {"start": "customers_start", "new": "customers_new", "end": "customers_end"}
    return pd.DataFrame(
        [
            {"step": step, "customers": row[counts[step]] if step in counts else None, "amount": row[step]}
            for step in ("start", "new", "kept", "lost", "value_per_customer", "end")
        ]
    )


def scenarios_section(facts: CohortFacts, w: Words) -> Section:
    """Show what customer equity would be under each scenario."""
    table = facts.table("scenarios")
    whole = table[(table["dimension"] == ALL)] if "dimension" in table.columns else table
    pictures = []
    if len(whole):
        changed = whole[whole["change"].notna()]
        title = w.say("Change of customer equity under each scenario")
        drawn = bars_figure(
            np.asarray(changed["change"], dtype=float).tolist(),
            [w.text(name) for name in changed["scenario"]],
            w,
            currency=facts.currency,
            title=title,
        )
        pictures.append(_drawing(title, drawn, w))
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


def _drawing(title: str, figure: Figure, w: Words) -> Drawing:
    found = picture(rendered(figure, w))
    assert found is not None
    return Drawing(title, found)
