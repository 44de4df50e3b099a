"""The words of a worklist that is filled in: what the columns are called, and the outcomes and channels to choose."""

from __future__ import annotations

from clv_ml.data.excel_habits import bare
from clv_ml.language import Words, languages, words

CONTACT_COLUMNS = ("refresh_id", "customer_id", "contacted_at", "channel", "offer_cost", "outcome", "notes")
CHANNELS = ("phone", "email", "message", "post", "visit", "other")

CODES_SHEET = "codes"
"""Hidden sheet of the workbook that says which local word stands for which code."""


def column_words(said: Words) -> dict[str, str]:
    """Return the headings of the columns of contacts in one language, by canonical name."""
    return {
        "refresh_id": said.say("List number"),
        "customer_id": said.say("Customer"),
        "contacted_at": said.say("Contacted on"),
        "channel": said.say("Channel"),
        "offer_cost": said.say("Offer cost"),
        "outcome": said.say("Outcome"),
        "notes": said.say("Notes"),
    }


def outcome_words(said: Words) -> dict[str, str]:
    """Return the outcomes of a contact in one language, by code, in the order in which they are offered."""
    return {
        "reached_kept": said.say("Reached: stays"),
        "reached_refused": said.say("Reached: wants no more contact"),
        "reached_undecided": said.say("Reached: undecided"),
        "no_answer": said.say("No answer"),
        "wrong_contact": said.say("Wrong number or address"),
        "not_contacted": said.say("Not contacted"),
    }


def channel_words(said: Words) -> dict[str, str]:
    """Return the channels of a contact in one language, by code, in the order in which they are offered."""
    return {
        "phone": said.say("Phone"),
        "email": said.say("E-mail"),
        "message": said.say("Text message"),
        "post": said.say("Post"),
        "visit": said.say("Visit"),
        "other": said.say("Other"),
    }


def heading_key(text: object) -> str:
    """Bring a heading or a choice into the form in which they are compared."""
    return " ".join(bare("" if text is None else str(text)).replace("_", " ").casefold().split())


def meanings() -> dict[str, dict[str, str]]:
    """Return what headings (``column``), outcomes and channels mean, in every language and as codes."""
    known: dict[str, dict[str, str]] = {"column": {}, "outcome": {}, "channel": {}}
    for code in reversed(languages()):  # English last: it wins where two languages share a word
        said = words(code)
        spoken = {"column": column_words(said), "outcome": outcome_words(said), "channel": channel_words(said)}
        for kind, texts in spoken.items():
            known[kind] |= {heading_key(word): name for name, word in texts.items()}
            known[kind] |= {heading_key(name): name for name in texts}
    return known
