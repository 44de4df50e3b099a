"""Sections of the cohort page about all customers together: their equity, what moved it, and what if."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clv_ml.language import Words
from clv_ml.reports.cohorts_cells import Ranged, records
from clv_ml.reports.cohorts_facts import CohortFacts, Section
from clv_ml.reports.cohorts_labels import codes
from clv_ml.reports.cohorts_names import ALL, scenario_name
from clv_ml.reports.cohorts_pictures import bars_figure, drawing


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
        pictures.append(drawing(title, drawn, w))
    names = ["step", "customers", "amount"]
    caption = w.say("Customer equity: from then to now")
    by_cohort: list[str | Ranged] = ["dimension", "cohort", "customers", "per_customer"]
    by_cohort.append(("equity", "equity_low", "equity_high"))
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
            [scenario_name(row, w) for row in records(changed)],
            w,
            currency=facts.currency,
            title=title,
        )
        pictures.append(drawing(title, drawn, w))
    names: list[str | Ranged] = ["scenario", "customers", "clv", ("equity", "equity_low", "equity_high"), "change"]
    names.append("change_share")
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
