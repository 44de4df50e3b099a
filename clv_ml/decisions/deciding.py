"""The decision on every customer, in this order: exclusions, control, expected profit, room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from clv_ml.config import RiskConfig
from clv_ml.decisions.control import control_arm
from clv_ml.decisions.exclusions import SILENCE, exclusion_reasons
from clv_ml.decisions.narrow import narrow_table
from clv_ml.decisions.standing import standing_of
from clv_ml.decisions.targeting import ECONOMICS, Chosen, choose, economics_of, expected_cost, expected_profit
from clv_ml.engine.stored import in_batches

_BANDS: Mapping[str, float] = {"very high": 0.75, "high": 0.50, "medium": 0.25}


@dataclass(frozen=True)
class Decisions:
    """What was decided.

    Attributes
    ----------
    table
        Everybody, indexed like the scores: value_at_risk, value_tier, risk_percentile, risk_band, the economics of a
        contact, expected_saves, expected_cost, expected_net_profit (NaN: not bought yet), is_control,
        exclusion_reason, action_status. What is a word is a category: a byte a customer.
    chosen
        Whom to contact, and the curve that says what more or fewer contacts would earn.
    """

    table: pd.DataFrame
    chosen: Chosen


def decide(
    customers: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    config: RiskConfig,
    main_score: str,
    as_of: dt.date,
    details: pd.DataFrame | None = None,
    secret: str = "",
) -> Decisions:
    """Decide whom to contact.

    Parameters
    ----------
    customers
        Features at `as_of`, indexed by customer_id: :func:`needed_features` of them.
    scores
        What :func:`clv_ml.models.scoring.score_customers` returns for them: `main_score`, value_if_retained and
        expected_clv.
    main_score
        Column of the probability that counts.
    details
        consent, refused and last_contacted_at as far as known; see
        :func:`~clv_ml.decisions.exclusions.exclusion_reasons`.
    secret
        Key of the control draw (:func:`~clv_ml.decisions.control.control_arm`).

    Raises
    ------
    ConfigError
        If a segment names a column that is not there.
    """
    standing = standing_of(scores, main_score=main_score, high_value_share=config.high_value_share)

    def assessed(part: slice) -> pd.DataFrame:
        some = scores.iloc[part]
        return assess(
            customers.iloc[part],
            some,
            standing.of(some, main_score),
            config=config,
            main_score=main_score,
            as_of=as_of,
            details=details,
            secret=secret,
        )

    table = narrow_table(scores.index, ((part, assessed(part)) for part in in_batches(scores)))
    chosen = choose(table, capacity=config.capacity)
    return Decisions(table.assign(action_status=chosen.status), chosen)


def assess(
    customers: pd.DataFrame,
    scores: pd.DataFrame,
    standing: pd.DataFrame,
    *,
    config: RiskConfig,
    main_score: str,
    as_of: dt.date,
    details: pd.DataFrame | None = None,
    secret: str = "",
) -> pd.DataFrame:
    """Assess customers one by one: all of a decision that looks at nobody else.

    Parameters
    ----------
    standing
        Where each of them stands among all customers: value_tier and risk_percentile.

    Returns
    -------
    pandas.DataFrame
        Of :attr:`Decisions.table` everything but action_status; see :func:`decide` for the other parameters.
    """
    p, value = scores[main_score], scores["value_if_retained"]
    table = pd.DataFrame(
        {
            "value_at_risk": value_at_risk(scores, main_score),
            "value_tier": standing["value_tier"],
            "risk_percentile": standing["risk_percentile"],
            "risk_band": risk_bands(p),
        },
        index=scores.index,
    )
    named = [name for segment in config.segments for name in segment.when if name in customers.columns]
    economics = economics_of(table.assign(**{name: customers[name] for name in named}), config)
    reasons = exclusion_reasons(customers, value, details, config=config, as_of=as_of)
    return table.assign(
        **{name: economics[name] for name in ECONOMICS},
        expected_saves=p * economics["save_rate"],
        expected_cost=expected_cost(p, economics),
        expected_net_profit=expected_profit(p, value, economics),
        is_control=control_arm(
            table.index, experiment=config.control.experiment, share=config.control.share, secret=secret
        ),
        exclusion_reason=reasons,
    )


def needed_features(config: RiskConfig) -> list[str]:
    """Name the features that a decision looks at, as far as a table of customers has them."""
    return [*SILENCE, *dict.fromkeys(name for segment in config.segments for name in segment.when)]


def value_at_risk(scores: pd.DataFrame, main_score: str) -> pd.Series[float]:
    """P(churn) x value if retained.

    Not P(churn) x expected_clv: that value already carries the chance that the customer is gone, and the
    departure would count twice.
    """
    return scores[main_score] * scores["value_if_retained"]


def risk_bands(probability: pd.Series[float]) -> pd.Series[Any]:
    """Name the band of each probability as a category: very high from .75, high from .50, medium from .25, else low."""
    reached = sum((probability >= floor).to_numpy(dtype=np.int8) for floor in _BANDS.values())
    bands = pd.Categorical.from_codes(len(_BANDS) - reached, [*_BANDS, "low"])  # type: ignore[call-overload]
    return pd.Series(bands, index=probability.index, name="risk_band")
