"""Every error that clv_ml raises on purpose, with the exit code each gives on the command line.

::

    ClvError                 1   the job failed
    ├── ConfigError          2   the config, an argument or the environment is wrong
    ├── DataError            3   the data cannot be used
    │   └── DataQualityError 3   more bad rows than the config allows
    ├── ModelNotFoundError   4   no trained model where one was asked for
    ├── BundleError          1   the files of a model were damaged or edited, or another version wrote them
    └── NotConvergedError    1   a model could not be fitted
        (each message says what is wrong, which value, and what to do)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

_SHOWN = 40  # names in a message


class ClvError(Exception):
    """Base of all errors of this package; its message is meant for the user."""

    exit_code: ClassVar[int] = 1


class ConfigError(ClvError):
    """The config, a command-line argument or the environment is wrong."""

    exit_code = 2


class DataError(ClvError):
    """The data cannot be used: a column is missing, a table is empty, a value breaks the contract."""

    exit_code = 3


class DataQualityError(DataError):
    """More rows are bad than the config allows."""


class ModelNotFoundError(ClvError):
    """There is no trained model where one was asked for."""

    exit_code = 4


class BundleError(ClvError):
    """The files of a trained model are not what training wrote, or another version wrote them."""


class NotConvergedError(ClvError):
    """A model could not be fitted; the message says what to try."""


def missing_columns(what: str, missing: Iterable[str], available: Iterable[str], remedy: str) -> DataError:
    """Build the error for columns that are not there, naming those that are."""
    wanted = ", ".join(repr(name) for name in missing)
    names = [repr(name) for name in available]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    there = (", ".join(names[:_SHOWN]) or "none") + more
    return DataError(f"{what}: column {wanted} is missing; available: {there}. {remedy}")
