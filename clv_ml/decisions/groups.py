"""The group a customer belongs to, in words."""

from __future__ import annotations

from clv_ml.decisions.voice import Voice
from clv_ml.language import message

LABELS = {
    "acquisition_channel": message("Acquisition channel"),
    "age": message("Age"),
    "age_group": message("Age group"),
    "city": message("City"),
    "country": message("Country"),
    "device": message("Device"),
    "gender": message("Gender"),
    "language": message("Language"),
    "plan": message("Plan"),
    "platform": message("Platform"),
    "region": message("Region"),
    "segment": message("Segment"),
}
"""Names of attributes that the languages know; others are shown as their column is called."""


def customer_group(v: Voice, name: str, value: object) -> str:
    """Tell an attribute, such as a country; `name` is that of its column."""
    label = v.say(LABELS[name]) if name in LABELS else _readable(name)
    return v.say("{label}: {value}.", label=label, value=v.figure(value))


def _readable(name: str) -> str:
    words = name.replace("_", " ")
    return f"{words[:1].upper()}{words[1:]}"
