"""Why a customer is on the list, in plain words: the customer's own fact against the customer's own norm.

With the contributions of the churn model, the themes that raise this customer's risk most are told, each by a fact that
holds; without them, the facts that stand out most. A reason states what is seen and never claims a cause.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.decisions.catalogue import LAST_RESORT, REASONS
from clv_ml.decisions.facts import Figures, FloatArray
from clv_ml.decisions.themes import THEMES, attributes_among, theme_contributions
from clv_ml.errors import DataError, missing_columns

REASONS_PER_ROW = 3

_NEEDED = ("frequency", "days_since_last")
_GROUP = "customer_group"
_LEAST = 1e-12  # below every share in the log odds that shows
_CODES = (*(reason.code for reason in REASONS), _GROUP)
_COLUMNS = [f"reason_{number}{suffix}" for number in range(1, REASONS_PER_ROW + 1) for suffix in ("_code", "")]


def reasons(customers: pd.DataFrame, contributions: pd.DataFrame | None = None) -> pd.DataFrame:
    """Give each customer up to three reasons, strongest first.

    Parameters
    ----------
    customers
        Features of :func:`clv_ml.snapshot.features.purchase_features` and, where there are any, of
        :func:`clv_ml.snapshot.engagement.engagement_features` and attributes as a person reads them (no codes),
        indexed by customer_id. Customers who never bought have no frequency.
    contributions
        Contributions to the log odds of churn (:meth:`clv_ml.models.churn.ChurnModel.contributions`), indexed like
        `customers`. They choose among the facts that hold: one fact a theme, themes by the sum of their contributions,
        those above 0 only. For a customer of whom nothing is left (whose risk every such theme lowers), the facts
        that stand out most are told, as without contributions.

    Returns
    -------
    pandas.DataFrame
        Indexed like `customers`: reason_1_code, reason_1, ... reason_3 (empty text where there are fewer).

    Raises
    ------
    DataError
        If a column is missing, or the two tables do not have the same index.
    """
    absent = [name for name in _NEEDED if name not in customers.columns]
    if absent and len(customers):
        raise missing_columns("customers", absent, map(str, customers.columns), "See clv_ml.snapshot.features.")
    if contributions is not None and not contributions.index.equals(customers.index):
        raise DataError(
            f"contributions have {len(contributions)} rows that are not those of the {len(customers)} customers in "
            "their order; compute them from the same table"
        )
    figures = Figures(customers)
    with np.errstate(divide="ignore", invalid="ignore"):  # a missing figure is no reason
        strengths = np.column_stack([*(reason.strength(figures) for reason in REASONS), np.zeros(len(customers))])
    scores = _alone(strengths)
    attributes = np.full(len(customers), "", dtype=object)
    if contributions is not None:
        attributes = _raising_attribute(customers, contributions)
        strengths[:, -1] = attributes != ""
        chosen = _by_theme(strengths, theme_contributions(contributions))
        scores = np.where((chosen > 0).any(axis=1, keepdims=True), chosen, scores)
        scores = _group_last(scores, strengths)
    # equals keep the order of the catalogue
    order = np.argsort(-scores, axis=1, kind="stable")[:, :REASONS_PER_ROW]
    told = np.take_along_axis(scores, order, axis=1) > 0
    columns: dict[str, NDArray[np.object_]] = {}
    for place in range(REASONS_PER_ROW):
        codes, texts = _words(np.where(told[:, place], order[:, place], -1), figures, customers, attributes)
        columns |= {f"reason_{place + 1}_code": codes, f"reason_{place + 1}": texts}
    return pd.DataFrame(columns, index=customers.index, columns=_COLUMNS)


def _alone(strengths: FloatArray) -> FloatArray:
    """Return the strengths of what may be told without a model, the last resort only where nothing else holds."""
    scores: FloatArray = strengths * np.array([*(reason.alone for reason in REASONS), False])
    last = _CODES.index(LAST_RESORT)
    others = np.delete(scores, last, axis=1).any(axis=1)
    scores[:, last] = np.where(others, 0.0, scores[:, last])
    return scores


def _group_last(scores: FloatArray, strengths: FloatArray) -> FloatArray:
    """Tell the group a customer belongs to after everything the customer did; nobody can act on a country."""
    last = _CODES.index(LAST_RESORT)
    ordered = scores.copy()
    ordered[:, -1] = np.where(scores[:, -1] > 0, _LEAST, 0.0)
    nothing_else = ~(ordered[:, :-1] > 0).any(axis=1) & (strengths[:, last] > 0)
    ordered[:, last] = np.where(nothing_else, 2 * _LEAST, ordered[:, last])
    return ordered


def _by_theme(strengths: FloatArray, sums: pd.DataFrame) -> FloatArray:
    """Return each reason's theme sum where it is the strongest fact of a theme that raises the risk, else 0."""
    by_theme = dict(zip(THEMES, sums.to_numpy(dtype=np.float64).T, strict=True))
    themes = (*(reason.themes for reason in REASONS), (_GROUP,))
    scores = np.zeros_like(strengths)
    for theme in THEMES:
        members = [place for place, shown in enumerate(themes) if shown[:1] == (theme,)]
        if members:
            strongest = np.argmax(strengths[:, members], axis=1)
            for position, place in enumerate(members):
                raised = np.max([by_theme[name] for name in themes[place]], axis=0)
                holds = (strongest == position) & (strengths[:, place] > 0) & (raised > 0)
                scores[:, place] = np.where(holds, raised, 0.0)
    return scores


def _raising_attribute(customers: pd.DataFrame, contributions: pd.DataFrame) -> NDArray[np.object_]:
    """Name the known attribute of each customer that raises the risk most; an empty name where none does."""
    names = [name for name in attributes_among(map(str, contributions.columns)) if name in customers.columns]
    if not names:
        return np.full(len(customers), "", dtype=object)
    known = customers[names].notna().to_numpy()
    shares = np.where(known, contributions[names].to_numpy(dtype=np.float64), 0.0)
    best = shares.argmax(axis=1)
    return np.asarray(np.where(shares.max(axis=1) > 0, np.array(names, dtype=object)[best], ""))


def _words(
    places: NDArray[np.intp], figures: Figures, customers: pd.DataFrame, attributes: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return code and text of one reason a customer, given by its place in the catalogue (-1: none)."""
    codes, texts = (np.full(len(places), "", dtype=object) for _ in range(2))
    for place, reason in enumerate(REASONS):
        rows = np.flatnonzero(places == place)
        codes[rows] = reason.code
        values = [figures[name][rows].tolist() for name in reason.inputs]
        told = [reason.text(*row) for row in zip(*values, strict=True)] if values else [reason.text()] * len(rows)
        texts[rows] = told
    rows = np.flatnonzero(places == len(REASONS))
    codes[rows] = _GROUP
    for name in sorted(set(attributes[rows])):
        having = rows[attributes[rows] == name]
        label = str(name).replace("_", " ")
        texts[having] = [f"{label[:1].upper()}{label[1:]}: {_shown(v)}." for v in customers[name].iloc[having]]
    return codes, texts


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
