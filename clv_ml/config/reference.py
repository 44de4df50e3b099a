"""A config with every key there is, its default, its type and what it means, written from the classes themselves.

``python -m clv_ml.config.reference > configs/reference.yaml`` writes it anew. What is optional as a whole stands there
as a comment: without the ``#`` right before each key it is a config too.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from clv_ml.config.reference_types import is_null, section_of, type_words
from clv_ml.config.sections import Config

_WIDTH = 118
_HEAD = """\
Every key of a config, with its default. Written by `python -m clv_ml.config.reference`; do not edit.

A config needs `name` and `transactions.sources`, everything else may be left out. Lines that begin with # and a key
right behind it are optional parts: take the # away to use them. A key that comes again with the same meaning is
explained where it stands first. Whatever stands here can also be given as `--set value.margin=0.4` or, in the
environment, as CLV_ML__VALUE__MARGIN=0.4; lists count from 0 (`--set transactions.sources.0.path=orders.csv`)."""
_ROLE = re.compile(r":\w+:`~?([^`]+)`")
# what must be given, and an example of each part that may be left out
_GIVEN: Mapping[str, Any] = {"name": "shop", "transactions": {"sources": [{"dataset": "cdnow_sample"}]}}
_EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "PriceTable": {"column": "product", "amounts": {"Monthly": 29.0, "Annual": 174.0}},
    "LookupConfig": {"path": "pages.csv", "key": "surface", "columns": {"surface": "page", "value": "minutes"}},
    "ExcludeRule": {"column": "product", "matches": "^(POST|FEE)$", "reason": "not_a_sale"},
    "ValueRule": {"column": "order_id", "reason": "no_order", "required": True},
    "EventsConfig": {
        "sources": [
            {
                "path": "visits.csv",
                "columns": {"customer_id": "user", "timestamp": "at", "surface": "page"},
                "event_type": "visit",
            }
        ]
    },
    "CustomersConfig": {
        "sources": [
            {"path": "users.csv", "columns": {"customer_id": "user", "signup_at": "since", "country": "country"}}
        ],
        "categories": ["country"],
    },
    "AcquisitionCost": {"channel": "search", "per_customer": 8.0},
    "SegmentEconomics": {"when": {"value_tier": "high"}, "save_rate": 0.35},
    "ActionRule": {"action": "call within two days", "tiers": ["high"]},
    "DatabaseConfig": {"address_env": "CRM_ADDRESS"},
}


def reference() -> str:
    """Return the whole reference as YAML.

    Examples
    --------
    >>> import yaml
    >>> yaml.safe_load(reference())["value"]["horizon_days"]
    365
    """
    schema = Config.model_json_schema()
    head = [f"# {line}".rstrip() for line in _HEAD.splitlines()]
    return "\n".join([*head, *_Writer(schema["$defs"]).section(schema, _GIVEN, 0, "")]) + "\n"


class _Writer:
    """Lines of the reference; keeps what has been explained."""

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self._parts = parts
        self._explained: set[str] = set()

    def section(self, schema: Mapping[str, Any], given: Mapping[str, Any], indent: int, mark: str) -> Iterator[str]:
        """Yield the lines of a section: words and type as a comment, then the key with its value."""
        needed = schema.get("required", ())
        for key, field in schema["properties"].items():
            inner, listed = section_of(field, self._parts)
            if indent == 0:
                yield ""
            yield from self._prose(key, field, inner, needed=key in needed, indent=indent)
            default = given.get(key, field.get("default", {} if field.get("type") == "object" else None))
            if inner is None:
                yield f"{'':{indent}}{mark}{key}: {_flow(default)}"
            elif listed:
                yield from self._items(key, inner, default, indent, mark)
            else:
                hidden = mark or ("#" if is_null(field) and key not in given else "")
                yield f"{'':{indent}}{hidden}{key}:"
                values = given.get(key) or (_EXAMPLES.get(inner["title"], {}) if hidden else {})
                yield from self.section(inner, values, indent + 2, hidden)

    def _items(self, key: str, inner: Mapping[str, Any], values: Any, indent: int, mark: str) -> Iterator[str]:
        """Yield the lines of a list of sections: the first in full, others in one line each."""
        mark = mark if values else "#"
        first, *others = values or [_EXAMPLES[inner["title"]]]
        yield f"{'':{indent}}{mark}{key}:"
        begun = False
        for line in self.section(inner, first, indent + 4, mark):
            if begun or line.lstrip().startswith("# "):
                yield line
            else:  # the dash stands before the first key
                yield f"{'':{indent + 2}}{mark}- {line.lstrip().removeprefix(mark)}"
                begun = True
        known = inner["properties"]
        for other in others:
            said = {name: value for name, value in other.items() if value != known[name].get("default")}
            yield f"{'':{indent + 2}}{mark}- {_flow(said)}"

    def _prose(
        self, key: str, field: Mapping[str, Any], inner: Mapping[str, Any] | None, *, needed: bool, indent: int
    ) -> Iterator[str]:
        """Yield what a key means and what may be written for it, unless the same has been said of it before."""
        words = field.get("description") or (inner or {}).get("description", "")
        kind = "" if inner and "items" not in field else type_words(field)
        kind = ", ".join(part for part in (kind, "required" if needed else "") if part)
        text = " ".join(_ROLE.sub(r"\1", f"{words} ({kind})" if kind else words).split())
        text = re.sub(r"\bNone\b", "null", text)
        if f"{key}: {text}" not in self._explained:
            self._explained.add(f"{key}: {text}")
            for line in textwrap.wrap(text, _WIDTH - indent - 2, break_on_hyphens=False):
                yield f"{'':{indent}}# {line}"


def _flow(value: Any) -> str:
    """Return a value as YAML in one line."""
    return yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False).removesuffix("...\n").strip()


if __name__ == "__main__":
    sys.stdout.write(reference())
