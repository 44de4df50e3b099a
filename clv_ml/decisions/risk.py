"""Scores -> the ranked list of valuable customers at risk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_ml.config import RiskConfig
from clv_ml.decisions.reasons import reasons

SCHEMA_VERSION = 1

RISK_COLUMNS = (
    "schema_version",
    "refresh_id",
    "as_of",
    "valid_until",
    "model_version",
    "customer_id",
    "rank",
    "action_status",
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
    "reason_1_code",
    "reason_1",
    "reason_2_code",
    "reason_2",
    "reason_3_code",
    "reason_3",
    "expected_next_order",
    "days_since_last",
    "usual_gap_days",
    "score_source",
    "history_days",
    "engagement_score",
    "margin",
    "cost_per_order",
    "annual_discount_rate",
)

_BANDS = ((0.75, "very high"), (0.50, "high"), (0.25, "medium"), (-np.inf, "low"))


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


def value_at_risk(scores: pd.DataFrame, main_score: str) -> pd.Series[float]:
    """P(churn) x value if retained.

    Not P(churn) x expected_clv: that value already carries the chance that the customer is gone, and the
    departure would count twice.
    """
    return scores[main_score] * scores["value_if_retained"]


def value_tiers(value: pd.Series[float], high_value_share: float) -> pd.Series[str]:
    """Sort customers into ``high`` (the top share), ``medium`` (as many again, twice) and ``low`` by value.

    The value is expected_clv: a big spender who left long ago is worth little now, and no call brings that back.
    Who has not bought yet has no value (NaN) and is in none of the shares. Ties at a border fall into the higher
    tier, so that equal customers are treated alike.
    """
    position = value.rank(method="min", ascending=False)
    high = max(1.0, np.ceil(high_value_share * value.notna().sum()))
    tiers = pd.Series("low", index=value.index, name="value_tier")
    return tiers.mask(position <= 3 * high, "medium").mask(position <= high, "high")


def risk_list(
    customers: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    config: RiskConfig,
    context: ListContext,
    explain: Callable[[pd.DataFrame], pd.DataFrame | None] = lambda rows: None,
) -> pd.DataFrame:
    """Rank the high-value customers (by expected CLV) by the money at risk.

    Parameters
    ----------
    customers
        Features at `as_of`, indexed by customer_id.
    scores
        What :func:`clv_ml.models.scoring.score_customers` returns for them.
    explain
        Customers to the contributions of their features to the log odds of churn, which choose the reasons
        (:func:`clv_ml.models.scoring.contributions`); None where there is no classifier.

    Returns
    -------
    pandas.DataFrame
        One row a high-value customer, sorted by rank (1 = most money at risk; ties by customer_id), with the columns
        :data:`RISK_COLUMNS` (those of horizons and labels the config does not have are left out).
    """
    main = context.main_score
    everyone = scores.assign(
        value_at_risk=value_at_risk(scores, main),
        value_tier=value_tiers(scores["expected_clv"], config.high_value_share),
        risk_percentile=(100.0 * scores[main].rank(method="average", pct=True)).round(1),
    )
    chosen = everyone[everyone["value_tier"] == "high"].rename_axis("customer_id").reset_index()
    chosen = chosen.sort_values(["value_at_risk", "customer_id"], ascending=[False, True], ignore_index=True)
    known = customers.loc[chosen["customer_id"]]
    rank = np.arange(1, len(chosen) + 1)
    within = np.full(len(chosen), True) if config.capacity is None else rank <= config.capacity
    as_of = pd.Timestamp(context.as_of)
    next_order = as_of + pd.to_timedelta(np.ceil(chosen["days_to_next_order"]), unit="D")
    listed = chosen.assign(
        schema_version=SCHEMA_VERSION,
        refresh_id=context.refresh_id,
        as_of=context.as_of.isoformat(),
        valid_until=(context.as_of + dt.timedelta(days=config.valid_days)).isoformat(),
        model_version=context.model_version,
        rank=rank,
        action_status=np.where(within, "contact", "over_capacity"),
        risk_band=risk_bands(chosen[main]),
        clv_horizon_days=context.clv_horizon_days,
        currency=context.currency,
        margin=context.margin,
        cost_per_order=context.cost_per_order,
        annual_discount_rate=context.annual_discount_rate,
        expected_next_order=next_order.dt.strftime("%Y-%m-%d"),
        days_since_last=known["days_since_last"].to_numpy(),
        usual_gap_days=known["gap_mean"].round(1).to_numpy(),
        **({"own_horizon_days": known["own_horizon_days"].to_numpy()} if context.own_gap else {}),
        history_days=known["T"].to_numpy(),
        **{str(name): column.to_numpy() for name, column in reasons(known, explain(known)).items()},
    )
    return listed[[name for name in RISK_COLUMNS if name in listed.columns]]


def risk_bands(probability: pd.Series[float]) -> list[str]:
    """Name the band of each probability: very high from .75, high from .50, medium from .25, else low."""
    return [next(name for floor, name in _BANDS if p >= floor) for p in probability]
