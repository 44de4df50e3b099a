"""YAML as far as a config needs it: plain values, each key once, nothing endless."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import yaml

MOST_VALUES = 100_000
MOST_LEVELS = 50
_MERGE = "tag:yaml.org,2002:merge"


class _Loader(yaml.SafeLoader):
    """Builds no objects, and refuses a key that stands twice: of two values nobody knows which one was meant."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._looked_at: set[int] = set()

    def fetch_flow_collection_start(self, token_class: type[yaml.Token]) -> None:
        """Stop before PyYAML, whose time grows with the square of the levels."""
        super().fetch_flow_collection_start(token_class)
        self._require_level()

    def add_indent(self, column: int) -> bool:
        """As for brackets."""
        added = super().add_indent(column)
        self._require_level()
        return added

    def _require_level(self) -> None:
        if self.flow_level + len(self.indents) > MOST_LEVELS:
            raise ValueError(f"nested too deeply, more than {MOST_LEVELS} levels")

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Look at the keys before those of a merge (<<) join them, which may stand there again."""
        if id(node) not in self._looked_at:
            self._looked_at.add(id(node))
            seen = set()
            for key_node, _ in node.value:
                if key_node.tag == _MERGE:
                    continue
                key = self.construct_object(key_node, deep=True)
                if not isinstance(key, Hashable):
                    continue  # refused below
                if key in seen:
                    problem = f"the key {str(key)[:60]!r} stands there twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
                seen.add(key)
        super().flatten_mapping(node)


def read_yaml(text: str) -> Any:
    """Read plain values from YAML.

    Raises
    ------
    yaml.YAMLError, ValueError
        If the text is none, names an object to build, or repeats a key.
    """
    try:
        return _Loader(text).get_single_data()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except (AttributeError, KeyError, TypeError, IndexError, OverflowError) as error:
        # PyYAML's own slips: !!int "", !!timestamp x, dates beyond the calendar
        raise ValueError(f"a value is not what its tag says ({type(error).__name__})") from error


def plain_tree(tree: Any) -> Any:
    """Copy a tree of mappings and lists, so that nothing in it is shared.

    Raises
    ------
    ValueError
        If it is endless or nearly so (an alias of itself, aliases of aliases), or holds a text that no file or
        database takes.
    """
    left = MOST_VALUES

    def copied(value: Any, level: int) -> Any:
        nonlocal left
        left -= 1
        if left < 0 or level > MOST_LEVELS:
            raise ValueError(f"more than {MOST_VALUES:,} values or {MOST_LEVELS} levels; that is no config")
        if isinstance(value, Mapping):
            return {copied(key, level): copied(inner, level + 1) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [copied(inner, level + 1) for inner in value]
        if isinstance(value, str):
            _require_text(value)
        return value

    return copied(tree, 0)


def _require_text(value: str) -> None:
    if "\0" in value:
        raise ValueError(f"{value[:60]!r} holds a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{value[:60]!r} holds half a character (a lone surrogate)") from error
