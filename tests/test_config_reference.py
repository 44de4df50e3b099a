"""The reference of the config names every key with its meaning, is up to date, and is a config itself."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from clv_ml.config import Config, build_config, load_config
from clv_ml.config.reference import reference
from clv_ml.config.reference_types import type_words

FILE = Path(__file__).parents[1] / "configs" / "reference.yaml"
TEXT = FILE.read_text(encoding="utf-8")
WHOLE = re.sub(r"^( *)#(?=[a-z-])", r"\1", TEXT, flags=re.MULTILINE)
MINIMAL = {"name": "shop", "transactions": {"sources": [{"dataset": "cdnow_sample"}]}}


def sections(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from sections(inner)


def keys_of(section: type[BaseModel], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, field in section.model_fields.items():
        yield (*before, name)
        for inner in sections(field.annotation):
            yield from keys_of(inner, (*before, name))


def keys_in(tree: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield (*before, name)
            yield from keys_in(value, (*before, name))
    elif isinstance(tree, list):
        for value in tree:
            yield from keys_in(value, before)


def test_the_file_is_what_the_classes_say_today() -> None:
    assert reference() == TEXT, "run python -m clv_ml.config.reference > configs/reference.yaml"


def test_the_module_writes_it() -> None:
    command = [sys.executable, "-m", "clv_ml.config.reference"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == TEXT


def test_every_key_of_every_class_is_in_it() -> None:
    assert set(keys_of(Config)) <= set(keys_in(yaml.safe_load(WHOLE)))


def test_what_is_written_is_the_default() -> None:
    leave_out = {"transactions": {"root"}, "contacts": {"root"}}
    written, default = load_config(FILE, environment={}), build_config(MINIMAL, environment={})
    assert written.model_dump(exclude=leave_out) == default.model_dump(exclude=leave_out)


def test_it_is_a_config_with_every_optional_part_too() -> None:
    config = build_config(yaml.safe_load(WHOLE), environment={})
    assert config.events is not None
    assert config.handover.database is not None
    assert config.risk.segments[0].when == {"value_tier": "high"}


def test_every_key_is_explained_where_it_stands_first() -> None:
    explained: set[str] = set()
    for above, line in pairwise(TEXT.splitlines()):
        key = re.match(r" *#?(?:- )?([a-z_]+):", line)
        if key and key[1] not in explained:
            assert re.match(r" *# .*[.)]$", above), line
            explained.add(key[1])
    assert {key[-1] for key in keys_of(Config)} <= explained


def test_nothing_of_python_is_left_in_it() -> None:
    assert not re.search(r"\bNone\b|:\w+:`|\$ref|tuple", TEXT)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "number", "exclusiveMinimum": 0.5, "maximum": 1.0}, "number above 0.5 to 1"),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "day YYYY-MM-DD or null"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "mapping of names to: text"),
        ({"enum": [".", "comma"]}, '".", comma'),
        ({"type": "string", "pattern": "^x+$"}, "text that matches ^x+$"),
    ],
)
def test_types_are_told_in_words(schema: dict[str, Any], words: str) -> None:
    assert type_words(schema) == words
