"""The arguments a model was made with, read, set and copied in the way of scikit-learn."""

from __future__ import annotations

import inspect
from typing import Any, Self

from clv_ml.errors import ConfigError


class Arguments:
    """`get_params`, `set_params`, `sklearn.base.clone` and a repr that can be typed, without importing scikit-learn.

    A class that takes this over has keyword arguments only, and keeps each under its name.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the arguments by name; `deep` is there for scikit-learn, nothing is nested."""
        return {name: getattr(self, name) for name in _defaults(type(self))}

    def set_params(self, **arguments: Any) -> Self:
        """Make the model anew with other arguments, and return it; what was fitted is forgotten.

        An argument is thus checked here as it is in the constructor, and never disagrees with what was fitted.

        Raises
        ------
        ConfigError
            If there is no argument of that name, or the constructor refuses the value; the model then stays as it was.
        """
        if not arguments:
            return self
        known = _defaults(type(self))
        strange = [name for name in arguments if name not in known]
        if strange:
            raise ConfigError(f"{type(self).__name__} has no argument {', '.join(strange)}; it has {', '.join(known)}")
        anew = type(self)(**{**self.get_params(), **arguments})
        self.__dict__.clear()
        self.__dict__.update(anew.__dict__)
        return self

    def __sklearn_clone__(self) -> Self:
        return type(self)(**self.get_params())

    def __repr__(self) -> str:
        usual = _defaults(type(self))
        told = [f"{name}={value!r}" for name, value in self.get_params().items() if value != usual[name]]
        return f"{type(self).__name__}({', '.join(told)})"


def _defaults(kind: type) -> dict[str, Any]:
    parameters = list(inspect.signature(kind).parameters.values())
    return {parameter.name: parameter.default for parameter in parameters}
