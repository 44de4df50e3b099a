"""Cells of a table as they come: missing, numbers, text that is safe to show."""

from __future__ import annotations

import math
import re
from numbers import Real

# controls but tab and line end, lone surrogates; U+202D and U+202E turn the letters after them round, so that one name
# passes for another
_UNFIT = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202d\\u202e\\ud800-\\udfff]")


def is_missing(value: object) -> bool:
    """Tell whether a cell holds nothing: None, NaN, NaT, NA or blank text.

    Examples
    --------
    >>> [is_missing(value) for value in (None, float("nan"), "  ", 0, "x")]
    [True, True, True, False, False]
    """
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    try:
        return bool(value != value)  # NaN and NaT differ from themselves
    except TypeError:
        return True  # pandas.NA is neither equal nor unequal to anything


def finite(value: object) -> float | None:
    """Return a finite float, or None for anything else (missing, infinite, text).

    Examples
    --------
    >>> finite(3), finite("3"), finite(float("inf"))
    (3.0, None, None)
    """
    if type(value) is float:  # most are
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or is_missing(value):
        return None
    if not isinstance(value, Real) and not hasattr(value, "as_tuple"):  # Decimal is no Real
        return None
    result = float(value)  # type: ignore[arg-type]
    return result if math.isfinite(result) else None


def plain(value: object) -> str:
    """Return text that cannot break a page: controls, lone surrogates and text-turning overrides become U+FFFD.

    Examples
    --------
    >>> plain("a" + chr(0) + "b") == "a" + chr(0xFFFD) + "b"
    True
    """
    if is_missing(value):
        return ""
    return _UNFIT.sub("\ufffd", str(value))
