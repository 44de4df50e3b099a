"""What stands above the list: money, how many, whom first, how right the last list was, what is assumed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from clv_ml.language import Words
from clv_ml.reports.page_labels import labels, sentence
from clv_ml.reports.page_layout import Layout
from clv_ml.reports.wording import is_missing, number, plain


def to_contact(listed: pd.DataFrame) -> pd.Series[bool]:
    """Tell the rows to contact; without any status, all of them."""
    if "action_status" not in listed.columns or listed["action_status"].isna().all():
        return pd.Series(True, index=listed.index)
    return listed["action_status"].astype(str) == "contact"


def figures(listed: pd.DataFrame, summary: Mapping[str, Any], layout: Layout, w: Words) -> list[dict[str, str]]:
    """Return the figures at the top: label, value, note."""
    contact = to_contact(listed)
    told = []
    total = number(summary.get("value_at_risk"))
    if "value_at_risk" in layout.available and layout.one_currency:
        amounts = pd.to_numeric(listed["value_at_risk"], errors="coerce")
        total = float(amounts.sum()) if total is None else total
        reach = w.money(float(amounts[contact].sum()), layout.currency)
        note = w.say("{amount} of it with the customers to contact", amount=reach)
    else:
        note = ""
    if total is not None:
        told.append(_figure(w.say("Money at risk"), w.money(total, layout.currency), note))
    chosen = number(summary.get("chosen_n"))
    chosen = float(contact.sum()) if chosen is None else chosen
    told.append(_figure(w.say("Customers to contact"), w.number(chosen, 0), _contact_note(listed, summary, w)))
    profit = number(summary.get("expected_profit"))
    if profit is not None and layout.one_currency:
        note = w.say("from contacting them, if what is assumed holds")
        told.append(_figure(w.say("Expected profit of this list"), w.money(profit, layout.currency), note))
    best = number(summary.get("best_n"))
    if best is not None:
        note = w.say("contacts; beyond them a contact costs more than it brings")
        told.append(_figure(w.say("Best number"), w.number(best, 0), note))
    return told


def _figure(label: str, value: str, note: str) -> dict[str, str]:
    return {"label": label, "value": value, "note": note}


def _contact_note(listed: pd.DataFrame, summary: Mapping[str, Any], w: Words) -> str:
    new, before = number(summary.get("new_on_list")), summary.get("previous_as_of")
    if new is not None and not is_missing(before):
        return w.say("{new} of them new since {date}", new=w.number(new, 0), date=w.date(before))
    scored = number(summary.get("customers_scored"))
    return w.say("of {number} looked at", number=w.number(len(listed) if scored is None else scored, 0))


def notes(
    listed: pd.DataFrame,
    summary: Mapping[str, Any],
    last_list: Mapping[str, Any] | None,
    layout: Layout,
    w: Words,
) -> list[dict[str, str]]:
    """Return what to know before trusting the list: label and sentence."""
    told = [{"label": w.say("How right the last list was"), "value": last_list_words(last_list, w)}]
    assumed = summary.get("assumptions")
    if isinstance(assumed, Mapping):
        told.append({"label": w.say("What is assumed"), "value": _assumed(assumed, layout.currency, w)})
    alone = _left_alone(listed, summary, w)
    if alone:
        told.append({"label": w.say("Who is left alone"), "value": alone})
    return told


def last_list_words(last_list: Mapping[str, Any] | None, w: Words) -> str:
    """Say in plain words how right an earlier list was, whatever the answer."""
    if last_list is None:
        return w.say("Not known yet: no earlier list is old enough to be judged.")
    actual, expected = number(last_list.get("actual_leavers")) or 0.0, number(last_list.get("expected_leavers")) or 0.0
    values = {
        "customers": w.number(last_list.get("customers"), 0),
        "date": w.date(last_list.get("as_of")),
        "expected": w.number(expected, 0),
        "actual": w.number(actual, 0),
        "days": w.days(last_list.get("horizon_days")),
    }
    told = [
        w.say(
            "Of {customers} customers on the list of {date}, {expected} were expected to buy nothing within {days}; "
            "{actual} bought nothing.",
            **values,
        )
    ]
    band = {"low": w.number(last_list.get("low"), 0), "high": w.number(last_list.get("high"), 0)}
    if last_list.get("inside"):
        told.append(w.say("That is within what chance allows ({low} to {high}).", **band))
    elif actual > expected:
        told.append(w.say("That is more than chance explains ({low} to {high}): the risks were told too low.", **band))
    else:
        told.append(w.say("That is less than chance explains ({low} to {high}): the risks were told too high.", **band))
    top, hits = number(last_list.get("top_customers")), number(last_list.get("top_hits"))
    if top and hits is not None:
        told.append(w.say("Of the first {top}, {hits} left.", top=w.number(top, 0), hits=w.number(hits, 0)))
    return " ".join(told)


def _assumed(assumed: Mapping[str, Any], currency: str, w: Words) -> str:
    told = []
    if number(assumed.get("save_rate")) is not None:
        told.append(
            w.say("A contact keeps {share} of those about to leave.", share=w.percent(assumed.get("save_rate")))
        )
    costs = {"contact": number(assumed.get("contact_cost")), "offer": number(assumed.get("offer_cost"))}
    if costs["contact"] is not None:
        told.append(w.say("A contact costs {amount}.", amount=w.money(costs["contact"], currency)))
    if costs["offer"]:
        told.append(
            w.say(
                "An offer costs {amount}; {share} of those who would have stayed take it too.",
                amount=w.money(costs["offer"], currency),
                share=w.percent(assumed.get("take_up")),
            )
        )
    if number(assumed.get("segments")):
        told.append(w.say("Some groups of customers have figures of their own."))
    told.append(w.say("These are assumptions, not measurements: a campaign with a control group measures them."))
    return " ".join(told)


def _left_alone(listed: pd.DataFrame, summary: Mapping[str, Any], w: Words) -> str:
    told = []
    controls = number(summary.get("controls"))
    if controls is None and "action_status" in listed:
        controls = float((listed["action_status"] == "control").sum())
    if controls:
        told.append(
            w.counted(
                "Control group: {n} customer who would have been contacted, to see what contacts change.",
                "Control group: {n} customers who would have been contacted, to see what contacts change.",
                controls,
            )
        )
    excluded = summary.get("excluded")
    if isinstance(excluded, Mapping):
        known = labels(w)["exclusion_reason"]
        counts = [(plain(reason), number(n)) for reason, n in excluded.items()]
        parts = [f"{known.get(reason) or sentence(reason)} ({w.number(n, 0)})" for reason, n in counts if reason and n]
        if parts:
            told.append(w.say("Excluded: {reasons}.", reasons=" · ".join(parts)))
    return " ".join(told)
