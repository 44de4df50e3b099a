"""What each worker of a cluster does with its rows: the very functions that score and list on one machine."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from clv_ml.config import RiskConfig, ValueConfig
from clv_ml.decisions.cluster_choice import ClusterChoice
from clv_ml.decisions.cluster_columns import (
    DECIDED,
    DETAIL,
    EARLIER,
    KNOWN,
    SCORED,
    appended,
    arrow_batch,
    columns_of,
    gathered,
    kinds_of,
    with_role,
)
from clv_ml.decisions.deciding import assess
from clv_ml.decisions.reasons import Told
from clv_ml.decisions.risk import EXPLAINED, ListContext, describe_rows
from clv_ml.decisions.standing import Standing
from clv_ml.decisions.targeting import STATUSES
from clv_ml.language import words
from clv_ml.models.scoring import contributions, score_customers
from clv_ml.models.shipment import Shipment

Batches = Iterator[pa.RecordBatch]
ORDER_STATUS, ORDER_PROFIT, EARNED, WORKED = "order_status", "order_profit", "earned", "worked"
ORDER_KINDS = {ORDER_STATUS: "bigint", ORDER_PROFIT: "double", EARNED: "double", WORKED: "bigint"}
"""Columns that put a list in order, and those that are summed along it."""

_WHOLE = {
    *("schema_version", "rank", "own_horizon_days", "clv_horizon_days", "days_since_last", "previous_rank"),
    "history_days",
}


@dataclass(frozen=True)
class Work:
    """What all workers need to know beside their rows; it travels with the job."""

    shipment: Shipment
    horizons_days: tuple[int, ...]
    value: ValueConfig
    risk: RiskConfig
    context: ListContext
    secret: str
    language: str

    @property
    def as_of(self) -> dt.date:
        """Day of the list."""
        return self.context.as_of

    def scores(self, customers: pd.DataFrame) -> pd.DataFrame:
        """Score customers."""
        models = self.shipment.bundle().models
        return score_customers(models, customers, horizons_days=self.horizons_days, value=self.value)

    def assessed(self, table: pa.Table, standing: Standing) -> pd.DataFrame:
        """Assess customers who have been scored."""
        scores, details = columns_of(table, SCORED), columns_of(table, DETAIL)
        return assess(
            columns_of(table, KNOWN),
            scores,
            standing.of(scores, self.context.main_score),
            config=self.risk,
            main_score=self.context.main_score,
            as_of=self.as_of,
            details=details if len(details.columns) else None,
            secret=self.secret,
        )

    def decided(self, table: pa.Table, standing: Standing, choice: ClusterChoice) -> pd.DataFrame:
        """Assess customers, and say what becomes of them."""
        assessed = self.assessed(table, standing)
        return assessed.assign(action_status=choice.status(assessed))


def scored(batches: Batches, *, work: Work) -> Batches:
    """Put scores beside features."""
    for table in gathered(batches):
        scores = with_role(SCORED, work.scores(columns_of(table, KNOWN)))
        yield from appended(table, scores, kinds_of(scores))


def assessed(batches: Batches, *, work: Work, standing: Standing, kinds: dict[str, str]) -> Batches:
    """Say of each customer what the choice of whom to contact depends on."""
    for table in gathered(batches):
        yield arrow_batch(work.assessed(table, standing).reset_index(), kinds)


def decided(batches: Batches, *, work: Work, standing: Standing, choice: ClusterChoice) -> Batches:
    """Put the decisions beside the scores."""
    for table in gathered(batches):
        decisions = with_role(DECIDED, work.decided(table, standing, choice))
        yield from appended(table, decisions, kinds_of(decisions))


def listed(batches: Batches, *, work: Work, standing: Standing, choice: ClusterChoice) -> Batches:
    """Leave out who is not on the list; of the others say what puts the list in order."""
    for table in gathered(batches):
        decisions = work.decided(table, standing, choice)
        on_list = choice.listed(decisions)
        rows = decisions[on_list]
        status = rows["action_status"].map({name: place for place, name in enumerate(STATUSES)}).astype("int64")
        more = with_role(DECIDED, rows).assign(
            **{
                ORDER_STATUS: status,
                ORDER_PROFIT: -rows["expected_net_profit"],
                EARNED: rows["expected_net_profit"].where(status == STATUSES.index("contact"), 0.0),
                WORKED: status.isin([STATUSES.index(name) for name in ("contact", "control")]).astype("int64"),
            }
        )
        kinds = kinds_of(more) | ORDER_KINDS
        yield from appended(table.filter(pa.array(on_list)), more, kinds)


def described(batches: Batches, *, work: Work, explained: int, compared: bool, kinds: dict[str, str]) -> Batches:
    """Put rows of the list into its columns and words."""
    for table in gathered(batches):
        yield arrow_batch(list_rows(table, work, explained=explained, compared=compared), kinds)


def list_rows(table: pa.Table, work: Work, *, explained: int, compared: bool) -> pd.DataFrame:
    """Put rows of the list into its columns and words; see :func:`told_rows`."""
    return told_rows(table, work, explained=explained, compared=compared)[0]


def told_rows(table: pa.Table, work: Work, *, explained: int, compared: bool) -> tuple[pd.DataFrame, Told]:
    """Put rows of the list into its columns and words, with what other languages need.

    Parameters
    ----------
    explained
        Rank of the last row whose reasons the model chooses.
    compared
        Whether there is a list before this one.
    """
    rows = columns_of(table, DECIDED)
    rank = table["place"].to_numpy().astype(np.int64)
    earned = table[f"run_{EARNED}"].to_numpy().astype(np.float64)
    rows = rows.assign(
        place=rank,
        rank=rank,
        cum_expected_profit=np.where(rows["action_status"] == "contact", earned, np.nan),
        is_explained=rank <= explained,
    )
    before = columns_of(table, EARLIER).reset_index() if compared else None
    return describe_rows(
        rows,
        columns_of(table, KNOWN),
        columns_of(table, SCORED),
        config=work.risk,
        context=work.context,
        explain=functools.partial(contributions, work.shipment.bundle().models),
        previous=None if before is None else before[before["rank"].notna()],
        language=words(work.language),
    )


def list_kinds(columns: pd.DataFrame) -> dict[str, str]:
    """Return the types of the list's columns from a list without rows."""
    known = kinds_of(columns)
    return {name: "bigint" if name in _WHOLE else kind for name, kind in known.items()}


def explained_up_to(worked: int) -> int:
    """Return the rank of the last row whose reasons the model chooses (:func:`clv_ml.decisions.risk.listed_rows`)."""
    return max(EXPLAINED, worked)
