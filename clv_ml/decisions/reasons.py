"""Why a customer is on the list, in plain words: the customer's own fact against the customer's own norm.

With the contributions of the churn model, the themes that raise this customer's risk most are told, each by a fact that
holds; without them, the facts that stand out most. A reason states what is seen and never claims a cause.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml import language
from clv_ml.decisions.catalogue import REASONS
from clv_ml.decisions.choosing import GROUP, scores_of
from clv_ml.decisions.facts import Figures, Reason
from clv_ml.decisions.groups import customer_group
from clv_ml.decisions.themes import attributes_among, theme_contributions
from clv_ml.decisions.told import REASONS_PER_ROW, Telling, Told
from clv_ml.errors import DataError, missing_columns

__all__ = ["REASONS_PER_ROW", "Told", "reasons", "tell"]

_NEEDED = ("frequency", "days_since_last")


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
        that stand out most are told, as without contributions. Where fewer than three are chosen, what else there is
        to know follows (:func:`clv_ml.decisions.choosing.scores_of`).
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
    attributes, sums = np.full(len(customers), "", dtype=object), None
    if contributions is not None:
        attributes, sums = _raising_attribute(customers, contributions), theme_contributions(contributions)
        strengths[:, -1] = attributes != ""
    scores = scores_of(strengths, sums)
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
        tellings.append(Telling(GROUP, place, customer_group, rows, values))
    return Told(customers.index, [telling for telling in tellings if len(telling.rows)], currency)


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
