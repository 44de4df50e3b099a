"""The second sheet of the workbook: what the list is, what it assumes, what its words mean, and how to hand it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from clv_ml.language import Words


def about_rows(
    listed: pd.DataFrame, shown: int, words: Words, conventions: Mapping[str, Any], *, full_list: str
) -> list[tuple[str, str]]:
    """Return the lines of the sheet, label and text; a heading has no text.

    Parameters
    ----------
    listed
        The whole list, those in control, excluded and beyond capacity included.
    shown
        How many of those to contact the first sheet holds.
    """
    rows = [(words.say("About this list"), "")]
    rows += _counts(listed, shown, words, full_list)
    if len(listed):
        rows += [(words.say("What is assumed"), ""), *_assumptions(listed, words, conventions)]
    rows += [(words.say("What the columns mean"), ""), *_meanings(words, conventions)]
    return [*rows, (words.say("How to fill it in"), ""), *_filling(words)]


def _counts(listed: pd.DataFrame, shown: int, words: Words, full_list: str) -> list[tuple[str, str]]:
    status = listed["action_status"].value_counts()
    contacts = int(status.get("contact", 0))
    customers = words.counted("{n} customer", "{n} customers", contacts)
    if shown < contacts:
        customers = words.say(
            "{contacts}. This workbook holds the first {shown}; the full list is in {file}.",
            contacts=customers,
            shown=words.number(shown, 0),
            file=full_list,
        )
    rows = [(words.say("To contact"), customers)]
    if len(listed):
        first = listed.iloc[0]
        rows[:0] = [
            (words.say("As of"), words.date(first["as_of"])),
            (words.say("Valid until"), words.date(first["valid_until"])),
        ]
        rows.append((words.say("List number"), str(first["refresh_id"])))
    count = {name: int(status.get(name, 0)) for name in ("control", "over_capacity", "not_profitable", "excluded")}
    others = {
        "control": words.counted(
            "{n} customer would have been contacted and is left alone on purpose, to see what a contact changes. "
            "Do not contact; not in this workbook.",
            "{n} customers would have been contacted and are left alone on purpose, to see what a contact changes. "
            "Do not contact them; they are not in this workbook.",
            count["control"],
        ),
        "over_capacity": words.counted(
            "{n} customer would pay for a contact as well, but there is no room this time.",
            "{n} customers would pay for a contact as well, but there is no room for them this time.",
            count["over_capacity"],
        ),
        "not_profitable": words.counted(
            "{n} customer is left out because a contact would cost more than it can earn.",
            "{n} customers are left out because a contact would cost more than it can earn.",
            count["not_profitable"],
        ),
        "excluded": words.counted(
            "{n} customer is left out by the rules, such as for want of consent.",
            "{n} customers are left out by the rules, such as those without consent.",
            count["excluded"],
        ),
    }
    headings = {
        "control": words.say("Control group"),
        "over_capacity": words.say("Beyond capacity"),
        "not_profitable": words.say("Not worth a contact"),
        "excluded": words.say("Excluded"),
    }
    return rows + [(headings[name], text) for name, text in others.items() if count[name]]


def _assumptions(listed: pd.DataFrame, words: Words, conventions: Mapping[str, Any]) -> list[tuple[str, str]]:
    currency = str(conventions.get("currency", ""))
    labels = {
        "save_rate": words.say("Stay because of a contact, of those about to leave"),
        "take_up": words.say("Take the offer, of those who would have stayed"),
        "offer_cost": words.say("Cost of the offer"),
        "contact_cost": words.say("Cost of a contact"),
        "margin": words.say("Profit in each sale"),
        "annual_discount_rate": words.say("Discount of later money, a year"),
    }
    amounts = ("offer_cost", "contact_cost")
    rows = []
    for name, label in labels.items():
        if name not in listed:
            continue
        values = listed[name].to_numpy(dtype="float64", na_value=np.nan)
        values = values[np.isfinite(values)]
        if values.size:
            ends = dict.fromkeys((float(values.min()), float(values.max())))
            rows.append(
                (label, " – ".join(words.money(v, currency) if name in amounts else words.percent(v) for v in ends))
            )
    note = words.say("These are assumptions, not measurements; `clv-ml measure` measures what contacts change.")
    return [*rows, (words.say("Note"), note)]


def _meanings(words: Words, conventions: Mapping[str, Any]) -> list[tuple[str, str]]:
    within = words.days(conventions.get("horizon_days"))
    ahead = words.days(conventions.get("clv_horizon_days"))
    return [
        (
            words.say("Risk of leaving"),
            words.say("How likely it is that the customer buys nothing within {days}.", days=within),
        ),
        (
            words.say("Why"),
            words.say(
                "What stands out about the customer, against the customer's own habit. It goes with a higher risk; "
                "that it causes it is not claimed."
            ),
        ),
        (
            words.say("Value if the customer stays"),
            words.say("Expected profit from sales within {days}, if the customer is not lost.", days=ahead),
        ),
        (words.say("Money at risk"), words.say("Risk of leaving times the value if the customer stays.")),
        (
            words.say("Expected profit of a contact"),
            words.say("What a contact earns on average, after its cost. The list is sorted by it."),
        ),
        (
            words.say("Next order expected"),
            words.say("When the next order is as likely as not to have come; empty where that is too far away to say."),
        ),
    ]


def _filling(words: Words) -> list[tuple[str, str]]:
    return [
        (
            words.say("Yellow columns"),
            words.say("Write the day of the contact, choose channel and outcome, and note what else matters."),
        ),
        (
            words.say("Sort and filter"),
            words.say("As you like; rows and columns may be moved. Keep the column of customers as it is."),
        ),
        (
            words.say("Hand back"),
            words.say("Save the workbook and give it to `clv-ml measure`. A row without an entry is no contact."),
        ),
    ]
