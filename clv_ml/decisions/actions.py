"""What to do with a customer, chosen from the first reason, the value tier and the risk band."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from clv_ml.config import ActionRule
from clv_ml.language import Words

LEAVE_ALONE = "leave_alone"

ACTIONS: dict[str, Callable[[Words], str]] = {
    "call": lambda words: words.say("Call and ask how things are."),
    "call_new": lambda words: words.say("Call to welcome, and help with the next order."),
    "offer": lambda words: words.say("Write personally, with an offer."),
    "remind": lambda words: words.say("Send a reminder."),
    "second_order": lambda words: words.say("Invite to a second order."),
    "help_start": lambda words: words.say("Help to get started: show the first steps."),
    "show_new": lambda words: words.say("Show what is new since the last visit."),
    "ask_needs": lambda words: words.say("Ask what is missing, and suggest what fits."),
    "other_channel": lambda words: words.say("Try another channel than before."),
    "thank": lambda words: words.say("Say thank you; no offer is needed."),
    LEAVE_ALONE: lambda words: words.say("Leave alone: control group."),
}
"""What to do by code, in words."""

_SILENT = ("overdue", "longest_silence", "longer_gap", "silent_lately", "no_activity")
_LESS = ("orders_slowing", "spend_falling", "smaller_order")
_FADING = ("visits_falling", "minutes_falling", "breadth_shrinking")

RULES = (
    ActionRule(action="other_channel", reasons=("contacts_unanswered",)),
    ActionRule(action="help_start", reasons=("never_activated", "slow_start", "not_bought_yet")),
    ActionRule(action="call_new", reasons=("never_returned", "second_order_late", "new_customer"), tiers=("high",)),
    ActionRule(action="second_order", reasons=("never_returned", "second_order_late", "new_customer")),
    ActionRule(action="call", reasons=_SILENT, tiers=("high",)),
    ActionRule(action="offer", reasons=_SILENT, tiers=("medium",)),
    ActionRule(action="ask_needs", reasons=_LESS, tiers=("high", "medium")),
    ActionRule(action="show_new", reasons=_FADING),
    ActionRule(action="thank", reasons=("still_in_rhythm",), bands=("low", "medium")),
    ActionRule(action="call", tiers=("high",)),
    ActionRule(action="remind"),
)
"""The built-in rules, tried after those of the config; the last fits everybody."""


def recommended_actions(listed: pd.DataFrame, rules: tuple[ActionRule, ...] = ()) -> pd.Series[str]:
    """Choose what to do: the first rule that fits, those of the config before :data:`RULES`.

    Parameters
    ----------
    listed
        action_status, reason_1_code, value_tier and risk_band.

    Returns
    -------
    pandas.Series
        Indexed like `listed`: a code of :data:`ACTIONS` or the config's own words; `leave_alone` for who is in
        control, and empty for who is not contacted for other reasons.
    """
    every = (*rules, *RULES)
    conditions = [_fits(listed, rule) for rule in every]
    chosen = np.select(conditions, [rule.action for rule in every], default="")
    status = listed["action_status"]
    told = np.select([status == "contact", status == "control"], [chosen, LEAVE_ALONE], default="")
    return pd.Series(told, index=listed.index, name="recommended_action_code", dtype="str")


def action_words(codes: pd.Series[str], words: Words) -> pd.Series[str]:
    """Put actions into words; what the config says in its own words stays as it is."""
    known = {code: ACTIONS[code](words) if code in ACTIONS else code for code in codes.unique()}
    return codes.map(known).astype("str").rename("recommended_action")


def _fits(listed: pd.DataFrame, rule: ActionRule) -> np.ndarray:
    inside = np.full(len(listed), True)
    for column, wanted in (("reason_1_code", rule.reasons), ("value_tier", rule.tiers), ("risk_band", rule.bands)):
        if wanted:
            inside &= listed[column].isin(wanted).to_numpy(dtype=bool)
    return inside
