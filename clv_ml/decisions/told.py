"""The reasons chosen for every customer, ready to be told in any language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.decisions.voice import Voice
from clv_ml.language import Words

REASONS_PER_ROW = 3

COLUMNS = tuple(f"reason_{number}{suffix}" for number in range(1, REASONS_PER_ROW + 1) for suffix in ("_code", ""))


@dataclass(frozen=True)
class Telling:
    """One reason told to several customers in the same place: a code and each customer's figures.

    Attributes
    ----------
    place
        0 for the first reason of a row, 1 for the second, ...
    rows
        Positions of the customers, rising.
    figures
        One tuple a customer: what the sentence takes after the voice.
    """

    code: str
    place: int
    sentence: Callable[..., str]
    rows: NDArray[np.intp]
    figures: Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Told:
    """What :func:`clv_ml.decisions.reasons.tell` chose; the choice is the same in every language.

    Attributes
    ----------
    index
        The customers.
    tellings
        Every reason of every customer.
    currency
        Currency of the amounts of money; none where empty.
    """

    index: pd.Index[Any]
    tellings: Sequence[Telling]
    currency: str = ""

    def texts(self, words: Words, *, rows: int | None = None) -> pd.DataFrame:
        """Put the reasons into words.

        Parameters
        ----------
        words
            The language (:func:`clv_ml.language.words`).
        rows
            Only the first so many customers; all unless told.

        Returns
        -------
        pandas.DataFrame
            Indexed by the customers: reason_1_code, reason_1, ... reason_3 (empty text where there are fewer).
        """
        index = self.index[:rows]
        columns = {name: np.full(len(index), "", dtype=object) for name in COLUMNS}
        voice = Voice(words, self.currency)
        for telling in self.tellings:
            count = int(np.searchsorted(telling.rows, len(index)))
            positions, figures = telling.rows[:count], telling.figures[:count]
            columns[f"reason_{telling.place + 1}_code"][positions] = telling.code
            # many customers share their figures: each sentence is made once
            said = {these: telling.sentence(voice, *these) for these in set(figures)}
            columns[f"reason_{telling.place + 1}"][positions] = [said[these] for these in figures]
        return pd.DataFrame(columns, index=index, columns=list(COLUMNS), dtype="str")
