"""The columns of the worklist: those that tell about a customer, and those that the team fills in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from clv_ml.data.contact_words import column_words
from clv_ml.language import Words, message

Kind = Literal["text", "id", "lines", "whole", "percent", "band", "money", "date", "fill", "hidden"]
_BANDS = {
    "very high": message("Very high"),
    "high": message("High"),
    "medium": message("Medium"),
    "low": message("Low"),
}
_CHANGES = {
    "new": message("New on the list"),
    "higher_risk": message("Higher risk than last time"),
    "lower_risk": message("Lower risk than last time"),
    "same": message("As last time"),
}
_PERSONAL = {"name": message("Name"), "phone": message("Phone number"), "email": message("E-mail address")}
_PERSONAL_WIDTHS = {"name": 22, "phone": 17, "email": 26}
MONEY = ("value_at_risk", "value_if_retained", "expected_net_profit")


@dataclass(frozen=True)
class Column:
    """One column: its name, its heading in words, the kind of its cells, its width in characters."""

    name: str
    heading: str
    kind: Kind
    width: float
    values: list[Any]


def worklist_columns(contacts: pd.DataFrame, details: pd.DataFrame | None, words: Words) -> list[Column]:
    """Return the columns of the sheet, in order, for the customers to contact.

    Parameters
    ----------
    contacts
        The rows of the list to work through, in the order of their rank.
    details
        Any of name, phone, email, indexed by customer_id; None where the config does not ask for them.
    """
    told = [column for make in _TOLD for column in make(contacts, words)]
    told[2:2] = _personal(contacts, details, words)
    return [*told, *_to_fill(contacts, words)]


def main_score(contacts: pd.DataFrame) -> str:
    """Return the name of the probability that ranks: within the own gap, else at the longest horizon."""
    if "p_churn_own" in contacts:
        return "p_churn_own"
    horizons = [int(match[1]) for name in contacts.columns if (match := re.fullmatch(r"p_churn_(\d+)d", str(name)))]
    return f"p_churn_{max(horizons)}d"


def _who(contacts: pd.DataFrame, words: Words) -> list[Column]:
    ids = contacts["customer_id"].astype("str").tolist()
    return [
        Column("rank", words.say("Rank"), "whole", 6, _numbers(contacts["rank"])),
        Column("customer_id", column_words(words)["customer_id"], "id", min(max([8, *map(len, ids)]) + 2, 24), ids),
    ]


def _what(contacts: pd.DataFrame, words: Words) -> list[Column]:
    given = [name for name in ("reason_1", "reason_2", "reason_3") if name in contacts]
    reasons = zip(*(_texts(contacts[name]) for name in given), strict=True)
    action = _texts(contacts["recommended_action"]) if "recommended_action" in contacts else None
    shown = [] if action is None else [Column("recommended_action", words.say("What to do"), "lines", 24, action)]
    why = ["\n".join(f"• {text}" for text in row if text) for row in reasons] if given else [""] * len(contacts)
    return [*shown, Column("reasons", words.say("Why"), "lines", 44, why)]


def _risk(contacts: pd.DataFrame, words: Words) -> list[Column]:
    bands = [_said(words, _BANDS, code) for code in _texts(contacts["risk_band"])]
    return [
        Column("risk", words.say("Risk of leaving"), "percent", 9, _numbers(contacts[main_score(contacts)])),
        Column("risk_band", words.say("Risk band"), "band", 11, bands),
    ]


def _money(contacts: pd.DataFrame, words: Words) -> list[Column]:
    headings = {
        "value_at_risk": words.say("Money at risk"),
        "value_if_retained": words.say("Value if the customer stays"),
        "expected_net_profit": words.say("Expected profit of a contact"),
    }
    return [
        Column(name, headings[name], "money", 14, _numbers(contacts[name]))
        for name in MONEY
        if name in contacts.columns
    ]


def _timing(contacts: pd.DataFrame, words: Words) -> list[Column]:
    as_of = pd.to_datetime(contacts["as_of"])
    last = as_of - pd.to_timedelta(contacts["days_since_last"].astype("float64").round(), unit="D")
    due = pd.to_datetime(contacts["expected_next_order"])
    shown = [
        Column("last_order", words.say("Last order"), "date", 12, _days(last)),
        Column("usual_gap_days", words.say("Usual gap in days"), "whole", 9, _numbers(contacts["usual_gap_days"])),
        Column("expected_next_order", words.say("Next order expected"), "date", 12, _days(due)),
    ]
    if "change" not in contacts:
        return shown
    changes = [_said(words, _CHANGES, code) for code in _texts(contacts["change"])]
    return [*shown, Column("change", words.say("Change"), "lines", 13, changes)]


_TOLD: tuple[Callable[[pd.DataFrame, Words], list[Column]], ...] = (_who, _what, _risk, _money, _timing)


def _personal(contacts: pd.DataFrame, details: pd.DataFrame | None, words: Words) -> list[Column]:
    if details is None:
        return []
    known = details.reindex(contacts["customer_id"])
    return [
        Column(name, words.say(heading), "id" if name == "phone" else "text", width, _texts(known[name]))
        for name, heading, width in ((name, _PERSONAL[name], _PERSONAL_WIDTHS[name]) for name in _PERSONAL)
        if name in known
    ]


def _to_fill(contacts: pd.DataFrame, words: Words) -> list[Column]:
    headings = column_words(words)
    widths = {"contacted_at": 12, "channel": 11, "outcome": 19, "offer_cost": 9, "notes": 28}
    empty = [None] * len(contacts)
    columns = [Column(name, headings[name], "fill", width, empty) for name, width in widths.items()]
    refresh = _texts(contacts["refresh_id"])
    return [*columns, Column("refresh_id", headings["refresh_id"], "hidden", 14, refresh)]


def _said(words: Words, known: Mapping[str, str], code: str) -> str:
    return words.say(known[code]) if code in known else code


def _texts(column: pd.Series[Any]) -> list[str]:
    return ["" if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]


def _numbers(column: pd.Series[Any]) -> list[float | None]:
    values = column.to_numpy(dtype="float64", na_value=np.nan)
    return [float(value) if fine else None for value, fine in zip(values, np.isfinite(values), strict=True)]


def _days(column: pd.Series[Any]) -> list[Any]:
    return [None if missing else day for day, missing in zip(column.dt.date, column.isna(), strict=True)]
