"""Decisions -> the list a retention team works through."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.config import RiskConfig
from clv_ml.decisions.actions import action_words, recommended_actions
from clv_ml.decisions.changes import changes
from clv_ml.decisions.deciding import Decisions
from clv_ml.decisions.reasons import Told, tell
from clv_ml.decisions.targeting import STATUSES, profit_order
from clv_ml.language import Words, words

SCHEMA_VERSION = 2
EXPLAINED = 20_000
"""Rows whose reasons the model chooses, at least."""

RISK_COLUMNS = (
    "schema_version",
    "refresh_id",
    "as_of",
    "valid_until",
    "model_version",
    "customer_id",
    "rank",
    "action_status",
    "exclusion_reason",
    "p_churn_30d",
    "p_churn_60d",
    "p_churn_90d",
    "p_churn_own",
    "own_horizon_days",
    "risk_band",
    "risk_percentile",
    "expected_purchases",
    "expected_clv",
    "value_if_retained",
    "clv_horizon_days",
    "currency",
    "value_at_risk",
    "value_tier",
    "save_rate",
    "take_up",
    "offer_cost",
    "contact_cost",
    "expected_saves",
    "expected_net_profit",
    "cum_expected_profit",
    "reason_1_code",
    "reason_1",
    "reason_2_code",
    "reason_2",
    "reason_3_code",
    "reason_3",
    "recommended_action_code",
    "recommended_action",
    "expected_next_order",
    "days_since_last",
    "usual_gap_days",
    "is_control",
    "change",
    "previous_rank",
    "previous_p_churn",
    "score_source",
    "history_days",
    "engagement_score",
    "margin",
    "cost_per_order",
    "annual_discount_rate",
)


@dataclass(frozen=True)
class ListContext:
    """What all rows of one list have in common."""

    refresh_id: str
    as_of: dt.date
    model_version: str
    currency: str
    clv_horizon_days: int
    main_horizon_days: int
    margin: float
    annual_discount_rate: float
    cost_per_order: float = 0.0
    own_gap: bool = False

    @property
    def main_score(self) -> str:
        """Name of the probability that ranks."""
        return "p_churn_own" if self.own_gap else f"p_churn_{self.main_horizon_days}d"


@dataclass(frozen=True)
class RiskList:
    """The list, and what is needed to tell it in other languages.

    Attributes
    ----------
    table
        One row a customer with the columns :data:`RISK_COLUMNS` (those of horizons and labels the config does not have
        are left out), sorted by rank: who is contacted first, most profit first, then the others by status; ties by
        customer_id.
    decisions
        What was decided on everybody, listed or not.
    """

    table: pd.DataFrame
    decisions: Decisions
    told: Told

    def texts(self, language: Words, *, rows: int | None = None) -> pd.DataFrame:
        """Return reason_1, reason_2, reason_3 and recommended_action of the first rows, indexed by customer_id."""
        reasons = self.told.texts(language, rows=rows)
        codes = self.table["recommended_action_code"].iloc[:rows].set_axis(reasons.index)
        kept = [name for name in reasons.columns if not name.endswith("_code")]
        return reasons[kept].assign(recommended_action=action_words(codes, language))


def risk_list(
    customers: pd.DataFrame,
    scores: pd.DataFrame,
    decisions: Decisions,
    *,
    config: RiskConfig,
    context: ListContext,
    explain: Callable[[pd.DataFrame], pd.DataFrame | None] = lambda rows: None,
    previous: pd.DataFrame | None = None,
    language: Words | None = None,
) -> RiskList:
    """List who is contacted and who was held back, and of the others those whose contact would earn most.

    Parameters
    ----------
    customers
        Features at `as_of`, indexed by customer_id.
    scores
        What :func:`clv_ml.models.scoring.score_customers` returns for them.
    decisions
        What :func:`clv_ml.decisions.deciding.decide` returns for them.
    explain
        Customers to the contributions of their features to the log odds of churn, which choose the reasons
        (:func:`clv_ml.models.scoring.contributions`); None where there is no classifier.
    previous
        The list before this one.
    language
        Of reasons and actions; English where None.
    """
    rows = listed_rows(decisions, config)
    known = customers.loc[rows.index]
    table, told = describe_rows(
        rows,
        known,
        scores.loc[rows.index],
        config=config,
        context=context,
        explain=explain,
        previous=previous,
        language=language or words("en"),
    )
    return RiskList(table, decisions, told)


def listed_rows(decisions: Decisions, config: RiskConfig) -> pd.DataFrame:
    """Return the decisions on who is listed in the order of the list, with what the order alone tells of a row.

    Returns
    -------
    pandas.DataFrame
        The columns of `decisions.table`, place (of the customer there), rank, cum_expected_profit and is_explained:
        whether the model chooses the reasons. Exact contributions cost more than the scores themselves, so that of a
        long list the rows to contact and in control are explained, and :data:`EXPLAINED` at least.
    """
    table = decisions.table
    profit = table["expected_net_profit"].to_numpy(dtype=np.float64)
    valued = np.isfinite(profit)
    status = table["action_status"].cat.codes.to_numpy()
    worked = np.isin(status, [STATUSES.index(name) for name in ("contact", "control")])
    told = min(int(np.ceil(config.list_share * valued.sum())), config.list_rows)
    paying = np.flatnonzero(valued & (worked | (profit >= _profit_at(profit[valued], told))))
    paying = profit_order(table.index, profit, among=paying)
    places = paying[(np.arange(len(paying)) < told) | worked[paying]]
    places = places[np.argsort(status[places], kind="stable")]
    rows = table.iloc[places]
    earned = rows["expected_net_profit"].where(rows["action_status"] == "contact").cumsum()
    rank = np.arange(1, len(rows) + 1)
    explained = rank <= max(EXPLAINED, int(worked[places].sum()))
    return rows.assign(place=places, rank=rank, cum_expected_profit=earned, is_explained=explained)


def _profit_at(profit: NDArray[np.float64], place: int) -> float:
    """Return the profit at a place counted from the top; infinity for none."""
    if not place:
        return np.inf
    below = len(profit) - place
    return float(np.partition(profit, below)[below])


def describe_rows(
    rows: pd.DataFrame,
    known: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    config: RiskConfig,
    context: ListContext,
    explain: Callable[[pd.DataFrame], pd.DataFrame | None],
    previous: pd.DataFrame | None,
    language: Words,
) -> tuple[pd.DataFrame, Told]:
    """Put rows of the list into their columns and words, whatever rows come before or after them.

    Parameters
    ----------
    rows
        Some of :func:`listed_rows`, in their order.
    known, scores
        Features and scores of these customers, in the same order.
    """
    told = tell(known, _contributions(known, rows["is_explained"], explain), currency=context.currency)
    next_day = pd.Timestamp(context.as_of) + pd.to_timedelta(np.ceil(scores["days_to_next_order"]), unit="D")
    in_words = {str(name): rows[name].astype("str") for name in rows.select_dtypes("category")}
    facts = scores.join(rows.drop(columns=["place", "is_explained"]).assign(**in_words)).join(told.texts(language))
    facts = facts.assign(
        schema_version=SCHEMA_VERSION,
        refresh_id=context.refresh_id,
        as_of=context.as_of.isoformat(),
        valid_until=(context.as_of + dt.timedelta(days=config.valid_days)).isoformat(),
        model_version=context.model_version,
        clv_horizon_days=context.clv_horizon_days,
        currency=context.currency,
        margin=context.margin,
        cost_per_order=context.cost_per_order,
        annual_discount_rate=context.annual_discount_rate,
        expected_next_order=next_day.dt.strftime("%Y-%m-%d"),
        days_since_last=known["days_since_last"],
        usual_gap_days=known["gap_mean"].round(1),
        history_days=known["T"],
        **({"own_horizon_days": known["own_horizon_days"]} if context.own_gap else {}),
    )
    codes = recommended_actions(facts, config.actions)
    facts = facts.assign(recommended_action_code=codes, recommended_action=action_words(codes, language))
    table = facts.rename_axis("customer_id").reset_index()
    table = table.join(changes(table, previous, main_score=context.main_score))
    return table[[name for name in RISK_COLUMNS if name in table.columns]], told


def _contributions(
    known: pd.DataFrame, is_explained: pd.Series[bool], explain: Callable[[pd.DataFrame], pd.DataFrame | None]
) -> pd.DataFrame | None:
    """Explain the rows to explain; of the others the facts that stand out most are told: 0 chooses none."""
    found = explain(known[is_explained.to_numpy()])
    return None if found is None else found.reindex(known.index, fill_value=0.0)
