"""What the codes of the list mean, in words: status, bands, tiers, reasons, models."""

from __future__ import annotations

from clv_ml.language import Words
from clv_ml.reports.wording import plain

# the order in which a filter offers them
ORDER = {
    "action_status": ("contact", "control", "over_capacity", "not_profitable", "excluded"),
    "risk_band": ("very high", "high", "medium", "low"),
    "value_tier": ("high", "medium", "low"),
    "change": ("new", "higher_risk", "lower_risk", "same"),
}


def sentence(code: str) -> str:
    """Return a code such as 'over_capacity' as words: 'Over capacity'.

    Examples
    --------
    >>> sentence("over_capacity")
    'Over capacity'
    """
    words = plain(code).replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def labels(w: Words) -> dict[str, dict[str, str]]:
    """Return what the codes of each column mean; others are shown by :func:`sentence`."""
    return {
        "action_status": {
            "contact": w.say("To contact"),
            "control": w.say("Control group: leave alone"),
            "over_capacity": w.say("Beyond capacity"),
            "not_profitable": w.say("Not worth a contact"),
            "excluded": w.say("Excluded"),
        },
        "exclusion_reason": {
            "no_consent": w.say("No consent to be contacted"),
            "refused": w.say("Refused to be contacted"),
            "contacted_recently": w.say("Contacted a short while ago"),
            "below_minimum_value": w.say("Worth less than the smallest value"),
            "silent_too_long": w.say("Silent for too long: gone already"),
        },
        "risk_band": {
            "very high": w.say("Very high"),
            "high": w.say("High"),
            "medium": w.say("Medium"),
            "low": w.say("Low"),
        },
        "value_tier": {"high": w.say("High"), "medium": w.say("Medium"), "low": w.say("Low")},
        "change": {
            "new": w.say("New"),
            "higher_risk": w.say("Risk up"),
            "lower_risk": w.say("Risk down"),
            "same": w.say("As before"),
        },
        "score_source": {
            "lightgbm": w.say("churn model (LightGBM)"),
            "bgnbd": w.say("purchase pattern (BG/NBD)"),
            "mbgnbd": w.say("purchase pattern (modified BG/NBD)"),
            "pareto_nbd": w.say("purchase pattern (Pareto/NBD)"),
        },
        "reason": _reasons(w),
    }


def _reasons(w: Words) -> dict[str, str]:
    return {
        "overdue": w.say("Order overdue"),
        "longest_silence": w.say("Longest silence so far"),
        "longer_gap": w.say("Longer gap between orders"),
        "orders_slowing": w.say("Fewer orders"),
        "spend_falling": w.say("Spends less"),
        "second_order_late": w.say("Third order late"),
        "never_returned": w.say("Bought once only"),
        "not_bought_yet": w.say("Not bought yet"),
        "silent_lately": w.say("Silent lately"),
        "visits_falling": w.say("Fewer visits"),
        "minutes_falling": w.say("Less time spent"),
        "breadth_shrinking": w.say("Uses fewer areas"),
        "contacts_unanswered": w.say("Messages unanswered"),
        "never_activated": w.say("Never got started"),
        "slow_start": w.say("Slow start"),
        "no_activity": w.say("No activity"),
        "smaller_order": w.say("Smaller last order"),
        "new_customer": w.say("New customer"),
        "still_in_rhythm": w.say("Value at stake"),
        "in_rhythm": w.say("Within the usual gap"),
        "value_so_far": w.say("Bought so far"),
        "order_size": w.say("Size of the last order"),
        "customer_group": w.say("Group of customers"),
    }


def asides(w: Words) -> dict[str, str]:
    """Return what to know of customers who are shown but not to be contacted, by status."""
    return {
        "control": w.say(
            "Leave these customers alone. They are the control group: only against them can be told what contacts "
            "change. They are not in any export."
        ),
        "over_capacity": w.say("A contact would pay, but there is no room for it this time."),
        "not_profitable": w.say("A contact would cost more than it is expected to bring."),
        "excluded": w.say(
            "The rules leave these customers out; the story of each says why. They are not in any export."
        ),
    }
