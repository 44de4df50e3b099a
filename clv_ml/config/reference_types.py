"""The type of a key in words: what may be written there, from the schema of the config classes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_PATTERNS = {
    r"^[a-z][a-z0-9_]*$": "name of a-z, 0-9 and _",
    r"^[A-Z][A-Z0-9_]*$": "name of A-Z, 0-9 and _",
    r"^[A-Z]{3}$": "three capital letters",
    r"^[A-Z]{2}$": "two capital letters",
}
_FORMATS = {"date": "day YYYY-MM-DD", "date-time": "moment YYYY-MM-DD HH:MM:SS", "path": "path"}
_LONGEST_PATTERN = 40  # of more nobody reads what is meant
_PLAIN = {"boolean": "true or false", "null": "null", "string": "text"}


def section_of(field: Mapping[str, Any], parts: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, bool]:
    """Return the section that a key holds, if it holds one, and whether it holds a list of them."""
    for choice in field.get("anyOf", (field,)):
        if "$ref" in choice:
            return parts[choice["$ref"].rpartition("/")[2]], False
        if "$ref" in choice.get("items", {}):
            return parts[choice["items"]["$ref"].rpartition("/")[2]], True
    return None, False


def is_null(field: Mapping[str, Any]) -> bool:
    """Tell whether a key may be null."""
    return {"type": "null"} in field.get("anyOf", ())


def type_words(field: Mapping[str, Any]) -> str:
    """Say what may be written for a key.

    Examples
    --------
    >>> type_words({"type": "integer", "minimum": 1, "maximum": 3650})
    'whole number from 1 to 3650'
    >>> type_words({"type": "array", "items": {"enum": ["google", "meta"]}, "minItems": 1})
    'list of one or more: google, meta'
    """
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(type_words(choice) for choice in field["anyOf"]))
    if "$ref" in field:
        return "section"
    if "enum" in field:
        return ", ".join(_choice(value) for value in field["enum"])
    kind = field.get("type")
    if kind == "array":
        inner = field["items"]
        least = "list of one or more" if field.get("minItems") else "list"
        return least if "$ref" in inner else f"{least}: {type_words(inner)}"
    if kind == "object":
        by_pattern: Mapping[str, Any] = field.get("patternProperties", {})
        values: Mapping[str, Any] = field.get("additionalProperties") or next(iter(by_pattern.values()), {})
        return f"mapping of names to: {type_words(values)}"
    if kind in {"integer", "number"}:
        return ("whole number" if kind == "integer" else "number") + _limits(field)
    if "pattern" in field:
        pattern = str(field["pattern"])
        return _PATTERNS.get(pattern, f"text that matches {pattern}" if len(pattern) <= _LONGEST_PATTERN else "text")
    return _FORMATS.get(field.get("format", ""), _PLAIN.get(str(kind), str(kind)))


def _choice(value: Any) -> str:
    text = str(value)
    return text if text[:1].isalpha() else json.dumps(text)


def _limits(field: Mapping[str, Any]) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    above, below = field.get("exclusiveMinimum"), field.get("exclusiveMaximum")
    parts = [
        f"from {low:.15g}" if low is not None else f"above {above:.15g}" if above is not None else "",
        f"to {high:.15g}" if high is not None else f"below {below:.15g}" if below is not None else "",
    ]
    return "".join(f" {part}" for part in parts if part)
