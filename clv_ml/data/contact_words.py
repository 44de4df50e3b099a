"""The words of a worklist that is filled in: what the columns are called, and the outcomes and channels to choose."""

from __future__ import annotations

from clv_ml.language import Words

CONTACT_COLUMNS = ("refresh_id", "customer_id", "contacted_at", "channel", "offer_cost", "outcome", "notes")
OUTCOMES = ("reached_kept", "reached_refused", "reached_undecided", "no_answer", "wrong_contact", "not_contacted")
CHANNELS = ("phone", "email", "message", "post", "visit", "other")


def column_words(words: Words) -> dict[str, str]:
    """Return the headings of the columns of contacts in one language, by canonical name."""
    return {
        "refresh_id": words.say("List number"),
        "customer_id": words.say("Customer"),
        "contacted_at": words.say("Contacted on"),
        "channel": words.say("Channel"),
        "offer_cost": words.say("Offer cost"),
        "outcome": words.say("Outcome"),
        "notes": words.say("Notes"),
    }


def outcome_words(words: Words) -> dict[str, str]:
    """Return the outcomes of a contact in one language, by code, in the order in which they are offered."""
    return {
        "reached_kept": words.say("Reached: stays"),
        "reached_refused": words.say("Reached: wants no more contact"),
        "reached_undecided": words.say("Reached: undecided"),
        "no_answer": words.say("No answer"),
        "wrong_contact": words.say("Wrong number or address"),
        "not_contacted": words.say("Not contacted"),
    }


def channel_words(words: Words) -> dict[str, str]:
    """Return the channels of a contact in one language, by code, in the order in which they are offered."""
    return {
        "phone": words.say("Phone"),
        "email": words.say("E-mail"),
        "message": words.say("Text message"),
        "post": words.say("Post"),
        "visit": words.say("Visit"),
        "other": words.say("Other"),
    }
