"""Modules with features that a user declares: named in the config, told in a bundle, never stored or run from one."""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from clv_ml.errors import ConfigError
from clv_ml.snapshot.declared import Feature


def load_features(modules: Sequence[str]) -> tuple[Feature, ...]:
    """Import the modules that a config names, and return what they declare, in the order of names.

    Raises
    ------
    ConfigError
        If a module cannot be imported, or declares nothing.
    """
    return tuple(found for name in modules for found in _declared_in(_imported(name), name))


def features_in_use(known: Mapping[str, Any]) -> tuple[Feature, ...]:
    """Return the features a bundle was trained with, of modules that this process has imported already.

    A bundle holds no code and has none imported.

    Raises
    ------
    ConfigError
        If a module has not been imported, or has changed since training.
    """
    absent = [name for name in known if name not in sys.modules]
    if absent:
        raise ConfigError(
            f"the model has learnt from features of the module {', '.join(absent)}: import it before scoring (a model "
            "holds no code of its own)"
        )
    own = tuple(found for name in known for found in _declared_in(sys.modules[name], name))
    require_same_features(known, own)
    return own


def require_same_features(trained: Mapping[str, Any], own: Iterable[Feature]) -> None:
    """Refuse features that are not those of training: :func:`told_of` then and now.

    Raises
    ------
    ConfigError
        The message names the module.
    """
    now = told_of(own)
    for name in sorted({*trained, *now}):
        if name not in now:
            raise ConfigError(
                f"the model has learnt from features of the module {name}: name it in features.modules of the config "
                "(a model holds no code of its own)"
            )
        if name not in trained:
            raise ConfigError(
                f"features.modules: the model has learnt nothing of {name}: train again, or leave it out for this model"
            )
        if trained[name] != now[name]:
            raise ConfigError(
                f"the module {name} has changed since the model was trained: train again, or score with the module of "
                "training (comments and blank lines do not count)"
            )


def told_of(own: Iterable[Feature]) -> dict[str, Any]:
    """Return what a bundle keeps of declared features, by module: their columns, and a digest of the module's code."""
    columns: dict[str, list[str]] = {}
    for found in own:
        columns.setdefault(found.module, []).extend(found.columns)
    return {name: {"columns": names, "code": _digest(sys.modules[name])} for name, names in columns.items()}


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ConfigError(
            f"features.modules: {name} cannot be imported ({error}); install it, or set PYTHONPATH to its folder"
        ) from error


def _declared_in(module: ModuleType, name: str) -> list[Feature]:
    declared = [value for _, value in sorted(vars(module).items()) if isinstance(value, Feature)]
    own = [found for found in declared if found.module == name]
    if not own:
        raise ConfigError(f"features.modules: {name} declares no feature: put @clv_ml.feature above a function")
    return own


def _digest(module: ModuleType) -> str:
    """Digest the code of a module, whatever its comments and blank lines."""
    plain = ast.unparse(ast.parse(inspect.getsource(module)))
    return hashlib.sha256(plain.encode()).hexdigest()[:16]
