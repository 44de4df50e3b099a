"""How engagement fades before a customer leaves: the share of the usual activity that is left at a moment."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def share_left(moment: Floats, start: Floats, death: Floats, *, fade_days: float, left: float) -> Floats:
    """Share of the usual activity at a moment: 1, falling to `left` over the last `fade_days` before the death.

    The fall is the smooth step w^3 (10 - 15 w + 6 w^2) of w = (death - moment) / fade_days, so that integrals over
    the moment of death converge fast. Nothing fades up to `start`.

    Parameters
    ----------
    moment, start, death
        Days on one clock, of shapes that broadcast; death may be inf.
    """
    gone = death - np.asarray(moment)
    with np.errstate(invalid="ignore"):
        w = np.clip(gone / fade_days, 0.0, 1.0)
    step = w**3 * (10.0 - 15.0 * w + 6.0 * w**2)
    faded: Floats = left + (1.0 - left) * step
    return np.where(moment <= start, 1.0, faded)


def usual_days(end: Floats, start: Floats, death: Any, *, fade_days: float, left: float) -> Floats:
    """Integral of :func:`share_left` from `start` to `end`: how many days of usual activity there were."""
    full = _step_integral((death - start) / fade_days) - _step_integral((death - end) / fade_days)
    return left * (end - start) + (1.0 - left) * fade_days * full


def _step_integral(w: Floats) -> Floats:
    """Integral from 0 to w of the smooth step, which is 1 beyond w = 1: there it grows by one a unit."""
    inside = np.clip(w, 0.0, 1.0)
    return inside**4 * (2.5 - 3.0 * inside + inside**2) + np.maximum(w - 1.0, 0.0)
