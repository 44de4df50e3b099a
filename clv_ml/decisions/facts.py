"""What can be said of a customer: the customer's own figure against the customer's own norm.

A fact is told only where it holds as it reads, after rounding. It states what is seen and never claims a cause.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_LEAST_FALL = 0.1  # a smaller share is no news
_MILESTONE = re.compile(r"activated_within_(\d+)h")


class Figures:
    """The columns of a table of customers as floats, NaN where a figure or a whole column is missing."""

    def __init__(self, customers: pd.DataFrame) -> None:
        self._customers = customers
        self._known: dict[str, FloatArray] = {}

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self._known:
            self._known[name] = _DERIVED[name](self) if name in _DERIVED else self._column(name)
        return self._known[name]

    def milestones(self) -> Iterator[tuple[int, FloatArray]]:
        """Yield hours and whether the customer was activated within them, fewest hours first."""
        found = [(int(match[1]), match[0]) for match in map(_MILESTONE.fullmatch, map(str, self._customers)) if match]
        for hours, name in sorted(found):
            yield hours, self[name]

    @property
    def missing(self) -> FloatArray:
        """A column without a figure."""
        return np.full(len(self._customers), np.nan)

    def _column(self, name: str) -> FloatArray:
        if name not in self._customers.columns:
            return self.missing
        return pd.to_numeric(self._customers[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


@dataclass(frozen=True)
class Reason:
    """One kind of fact.

    Attributes
    ----------
    code
        Stable name; variants of a fact that exclude each other share it.
    themes
        Themes of :mod:`clv_ml.decisions.themes` whose features it shows, its own first.
    strength
        How strongly it holds for each customer, 0 where it does not; comparable between reasons.
    inputs, decimals
        The figures of a customer that are told, and to how many decimals.
    text
        The sentence of :mod:`clv_ml.decisions.sentences`: takes a voice and the figures.
    alone
        Whether it may be told without a model that says it matters.
    context
        Whether it is no news, but good to know where there is room.
    """

    code: str
    themes: tuple[str, ...]
    strength: Callable[[Figures], FloatArray]
    inputs: tuple[str, ...]
    text: Callable[..., str]
    alone: bool = True
    context: bool = False
    decimals: int = 0


def where(condition: NDArray[np.bool_], strength: FloatArray | float) -> FloatArray:
    """Return the strength where the condition holds and the strength is above 0, else 0."""
    values = np.where(condition, strength, 0.0)
    return np.where(values > 0, values, 0.0)


def fall(recent: FloatArray, before: FloatArray, *, decimals: int = 0) -> FloatArray:
    """Return the share by which a figure fell, 0 where it did not as both are shown."""
    recent, before = np.round(recent, decimals), np.round(before, decimals)
    return where(before > np.maximum(recent, 0.0), (before - recent) / before)  # refunds can make either negative


def noted(share: FloatArray) -> FloatArray:
    """Return the fall where it is worth telling, else 0."""
    return where(share >= _LEAST_FALL, share)


def unshrunken(recent: FloatArray, before: FloatArray) -> NDArray[np.bool_]:
    """Whether money did not fall so much that it is worth telling; never beside more refunds than sales before."""
    return (np.round(before, 2) > 0) & (recent >= (1 - _LEAST_FALL) * before)


def fading(figures: Figures) -> FloatArray:
    """Return the weight of how a customer began: 1 at the start, one half after 30 days."""
    return 30 / (30 + np.maximum(np.nan_to_num(figures["tenure"]), 0.0))


def _before(measure: str, span: int) -> Callable[[Figures], FloatArray]:
    """Return what a measure was in the `span` days before the last `span` days; NaN for a customer too young."""

    def additive(figures: Figures) -> FloatArray:
        earlier = figures[f"{measure}_last_{2 * span}d"] - figures[f"{measure}_last_{span}d"]
        return np.where(figures["tenure"] >= 2 * span - 1, earlier, np.nan)

    def distinct(figures: Figures) -> FloatArray:
        # different surfaces do not add up, but their trend is (last + 1) / (before + 1)
        return np.round((figures[f"{measure}_last_{span}d"] + 1) / figures[f"{measure}_trend_{span}d"] - 1)

    return distinct if measure == "surfaces" else additive


def _tenure(figures: Figures) -> FloatArray:
    known = figures["tenure_days"]
    return np.where(np.isnan(known), figures["T"], known)


def _missed_hours(figures: Figures) -> FloatArray:
    """Return the longest milestone that was missed, in hours."""
    missed = figures.missing
    for hours, activated in figures.milestones():
        missed = np.where(activated == 0, float(hours), missed)
    return missed


_DERIVED: dict[str, Callable[[Figures], FloatArray]] = {
    "tenure": _tenure,
    "purchases_before_90d": lambda c: c["purchases_last_180d"] - c["purchases_last_90d"],
    "spend_before_90d": lambda c: c["spend_last_180d"] - c["spend_last_90d"],
    "usual_gap": lambda c: np.where(c["frequency"] >= 2, c["gap_mean"], np.nan),
    "gap_mean_before": lambda c: (c["gap_mean"] * c["frequency"] - c["gap_last"]) / (c["frequency"] - 1),
    "orders": lambda c: c["frequency"] + 1,
    "spend_a_day": lambda c: c["spend_total"] / (c["frequency"] + 1),
    "spend_a_day_before": lambda c: (c["spend_total"] - c["spend_last_day"]) / c["frequency"],
    "contacts_before_90d": lambda c: c["contacts_total"] - c["contacts_last_90d"],
    "responses_before_90d": lambda c: c["responses_total"] - c["responses_last_90d"],
    "missed_hours": _missed_hours,
    **{
        f"{measure}_before_{span}d": _before(measure, span)
        for measure in ("sessions", "minutes", "surfaces")
        for span in (7, 30)
    },
}
