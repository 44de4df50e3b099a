"""Why a customer is on the list, in plain words: the customer's own fact against the customer's own norm.

With the contributions of the churn model, the themes that raise this customer's risk most are told, each by a fact that
holds; without them, the facts that stand out most. A reason states what is seen and never claims a cause.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml import language
from clv_ml.decisions.catalogue import LAST_RESORT, REASONS
from clv_ml.decisions.facts import Figures, FloatArray, Reason
from clv_ml.decisions.sentences import customer_group
from clv_ml.decisions.themes import THEMES, attributes_among, theme_contributions
from clv_ml.decisions.told import REASONS_PER_ROW, Telling, Told
from clv_ml.errors import DataError, missing_columns

__all__ = ["REASONS_PER_ROW", "Told", "reasons", "tell"]

_NEEDED = ("frequency", "days_since_last")
_GROUP = "customer_group"
_LEAST = 1e-12  # below every share in the log odds that shows
_CODES = (*(reason.code for reason in REASONS), _GROUP)


def reasons(
    customers: pd.DataFrame,
    contributions: pd.DataFrame | None = None,
    *,
    words: language.Words | None = None,
    currency: str = "",
) -> pd.DataFrame:
    """Give each customer up to three reasons in one language (English unless told), strongest first.

    See :func:`tell`, which takes the same tables, and :meth:`Told.texts` for what is returned.
    """
    return tell(customers, contributions, currency=currency).texts(words or language.words(language.SOURCE))


def tell(customers: pd.DataFrame, contributions: pd.DataFrame | None = None, *, currency: str = "") -> Told:
    """Choose up to three reasons for each customer, strongest first.

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
    currency
        Currency of the amounts in the reasons; they stand without one where it is empty.

    Returns
    -------
    Told
        A code and figures for each reason; :meth:`Told.texts` puts them into words, in as many languages as needed.

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
    tellings: list[Telling] = []
    for place in range(REASONS_PER_ROW):
        chosen_here = np.where(told[:, place], order[:, place], -1)
        for number, reason in enumerate(REASONS):
            rows = np.flatnonzero(chosen_here == number)
            tellings.append(Telling(reason.code, place, reason.text, rows, _figures(reason, figures, rows)))
        rows = np.flatnonzero(chosen_here == len(REASONS))
        values = _attribute_values(customers, attributes, rows)
        tellings.append(Telling(_GROUP, place, customer_group, rows, values))
    return Told(customers.index, [telling for telling in tellings if len(telling.rows)], currency)


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


def _figures(reason: Reason, figures: Figures, rows: NDArray[np.intp]) -> list[tuple[float | None, ...]]:
    """Return each customer's figures as they are shown; None where one is missing."""
    if not reason.inputs:
        return [()] * len(rows)
    columns: list[list[float | None]] = []
    for name in reason.inputs:
        shown = np.round(figures[name][rows], reason.decimals) + 0.0  # no minus before a zero
        columns.append([None if figure != figure else figure for figure in shown.tolist()])
    return list(zip(*columns, strict=True))


def _attribute_values(
    customers: pd.DataFrame, attributes: NDArray[np.object_], rows: NDArray[np.intp]
) -> list[tuple[str, object]]:
    """Return the name and the value of each customer's attribute."""
    values: dict[int, tuple[str, object]] = {}
    for name in sorted(set(attributes[rows])):
        having = rows[attributes[rows] == name]
        values |= {row: (name, value) for row, value in zip(having, customers[name].iloc[having], strict=True)}
    return [values[row] for row in rows]
