"""A config filled from YAML, the environment and arguments, and what is wrong with it in words."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from clv_ml.config._yaml import plain_tree, read_yaml
from clv_ml.config.sections import Config
from clv_ml.errors import ConfigError

ENVIRONMENT_PREFIX = "CLV_ML__"
_SHOWN = 200  # characters of a wrong value
_MOST_BYTES = 200_000
_MOST_WORDS = 500  # characters of what YAML has to say


def load_config(path: Path, *, overrides: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> Config:
    """Read a YAML config, then apply the environment, then ``key.path=value`` overrides.

    Raises
    ------
    ConfigError
        If the file is missing or not YAML, a key is unknown, or a value is out of range; the message names
        the key, the value and what is allowed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "shop.yaml")
    ...     _ = path.write_text("{name: shop, transactions: {sources: [{dataset: cdnow_sample}]}}")
    ...     config = load_config(path, overrides=["value.margin=0.4"])
    >>> config.name, config.value.margin
    ('shop', 0.4)
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConfigError(f"config {path}: larger than {_MOST_BYTES:,} bytes; that is no config")
        tree = read_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"config {path}: {error.strerror or error}") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: 1997-13-01, or not UTF-8
        raise ConfigError(f"config {path}: not valid YAML: {' '.join(str(error).split())[:_MOST_WORDS]}") from error
    if not isinstance(tree, dict):
        raise ConfigError(f"config {path}: must be a mapping of sections, got {type(tree).__name__}")
    return build_config(tree, origin=path, overrides=overrides, environment=environment)


def build_config(
    tree: Mapping[str, Any],
    *,
    origin: Path | None = None,
    overrides: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Config:
    """Validate a config tree after the environment and the overrides; `origin` is the file it came from."""
    where = f"config {origin}" if origin else "config"
    try:
        merged = plain_tree(tree)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error
    for name, text in sorted((os.environ if environment is None else environment).items()):
        if name.startswith(ENVIRONMENT_PREFIX):
            _assign(merged, name[len(ENVIRONMENT_PREFIX) :].lower().split("__"), text, given=name)
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals:
            raise ConfigError(f"--set {override}: must look like key.path=value")
        _assign(merged, key.strip().split("."), text, given=f"--set {override}")
    try:
        config = Config.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(f"{where}: {'; '.join(_explain(item) for item in _roots(error))}") from error
    except (OverflowError, RecursionError) as error:  # a pattern such as a{99999999999}
        raise ConfigError(f"{where}: a value cannot be understood: {error}") from error
    if origin is None:
        return config
    names = ("transactions", "events", "customers", "contacts")
    tables = {name: getattr(config, name) for name in names}
    return config.model_copy(
        update={
            name: table.model_copy(update={"root": origin.parent / table.root})
            for name, table in tables.items()
            if table is not None
        }
    )


def _assign(tree: Any, keys: Sequence[str], text: str, *, given: str) -> None:
    """Set one value in a nested tree; digits walk into lists."""
    if not all(keys):
        raise ConfigError(f"{given}: the key has an empty part")
    try:
        value = plain_tree(read_yaml(text))
    except (yaml.YAMLError, ValueError) as error:
        said = " ".join(str(error).split())[:_MOST_WORDS]
        raise ConfigError(f"{given}: the value is not valid YAML: {said}") from error
    for position, key in enumerate(keys):
        last = position == len(keys) - 1
        if isinstance(tree, list):
            # of decimal digits: int() knows no superscripts, and refuses thousands of digits
            if not key.isdecimal() or len(key) > 6 or int(key) >= len(tree):
                raise ConfigError(f"{given}: {key!r} is not one of the {len(tree)} list entries, from 0")
            if last:
                tree[int(key)] = value
            tree = tree[int(key)]
        elif isinstance(tree, dict):
            if last:
                tree[key] = value
            else:
                if tree.get(key) is None:
                    tree[key] = {}
                tree = tree[key]
        else:
            raise ConfigError(f"{given}: {'.'.join(keys[:position])} holds a plain value, nothing is below it")


def _roots(error: ValidationError) -> list[Any]:
    """Return the errors that are not mere consequences of an error deeper in the same place."""
    items = error.errors()
    return [
        item
        for item in items
        if not any(len(o["loc"]) > len(item["loc"]) == len(_common(o["loc"], item["loc"])) for o in items)
    ]


def _common(first: Sequence[Any], second: Sequence[Any]) -> list[Any]:
    return [a for a, b in zip(first, second, strict=False) if a == b]


def _explain(item: Any) -> str:
    """One validation error in words: key, received value, what is allowed."""
    keys = [str(part) for part in item["loc"]]
    where = ".".join(keys) or "config"
    if item["type"] == "extra_forbidden":
        known = _known_keys(item["loc"][:-1])
        close = difflib.get_close_matches(keys[-1], known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}"
        return f"unknown key {where}; {hint}"
    if item["type"] == "missing":
        return f"{where} is missing"
    message = str(item["msg"]).removeprefix("Value error, ")
    received = item.get("input")
    shown = "" if isinstance(received, Mapping) else f" (got {_short(received)})"
    return f"{where}: {message[:1].lower()}{message[1:]}{shown}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _known_keys(location: Sequence[str | int]) -> list[str]:
    """Names of the fields of the section at a place in the config."""
    section: Any = Config
    for part in location:
        if isinstance(part, int):
            continue
        annotation = section.model_fields[part].annotation
        candidates = [annotation, *get_args(annotation)]
        candidates += [inner for outer in candidates for inner in get_args(outer)]
        section = next(c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel))
    return list(section.model_fields)
