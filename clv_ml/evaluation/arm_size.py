"""How many customers it takes to see an effect, with arms of unequal size."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from clv_ml.errors import DataError

LEVEL, POWER = 0.95, 0.80


@dataclass(frozen=True)
class NeededArms:
    """Customers needed in each arm, and how many of them are still to come."""

    treated: int
    control: int
    more_treated: int
    more_control: int


def power_of(share: float, treated: int, control: int, *, effect: float, level: float = LEVEL) -> float:
    """Chance to see an effect of this size: that the interval of a difference of shares leaves 0 outside.

    Parameters
    ----------
    share
        Kept without a contact, in [0, 1].
    effect
        Difference in shares; its sign does not matter.

    Raises
    ------
    DataError
        If the share is outside [0, 1].
    """
    _require_share(share)
    if treated < 1 or control < 1:
        return 0.0
    error = math.sqrt(_variance(share) * (1.0 / treated + 1.0 / control))
    return float(stats.norm.cdf(abs(effect) / error - stats.norm.ppf(0.5 + level / 2)))


def needed_arms(
    share: float, treated: int, control: int, *, effect: float, level: float = LEVEL, power: float = POWER
) -> NeededArms:
    """Say how many customers each arm needs to see an effect, at the ratio of the arms there are.

    With arms of one size this is the familiar 16 p (1 - p) / D^2 an arm (2 (1.96 + 0.84)^2 = 15.7); a control arm 1/r
    of the treated one needs (1 + 1/r) / 2 of that, and the treated arm r times as many.

    Raises
    ------
    DataError
        If the effect is 0, or the share is outside [0, 1].
    """
    _require_share(share)
    if effect == 0:
        raise DataError("effect is 0: no number of customers is enough to see nothing")
    ratio = treated / control if treated and control else 1.0
    reach = float(stats.norm.ppf(0.5 + level / 2) + stats.norm.ppf(power))
    arm = reach**2 * _variance(share) * (1.0 + 1.0 / ratio) / effect**2
    need_control, need_treated = math.ceil(arm), math.ceil(arm * ratio)
    return NeededArms(need_treated, need_control, max(need_treated - treated, 0), max(need_control - control, 0))


def _variance(share: float) -> float:
    """Return p (1 - p), kept above 0: that nobody or everybody stayed is chance."""
    return max(share * (1.0 - share), 1e-4)


def _require_share(share: float) -> None:
    if not 0 <= share <= 1:
        raise DataError(f"share must lie in [0, 1], got {share}")
