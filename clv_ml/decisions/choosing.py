"""Which facts become a customer's reasons: what raises the risk first, then what else there is to know."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from clv_ml.decisions.catalogue import LAST_RESORT, REASONS
from clv_ml.decisions.facts import FloatArray
from clv_ml.decisions.themes import THEMES

GROUP = "customer_group"
CODES = (*(reason.code for reason in REASONS), GROUP)
"""Codes of the columns of strengths and scores; the last is the group a customer belongs to."""

_THEMES = (*(reason.themes for reason in REASONS), (GROUP,))
_ALONE = np.array([*(reason.alone for reason in REASONS), False])
_CONTEXT = np.array([*(reason.context for reason in REASONS), False])
_LAST = CODES.index(LAST_RESORT)
# a whole number for each kind, and within it the stronger first
_CHOSEN, _OTHER_THEME, _SAME_THEME, _GROUP, _CONTEXTS = 5, 4, 3, 2, 1


def scores_of(strengths: FloatArray, sums: pd.DataFrame | None) -> FloatArray:
    """Score the facts of each customer: the three with the highest scores are told.

    First come those that the model chooses; without a model, or where it chooses none, the facts that stand out; and
    where nothing does, that the customer is listed for the value. Then come other facts that stand out, those of a
    theme that is not told yet before the rest, the customer's group, and what is good to know. What a customer did
    comes before the group, because nobody can act on a country.

    Parameters
    ----------
    strengths
        How strongly each fact holds, shape (customers, :data:`CODES`); 0 where it does not.
    sums
        Contributions to the log odds of churn by theme (:func:`clv_ml.decisions.themes.theme_contributions`).

    Returns
    -------
    numpy.ndarray
        Of the same shape; 0 for what is not told.
    """
    standing_out = strengths * _ALONE
    standing_out[:, _LAST] = 0.0
    chosen = standing_out.copy()
    if sums is not None:
        by_model = _raising(strengths, sums)
        by_model[:, -1] = 0.0
        chosen = np.where((by_model > 0).any(axis=1, keepdims=True), by_model, standing_out)
    nothing = ~(chosen > 0).any(axis=1)
    chosen[:, _LAST] = np.where(nothing, strengths[:, _LAST], 0.0)
    scores = _kind(_CHOSEN, chosen)
    for place, leads in _leads(standing_out, chosen):
        others = np.where(
            leads, _kind(_OTHER_THEME, standing_out[:, place]), _kind(_SAME_THEME, standing_out[:, place])
        )
        scores[:, place] = np.where(chosen[:, place] > 0, scores[:, place], others)
    scores[:, -1] = _kind(_GROUP, strengths[:, -1])
    context = np.where(_CONTEXT, _kind(_CONTEXTS, strengths), 0.0)
    # the last resort says the same of a customer's rhythm
    context[:, CODES.index("in_rhythm")] *= chosen[:, _LAST] == 0
    scored: FloatArray = np.maximum(scores, context)
    return scored


def _kind(kind: int, strength: FloatArray) -> FloatArray:
    """Return scores of one kind: from `kind` up to, but not including, the next whole number; 0 where none."""
    scores: FloatArray = np.where(strength > 0, kind + strength / (1 + strength), 0.0)
    return scores


def _raising(strengths: FloatArray, sums: pd.DataFrame) -> FloatArray:
    """Return each fact's theme sum where it is the strongest fact of a theme that raises the risk, else 0."""
    by_theme = dict(zip(THEMES, sums.to_numpy(dtype=np.float64).T, strict=True))
    scores = np.zeros_like(strengths)
    for members in _members():
        strongest = np.argmax(strengths[:, members], axis=1)
        for position, place in enumerate(members):
            raised = np.max([by_theme[name] for name in _THEMES[place]], axis=0)
            holds = (strongest == position) & (strengths[:, place] > 0) & (raised > 0)
            scores[:, place] = np.where(holds, raised, 0.0)
    return scores


def _leads(standing_out: FloatArray, chosen: FloatArray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each fact with whether it is the strongest of a theme of which nothing is chosen."""
    for members in _members():
        untold = ~(chosen[:, members] > 0).any(axis=1)
        strongest = np.argmax(standing_out[:, members], axis=1)
        for position, place in enumerate(members):
            yield place, untold & (strongest == position)


def _members() -> Iterator[list[int]]:
    """Yield the places of the facts of each theme that has any."""
    for theme in THEMES:
        members = [place for place, shown in enumerate(_THEMES) if shown[:1] == (theme,)]
        if members:
            yield members
