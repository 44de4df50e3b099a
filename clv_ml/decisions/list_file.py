"""A list on disk: it can be longer than what fits into memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from clv_ml.decisions.deciding import Decisions
from clv_ml.engine.stored import Stored

COUNTED = (
    "action_status",
    "value_at_risk",
    "expected_net_profit",
    "change",
    "as_of",
    "valid_until",
    "refresh_id",
    "save_rate",
    "take_up",
    "offer_cost",
    "contact_cost",
    "margin",
    "annual_discount_rate",
)
"""Columns of all rows that a page or a workbook sums up."""


DECIDED = ("action_status", "exclusion_reason", "is_control", "value_tier", "value_at_risk", "expected_net_profit")
"""Decisions that stand beside the scores of everybody."""


@dataclass(frozen=True)
class ListFile:
    """The list as a file, and what is told of it beside.

    Attributes
    ----------
    path
        Parquet with the columns :data:`clv_ml.decisions.risk.RISK_COLUMNS`, in the order of the list.
    decisions
        What was decided on everybody, listed or not: :data:`DECIDED`, in the order of the scores and without names.
    texts
        For each language reason_1..3 and recommended_action of the first rows, indexed by customer_id.
    """

    path: Path
    decisions: Decisions
    texts: Mapping[str, pd.DataFrame]

    def __post_init__(self) -> None:
        """Let go of what only the making of a list needs: of millions of customers it is most."""
        table, chosen = self.decisions.table, self.decisions.chosen
        kept = table[[name for name in DECIDED if name in table]].reset_index(drop=True)
        unnamed = replace(chosen, status=chosen.status.reset_index(drop=True))
        object.__setattr__(self, "decisions", Decisions(kept, unnamed))

    def __len__(self) -> int:
        return len(self._stored)

    @property
    def counted(self) -> pd.DataFrame:
        """All rows, with the columns that are counted."""
        return self._stored.read(COUNTED).reset_index()

    def head(self, rows: int) -> pd.DataFrame:
        """Return the first rows with all their columns."""
        return self._ordered(self._stored.head(rows))

    def read(self, columns: list[str] | None = None) -> pd.DataFrame:
        """Return all rows, with some or all of their columns."""
        return self._ordered(self._stored.read(columns))

    def batches(self) -> Iterator[pd.DataFrame]:
        """Yield all rows with all their columns, in the order of the list."""
        return map(self._ordered, self._stored.batches())

    def contacts(self, columns: list[str] | None = None) -> pd.DataFrame:
        """Return the rows to contact; they come first."""
        status = self._stored["action_status"].to_numpy(dtype=object)
        return self._ordered(self._stored.at(np.flatnonzero(status == "contact"), columns))

    @property
    def _stored(self) -> Stored:
        return Stored(self.path)

    def _ordered(self, rows: pd.DataFrame) -> pd.DataFrame:
        table = rows.reset_index()
        return table[[name for name in self._stored.names if name in table]]
